package trigger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/keyring"
)

// Options are what a Host is given. Zero values are refused where the
// functions need the thing, so nothing is open by omission.
type Options struct {
	// Tokens verifies bearer tokens; required when a function is not public.
	Tokens *identity.Verifier
	// Operators verifies the tokens of operators, which have an audience of their own;
	// Operator refuses a caller who is none now (CodeDenied) by asking the database, on
	// every request. Both are required when a function is for operators.
	Operators *identity.Verifier
	Operator  func(ctx context.Context, who identity.Principal) error
	// Ended says whether the session that a token or a ticket names has ended meanwhile, from
	// what is known here: open streams ask it all the time. nil = nobody knows.
	Ended func(session id.Session) bool
	// Ticket turns ?ticket= of a stream, which browsers cannot give headers, into its
	// caller; path is the request's, so a ticket can be for one stream. nil = no tickets.
	Ticket func(ctx context.Context, path, ticket string) (identity.Principal, error)
	// Envelopes are the keys of queue messages; required when there are queue functions.
	Envelopes keyring.Ring
	// Poison keeps a queue message that is not ours (raw as it arrived); it is acknowledged
	// when that succeeded. Required when there are queue functions.
	Poison func(ctx context.Context, queue string, raw []byte, reason string) error
	// Ready is nil when the database can be reached; functions with a connection budget
	// wait for it (queue) or answer its error as 503. Required when there are such.
	Ready func() error
	// Invocation adds what other packages need to know to an invocation's context: main
	// puts store's connection budget in here, so that trigger need not know store.
	Invocation func(ctx context.Context, name string, kind Kind, connections int) context.Context
	// Admit decides whether an HTTP call may go on (rate limits); its error is answered, and
	// what it says about the limit goes with every answer. It is asked before the database.
	Admit func(ctx context.Context, c Caller) (Admission, error)
	// Proxies is how many proxies of ours a request passes, each of which adds to
	// X-Forwarded-For: 1 (also for 0) = the platform's front end, 2 = one before it.
	Proxies int
	// Origins are the web origins whose scripts may call us, exactly as browsers send them
	// (ValidOrigin); nil = none.
	Origins []string
	// Own is our own origin as browsers see it, which the Host header is not when a proxy before
	// us changes it; "" = the header says so.
	Own string
	// Plain leaves Strict-Transport-Security out: a developer's machine has no https.
	Plain bool
	// Log gets one line for each invocation. Required.
	Log *slog.Logger
	// Meter counts them; nil = not counted.
	Meter Meter
	// Metrics is served at GET /metrics, which the host never forwards to; nil = 404.
	Metrics http.Handler
	// Prefix is host.json's extensions.http.routePrefix; "" = "api", the host's default. It cannot be
	// empty: the workers' paths must stay outside it.
	Prefix string
	// FunctionTimeout is host.json's functionTimeout; 0 = 10 min. Every budget ends at least 5 s before it.
	FunctionTimeout time.Duration
	// Pause is how long a failed queue answer is held back on the given delivery; nil = Backoff.
	Pause func(delivery int) time.Duration
	// Now and NewID are the clock and the source of request ids; nil = the real ones.
	Now   func() time.Time
	NewID func() string
}

// Caller is who makes an HTTP call, as far as is known before it is admitted.
type Caller struct {
	Function string
	// Principal is zero for a public function, for a stream's ticket, which is looked up
	// only afterwards, and for a caller who will be refused.
	Principal identity.Principal
	// IP is the address that the first of our proxies saw (see Options.Proxies), because
	// everything left of that in X-Forwarded-For is the caller's own word. Not valid = unknown.
	IP netip.Addr
	// Bypass is what X-CastAD-Bypass has: a token that lifts rate limits, unchecked. "" = none.
	Bypass string
}

// Meter counts invocations.
type Meter interface {
	// Invoked is called at the end of each; code is "ok" or a fault code.
	Invoked(function, kind, code string, elapsed time.Duration)
}

// Host serves the functions to the Functions host.
type Host struct {
	o         Options
	functions []Function
	workers   map[string]*Function // by raw request URI, "/song-generate"
	stray     *Function            // takes what no other function does; nil = nobody
	mux       *http.ServeMux
	open      crowd
	closing   chan struct{} // closed when Serve begins to stop
}

// frontEnd is after how long Azure's load balancer drops an HTTP request (functions-host 5).
const frontEnd = 230 * time.Second

// margin is what must lie between a budget and whatever kills harder.
const margin = 5 * time.Second

// New checks the functions against each other and against the options. The
// error names everything that is wrong.
func New(o Options, fns ...Function) (*Host, error) {
	if o.Prefix == "" {
		o.Prefix = "api"
	}
	if o.FunctionTimeout == 0 {
		o.FunctionTimeout = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = newID
	}
	if o.Pause == nil {
		o.Pause = Backoff
	}
	h := &Host{o: o, functions: fns, workers: map[string]*Function{}, mux: http.NewServeMux(), open: crowd{open: map[id.User][]*Events{}}, closing: make(chan struct{})}
	var problems []error
	if o.Log == nil {
		problems = append(problems, errors.New("options: Log is missing"))
	}
	for _, origin := range o.Origins {
		if !ValidOrigin(origin) {
			problems = append(problems, fmt.Errorf("options: %.100q is no origin", origin))
		}
	}
	if strings.Contains(o.Prefix, "/") {
		problems = append(problems, fmt.Errorf("options: Prefix %q must be one path segment", o.Prefix))
	}
	routes := map[string]routed{}
	for i := range h.functions {
		f := &h.functions[i]
		if err := h.check(f); err != nil {
			problems = append(problems, fmt.Errorf("function %s: %w", f.name, err))
			continue
		}
		h.workers["/"+f.name] = f
		switch {
		case f.stray:
			h.stray = f
		case f.Kind() == KindHTTP:
			problems = append(problems, addRoutes(routes, f, o.Prefix)...)
		}
	}
	for pattern, byMethod := range routes {
		if err := h.handle(pattern, byMethod); err != nil {
			problems = append(problems, err)
		}
	}
	h.mux.HandleFunc("/", h.unrouted)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *Host) check(f *Function) error {
	b := f.budget
	switch {
	case f.err != nil:
		return f.err
	case len(f.name) > longestName || !functionName.MatchString(f.name) || f.name == "host":
		return errors.New("the name must be lower case letters, digits, - and _, and not host")
	case h.workers["/"+f.name] != nil:
		return errors.New("there are two of that name")
	case f.name == h.o.Prefix || f.name == "metrics":
		return fmt.Errorf("the path /%s is taken", f.name)
	case b.Time+margin > h.o.FunctionTimeout:
		return fmt.Errorf("its time budget %v does not end %v before functionTimeout %v, when the host kills the process", b.Time, margin, h.o.FunctionTimeout)
	case f.Kind() == KindHTTP && b.Time+margin > frontEnd:
		return fmt.Errorf("its time budget %v does not end %v before the front end gives up at %v", b.Time, margin, frontEnd)
	case b.Connections > 0 && h.o.Ready == nil:
		return errors.New("it may use the database, but options have no Ready")
	case f.Kind() == KindHTTP && !f.public && h.o.Tokens == nil:
		return errors.New("its callers must sign in, but options have no Tokens")
	case f.admin && (h.o.Operators == nil || h.o.Operator == nil):
		return errors.New("it is for operators, but options have no Operators or no Operator")
	case f.Kind() == KindQueue && h.o.Poison == nil:
		return errors.New("options have no Poison to keep messages that are not ours")
	}
	if _, ok := h.o.Envelopes.Signing(); f.Kind() == KindQueue && !ok {
		return errors.New("options have no Envelopes keys to check messages with")
	}
	return nil
}

// routed are the functions of one route, by method.
type routed map[string]*Function

func addRoutes(routes map[string]routed, f *Function, prefix string) []error {
	var problems []error
	for _, pattern := range f.binding.patterns(prefix) {
		if routes[pattern] == nil {
			routes[pattern] = routed{}
		}
		for _, m := range f.binding.methods {
			if other := routes[pattern][m]; other != nil {
				problems = append(problems, fmt.Errorf("function %s: %s %s is already %s", f.name, m, pattern, other.name))
				continue
			}
			routes[pattern][m] = f
		}
	}
	return problems
}

// handle registers each method of a route by itself: two routes that overlap, such
// as GET {channel}/start and DELETE accounts/{id}, are told apart by their methods.
func (h *Host) handle(pattern string, byMethod routed) (err error) {
	defer func() {
		if r := recover(); r != nil { // ServeMux's way to say that two patterns cannot be told apart
			err = fmt.Errorf("route %s: %v", pattern, r)
		}
	}()
	for method, f := range byMethod {
		h.mux.HandleFunc(method+" "+pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method { // ServeMux lets HEAD in where GET is
				h.unrouted(w, r)
				return
			}
			h.serveHTTP(w, r, f)
		})
	}
	return nil
}

// unrouted answers what no function takes. What a stranger can have asked for is the stray
// function's, so that it is limited, logged and counted like any other call.
func (h *Host) unrouted(w http.ResponseWriter, r *http.Request) {
	if h.stray != nil && strings.HasPrefix(r.URL.Path, "/"+h.o.Prefix+"/") {
		h.serveHTTP(w, r, h.stray)
		return
	}
	err := h.nowhere(w.Header(), r)
	writeProblem(w, err, statusOf(err), h.requestID(r))
}

// nowhere says what is wrong with a request that no function takes: its method, where
// another one would be taken (and the header names those), else its address.
func (h *Host) nowhere(header http.Header, r *http.Request) error {
	if plainPath(r) {
		if allowed := h.allowed(r); len(allowed) > 0 {
			header.Set("Allow", strings.Join(allowed, ", "))
			return fault.New(fault.CodeMethod)
		}
	}
	return fault.New(fault.CodeRouteNotFound)
}

// Functions are the host's functions, as given.
func (h *Host) Functions() []Function { return append([]Function(nil), h.functions...) }

// Handler answers the Functions host.
//
// Workers are found by the raw request line and nothing else: no cleaning, no
// decoding, no redirect, so that there is exactly one spelling of each, outside
// of the prefix under which the host forwards strangers' requests.
func (h *Host) Handler() http.Handler { return http.HandlerFunc(h.route) }

func (h *Host) route(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// For whoever answers without reading the body, see readBody.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(headerTime))
	}
	h.secure(w.Header())
	switch uri := r.RequestURI; {
	case uri == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.WriteHeader(http.StatusNoContent) // the host's readiness probe and health ping
	case h.workers[uri] != nil:
		h.serveWorker(w, r, h.workers[uri])
	case uri == "/metrics" && r.Method == http.MethodGet && h.o.Metrics != nil:
		h.o.Metrics.ServeHTTP(w, r)
	case !plainPath(r):
		h.unrouted(w, r)
	default:
		h.cross(w.Header(), r)
		h.mux.ServeHTTP(w, r)
	}
}

// plainPath says whether the path has one reading only: nothing that ServeMux
// would clean and redirect, and no encoded slash that one reader decodes and
// another does not.
func plainPath(r *http.Request) bool {
	path := r.URL.Path
	if len(path) == 0 || path[0] != '/' || r.Method == http.MethodConnect || r.URL.Host != "" {
		return false
	}
	if raw := strings.ToLower(r.URL.RawPath); strings.Contains(raw, "%2f") || strings.Contains(raw, "%5c") {
		return false
	}
	for part := range strings.SplitSeq(path[1:], "/") {
		if part == "" || part == "." || part == ".." || !clean(part) || strings.Contains(part, `\`) {
			return false
		}
	}
	return true
}
