package trigger

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"castad/shared/identity"
)

func TestItListensAtOnceAndOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0") // as the host finds a port
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	b := set(t, func(o *Options) { o.Ready = func() error { return io.ErrClosedPipe } },
		Public("ad-list", httpJSON("v1/ads", "get"), Budget{Time: time.Second, Connections: 1}, hello))
	ctx, cancel := context.WithCancel(t.Context())
	out := make(chan error, 1)
	go func() { out <- b.Serve(ctx, port) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var res *http.Response
	for range 200 { // as the host asks
		if res, err = client.Get("http://127.0.0.1:" + port + "/"); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Errorf("GET /: %s", res.Status)
	}
	if c, err := net.Dial("tcp4", "127.0.0.2:"+port); err == nil { // another address of this machine
		_ = c.Close()
		t.Error("it listens on other addresses than 127.0.0.1")
	}
	if err := set(t, nil).Serve(ctx, port); err == nil || !strings.Contains(err.Error(), "listen on port "+port) {
		t.Errorf("a port that is taken: %v", err)
	}
	cancel()
	if err := <-out; err != nil {
		t.Errorf("stopped with %v", err)
	}
	for _, bad := range []string{"", "0", "x", "70000", "-1", "80 "} {
		if err := b.Serve(ctx, bad); err == nil || !strings.Contains(err.Error(), "FUNCTIONS_CUSTOMHANDLER_PORT") {
			t.Errorf("port %q: %v", bad, err)
		}
	}
}

func TestStoppingLetsInvocationsFinish(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		needs, within time.Duration
		whole         bool
	}{"one that is soon done": {3 * time.Second, 4 * time.Second, true}, "one that is not": {time.Minute, 11 * time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := make(chan struct{})
				b := set(t, nil, HTTP("ad-list", httpJSON("v1/ads", "get"), Budget{Time: 2 * time.Minute}, func(ctx context.Context, _ identity.Principal, _ struct{}) (map[string]int, error) {
					close(begun)
					select {
					case <-time.After(row.needs):
						return map[string]int{"n": 1}, nil
					case <-ctx.Done():
						return nil, ctx.Err()
					}
				}))
				p, stop := run(t, b)
				conn := p.dial(t)
				answered := make(chan bool, 1)
				go func() {
					_, _ = io.WriteString(conn, "GET /api/v1/ads HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "+b.token+"\r\n\r\n")
					res, err := http.ReadResponse(bufio.NewReader(conn), nil)
					answered <- err == nil && res.StatusCode == 200
				}()
				<-begun
				from := time.Now()
				if err := stop(); err != nil {
					t.Error(err)
				}
				if took := time.Since(from); took > row.within {
					t.Errorf("stopping took %v", took)
				}
				if got := <-answered; got != row.whole {
					t.Errorf("answered: %v", got)
				}
				_ = conn.Close()
			})
		})
	}
}

// Slowloris in its three forms, on the bubble's clock.
func TestAStallingClientIsCutOff(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text   string
		within time.Duration
	}{
		"a header that does not end":      {"POST /api/v1/ads HTTP/1.1\r\nHost: h\r\n", headerTime},
		"a body that does not come":       {"POST /api/v1/ads HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n", stall},
		"a body that nobody asked for":    {"POST /api/v1/ads HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", headerTime},
		"a body for nowhere":              {"POST /api/v1/x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", headerTime},
		"a body for a worker":             {"POST /song-generate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n", stall},
		"a connection that says nothing":  {"", headerTime},
		"a chunked body that breaks off":  {"POST /api/v1/ads HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"t", stall},
		"a readiness probe with a body":   {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", headerTime},
		"a connection that is not needed": {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", idle},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := set(t, nil, HTTP("ad-request", httpJSON("v1/ads", "post"), Budget{Time: time.Minute}, func(context.Context, identity.Principal, struct {
					Title string `json:"title"`
				}) (struct{}, error) {
					return struct{}{}, nil
				}), Queue("song-generate", queueJSON("song-generate"), Budget{Time: time.Minute}, noop))
				p, stop := run(t, b)
				conn := p.dial(t)
				from := time.Now()
				go func() { _, _ = io.WriteString(conn, strings.ReplaceAll(row.text, "TOKEN", b.token)) }()
				_, _ = io.Copy(io.Discard, conn) // until the server closes
				if took := time.Since(from); took > row.within+time.Second {
					t.Errorf("the connection was held for %v, want %v", took, row.within)
				}
				_ = conn.Close()
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestALargeHeaderIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := set(t, nil, Public("ad-list", httpJSON("v1/ads", "get"), quick, hello))
		p, stop := run(t, b)
		for size, want := range map[int]int{headerBytes - 1024: 200, headerBytes + 1024: 431} {
			conn := p.dial(t)
			go func() {
				_, _ = io.WriteString(conn, "GET /api/v1/ads HTTP/1.1\r\nHost: h\r\nX: "+strings.Repeat("x", size)+"\r\n\r\n")
			}()
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != want {
				t.Errorf("a header of %d bytes: %v, %v", size, res, err)
			}
			_ = conn.Close()
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestOneConnectionServesManyRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := set(t, nil, Public("ad-list", httpJSON("v1/ads", "get"), quick, hello),
			watcher(StreamLife, func(_ context.Context, e *Events) error { return e.Send(1, "x", 1) }))
		p, stop := run(t, b)
		conn := p.dial(t)
		for _, uri := range []string{"/api/v1/ads/1/events", "/", "/api/v1/ads", "/api/v1/nothing", "/"} {
			res := get(t, conn, b.token, uri)
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Errorf("%s: %v", uri, err)
			}
			time.Sleep(time.Minute) // longer than any deadline of the request before
		}
		_ = conn.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
