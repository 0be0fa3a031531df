package trigger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// addresses are compared as values.
var addresses = cmpopts.EquateComparable(netip.Addr{})

// Row 8 of the security anchors: whatever a stranger writes into an address, no worker hears of it.
func TestAWorkerHasOneSpelling(t *testing.T) {
	t.Parallel()
	called := 0
	b := set(t, nil,
		Queue("song-generate", queueJSON("song-generate"), quick, func(context.Context, message.Wake) error { called++; return nil }),
		Timer("background-sweep", timerJSON(), quick, func(context.Context) error { called++; return nil }),
		Public("place-search", httpJSON("v1/places/{id}", "get", "post"), quick, func(_ context.Context, in struct {
			ID string `path:"id"`
		}) (struct{}, error) {
			return struct{}{}, nil
		}),
		Public("home-show", httpJSON("v1/home/{*path}", "post"), quick, func(_ context.Context, in struct {
			Path string `path:"path"`
		}) (struct{}, error) {
			return struct{}{}, nil
		}),
	)
	body := hosted("job", sealed(t, "song-generate", wakeJSON), `"1"`)
	for _, uri := range []string{
		"/api/song-generate", "/api/../song-generate", "/api/v1/../../song-generate", "/api/v1/places/../../../song-generate",
		"//song-generate", "///song-generate", "/./song-generate", "/song-generate/", "/song-generate//", "/song-generate/.", "/song-generate/x",
		"/api/%2e%2e/song-generate", "/api/%2E%2E/song-generate", "/api/..%2fsong-generate", "/api/..%5csong-generate", `/api/..\song-generate`,
		"/%2e/song-generate", "/%2fsong-generate", "/song%2dgenerate", "/%73ong-generate", "/song-generate%00", "/song-generate%20", "/song-generate%0a",
		"/Song-Generate", "/SONG-GENERATE", "/song_generate", "/song-generate?", "/song-generate?x=1", "/song-generate;x", "/song-generate%3f",
		"http://127.0.0.1/song-generate", "http://castad.example/song-generate", "http://127.0.0.1//song-generate",
		"/api//song-generate", "/api/v1/home/../../../song-generate", "/api/v1/home//song-generate", "/api/v1/home/%2e%2e/%2e%2e/song-generate",
		"/api/v1/places/%2e%2e%2f%2e%2e%2fsong-generate", "/api/v1/places/..%2f..%2fsong-generate",
		"/admin/functions/song-generate", "/runtime/webhooks/song-generate",
	} {
		w := b.deliver(uri, body, "X-Azure-Functions-InvocationId", "5d1e0000-0000-4000-8000-000000000000", "X-Azure-Functions-HostVersion", "4.1045.200.25556",
			"X-MS-CLIENT-PRINCIPAL", "e30=", "X-MS-CLIENT-PRINCIPAL-ID", "admin", "X-Original-URL", "/song-generate", "X-Rewrite-URL", "/song-generate", "X-Forwarded-Prefix", "/")
		if called != 0 {
			t.Fatalf("%s reached a worker", uri)
		}
		if w.Code != http.StatusNotFound || problemOf(t, w).Code != string(fault.CodeRouteNotFound) {
			t.Errorf("%s: status %d, want a 404", uri, w.Code)
		}
	}
	for _, method := range []string{"GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "post"} {
		if w := b.ask(method, "/song-generate", body, "Content-Type", "application/json"); w.Code != http.StatusNotFound || called != 0 {
			t.Errorf("%s /song-generate: status %d, called %d", method, w.Code, called)
		}
	}
	if w := b.deliver("/song-generate", body); w.Code != http.StatusOK || called != 1 {
		t.Errorf("the one spelling: status %d, called %d", w.Code, called)
	}
}

func TestForgedHeadersOpenNothing(t *testing.T) {
	t.Parallel()
	called := 0
	b := set(t, nil,
		HTTP("ad-list", httpJSON("v1/ads", "get"), quick, func(context.Context, identity.Principal, struct{}) (struct{}, error) {
			called++
			return struct{}{}, nil
		}),
		Queue("song-generate", queueJSON("song-generate"), quick, func(context.Context, message.Wake) error { called++; return nil }))
	forged := []string{"X-MS-CLIENT-PRINCIPAL", "eyJhdXRoX3R5cCI6ImFhZCJ9", "X-MS-CLIENT-PRINCIPAL-NAME", "admin", "x-functions-key", "k",
		"X-Azure-Functions-InvocationId", "5d1e0000-0000-4000-8000-000000000000", "X-Forwarded-For", "127.0.0.1", "Cookie", "token=" + b.token}
	if w := b.ask("GET", "/api/v1/ads?access_token="+b.token+"&code=k", "", forged...); w.Code != http.StatusUnauthorized || called != 0 {
		t.Errorf("status %d, called %d", w.Code, called)
	}
	if w := b.deliver("/song-generate", hosted("job", []byte(wakeJSON), `"1"`), forged...); w.Code != http.StatusOK || called != 0 || len(b.kept) != 1 {
		t.Errorf("an unsigned body: status %d, called %d, kept %q", w.Code, called, b.kept)
	}
	for _, id := range []string{"x", "5d1e0000-0000-4000-8000-00000000000", "5d1e0000-0000-4000-8000-00000000000\u0041x", strings.Repeat("a", 5000), "5d1e0000000040008000000000000000abcd"} {
		w := b.ask("GET", "/api/v1/ads", "", "X-Azure-Functions-InvocationId", id)
		if got := w.Header().Get("X-Request-Id"); got == id || !isUUID(got) {
			t.Errorf("the request id is %q", got)
		}
	}
	const real = "5D1E0000-0000-4000-8000-00000000abcd"
	if w := b.ask("GET", "/api/v1/nothing", "", "X-Azure-Functions-InvocationId", real); w.Header().Get("X-Request-Id") != real {
		t.Errorf("the host's invocation id is not kept: %v", w.Header())
	}
}

func TestTheCallerIsWhoTheTokenSays(t *testing.T) {
	t.Parallel()
	var got identity.Principal
	b := set(t, nil, HTTP("ad-list", httpJSON("v1/ads", "get"), quick, func(_ context.Context, who identity.Principal, _ struct{}) (struct{}, error) {
		got = who
		return struct{}{}, nil
	}))
	for name, header := range map[string][]string{
		"no header":            nil,
		"an empty header":      {"Authorization", ""},
		"another scheme":       {"Authorization", "Basic " + b.token},
		"no scheme":            {"Authorization", b.token},
		"two headers":          {"Authorization", "Bearer " + b.token, "Authorization", "Bearer " + b.token},
		"two tokens":           {"Authorization", "Bearer " + b.token + ", Bearer " + b.token},
		"a token cut short":    {"Authorization", "Bearer " + b.token[:len(b.token)-1]},
		"the scheme alone":     {"Authorization", "Bearer "},
		"a ticket, no stream":  {"X-Ticket", "t"},
		"something before it":  {"Authorization", "x Bearer " + b.token},
		"a token of 64 KB":     {"Authorization", "Bearer " + strings.Repeat("a", 64<<10)},
		"a line in the header": {"Authorization", "Bearer " + b.token + "\r\nX: y"},
	} {
		w := b.ask("GET", "/api/v1/ads?ticket=t", "", header...)
		if p := problemOf(t, w); w.Code != http.StatusUnauthorized || p.Code != string(fault.CodeUnauthenticated) || w.Header().Get("WWW-Authenticate") != "Bearer" || got != (identity.Principal{}) {
			t.Errorf("%s: status %d, %+v, called by %+v", name, w.Code, p, got)
		}
	}
	if w := b.ask("GET", "/api/v1/ads", "", "Authorization", "bearer "+b.token); w.Code != http.StatusNoContent || got != owner {
		t.Errorf("a good token: status %d, called by %+v", w.Code, got)
	}
}

func TestAnExpiredTokenIsToldSo(t *testing.T) {
	t.Parallel()
	late := func() time.Time { return time.Now().Add(2 * time.Hour) }
	keys, err := identity.NewKeys(key(t, "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	b := set(t, func(o *Options) {
		if o.Tokens, err = identity.NewVerifier(keys, identity.DefaultIssuer, identity.DefaultAudience, late); err != nil {
			t.Fatal(err)
		}
	}, HTTP("ad-list", httpJSON("v1/ads", "get"), quick, func(context.Context, identity.Principal, struct{}) (struct{}, error) { return struct{}{}, nil }))
	w := b.as("GET", "/api/v1/ads", "")
	if p := problemOf(t, w); w.Code != http.StatusUnauthorized || p.Code != string(fault.CodeTokenExpired) {
		t.Errorf("status %d, %+v", w.Code, p)
	}
}

func TestTheDatabaseAndTheLimitsComeFirst(t *testing.T) {
	t.Parallel()
	called := 0
	fn := func(context.Context, struct{}) (struct{}, error) { called++; return struct{}{}, nil }
	down := errors.New("dial tcp 10.0.0.4:3306: connection refused")
	var seen []Caller
	b := set(t, func(o *Options) {
		o.Ready = func() error { return down }
		o.Admit = func(_ context.Context, c Caller) (Admission, error) {
			seen = append(seen, c)
			if c.IP.String() == "203.0.113.9" {
				return Admission{}, fault.New(fault.CodeTooMany).After(1500 * time.Millisecond)
			}
			return Admission{}, nil
		}
	}, Public("health-ready", httpJSON("v1/health/ready", "get"), Budget{Time: time.Second, Connections: 1}, fn),
		Public("health-live", httpJSON("v1/health/live", "get"), Budget{Time: time.Second}, fn))

	w := b.ask("GET", "/api/v1/health/ready", "")
	p := problemOf(t, w)
	if w.Code != http.StatusServiceUnavailable || p.Code != string(fault.CodeUnavailable) || !p.Retryable || w.Header().Get("Retry-After") == "" || called != 0 {
		t.Errorf("without a database: status %d, %+v, called %d", w.Code, p, called)
	}
	if w := b.ask("GET", "/api/v1/health/live", "", "X-Forwarded-For", "203.0.113.9, 198.51.100.7:52311"); w.Code != http.StatusNoContent || called != 1 {
		t.Errorf("a function without a database: status %d, called %d", w.Code, called)
	}
	w = b.ask("GET", "/api/v1/health/live", "", "X-Forwarded-For", "10.0.0.1", "X-Forwarded-For", "198.51.100.7,  203.0.113.9:1")
	if p := problemOf(t, w); w.Code != http.StatusTooManyRequests || p.Code != string(fault.CodeTooMany) || w.Header().Get("Retry-After") != "2" || called != 1 {
		t.Errorf("over the limit: status %d, %+v, Retry-After %q, called %d", w.Code, p, w.Header().Get("Retry-After"), called)
	}
	want := []Caller{{Function: "health-ready"}, {Function: "health-live", IP: netip.MustParseAddr("198.51.100.7")}, {Function: "health-live", IP: netip.MustParseAddr("203.0.113.9")}}
	if diff := cmp.Diff(want, seen, addresses); diff != "" {
		t.Error(diff)
	}
	for header, want := range map[string]string{"[2001:db8::1]:443": "2001:db8::1", "[2001:db8::1]": "2001:db8::1", "2001:db8::1": "2001:db8::1", "2001:db8:::443": "",
		"203.0.113.9:443": "203.0.113.9", "[::ffff:203.0.113.9]:1": "203.0.113.9", "fe80::1%eth0": "fe80::1", "evil": "", "evil:1": "", ":1": "", "[]:1": "", "": ""} {
		r, _ := http.NewRequest("GET", "/", nil)
		r.Header.Set("X-Forwarded-For", header)
		if got := clientIP(r, 1); got.IsValid() != (want != "") || got.IsValid() && got.String() != want {
			t.Errorf("the address in %q is %v", header, got)
		}
	}
	for header, want := range map[string][3]string{ // behind one, two and three proxies
		"": {"", "", ""}, "1.1.1.1": {"1.1.1.1", "", ""}, "1.1.1.1, 2.2.2.2,3.3.3.3:3": {"3.3.3.3", "2.2.2.2", "1.1.1.1"}, "1.1.1.1|2.2.2.2, 3.3.3.3:3": {"3.3.3.3", "2.2.2.2", "1.1.1.1"},
		"0.0.0.0,1.1.1.1,2.2.2.2|3.3.3.3": {"3.3.3.3", "2.2.2.2", "1.1.1.1"}, "1.1.1.1,": {"", "1.1.1.1", ""}, "1.1.1.1||2.2.2.2": {"2.2.2.2", "", "1.1.1.1"},
	} {
		r, _ := http.NewRequest("GET", "/", nil)
		r.Header["X-Forwarded-For"] = strings.Split(header, "|")
		for i, proxies := range []int{0, 2, 3} {
			if got := clientIP(r, proxies); got.IsValid() != (want[i] != "") || got.IsValid() && got.String() != want[i] || proxies == 0 && clientIP(r, 1) != got {
				t.Errorf("behind %d proxies the address in %q is %v", proxies, header, got)
			}
		}
	}
}

func TestUnknownAddressesAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	b := set(t, nil, Stray("contract-stray", httpJSON("v1/{*path}", "get", "post", "delete")),
		Public("ad-list", httpJSON("v1/ads", "get"), quick, hello), Public("ad-request", httpJSON("v1/ads", "post"), quick, hello),
		Public("auth-any", httpJSON("v1/auth/{*path}", "get"), quick, func(_ context.Context, in struct {
			Path string `path:"path" max:"20"`
		}) (map[string]string, error) {
			return map[string]string{"path": in.Path}, nil
		}))
	for _, uri := range []string{"/api", "/api/", "/api/v1", "/api/v1/ads/", "/api/v1/adsx", "/v1/ads", "/API/v1/ads", "/favicon.ico", "/api/v1//ads", "*", "/metrics"} {
		if w := b.ask("GET", uri, ""); w.Code != http.StatusNotFound || problemOf(t, w).Code != string(fault.CodeRouteNotFound) {
			t.Errorf("GET %s: status %d", uri, w.Code)
		}
	}
	w := b.ask("DELETE", "/api/v1/ads", "")
	if p := problemOf(t, w); w.Code != http.StatusMethodNotAllowed || p.Code != string(fault.CodeMethod) || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("DELETE: status %d, %+v, Allow %q", w.Code, p, w.Header().Get("Allow"))
	}
	for uri, want := range map[string]string{"/api/v1/auth/kakao/start": "{\"path\":\"kakao/start\"}\n"} {
		if w := b.ask("GET", uri, ""); w.Body.String() != want {
			t.Errorf("GET %s: %d %s", uri, w.Code, w.Body)
		}
	}
	for _, method := range []string{"GET", "HEAD"} {
		if w := b.ask(method, "/", ""); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
			t.Errorf("%s /: status %d", method, w.Code)
		}
	}
	if w := b.ask("POST", "/", ""); w.Code != http.StatusNotFound {
		t.Errorf("POST /: status %d", w.Code)
	}
}

// Whoever tries addresses out is a caller like any other: limited, and seen in the log.
func TestWhoAsksForWhatIsNobodysIsLimitedAndLogged(t *testing.T) {
	t.Parallel()
	admitted := 0
	b := set(t, func(o *Options) {
		o.Admit = func(_ context.Context, c Caller) (Admission, error) {
			if admitted++; admitted > 3 {
				return Admission{Policy: "general", Quota: 3, Window: time.Second}, fault.New(fault.CodeTooMany).After(time.Second)
			}
			return Admission{Policy: "general", Quota: 3, Window: time.Second, Left: 3 - admitted}, nil
		}
	}, Stray("contract-stray", httpJSON("v1/{*path}", "get", "post", "delete")), Public("ad-list", httpJSON("v1/ads", "get"), quick, hello))
	for i, row := range []struct {
		method, uri string
		status      int
		code        fault.Code
	}{
		{"GET", "/api/v1/nothing", 404, fault.CodeRouteNotFound}, {"DELETE", "/api/v1/ads", 405, fault.CodeMethod}, {"GET", "/api/v1//ads", 404, fault.CodeRouteNotFound},
		{"GET", "/api/v1/nothing", 429, fault.CodeTooMany}, {"DELETE", "/api/v1/ads", 429, fault.CodeTooMany},
	} {
		w := b.ask(row.method, row.uri, "")
		if w.Code != row.status || problemOf(t, w).Code != string(row.code) || w.Header().Get("RateLimit") == "" || (w.Header().Get("Allow") != "") != (row.status == 405) {
			t.Errorf("%s %s: status %d, %v", row.method, row.uri, w.Code, w.Header())
		}
		if line := b.lines(t)[i]; line["function"] != "contract-stray" || line["code"] != string(row.code) {
			t.Errorf("%s %s is logged as %v", row.method, row.uri, line)
		}
	}
	if w := b.ask("GET", "/favicon.ico", ""); w.Code != 404 || admitted != 5 {
		t.Errorf("what the host does not forward: status %d, %d calls were counted", w.Code, admitted)
	}
}

func TestRoutesThatOverlapAreToldApartByTheirMethods(t *testing.T) {
	t.Parallel()
	type id struct {
		ID string `path:"id"`
	}
	type channel struct {
		Channel string `path:"channel"`
	}
	b := set(t, nil, Public("social-disconnect", httpJSON("v1/social/accounts/{id}", "delete"), quick, func(_ context.Context, in id) (map[string]string, error) {
		return map[string]string{"id": in.ID}, nil
	}), Public("social-start", httpJSON("v1/social/{channel}/start", "get"), quick, func(_ context.Context, in channel) (map[string]string, error) {
		return map[string]string{"channel": in.Channel}, nil
	}))
	for _, row := range []struct{ method, path, want string }{
		{"GET", "youtube/start", `200 {"channel":"youtube"}`}, {"DELETE", "accounts/7", `200 {"id":"7"}`},
		{"GET", "accounts/start", `200 {"channel":"accounts"}`}, {"DELETE", "accounts/start", `200 {"id":"start"}`},
		{"DELETE", "youtube/start", "405 GET"}, {"HEAD", "youtube/start", "405 GET"}, {"GET", "accounts/7", "405 DELETE"},
		{"POST", "accounts/start", "405 DELETE, GET"}, {"GET", "youtube/stop", "404 "},
	} {
		w := b.ask(row.method, "/api/v1/social/"+row.path, "")
		said := strings.TrimSpace(w.Body.String())
		if w.Code != http.StatusOK {
			said = w.Header().Get("Allow")
		}
		if got := fmt.Sprintf("%d %s", w.Code, said); got != row.want {
			t.Errorf("%s %s: %s, want %s", row.method, row.path, got, row.want)
		}
	}
}

func TestMetricsAreForThisMachineOnly(t *testing.T) {
	t.Parallel()
	b := set(t, func(o *Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("castad_x 1\n")) })
	}, Public("ad-list", httpJSON("v1/ads", "get"), quick, hello))
	if w := b.ask("GET", "/metrics", ""); w.Code != 200 || w.Body.String() != "castad_x 1\n" {
		t.Errorf("status %d, %q", w.Code, w.Body)
	}
	for _, uri := range []string{"/api/metrics", "/api/../metrics", "//metrics", "/metrics/"} { // what a stranger's request can become
		if w := b.ask("GET", uri, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", uri, w.Code)
		}
	}
}

// ofKind is an error that has nothing but a kind.
type ofKind fault.Kind

func (k ofKind) Error() string         { return fault.Kind(k).String() }
func (k ofKind) FaultKind() fault.Kind { return fault.Kind(k) }

// An error that says of what kind it is and no more is told in its kind's words.
func TestAnErrorOfAKindHasTheWordsOfThatKind(t *testing.T) {
	t.Parallel()
	var kind fault.Kind
	b := set(t, nil, Public("ad-list", httpJSON("v1/ads", "get"), quick, func(context.Context, struct{}) (struct{}, error) {
		return struct{}{}, fmt.Errorf("read what a vendor said: %w", ofKind(kind))
	}))
	for code, row := range map[fault.Code]struct {
		kind   fault.Kind
		status int
	}{
		fault.CodeRefused: {fault.Refused, 422}, fault.CodeUnknown: {fault.Unknown, 500}, fault.CodeConflict: {fault.Conflict, 409},
		fault.CodeDenied: {fault.Denied, 403}, fault.CodeMisconfigured: {fault.Misconfigured, 500}, fault.CodeTooMany: {fault.TooMany, 429},
	} {
		kind = row.kind
		w := b.ask("GET", "/api/v1/ads", "")
		if p := problemOf(t, w); w.Code != row.status || p.Code != string(code) || StatusOf(code) != row.status {
			t.Errorf("kind %v: status %d, %+v", row.kind, w.Code, p)
		}
	}
}
