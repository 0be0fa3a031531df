package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	healthlive "castad/functions/health/live"

	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/limiter"
	"castad/shared/redistest"
	"castad/shared/store/storetest"
	"castad/shared/trigger"

	"github.com/google/go-cmp/cmp"
)

func defaultClasses(t testing.TB) map[string]limiter.Class {
	t.Helper()
	classes, err := parseClasses([]string{"auth=5/1m", "live=10/1s", "general=30/1s", "callback=100/1s"})
	must(t, err)
	return classes
}

func TestEveryFunctionHasAClassOfLimits(t *testing.T) {
	t.Parallel()
	all, err := rulings(registry(parts{}), defaultClasses(t))
	must(t, err)
	var paid []string
	for _, f := range registry(parts{}) {
		if f.Kind() != trigger.KindHTTP {
			continue
		}
		r, ok := all[f.Name()]
		if !ok || r.class.Limit.N == 0 {
			t.Errorf("%s has no class", f.Name())
		}
		if r.paid {
			paid = append(paid, f.Name())
		}
	}
	for name, class := range map[string]string{"ad-events": classLive, "health-ready": classLive, "song-callback": classCallback, "video-media": classCallback,
		"ad-list": classGeneral, "video-file": classGeneral, "cors-preflight": classGeneral} {
		if got := all[name].class.Name; got != class {
			t.Errorf("%s is of class %q, want %q", name, got, class)
		}
	}
	for _, name := range []string{"ad-request", "ad-retry", "ad-approve", "ad-edit", "song-choose", "song-regenerate", "video-regenerate", "lyric-edit"} {
		if !slices.Contains(paid, name) {
			t.Errorf("%s starts what costs money and is open when nobody can count; paid are %v", name, paid)
		}
	}
	for _, name := range []string{"ad-show", "ad-list", "ad-events", "health-live", "ad-cancel", "place-create"} {
		if slices.Contains(paid, name) {
			t.Errorf("%s is closed when nobody can count", name)
		}
	}
	binding := []byte(`{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["get"],"route":"v1/new"},{"type":"http","direction":"out","name":"res"}]}`)
	stranger := trigger.Public("new-show", binding, trigger.Budget{Time: time.Second}, func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	if _, err := rulings([]trigger.Function{stranger}, defaultClasses(t)); err == nil || !strings.Contains(err.Error(), "new-show") {
		t.Errorf("a function of a module without a class: %v", err)
	}
	for _, bad := range [][]string{nil, {"auth=5/1m", "live=10/1s", "general=30/1s"}, {"auth=5/1m", "live=10/1s", "general=30/1s", "callback=1/1s", "auth=9/1s"},
		{"auth=5/1m", "live=10/1s", "general=30/1s", "callback=many"}, {"auth=5/1m", "live=10/1s", "general=30/1s", "callback=1/1s", "other=9/1s"}} {
		if _, err := parseClasses(bad); err == nil {
			t.Errorf("CASTAD_RATE_LIMITS=%v is accepted", bad)
		}
	}
}

// Row 11: who calls is what the front end has seen, and nothing that the caller writes.
func TestLimitsCountTheAddressThatTheFrontEndHasSeen(t *testing.T) {
	t.Parallel()
	classes := defaultClasses(t)
	all, err := rulings(registry(parts{}), classes)
	must(t, err)
	l := &limits{rulings: all, count: func(string, string) {}, keeper: limiter.NewMemory(still, withSites(classes)...), bypass: newBypass(false, nil, clock, slog.Default())}
	host := gateOf(t, l, io.Discard)
	for i := range 10 {
		if got := knock(host, "198.51.100.1, 203.0.113.9:40001"); got.Code != http.StatusOK {
			t.Fatalf("call %d: %d", i, got.Code)
		}
	}
	for name, row := range map[string]struct {
		forwarded []string
		status    int
	}{
		"the same address":                       {[]string{"203.0.113.9"}, 429},
		"another port":                           {[]string{"203.0.113.9:50002"}, 429},
		"an invented left":                       {[]string{"10.9.8.7, 203.0.113.9"}, 429},
		"another's address on the left":          {[]string{"192.0.2.1,192.0.2.2, 203.0.113.9"}, 429},
		"a header of the caller's own before it": {[]string{"192.0.2.77", "203.0.113.9"}, 429},
		"a broken left":                          {[]string{"evil,,203.0.113.9"}, 429},
		"the same address as IPv6":               {[]string{"[::ffff:203.0.113.9]:443"}, 429},
		"its name on the left of another":        {[]string{"203.0.113.9, 203.0.113.10"}, 200},
		"another address":                        {[]string{"203.0.113.11"}, 200},
	} {
		if got := knock(host, row.forwarded...); got.Code != row.status {
			t.Errorf("%s: status %d, want %d", name, got.Code, row.status)
		}
	}
	for i := range 12 { // one household has 2^64 addresses
		got := knock(host, fmt.Sprintf("[2001:db8:7:7::%x]:443", i))
		if want := map[bool]int{true: 200, false: 429}[i < 10]; got.Code != want {
			t.Errorf("address %d of one IPv6 network: status %d, want %d", i, got.Code, want)
		}
	}
	for range 500 { // of which one alone does not use up what is its neighbours', too
		knock(host, "[2001:db8:8:ffff::1]:443")
	}
	admitted := 10
	for i := range 400 { // and a site 2^16 networks of those
		if knock(host, fmt.Sprintf("[2001:db8:8:%x::1]:443", i)).Code == http.StatusOK {
			admitted++
		}
	}
	if admitted != 160 || knock(host, "[2001:db8:9::1]:443").Code != http.StatusOK {
		t.Errorf("%d calls of one IPv6 site were admitted, want 160, and another site's", admitted)
	}
	refused := knock(host, "203.0.113.9")
	after, policy, left := refused.Header().Get("Retry-After"), refused.Header().Get("RateLimit-Policy"), refused.Header().Get("RateLimit")
	if after != "2" || policy != `"live";q=10;w=1` || left != `"live";r=0;t=2` { // a second and a microsecond, rounded up
		t.Errorf("refused with Retry-After %q, RateLimit-Policy %q, RateLimit %q", after, policy, left)
	}
}

// still is a clock that stands.
func still() time.Duration { return 0 }

// gateOf is a host of one function that l guards.
func gateOf(t *testing.T, l *limits, log io.Writer) http.Handler {
	t.Helper()
	host, err := trigger.New(trigger.Options{Log: slog.New(slog.NewJSONHandler(log, nil)), Admit: l.admit}, healthlive.New())
	must(t, err)
	return host.Handler()
}

// knock is a call of health-live that came through these hops.
func knock(h http.Handler, forwarded ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/health/live", nil)
	r.Header["X-Forwarded-For"] = forwarded
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestUsersAreLimitedEachForThemselves(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *config.Config) {
		c.RateLimits = []string{"auth=5/1m", "live=10/1s", "general=3/1h", "callback=100/1s"}
		c.Origins = []string{"https://app.castad.example"}
	})
	get := func(token, from string) answer {
		return b.send(http.MethodGet, "/ads", token, map[string]string{"X-Forwarded-For": from, "Origin": "https://app.castad.example"}, nil)
	}
	for i := range 3 {
		got := get(b.token, fmt.Sprintf("203.0.113.%d", i)) // a user is one wherever he is
		if want := fmt.Sprintf(`"general";r=%d;t=3601`, 2-i); got.status != http.StatusOK || got.header.Get("RateLimit") != want {
			t.Errorf("call %d: %d, RateLimit %q, want %q", i, got.status, got.header.Get("RateLimit"), want)
		}
	}
	got := get(b.token, "203.0.113.9")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" || !strings.Contains(string(got.body), string(fault.CodeTooMany)) {
		t.Errorf("one too many: %d %v %s", got.status, got.header, got.body)
	}
	if got.header.Get("Access-Control-Allow-Origin") != "https://app.castad.example" || !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Retry-After") {
		t.Errorf("a listed origin's script cannot read why: %v", got.header)
	}
	if got := get(b.signIn(), "203.0.113.9"); got.status != http.StatusOK {
		t.Errorf("another user at the same address: %d", got.status)
	}
}

// Two instances, one Redis: a user's calls are counted together; when Redis is
// down, what costs money is closed and what reads is open.
func TestWithoutRedisPaidActionsAreClosedAndReadsOpen(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	shared := func(c *config.Config) {
		c.RedisURL = config.NewSecret(server.URL())
		c.RateLimits = []string{"auth=5/1m", "live=10/1s", "general=12/1h", "callback=100/1s"}
	}
	b, other := newBench(t, shared), newBench(t, shared)
	wish := mustJSON(t, map[string]any{"place": b.place(1).ID, "publish": "none"}) // two calls
	read := func(at *bench) answer { return at.send(http.MethodGet, "/ads", b.token, nil, nil) }
	if got := read(other); got.header.Get("RateLimit") != `"general";r=9;t=3601` {
		t.Errorf("the second instance has not counted what the first has seen: RateLimit %q", got.header.Get("RateLimit"))
	}
	server.Kill()
	order := func() answer {
		return b.send(http.MethodPost, "/ads", b.token, map[string]string{"Content-Type": "application/json", "Idempotency-Key": "order-1", "X-CastAD-Bypass": "bypass_x"}, []byte(wish))
	}
	before := b.rows()
	if got := order(); got.status != http.StatusServiceUnavailable || !strings.Contains(string(got.body), string(fault.CodeLimitUnavailable)) || got.header.Get("Retry-After") == "" {
		t.Errorf("an order without Redis: %d %s", got.status, got.body)
	}
	if diff := cmp.Diff(before, b.rows()); diff != "" {
		t.Errorf("the refused order has written (-before +after):\n%s", diff)
	}
	if got := read(b); got.status != http.StatusOK {
		t.Errorf("a read without Redis: %d %s", got.status, got.body)
	}
	server.Start()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		got := order()
		if got.status == http.StatusCreated || got.status == http.StatusAccepted {
			break
		}
		if time.Now().After(deadline) || got.status == http.StatusTooManyRequests {
			t.Fatalf("an order with Redis again: %d %s", got.status, got.body)
		}
	}
}

func TestABypassTokenLiftsLimitsWhereItMay(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	now := time.Now().UTC().Truncate(time.Second)
	for token, ends := range map[string]time.Time{"bypass_good": now.Add(time.Minute), "bypass_over": now.Add(-time.Minute)} {
		hash := sha256.Sum256([]byte(token))
		_, err := db.Primary().Exec(t.Context(), `INSERT INTO bypass_tokens (token_hash, purpose, made_by, created_at, expires_at) VALUES (?, 'test', 1, ?, ?)`, hash[:], now, ends)
		must(t, err)
	}
	at := now
	var logged bytes.Buffer
	classes := defaultClasses(t)
	one, err := limiter.ParseClass("live=1/1h")
	must(t, err)
	classes["live"] = one
	all, err := rulings(registry(parts{}), classes)
	must(t, err)
	outcomes := map[string]int{}
	l := &limits{rulings: all, keeper: limiter.NewMemory(limiter.Elapsed(), one), count: func(_, outcome string) { outcomes[outcome]++ }}
	host := gateOf(t, l, &logged)
	call := func(token string) int {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/health/live", nil)
		r.Header.Set("X-CastAD-Bypass", token)
		w := httptest.NewRecorder()
		host.ServeHTTP(w, r)
		return w.Code
	}
	l.bypass = newBypass(true, db.Primary(), func() time.Time { return at }, slog.New(slog.NewJSONHandler(&logged, nil)))
	call("")
	for name, row := range map[string]struct {
		token  string
		status int
	}{"none": {"", 429}, "a good one": {"bypass_good", 200}, "one that is over": {"bypass_over", 429}, "an unknown one": {"bypass_other", 429},
		"no token at all": {"good", 429}, "a very long one": {"bypass_" + strings.Repeat("x", 200), 429}} {
		if got := call(row.token); got != row.status {
			t.Errorf("%s: status %d, want %d", name, got, row.status)
		}
	}
	if outcomes["bypassed"] != 1 || outcomes["refused"] != 5 {
		t.Errorf("counted %v", outcomes)
	}
	hash := sha256.Sum256([]byte("bypass_good"))
	if !strings.Contains(logged.String(), fmt.Sprintf(`"bypass":"%x"`, hash[:4])) || strings.Contains(logged.String(), "bypass_good") {
		t.Errorf("the log does not say who has bypassed, or says too much:\n%s", logged.String())
	}
	l.bypass.allowed = false
	if call("bypass_good") != 429 {
		t.Error("a token is good where none may be")
	}
	l.bypass.allowed = true
	// Ended by an operator: of no use 30 s later, and the database is not asked before that.
	_, err = db.Primary().Exec(t.Context(), `DELETE FROM bypass_tokens`)
	must(t, err)
	if at = now.Add(29 * time.Second); call("bypass_good") != 200 {
		t.Error("what the database said is forgotten within 30 s")
	}
	if at = now.Add(31 * time.Second); call("bypass_good") != 429 {
		t.Error("a token that an operator has ended is good after 30 s")
	}
}

func TestGuessesAtBypassTokensDoNotReachTheDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	b := newBypass(true, db.Primary(), time.Now, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	for i := range 250 { // fewer than are remembered
		b.good(t.Context(), fmt.Sprintf("bypass_%d", i))
	}
	if n := len(b.seen); n > 100 { // 10 a second
		t.Errorf("%d of 250 guesses were looked up", n)
	}
	must(t, db.Close())
	// Row 24: what cannot be found out means no.
	if fresh := newBypass(true, db.Primary(), time.Now, slog.New(slog.NewJSONHandler(io.Discard, nil))); fresh.good(t.Context(), "bypass_x") {
		t.Error("a token is good while the database is away")
	}
}

// Row 24, for the limiter: a broken keeper closes what is paid, whatever else it says.
func TestAFunctionWithoutARulingAndABrokenKeeperAreClosed(t *testing.T) {
	t.Parallel()
	all, err := rulings(registry(parts{}), defaultClasses(t))
	must(t, err)
	l := &limits{rulings: all, keeper: broken{}, count: func(string, string) {}, bypass: newBypass(true, nil, clock, slog.Default())}
	who := identity.Principal{Tenant: 1, User: 2}
	for function, want := range map[string]fault.Code{"ad-request": fault.CodeLimitUnavailable, "ad-show": "", "unheard-of": fault.CodeLimitUnavailable} {
		_, err := l.admit(t.Context(), trigger.Caller{Function: function, Principal: who})
		if got := codeOrNone(err); got != want {
			t.Errorf("%s: %q (%v), want %q", function, got, err, want)
		}
	}
}

func codeOrNone(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

type broken struct{}

func (broken) Take(context.Context, limiter.Class, string) (limiter.Verdict, error) {
	return limiter.Verdict{OK: true}, errors.Join(limiter.ErrAlone)
}

func (b broken) Look(ctx context.Context, c limiter.Class, who string) (limiter.Verdict, error) {
	return b.Take(ctx, c, who)
}

// BenchmarkInvocationLimits is what limits and their headers add to an invocation (P12; the layer's own part
// is in shared/trigger), for a caller known by his address and one who has signed in.
func BenchmarkInvocationLimits(b *testing.B) {
	keys, err := identity.ParseKeys(sample(b)["CASTAD_TOKEN_KEYS"])
	must(b, err)
	tokens, err := identity.NewVerifier(keys, identity.DefaultIssuer, identity.DefaultAudience, time.Now)
	must(b, err)
	wide, err := limiter.ParseClass("wide=1000/1ms") // all are admitted
	must(b, err)
	binding := []byte(`{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["get"],"route":"v1/ads"},{"type":"http","direction":"out","name":"res"}]}`)
	list := trigger.HTTP("ad-list", binding, trigger.Budget{Time: time.Second}, func(context.Context, identity.Principal, struct{}) ([]int, error) { return []int{1}, nil })
	l := &limits{rulings: map[string]ruling{"health-live": {class: wide}, "ad-list": {class: wide, byUser: true}}, keeper: limiter.NewMemory(limiter.Elapsed(), wide),
		count: func(string, string) {}, bypass: newBypass(false, nil, clock, slog.Default())}
	for _, limited := range []string{"without", "with"} {
		o := trigger.Options{Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Tokens: tokens}
		if limited == "with" {
			o.Admit = l.admit
		}
		host, err := trigger.New(o, healthlive.New(), list)
		must(b, err)
		for path, who := range map[string]string{"/api/v1/health/live": "address", "/api/v1/ads": "user"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header = http.Header{"Authorization": {"Bearer " + sampleToken(b)}, "X-Forwarded-For": {"203.0.113.9:51000"}}
			b.Run(who+"/"+limited, func(b *testing.B) {
				w := timed{httptest.NewRecorder()}
				b.ReportAllocs()
				for b.Loop() {
					clear(w.Header())
					w.Body.Reset()
					host.Handler().ServeHTTP(w, r)
				}
				if w.Code != http.StatusOK || (w.Header().Get("RateLimit") != "") != (o.Admit != nil) {
					b.Fatalf("%d %v", w.Code, w.Header())
				}
			})
		}
	}
}

// timed is a recorder with the deadlines that the server's writer has: without them each would cost an error.
type timed struct{ *httptest.ResponseRecorder }

func (timed) SetReadDeadline(time.Time) error  { return nil }
func (timed) SetWriteDeadline(time.Time) error { return nil }
