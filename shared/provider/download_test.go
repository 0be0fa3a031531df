package provider

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const film = "not really a film, but bytes"

// cdn serves one path for each way in which a file can come.
func cdn(t *testing.T) string {
	mux := http.NewServeMux()
	serve := func(path string, h http.HandlerFunc) { mux.HandleFunc("GET "+path, h) }
	status := func(path string, code int) {
		serve(path, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "9"); w.WriteHeader(code) })
	}
	serve("/film.mp4", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "Video/MP4; x=y")
		if r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("Referer") != "" || r.Header.Get("Accept-Encoding") != "identity" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, film)
	})
	serve("/chunked", func(w http.ResponseWriter, _ *http.Request) {
		for range 4 {
			_, _ = io.WriteString(w, film)
			_ = http.NewResponseController(w).Flush()
		}
	})
	short := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, film)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	serve("/short", short)
	serve("/stall", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, film)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	serve("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	serve("/page", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>x</title>")
	})
	serve("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	serve("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 1<<20))
		_ = z.Close()
	})
	serve("/hops/{n}", func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"4": "/hops/3?sig=SECRET", "3": "/hops/2", "2": "/hops/1", "1": "/film.mp4"}[r.PathValue("n")]
		http.Redirect(w, r, to, http.StatusFound)
	})
	serve("/to", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("u"))
		w.WriteHeader(http.StatusFound)
	})
	status("/403", 403)
	status("/404", 404)
	status("/410", 410)
	status("/429", 429)
	status("/500", 500)
	status("/206", 206)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestDownload(t *testing.T) {
	t.Parallel()
	base := cdn(t)
	host := strings.TrimPrefix(base, "http://")
	d := Downloader{Provider: "cdn", Allow: []string{base, "https://cdn.example.com"}}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, url string
		limit     int64
		class     Class
		code      string
	}{
		{"a file", base + "/film.mp4", 1000, 0, ""},
		{"a file of exactly the limit", base + "/film.mp4", int64(len(film)), 0, ""},
		{"a file with a fragment in its URL", base + "/film.mp4#t=1", 1000, 0, ""},
		{"a file behind three redirects", base + "/hops/3", 1000, 0, ""},
		{"a file of unknown length", base + "/chunked", 1000, 0, ""},
		{"a file behind four redirects", base + "/hops/4", 1000, BadResult, "too_many_redirects"},
		{"a file that is announced too long", base + "/film.mp4", int64(len(film)) - 1, BadResult, "too_long"},
		{"a file that grows too long", base + "/chunked", int64(4*len(film)) - 1, BadResult, "too_long"},
		{"a file that ends early", base + "/short", 2000, Later, "truncated"},
		{"a file that stalls", base + "/stall", 2000, Later, "broken_off"},
		{"a server that says nothing", base + "/silent", 2000, Later, "no_answer"},
		{"a web page", base + "/page", 1000, BadResult, "web_page"},
		{"an empty file", base + "/empty", 1000, BadResult, "empty"},
		{"a gzip bomb", base + "/gzip", 1000, BadResult, "encoded"},
		{"a file that may not be read (yet)", base + "/403", 1000, Later, "no_file"},
		{"a file that is not there (yet)", base + "/404", 1000, Later, "no_file"},
		{"a file that is gone", base + "/410", 1000, BadResult, "gone"},
		{"a busy server", base + "/429", 1000, RateLimited, ""},
		{"a broken server", base + "/500", 1000, Later, "no_file"},
		{"a part of a file", base + "/206", 1000, Later, "no_file"},
		{"an origin that is not listed", "https://evil.example/film.mp4?sig=SECRET", 1000, OurFault, "origin_not_allowed"},
		{"another port", strings.Replace(base, host, "127.0.0.1:1", 1) + "/film.mp4", 1000, OurFault, "origin_not_allowed"},
		{"another spelling of the address", "http://2130706433:" + host[len("127.0.0.1:"):] + "/film.mp4", 1000, OurFault, "origin_not_allowed"},
		{"the address in IPv6", "http://[::ffff:127.0.0.1]:" + host[len("127.0.0.1:"):] + "/film.mp4", 1000, OurFault, "origin_not_allowed"},
		{"a listed name before an @", "https://cdn.example.com@evil.example/", 1000, OurFault, "origin_not_allowed"},
		{"a listed name as a part of another", "https://cdn.example.com.evil.example/", 1000, OurFault, "origin_not_allowed"},
		{"a listed name with a trailing dot", "https://cdn.example.com./", 1000, OurFault, "origin_not_allowed"},
		{"a listed name in plain http", "http://cdn.example.com/", 1000, OurFault, "origin_not_allowed"},
		{"a look-alike of a listed name", "https://сdn.example.com/", 1000, OurFault, "origin_not_allowed"},
		{"a file of this machine", "file:///etc/passwd", 1000, OurFault, "origin_not_allowed"},
		{"gopher", "gopher://127.0.0.1:70/x", 1000, OurFault, "origin_not_allowed"},
		{"no URL", "http://[", 1000, BadResult, "bad_url"},
		{"nothing", "", 1000, OurFault, "origin_not_allowed"},
		{"a redirect to the metadata service", base + "/to?u=http://169.254.169.254/latest", 1000, OurFault, "origin_not_allowed"},
		{"a redirect to another door of this machine", base + "/to?u=http://127.0.0.1:1/", 1000, OurFault, "origin_not_allowed"},
		{"a redirect to another scheme", base + "/to?u=file:///etc/passwd", 1000, OurFault, "origin_not_allowed"},
		{"a redirect to no URL", base + "/to?u=http://[", 1000, BadResult, "bad_redirect"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := d
			if strings.HasSuffix(row.url, "/stall") || strings.HasSuffix(row.url, "/silent") {
				d.Idle, d.Timeout = 300*time.Millisecond, 5*time.Second // only where nothing else can end the wait: the machine may be busy
			}
			got, err := d.Get(t.Context(), row.url, row.limit)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(got.Body)
				if err2 := got.Body.Close(); err2 != nil {
					t.Errorf("close: %v", err2)
				}
			}
			if row.class == 0 {
				if err != nil || !strings.HasPrefix(string(body), film) {
					t.Errorf("%q, %v", body, err)
				}
				if got != nil && row.url == base+"/film.mp4" && (got.Type != "video/mp4" || got.Length != int64(len(film))) {
					t.Errorf("type %q, length %d", got.Type, got.Length)
				}
				return
			}
			e := classOf(t, err)
			if e.Class != row.class || e.Code != row.code || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%v, want %v %s", err, row.class, row.code)
			}
			if int64(len(body)) > row.limit {
				t.Errorf("%d bytes came through a limit of %d", len(body), row.limit)
			}
			if (row.code == "no_file" || row.class == RateLimited) && e.RetryAfter != 9*time.Second {
				t.Errorf("retry after %v", e.RetryAfter)
			}
			if row.code == "broken_off" && !errors.Is(err, errStalled) {
				t.Errorf("the stall is not told: %v", err)
			}
			if row.code == "truncated" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the early end is not told: %v", err)
			}
		})
	}
}

func TestADownloadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	base := cdn(t)
	ctx, cancel := context.WithCancel(t.Context())
	got, err := Downloader{Allow: []string{base}}.Get(ctx, base+"/stall", 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if _, err := io.ReadFull(got.Body, make([]byte, len(film))); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = got.Body.Read(make([]byte, 1))
	if e := classOf(t, err); e.Class != Later || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, again := got.Body.Read(make([]byte, 1)); again != err {
		t.Errorf("a second read says %v", again)
	}
}

func TestListsAreCheckedAtStart(t *testing.T) {
	t.Parallel()
	for origin, ok := range map[string]bool{
		"https://cdn.example.com": true, "https://cdn.example.com/": true, "https://CDN.example.com:8443": true, "http://127.0.0.1:9000": true,
		"http://localhost:9000": true, "http://[::1]:9000": true,
		"http://cdn.example.com": false, "http://10.0.0.5:9000": false, "https://*.example.com": false, "https://cdn.example.com/path": false,
		"https://cdn.example.com?x": false, "https://u@cdn.example.com": false, "cdn.example.com": false, "ftp://cdn.example.com": false, "": false,
		"https://한빛.example": false, "https://[fe80::1%25eth0]": false,
	} {
		if err := (Downloader{Allow: []string{origin}}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", origin, err)
		}
	}
	if _, err := (Downloader{Allow: []string{"nonsense"}}).Get(t.Context(), "https://cdn.example.com/x", 1); classOf(t, err).Code != "bad_setting" {
		t.Errorf("%v", err)
	}
}

func TestWhichAddressesServeAnOrigin(t *testing.T) {
	t.Parallel()
	list, err := parseOrigins([]string{"https://cdn.example.com", "http://127.0.0.1:9000", "http://localhost:9001", "https://10.1.2.3", "http://[::1]:9000", "https://168.63.129.16", "https://169.254.169.254"},
		[]string{"https://studio.internal"})
	if err != nil {
		t.Fatal(err)
	}
	o := func(scheme, host, port string) origin { return origin{scheme, host, port} }
	name, literal := o("https", "cdn.example.com", "443"), o("http", "127.0.0.1", "9000")
	for _, row := range []struct {
		o  origin
		ip string
		ok bool
	}{
		{name, "93.184.216.34", true}, {name, "2606:2800:220:1::1", true}, {name, "64:ff9b::5db8:d822", true},
		{name, "127.0.0.1", false}, {name, "::1", false}, {name, "::ffff:127.0.0.1", false}, {name, "0.0.0.0", false}, {name, "::", false},
		{name, "10.0.0.1", false}, {name, "172.16.0.1", false}, {name, "192.168.0.1", false}, {name, "100.64.0.1", false}, {name, "169.254.169.254", false},
		{name, "168.63.129.16", false}, {name, "fe80::1", false}, {name, "fd00::1", false}, {name, "64:ff9b::7f00:1", false}, {name, "64:ff9b::a9fe:a9fe", false},
		{name, "2002:7f00:1::", false}, {name, "224.0.0.1", false}, {name, "255.255.255.255", false}, {name, "198.18.0.1", false}, {name, "fec0::1", false},
		{name, "::7f00:1", false}, {name, "2001:db8::1", false}, {name, "192.0.0.8", false},
		{literal, "127.0.0.1", true}, {literal, "127.0.0.2", false}, {literal, "10.0.0.1", false},
		{o("http", "::1", "9000"), "::1", true},
		{o("http", "localhost", "9001"), "127.0.0.1", true}, {o("http", "localhost", "9001"), "::1", true}, {o("http", "localhost", "9001"), "10.0.0.1", false},
		{o("https", "10.1.2.3", "443"), "10.1.2.3", true},
		{o("https", "168.63.129.16", "443"), "168.63.129.16", false}, {o("https", "169.254.169.254", "443"), "169.254.169.254", false},
		{o("https", "studio.internal", "443"), "10.0.0.7", true}, {o("https", "studio.internal", "443"), "fd00::7", true},
		{o("https", "studio.internal", "443"), "127.0.0.1", false}, {o("https", "studio.internal", "443"), "169.254.169.254", false},
		{o("https", "studio.internal", "443"), "168.63.129.16", false},
	} {
		if err := list.permits(row.o, netip.MustParseAddr(row.ip)); (err == nil) != row.ok {
			t.Errorf("%v at %s: %v", row.o, row.ip, err)
		}
	}
}

// nameServer answers each question for an A record with the next address of its list.
func nameServer(t *testing.T, addresses ...[4]byte) (*net.Resolver, *atomic.Int64) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var asked atomic.Int64
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q.Type == dnsmessage.TypeA {
				i := min(int(asked.Add(1)), len(addresses)) - 1
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: addresses[i]}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, &asked
}

// The name is on the list; what its name server says is the attacker's.
func TestAListedNameThatResolvesToOurNetworkIsNotDialled(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for name, ip := range map[string][4]byte{"loopback": {127, 0, 0, 1}, "metadata": {169, 254, 169, 254}, "private": {10, 0, 0, 1}, "the wire server": {168, 63, 129, 16}} {
		resolver, asked := nameServer(t, ip)
		allowed := "https://cdn.example.com:" + port
		d := Downloader{Allow: []string{allowed}, resolver: resolver, tls: &tls.Config{InsecureSkipVerify: true}, Timeout: 5 * time.Second}
		_, err := d.Get(t.Context(), allowed+"/x", 100)
		if e := classOf(t, err); e.Code != "address_not_allowed" || asked.Load() == 0 {
			t.Errorf("%s: %v (asked %d times)", name, err, asked.Load())
		}
	}
	if reached.Load() != 0 {
		t.Error("the server was reached")
	}
}

func FuzzDownloadURL(f *testing.F) {
	for _, s := range []string{"https://cdn.example.com/x", "https://cdn.example.com:443/x", "HTTPS://CDN.EXAMPLE.COM", "https://cdn.example.com@evil/", "http://127.0.0.1:9",
		"https://cdn.example.com\\@evil/", "https://cdn.example.com%2eevil/", "//cdn.example.com", "https:cdn.example.com"} {
		f.Add(s)
	}
	list, err := parseOrigins([]string{"https://cdn.example.com"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		// A URL that passes must, as net/http will dial it, lead to the listed host and port.
		req, err := http.NewRequest(http.MethodGet, raw, nil)
		if err != nil {
			return
		}
		o, err := originOf(req.URL)
		if _, ok := list[o]; err != nil || !ok {
			return
		}
		host := strings.ToLower(req.URL.Host)
		if host != "cdn.example.com" && host != "cdn.example.com:443" && host != "cdn.example.com:" || !strings.EqualFold(req.URL.Scheme, "https") || req.URL.User != nil {
			t.Errorf("%q leads to %q", raw, req.URL.Host)
		}
	})
}

func FuzzOrigins(f *testing.F) {
	for _, s := range []string{"https://cdn.example.com", "https://CDN.example.com:8443/", "http://127.0.0.1:9000", "http://[::1]:9000", "https://*.example.com",
		"https://a@b", "https://a:b@c", "https://h:0443", "https://h:", "https://[fe80::1%25eth0]", "https://h?x", "https://h#x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		list, err := parseOrigins([]string{raw}, nil)
		if err != nil {
			return
		}
		for o := range list {
			again, err := parseOrigins([]string{o.String()}, nil)
			if _, same := again[o]; err != nil || !same {
				t.Errorf("%q is read as %v, which is read as %v, %v", raw, o, again, err)
			}
			if o.scheme == "http" && !loopback(o.host) || strings.ContainsAny(o.host, "*@/?# ") {
				t.Errorf("%q is on the list as %v", raw, o)
			}
		}
	})
}
