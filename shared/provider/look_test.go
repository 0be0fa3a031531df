package provider

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestALookReturnsWhateverComes(t *testing.T) {
	t.Parallel()
	base := cdn(t)
	d := Downloader{Provider: "pages", Allow: []string{base}}
	for _, row := range []struct {
		path   string
		status int
		body   string
	}{{"/page", 200, "<!doctype html>"}, {"/403", 403, ""}, {"/404", 404, ""}, {"/429", 429, ""}, {"/500", 500, ""}, {"/empty", 200, ""}, {"/hops/2", 302, ""}} {
		a, err := d.Look(t.Context(), "page", base+row.path, 1000)
		if err != nil || a.Status != row.status || !strings.HasPrefix(string(a.Body), row.body) {
			t.Errorf("%s: %+v, %v", row.path, a, err)
		}
	}
	if a, err := d.Look(t.Context(), "page", base+"/hops/2", 1000); err != nil || a.Header.Get("Location") != "/hops/1" {
		t.Errorf("a redirect: %+v, %v", a, err)
	}
	for path, want := range map[string]struct {
		limit int64
		class Class
		code  string
	}{
		"/gzip":    {1000, BadResult, "encoded"},
		"/chunked": {int64(4*len(film)) - 1, BadResult, "too_long"},
		"/short":   {2000, Later, "broken_off"},
	} {
		if _, err := d.Look(t.Context(), "page", base+path, want.limit); classOf(t, err).Class != want.class || classOf(t, err).Code != want.code {
			t.Errorf("%s: %v", path, err)
		}
	}
	d.Timeout = 200 * time.Millisecond
	for _, path := range []string{"/silent", "/stall"} {
		if _, err := d.Look(t.Context(), "page", base+path, 2000); classOf(t, err).Class != Later {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, url := range []string{"https://evil.example/", "http://[", "file:///etc/passwd", strings.Replace(base, "127.0.0.1", "localhost", 1) + "/page"} {
		if _, err := d.Look(t.Context(), "page", url, 1000); err == nil {
			t.Errorf("%s was looked at", url)
		}
	}
}

func TestTheGuardIsToldHowALookEnded(t *testing.T) {
	t.Parallel()
	base := cdn(t)
	for path, want := range map[string]Verdict{"/page": Healthy, "/403": Busy, "/404": Healthy, "/429": Busy, "/500": Sick, "/gzip": Sick, "/short": Sick} {
		g := &told{}
		_, _ = Downloader{Provider: "pages", Allow: []string{base}, Guard: g}.Look(t.Context(), "page", base+path, 2000)
		if g.asked != (Attempt{Vendor: "pages", Op: "page"}) || g.said.Verdict != want {
			t.Errorf("%s: asked for %+v, told %v, want %v", path, g.asked, g.said.Verdict, want)
		}
		if want == Busy && g.said.RetryAfter != 9*time.Second { // what the header says
			t.Errorf("%s: told to wait for %v", path, g.said.RetryAfter)
		}
	}
	g := &told{no: &Error{Provider: "pages", Class: RateLimited}}
	if _, err := (Downloader{Allow: []string{base}, Guard: g}).Look(t.Context(), "page", base+"/page", 2000); classOf(t, err).Class != RateLimited {
		t.Errorf("%v", err)
	}
}

// told is a guard that remembers what it was asked and told.
type told struct {
	no    error
	asked Attempt
	said  Outcome
}

func (g *told) Allow(_ context.Context, a Attempt) (Pass, error) {
	g.asked = a
	return func(o Outcome) { g.said = o }, g.no
}

func TestALookSaysWhoLooks(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.UserAgent()+"|"+r.Header.Get("Cookie")+r.Header.Get("Referer"))
	}))
	t.Cleanup(s.Close)
	for agent, want := range map[string]string{"": "CastAD/1|", "CastAD/1 (+ops@castad.example)": "CastAD/1 (+ops@castad.example)|"} {
		a, err := Downloader{Allow: []string{s.URL}, UserAgent: agent}.Look(t.Context(), "page", s.URL, 100)
		if err != nil || string(a.Body) != want {
			t.Errorf("%+v, %v", a, err)
		}
	}
}

func TestALookDialsPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for name, ip := range map[string][4]byte{"loopback": {127, 0, 0, 1}, "metadata": {169, 254, 169, 254}, "private": {192, 168, 0, 1}} {
		resolver, asked := nameServer(t, ip)
		allowed := "https://naver.me:" + port
		d := Downloader{Allow: []string{allowed}, resolver: resolver, tls: &tls.Config{InsecureSkipVerify: true}, Timeout: 5 * time.Second}
		if _, err := d.Look(t.Context(), "page", allowed+"/x", 100); classOf(t, err).Code != "address_not_allowed" || asked.Load() == 0 {
			t.Errorf("%s: %v (asked %d times)", name, err, asked.Load())
		}
	}
	if reached.Load() != 0 {
		t.Error("the server was reached")
	}
}
