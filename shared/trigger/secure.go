package trigger

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"castad/shared/fault"
)

// Headers that every answer has, also problems, files and streams; the slices are
// shared and never written to. What the Functions host answers by itself (a path
// outside /api/v1, see Stray) does not reach us and has none of them.
var (
	noSniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	// harmless: nothing that we answer is a page, whatever a browser takes it for.
	harmless = []string{"default-src 'none'; frame-ancestors 'none'"}
	hsts     = []string{"max-age=31536000"}
)

// secure sets what every answer has. HSTS is left out where there is no https to insist on.
func (h *Host) secure(header http.Header) {
	header["X-Content-Type-Options"] = noSniff
	header["Content-Security-Policy"] = harmless
	header["Referrer-Policy"] = noReferrer
	header["Cross-Origin-Resource-Policy"] = sameOrigin // scripts of listed origins read us by CORS, which this leaves alone
	if !h.o.Plain {
		header["Strict-Transport-Security"] = hsts
	}
}

// Why CORS is ours and not the platform's: App Service's own cannot expose
// headers, so scripts could read neither ETag nor Retry-After; and where it is
// switched on, ours has no effect. So siteConfig.cors stays empty, and OPTIONS
// reaches the Preflight function: the host takes a route's methods for part of
// the route, and passes an OPTIONS request on to a function of a catch-all
// route. Core Tools and the local host do the same, so there is one way
// everywhere. Rejected: "options" in each function.json, which somebody will forget.
var (
	exposed        = []string{"Content-Disposition, Content-Range, ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"}
	allowedHeaders = []string{"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Last-Event-ID, Range, Traceparent"}
	preflightVary  = []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
	byOrigin       = []string{"Origin"}
	yes            = []string{"true"}
	// preflightAge is how long a browser may remember a preflight, in seconds: an origin
	// that is taken off the list is out after ten minutes.
	preflightAge = []string{"600"}
)

// cross lets scripts of a listed origin read the answer. Credentials are allowed
// to listed origins only, and an origin is listed exactly or not at all: no
// patterns, no "null".
func (h *Host) cross(header http.Header, r *http.Request) {
	if len(h.o.Origins) == 0 {
		return
	}
	header["Vary"] = byOrigin
	if origin := h.listed(r); origin != "" {
		header["Access-Control-Allow-Origin"] = []string{origin}
		header["Access-Control-Allow-Credentials"] = yes
		header["Access-Control-Expose-Headers"] = exposed
	}
}

// listed is the request's origin if it is on the list, else "".
func (h *Host) listed(r *http.Request) string {
	if values := r.Header["Origin"]; len(values) == 1 && slices.Contains(h.o.Origins, values[0]) {
		return values[0]
	}
	return ""
}

// forged says whether a page of an origin that is not listed makes a browser
// change something with its cookies. SameSite keeps cookies from other sites, but not
// from other hosts of our own domain. Bearer tokens need no such guard: a browser
// does not send them by itself.
func (h *Host) forged(r *http.Request) bool {
	origin := r.Header["Origin"]
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions || len(origin) == 0 || len(r.Header["Cookie"]) == 0 {
		return false
	}
	if len(origin) == 1 && (origin[0] == "https://"+r.Host || h.o.Own != "" && origin[0] == h.o.Own || h.o.Plain && origin[0] == "http://"+r.Host) {
		return false
	}
	return h.listed(r) == ""
}

// ValidOrigin says whether s is an origin as browsers send it: scheme and host in
// lower case, no default port, nothing after it.
func ValidOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Host, "*%") {
		return false
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return false
	}
	return u.Scheme+"://"+strings.ToLower(u.Host) == s && !strings.HasSuffix(u.Host, ":")
}

// Preflight is the function that answers a browser's OPTIONS requests, for all
// routes; its own is a catch-all.
func Preflight(name string, binding []byte) Function {
	f := httpFunction[anyPath, struct{}](name, binding, Budget{Time: time.Second})
	f.public, f.preflight = true, true
	f.http = func(c *call) (any, error) { return c.host.preflight(c.r) }
	return f
}

// preflight says what may be asked for at a path. A stranger is told the
// methods, as in a 405, and nothing that would let a browser go on.
func (h *Host) preflight(r *http.Request) (any, error) {
	allowed := h.allowed(r)
	if len(allowed) == 0 {
		return nil, fault.New(fault.CodeRouteNotFound)
	}
	methods := []string{strings.Join(append(allowed, http.MethodOptions), ", ")}
	header := http.Header{"Allow": methods, "Vary": preflightVary}
	if h.listed(r) != "" && slices.Contains(allowed, r.Header.Get("Access-Control-Request-Method")) {
		header["Access-Control-Allow-Methods"] = methods
		header["Access-Control-Allow-Headers"] = allowedHeaders
		header["Access-Control-Max-Age"] = preflightAge
	}
	return Reply{Header: header}, nil
}

// allowed are the methods that functions take at r's path, without preflights.
func (h *Host) allowed(r *http.Request) []string {
	var allowed []string
	for _, m := range methods {
		if m == http.MethodOptions {
			continue
		}
		other := *r
		other.Method = m
		if _, pattern := h.mux.Handler(&other); strings.HasPrefix(pattern, m+" ") {
			allowed = append(allowed, m)
		}
	}
	return allowed
}

// Admission is what a limit says about a call that it counted.
type Admission struct {
	// Policy names the limit; "" = none applies, and nothing is said.
	Policy string
	// Quota is how many calls it allows in each Window.
	Quota  int
	Window time.Duration
	// Left is how many could follow at once, Reset when that will be Quota again.
	Left  int
	Reset time.Duration
}

// tell sets the RateLimit fields (draft-ietf-httpapi-ratelimit-headers-10).
func (a Admission) tell(header http.Header) {
	if a.Policy == "" {
		return
	}
	var room [96]byte
	b := a.named(room[:0])
	b = strconv.AppendInt(append(b, ";q="...), int64(a.Quota), 10)
	b = strconv.AppendInt(append(b, ";w="...), seconds(a.Window), 10)
	policy := len(b)
	b = strconv.AppendInt(append(a.named(b), ";r="...), int64(a.Left), 10)
	b = strconv.AppendInt(append(b, ";t="...), seconds(a.Reset), 10)
	text := string(b)
	values := []string{text[:policy], text[policy:]} // one text and one list for both
	header["Ratelimit-Policy"], header["Ratelimit"] = values[:1:1], values[1:]
}

func (a Admission) named(b []byte) []byte { return append(append(append(b, '"'), a.Policy...), '"') }

// seconds rounds up: who waits that long does not come too early.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
