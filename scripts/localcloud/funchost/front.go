package funchost

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"castad/scripts/localcloud/funchost/route"
)

// front is the host's HTTP side: home page, /admin, and the routes of the HTTP
// functions in the order in which they are tried.
type front struct {
	host   *Host
	admin  http.Handler
	routes []*Function
}

func newFront(h *Host) *front {
	f := &front{host: h}
	f.admin = newAdmin(h)
	for i := range h.app.Functions {
		if fn := &h.app.Functions[i]; fn.Kind == HTTP && !fn.Disabled {
			f.routes = append(f.routes, fn)
		}
	}
	slices.SortStableFunc(f.routes, func(a, b *Function) int { return route.Compare(a.Route, b.Route) })
	return f
}

// match finds the function and its parameters. A wrong method is no match: the
// host answers 404, not 405.
func (f *front) match(r *http.Request) (*Function, map[string]string) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	if prefix := f.host.app.Config.RoutePrefix; prefix != "" {
		head, rest, _ := strings.Cut(path, "/")
		for want := range strings.SplitSeq(prefix, "/") {
			if !strings.EqualFold(head, want) {
				return nil, nil
			}
			path = rest
			head, rest, _ = strings.Cut(path, "/")
		}
	}
	for _, fn := range f.routes {
		if params, ok := fn.Route.Match(path); ok && fn.takes(r.Method) {
			return fn, params
		}
	}
	return nil, nil
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path := strings.ToLower(r.URL.Path); path == "/admin" || strings.HasPrefix(path, "/admin/") {
		f.admin.ServeHTTP(w, r)
		return
	}
	fn, params := f.match(r)
	switch {
	case fn == nil && r.URL.Path == "/":
		f.home(w)
	case fn == nil:
		w.WriteHeader(http.StatusNotFound)
	case !f.host.authorized(r, fn):
		w.WriteHeader(http.StatusUnauthorized)
	case r.ContentLength > f.host.app.BodyLimit:
		// Kestrel closes the connection rather than reading the rest.
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	default:
		f.invoke(w, r, fn, params)
	}
}

func (f *front) home(w http.ResponseWriter) {
	if value, _ := f.host.app.Settings.Lookup("AzureWebJobsDisableHomepage"); strings.EqualFold(value, "true") {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>funchost</title><p>This function app is up and running on a local stand-in for the Azure Functions host.\n")
}

func (f *front) invoke(w http.ResponseWriter, r *http.Request, fn *Function, params map[string]string) {
	h := f.host
	leave, ok := h.throttle.enter(r.Context())
	if !ok {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	defer leave()
	j, err := h.acquire(r.Context())
	if err != nil {
		unavailable(w, err)
		return
	}
	defer j.release()
	// The default and the forwarding mode never see the client leave: only the
	// proxying one passes the end of the request on.
	ctx := context.WithoutCancel(r.Context())
	var carry mode = serveDefault
	switch {
	case fn.InAndOut && h.app.Config.Proxying:
		ctx, carry = r.Context(), serveProxy
	case fn.InAndOut && h.app.Config.Forwarding:
		carry = serveForward
	}
	v, err := j.begin(ctx, fn)
	if err != nil {
		unavailable(w, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, h.app.BodyLimit)
	finished := false
	defer func() {
		if !finished { // a panic that aborts the connection
			v.finish(v.cause(errors.New("the response was broken off")))
		}
	}()
	err = carry(v, w, r, params)
	finished = true
	v.finish(err)
}

// mode carries one HTTP invocation to the handler and its answer back. The
// error is the host's idea of failure; the client has been answered already.
type mode func(v *invocation, w http.ResponseWriter, r *http.Request, params map[string]string) error

func unavailable(w http.ResponseWriter, err error) {
	if errors.Is(err, context.Canceled) {
		return // the client has gone
	}
	http.Error(w, "Function host is not running.", http.StatusServiceUnavailable)
}

// authorized checks a key in x-functions-key or ?code=.
func (h *Host) authorized(r *http.Request, fn *Function) bool {
	if !h.opt.Auth || fn.AuthLevel == "anonymous" {
		return true
	}
	if h.isMaster(r) {
		return true
	}
	key := keyOf(r)
	return fn.AuthLevel == "function" && (same(key, h.opt.FunctionKeys[fn.Name]) || same(key, h.opt.FunctionKeys[""]))
}

// isMaster says whether the request carries the master key.
func (h *Host) isMaster(r *http.Request) bool { return same(keyOf(r), h.opt.MasterKey) }

func keyOf(r *http.Request) string {
	if key := r.Header.Get("x-functions-key"); key != "" {
		return key
	}
	return r.URL.Query().Get("code")
}

func same(given, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

// throttle is extensions.http: outstanding requests are refused beyond a limit,
// concurrent ones wait.
type throttle struct {
	outstanding chan struct{} // nil: no limit
	concurrent  chan struct{} // nil: no limit
}

func newThrottle(outstanding, concurrent int) *throttle {
	t := &throttle{}
	if outstanding > 0 {
		t.outstanding = make(chan struct{}, outstanding)
	}
	if concurrent > 0 {
		t.concurrent = make(chan struct{}, concurrent)
	}
	return t
}

// enter books a place; false when there is none. A request that waits for a
// concurrent place counts as outstanding.
func (t *throttle) enter(ctx context.Context) (leave func(), ok bool) {
	if t.outstanding != nil {
		select {
		case t.outstanding <- struct{}{}:
		default:
			return nil, false
		}
	}
	leave = func() {
		if t.outstanding != nil {
			<-t.outstanding
		}
	}
	if t.concurrent == nil {
		return leave, true
	}
	select {
	case t.concurrent <- struct{}{}:
		first := leave
		return func() { <-t.concurrent; first() }, true
	case <-ctx.Done():
		leave()
		return nil, false
	}
}
