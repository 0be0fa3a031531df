package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"castad/shared/provider/providertest"
)

// TestMain lets the test binary be the servers of the memory test.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CASTAD_TEST_SERVERS"); dir != "" {
		if err := servers(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// vendor is a stand-in with one operation.
type vendor struct {
	*providertest.Desk
	url      string
	accepted atomic.Int64
}

// patience is short only where nothing but the deadline ends the call: the machine may be busy.
func (v *vendor) patience(f providertest.Fault) time.Duration {
	if f.Hangs() {
		return 400 * time.Millisecond
	}
	return 20 * time.Second
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{Desk: providertest.NewDesk(func(f providertest.Fault) providertest.Reply {
		return providertest.Reply{Status: 500, JSON: map[string]string{"error": f.Text}}
	})}
	v.url = providertest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.Serve(w, r, "op", true, func(body []byte, _ providertest.Fault) providertest.Reply {
			v.accepted.Add(1)
			return providertest.Reply{JSON: map[string]string{"id": "job-1", "echo": r.Header.Get("Authorization") + " " + string(body)}}
		})
	}), v.Close)
	return v
}

func newClient(t *testing.T, base string, h HTTP) *Client {
	t.Helper()
	c, err := NewClient("vendor", base, "key-of-ours", h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func classOf(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("not a provider error: %v", err)
	}
	return e
}

func TestAnAnswerComesWithItsBody(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	var seen []Observation
	c := newClient(t, v.url, HTTP{Observe: func(o Observation) { seen = append(seen, o) }})
	a, err := c.Do(t.Context(), Call{Op: "op", Method: "POST", Path: "/x", JSON: map[string]int{"n": 1}, Paid: true})
	if err != nil || a.Status != 200 || string(a.Body) != `{"echo":"Bearer key-of-ours {\"n\":1}","id":"job-1"}` {
		t.Errorf("%v %s", err, a.Body)
	}
	if len(seen) != 1 || seen[0].Provider != "vendor" || seen[0].Op != "op" || seen[0].Status != 200 {
		t.Errorf("observed %+v", seen)
	}
}

// The two columns are the whole point of the HTTP layer: what a failure means
// when money is at stake, and when not. One request arrives, whatever happens.
func TestEveryTransportFailureHasAClass(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name       string
		fault      providertest.Fault
		paid, read Class
		code       string
		accepted   int64
	}{
		{"the connection is closed before the job is accepted", providertest.Fault{Kind: providertest.DropBefore}, Unknown, Later, "no_answer", 0},
		{"the connection is closed after the job is accepted", providertest.Fault{Kind: providertest.Drop}, Unknown, Later, "no_answer", 1},
		{"no answer comes and nothing was accepted", providertest.Fault{Kind: providertest.HangBefore}, Unknown, Later, "timeout", 0},
		{"no answer comes after the job was accepted", providertest.Fault{Kind: providertest.Hang}, Unknown, Later, "timeout", 1},
		{"the answer breaks off", providertest.Fault{Kind: providertest.Truncated}, Unknown, Later, "broken_off", 1},
		{"the answer is slower than the deadline", providertest.Fault{Kind: providertest.Slow, Millis: 5000}, Unknown, Later, "timeout", 1},
		{"a redirect that keeps the method", providertest.Fault{Kind: providertest.Redirect, Status: 307}, OurFault, OurFault, "redirect", 0},
		{"a redirect to https", providertest.Fault{Kind: providertest.Redirect, Status: 301}, OurFault, OurFault, "redirect", 0},
		{"a redirect to a result", providertest.Fault{Kind: providertest.Redirect, Status: 303}, Unknown, Later, "redirect", 0},
	} {
		for _, paid := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, paid %v", row.name, paid), func(t *testing.T) {
				t.Parallel()
				v := newVendor(t)
				v.Next(row.fault)
				c := newClient(t, v.url, HTTP{Timeout: v.patience(row.fault)})
				_, err := c.Do(t.Context(), Call{Op: "op", Method: "POST", Path: "/x", JSON: 1, Paid: paid})
				want := row.read
				if paid {
					want = row.paid
				}
				e := classOf(t, err)
				if e.Class != want || e.Code != row.code {
					t.Errorf("%v, want %v %s", e, want, row.code)
				}
				if v.Asked("op") != 1 || v.accepted.Load() != row.accepted {
					t.Errorf("%d requests, %d accepted", v.Asked("op"), v.accepted.Load())
				}
			})
		}
	}
}

func TestWhatWasNotSentIsLater(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	plain := newVendor(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, row := range map[string]struct {
		base string
		ctx  context.Context
	}{
		"nobody listens":                       {nobody, t.Context()},
		"the TLS handshake fails":              {strings.Replace(plain.url, "http:", "https:", 1), t.Context()},
		"the call was cancelled before it ran": {plain.url, ended},
	} {
		c := newClient(t, row.base, HTTP{})
		_, err := c.Do(row.ctx, Call{Op: "op", Method: "POST", JSON: 1, Paid: true})
		if e := classOf(t, err); e.Class != Later {
			t.Errorf("%s: %v", name, e)
		}
	}
	if plain.Asked("op") != 0 {
		t.Error("something was sent after all")
	}
}

func TestACallCancelledOnItsWayIsUnknown(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	v.Next(providertest.Fault{Kind: providertest.Hang})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for v.accepted.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err := newClient(t, v.url, HTTP{}).Do(ctx, Call{Op: "op", Method: "POST", JSON: 1, Paid: true})
	if e := classOf(t, err); e.Class != Unknown || e.Code != "cancelled" || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", e)
	}
}

type brokenTransport struct{ err error }

func (b brokenTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestATransportThatProvesNothingIsUnknown(t *testing.T) {
	t.Parallel()
	c := newClient(t, "https://api.example.com", HTTP{Transport: brokenTransport{errors.New("boom https://h.example/?sig=SECRET")}})
	_, err := c.Do(t.Context(), Call{Op: "op", Method: "POST", JSON: 1, Paid: true})
	if e := classOf(t, err); e.Class != Unknown || strings.Contains(e.Error(), "SECRET") {
		t.Errorf("%v", e)
	}
	_, err = c.Do(t.Context(), Call{Op: "op", Method: "GET"})
	if e := classOf(t, err); e.Class != Later {
		t.Errorf("%v", e)
	}
}

func TestAnAnswerThatIsTooLongIsCut(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 100
		if r.URL.Path == "/more" {
			n = 101
		}
		_, _ = w.Write(make([]byte, n))
	}))
	t.Cleanup(s.Close)
	c := newClient(t, s.URL, HTTP{MaxBytes: 100})
	if a, err := c.Do(t.Context(), Call{Op: "op", Method: "GET", Path: "/exactly"}); err != nil || len(a.Body) != 100 {
		t.Errorf("%v", err)
	}
	for paid, want := range map[bool]Class{true: Unknown, false: Later} {
		_, err := c.Do(t.Context(), Call{Op: "op", Method: "GET", Path: "/more", Paid: paid})
		if e := classOf(t, err); e.Class != want || e.Code != "too_long" {
			t.Errorf("%v", e)
		}
	}
}

// A kept connection that the server closes while a request is on its way makes
// a harmless race look like an unknown outcome.
func TestEachPaidCallHasItsOwnConnection(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, s.URL, HTTP{})
	for range 3 {
		if _, err := c.Do(t.Context(), Call{Op: "op", Method: "POST", JSON: 1, Paid: true}); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() != 3 {
		t.Errorf("%d connections for 3 paid calls", opened.Load())
	}
	for range 3 {
		if _, err := c.Do(t.Context(), Call{Op: "op", Method: "GET"}); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() != 4 {
		t.Errorf("%d connections for 3 more reads", opened.Load()-3)
	}
	for _, keep := range []bool{true, false} {
		if tr := transport(keep); tr.Proxy != nil || !tr.DisableCompression {
			t.Error("a proxy or decompression is on")
		}
	}
}

// net/http would repeat a GET whose kept connection dies.
func TestAReadOnAKeptConnectionIsSentOnce(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	c := newClient(t, v.url, HTTP{})
	for _, method := range []string{"GET", "DELETE", "POST"} {
		call := Call{Op: "op", Method: method}
		if method == "POST" {
			call.JSON = 1
		}
		if _, err := c.Do(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		before := v.Asked("op")
		v.Next(providertest.Fault{Kind: providertest.Drop})
		_, err := c.Do(t.Context(), call)
		if e := classOf(t, err); e.Class != Later || v.Asked("op") != before+1 {
			t.Errorf("%s: %v, sent %d times", method, e, v.Asked("op")-before)
		}
	}
}

func TestAStatusIsTheVendorsTableToJudge(t *testing.T) {
	t.Parallel()
	for status, row := range map[int]struct{ paid, read Class }{
		301: {OurFault, OurFault}, 303: {Unknown, Later}, 400: {UserFault, OurFault}, 401: {OurFault, OurFault}, 402: {QuotaExhausted, QuotaExhausted},
		403: {OurFault, OurFault}, 404: {OurFault, OurFault}, 405: {OurFault, OurFault}, 408: {Unknown, Later}, 409: {Unknown, Later},
		413: {UserFault, OurFault}, 415: {OurFault, OurFault}, 422: {UserFault, OurFault}, 425: {RateLimited, RateLimited},
		429: {RateLimited, RateLimited}, 451: {UserFault, OurFault}, 500: {Unknown, Later}, 502: {Unknown, Later}, 503: {Unknown, Later}, 504: {Unknown, Later},
	} {
		if p, r := StatusClass(status, true), StatusClass(status, false); p != row.paid || r != row.read {
			t.Errorf("%d: paid %v, read %v", status, p, r)
		}
	}
}

func TestAnErrorNeverShowsTheKey(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	v.Next(providertest.Fault{Kind: providertest.Status, Status: 503, RetryAfter: "7", Text: "bad key key-of-ours at https://h.example/?sig=SECRET"})
	c := newClient(t, v.url, HTTP{})
	call := Call{Op: "op", Method: "GET"}
	a, err := c.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	e := c.Fail(call, a, Later, "key-of-ours", "")
	if e.Status != 503 || e.RetryAfter != 7*time.Second || e.Snippet == "" {
		t.Errorf("%+v", e)
	}
	if s := e.Error(); strings.Contains(s, "key-of-ours") || strings.Contains(s, "SECRET") {
		t.Errorf("%s", s)
	}
}

func TestWrongSettingsAreFoundAtStart(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		base, key string
		h         HTTP
		ok        bool
	}{
		"https":                           {"https://api.example.com/v1", "k", HTTP{}, true},
		"plain http on loopback":          {"http://127.0.0.1:9000", "", HTTP{}, true},
		"plain http on localhost":         {"http://localhost:9000", "", HTTP{}, true},
		"plain http on IPv6 loopback":     {"http://[::1]:9000", "", HTTP{}, true},
		"plain http elsewhere":            {"http://llm.internal:8000", "k", HTTP{}, false},
		"plain http elsewhere, permitted": {"http://llm.internal:8000", "k", HTTP{AllowPlainHTTP: true}, true},
		"no host":                         {"/v1", "k", HTTP{}, false},
		"empty":                           {"", "k", HTTP{}, false},
		"another scheme":                  {"ftp://example.com", "k", HTTP{}, false},
		"userinfo":                        {"https://u:SECRET@example.com", "k", HTTP{}, false},
		"a query":                         {"https://example.com?key=SECRET", "k", HTTP{}, false},
		"a key with a line break":         {"https://example.com", "SECRET\r\nX: y", HTTP{}, false},
		"a key with Hangul":               {"https://example.com", "열쇠", HTTP{}, false},
	} {
		_, err := NewClient("v", row.base, row.key, row.h)
		if (err == nil) != row.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (classOf(t, err).Class != OurFault || strings.Contains(err.Error(), "SECRET")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// watched counts how often it is read.
type watched struct {
	mu    sync.Mutex
	reads int
}

func (w *watched) Read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads++
	return len(p), nil
}

func TestABodyIsNotReadAfterTheCall(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(s.Close)
	body := &watched{}
	_, err := newClient(t, s.URL, HTTP{}).Do(t.Context(), Call{Op: "op", Method: "PUT", Body: body, Length: 64 << 20, Type: "video/mp4", Paid: true})
	classOf(t, err)
	body.mu.Lock()
	before := body.reads
	body.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	body.mu.Lock()
	defer body.mu.Unlock()
	if body.reads != before {
		t.Error("the transport read on after the call had ended")
	}
}

func TestARequestBodyCannotBeReplayed(t *testing.T) {
	t.Parallel()
	c := newClient(t, "https://api.example.com", HTTP{})
	req, release, err := c.request(t.Context(), Call{Method: "POST", JSON: map[string]int{"a": 1}})
	if err != nil || req.GetBody != nil || req.ContentLength != 7 {
		t.Fatalf("%v, GetBody %v, length %d", err, req.GetBody != nil, req.ContentLength)
	}
	release()
	if _, err := io.ReadAll(req.Body); err == nil {
		t.Error("a released body can still be read")
	}
}
