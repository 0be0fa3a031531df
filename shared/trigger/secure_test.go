package trigger

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"

	"github.com/google/go-cmp/cmp"
)

const app = "https://app.castad.example"

// everyKind is a host with a function of each kind that answers a caller.
func everyKind(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	return set(t, change,
		Public("health-live", httpJSON("v1/health/live", "get"), quick, func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }),
		HTTP("ad-list", httpJSON("v1/ads", "get"), quick, func(context.Context, identity.Principal, struct{}) (song, error) {
			return song{Reply: Reply{Header: http.Header{"Etag": {`"v1"`}}}, Title: "x"}, nil
		}),
		HTTP("ad-request", httpJSON("v1/ads", "post"), quick, func(context.Context, identity.Principal, struct{}) (song, error) {
			return song{}, fault.New(fault.CodeConflict)
		}),
		Public("ad-panic", httpJSON("v1/panic", "get"), quick, func(context.Context, struct{}) (struct{}, error) { panic("!") }),
		Public("auth-renew", httpJSON("v1/auth/renew", "post"), quick, func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }),
		Public("social-start", httpJSON("v1/go", "get"), quick, func(context.Context, struct{}) (Redirect, error) { return Redirect{Location: "/x"}, nil }),
		Public("video-file", httpJSON("v1/file", "get"), quick, func(context.Context, struct{}) (File, error) {
			return File{Content: content("0123456789"), Type: "text/plain"}, nil
		}),
		Stream("ad-events", httpJSON("v1/events", "get"), quick, func(_ context.Context, _ identity.Principal, _ struct{}, e *Events) error {
			return e.Send(1, "change", 1)
		}),
		Preflight("cors-preflight", httpJSON("v1/{*path}", "options")),
	)
}

// Row 20: whatever is answered, by whichever path.
func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := everyKind(t, func(o *Options) { o.Origins = []string{app} })
	for name, row := range map[string]struct {
		method, uri string
		header      []string
		status      int
		cache       string
	}{
		"JSON":                   {"GET", "/api/v1/ads", []string{"Authorization", "Bearer " + b.token}, 200, "no-store"},
		"nothing new":            {"GET", "/api/v1/ads", []string{"Authorization", "Bearer " + b.token, "If-None-Match", `"v1"`}, 304, "no-store"},
		"nothing to say":         {"GET", "/api/v1/health/live", nil, 204, "no-store"},
		"a redirect":             {"GET", "/api/v1/go", nil, 303, "no-store"},
		"a file":                 {"GET", "/api/v1/file", nil, 200, "private, no-cache"},
		"a range that is not":    {"GET", "/api/v1/file", []string{"Range", "bytes=90-"}, 416, "no-store"},
		"a stream":               {"GET", "/api/v1/events", []string{"Authorization", "Bearer " + b.token}, 200, "no-store"},
		"a preflight":            {"OPTIONS", "/api/v1/ads", []string{"Origin", app, "Access-Control-Request-Method", "GET"}, 204, "no-store"},
		"a problem":              {"POST", "/api/v1/ads", []string{"Authorization", "Bearer " + b.token}, 409, "no-store"},
		"a panic":                {"GET", "/api/v1/panic", nil, 500, "no-store"},
		"a stranger":             {"GET", "/api/v1/ads", nil, 401, "no-store"},
		"no such route":          {"GET", "/api/v1/nothing", nil, 404, "no-store"},
		"no such tree":           {"GET", "/elsewhere", nil, 404, "no-store"},
		"a path of two readings": {"GET", "/api/v1/%2fads", nil, 404, "no-store"},
		"no such method":         {"DELETE", "/api/v1/ads", nil, 405, "no-store"},
	} {
		w := b.ask(row.method, row.uri, "", row.header...)
		if w.Code != row.status {
			t.Errorf("%s: status %d", name, w.Code)
		}
		for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=31536000", "Cache-Control": row.cache} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy is %q", name, got)
		}
		if w.Header().Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", name)
		}
	}
	local := everyKind(t, func(o *Options) { o.Plain = true })
	if got := local.ask("GET", "/api/v1/health/live", "").Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("on a developer's machine HSTS is %q", got)
	}
}

func TestOnlyScriptsOfListedOriginsMayReadAndAsk(t *testing.T) {
	t.Parallel()
	b := everyKind(t, func(o *Options) { o.Origins = []string{app, "http://localhost:3000"} })
	for origin, listed := range map[string]bool{
		app: true, "http://localhost:3000": true,
		"null": false, "": false, "*": false,
		"https://castad.example":               false, // the domain above
		"https://x.app.castad.example":         false, // a host below
		"https://app.castad.example.evil.test": false, // the same beginning
		"https://evil-app.castad.example":      false,
		"https://evilapp.castad.example":       false, // the same end
		"http://app.castad.example":            false, // another scheme
		"https://app.castad.example:8443":      false, // another port
		"https://app.castad.example/":          false,
		"https://APP.castad.example":           false,
		"http://localhost:3001":                false,
		app + ", https://evil.test":            false,
	} {
		preflight := b.ask("OPTIONS", "/api/v1/ads", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		actual := b.as("GET", "/api/v1/ads", "", "Origin", origin)
		problem := b.ask("GET", "/api/v1/nothing", "", "Origin", origin)
		want := map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": ""}
		if listed {
			want = map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
		}
		for kind, h := range map[string]http.Header{"preflight": preflight.Header(), "answer": actual.Header(), "problem": problem.Header()} {
			if diff := cmp.Diff(want, map[string]string{"Access-Control-Allow-Origin": h.Get("Access-Control-Allow-Origin"), "Access-Control-Allow-Credentials": h.Get("Access-Control-Allow-Credentials")}); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", origin, kind, diff)
			}
			if !strings.HasPrefix(h.Get("Vary"), "Origin") {
				t.Errorf("%s, %s: Vary is %q: a cache would give one origin another's answer", origin, kind, h.Get("Vary"))
			}
		}
		if got := preflight.Header().Get("Access-Control-Allow-Methods"); (got == "GET, POST, OPTIONS") != listed || (got == "") == listed {
			t.Errorf("%s: allowed methods %q", origin, got)
		}
		if got := actual.Header().Get("Access-Control-Expose-Headers"); strings.Contains(got, "ETag") != listed || strings.Contains(got, "Content-Range") != listed || strings.Contains(got, "RateLimit-Policy") != listed {
			t.Errorf("%s: exposed %q", origin, got)
		}
	}
	for name, row := range map[string]struct {
		uri, method string
		status      int
	}{
		"a method that the route has not": {"/api/v1/ads", "DELETE", 204}, "a route that nobody has": {"/api/v1/nothing", "GET", 404},
		"no method": {"/api/v1/ads", "", 204},
	} {
		w := b.ask("OPTIONS", row.uri, "", "Origin", app, "Access-Control-Request-Method", row.method)
		if w.Code != row.status || w.Header().Get("Access-Control-Allow-Methods") != "" {
			t.Errorf("%s: status %d, %v", name, w.Code, w.Header())
		}
	}
	if w := everyKind(t, nil).as("GET", "/api/v1/ads", "", "Origin", app); w.Header().Get("Access-Control-Allow-Origin") != "" || w.Header().Get("Vary") != "" {
		t.Errorf("without a list: %v", w.Header())
	}
}

func TestAnOriginIsWrittenAsBrowsersSendIt(t *testing.T) {
	t.Parallel()
	for origin, valid := range map[string]bool{
		app: true, "http://localhost:3000": true, "https://[2001:db8::1]:8443": true,
		"*": false, "null": false, "": false, "https://*.castad.example": false, app + "/": false, app + "/a": false, app + "?": false, app + "#x": false,
		"https://App.castad.example": false, "https://app.castad.example:443": false, "http://localhost:80": false, "ftp://a.example": false,
		"https://u@a.example": false, "https://": false, "app.castad.example": false, "https://a.example:": false,
	} {
		if got := ValidOrigin(origin); got != valid {
			t.Errorf("%q: %v", origin, got)
		}
	}
	if _, err := New(Options{Log: everyKind(t, nil).o.Log, Origins: []string{"*"}}); err == nil || !strings.Contains(err.Error(), `"*" is no origin`) {
		t.Errorf("a host with the origin *: %v", err)
	}
}

// A host of our own domain is the same site to a browser: it sends the cookies.
func TestAPageElsewhereCannotUseItsVisitorsCookies(t *testing.T) {
	t.Parallel()
	b := everyKind(t, func(o *Options) { o.Origins, o.Own = []string{app}, "https://api.castad.example" })
	for name, row := range map[string]struct {
		header []string
		status int
	}{
		"our own, renamed":       {[]string{"Cookie", "a=b", "Origin", "https://api.castad.example"}, 204}, // by a proxy
		"no browser":             {[]string{"Cookie", "a=b"}, 204},
		"our own page":           {[]string{"Cookie", "a=b", "Origin", "https://example.com"}, 204}, // httptest's Host
		"a listed one":           {[]string{"Cookie", "a=b", "Origin", app}, 204},
		"without cookies":        {[]string{"Origin", "https://evil.castad.example"}, 204},
		"a stranger":             {[]string{"Cookie", "a=b", "Origin", "https://evil.castad.example"}, 403},
		"our own, without TLS":   {[]string{"Cookie", "a=b", "Origin", "http://example.com"}, 403},
		"a page of no origin":    {[]string{"Cookie", "a=b", "Origin", "null"}, 403},
		"two origins, one of us": {[]string{"Cookie", "a=b", "Origin", app, "Origin", "https://evil.test"}, 403},
	} {
		if w := b.ask("POST", "/api/v1/auth/renew", "", row.header...); w.Code != row.status {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
}

func TestEveryAnswerSaysHowTheCallerStandsWithTheLimit(t *testing.T) {
	t.Parallel()
	var seen []Caller
	var says error
	b := everyKind(t, func(o *Options) {
		o.Origins = []string{app}
		o.Admit = func(_ context.Context, c Caller) (Admission, error) {
			seen = append(seen, c)
			return Admission{Policy: "auth", Quota: 5, Window: time.Minute, Left: 3, Reset: 1500 * time.Millisecond}, says
		}
	})
	for name, row := range map[string][]string{
		"JSON": {"GET", "/api/v1/ads", "Authorization", "Bearer " + b.token}, "a problem": {"POST", "/api/v1/ads", "Authorization", "Bearer " + b.token},
		"a stranger": {"GET", "/api/v1/ads"}, "a file": {"GET", "/api/v1/file"}, "a refused range": {"GET", "/api/v1/file", "Range", "bytes=90-"},
		"a stream": {"GET", "/api/v1/events", "Authorization", "Bearer " + b.token}, "a panic": {"GET", "/api/v1/panic"},
	} {
		w := b.ask(row[0], row[1], "", row[2:]...)
		if policy, left := w.Header().Get("RateLimit-Policy"), w.Header().Get("RateLimit"); policy != `"auth";q=5;w=60` || left != `"auth";r=3;t=2` {
			t.Errorf("%s: RateLimit-Policy %q, RateLimit %q", name, policy, left)
		}
	}
	says, seen = fault.New(fault.CodeTooMany).After(1200*time.Millisecond), nil
	w := b.ask("GET", "/api/v1/ads", "", "X-CastAD-Bypass", "b", "Authorization", "Bearer rubble", "X-Forwarded-For", "1.1.1.1, 2.2.2.2")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "2" || w.Header().Get("RateLimit") == "" {
		t.Errorf("over the limit: status %d, %v", w.Code, w.Header())
	}
	if diff := cmp.Diff([]Caller{{Function: "ad-list", IP: netip.MustParseAddr("2.2.2.2"), Bypass: "b"}}, seen, addresses); diff != "" {
		t.Errorf("a guess at a token is counted for its address (-want +got):\n%s", diff)
	}
}

func BenchmarkAdmission(b *testing.B) {
	a := Admission{Policy: "general", Quota: 30, Window: time.Second, Left: 29, Reset: time.Second}
	header := http.Header{}
	b.ReportAllocs()
	for b.Loop() {
		a.tell(header)
	}
}
