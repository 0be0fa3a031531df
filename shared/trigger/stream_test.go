package trigger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
)

// pipes is a listener of connections in memory, which obey a bubble's clock.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(t *testing.T) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here
	case <-p.done:
		t.Fatal("the server no longer accepts")
		return nil
	}
}

// run serves b until stop is called, which returns what Serve did.
func run(t *testing.T, b *bench) (p *pipes, stop func() error) {
	t.Helper()
	p = newPipes()
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan error, 1)
	go func() { out <- b.serve(ctx, p) }()
	return p, func() error { cancel(); return <-out }
}

// get sends a request over a connection and returns the answer.
func get(t *testing.T, conn net.Conn, token, uri string, header ...string) *http.Response {
	t.Helper()
	text := "GET " + uri + " HTTP/1.1\r\nHost: h\r\n"
	if token != "" {
		text += "Authorization: Bearer " + token + "\r\n"
	}
	for _, h := range header {
		text += h + "\r\n"
	}
	if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func watcher(budget time.Duration, fn func(context.Context, *Events) error) Function {
	return Stream("ad-events", httpJSON("v1/ads/{id}/events", "get"), Budget{Time: budget}, func(ctx context.Context, _ identity.Principal, in struct {
		ID   string `path:"id"`
		Last int64  `header:"Last-Event-ID"`
	}, e *Events) error {
		Note(ctx, "last", in.Last)
		return fn(ctx, e)
	})
}

func TestAStreamOfEventsBeatsAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := set(t, nil, watcher(StreamLife, func(ctx context.Context, e *Events) error {
			if e.Mode() != SSE {
				t.Errorf("mode %s", e.Mode())
			}
			if err := e.Send(4, "step", map[string]string{"state": "a\nb"}); err != nil {
				return err
			}
			select {
			case <-time.After(20 * time.Second):
			case <-e.Done():
			}
			if err := e.Send(5, "step", 1); err != nil {
				return err
			}
			<-e.Done()
			return ctx.Err()
		}))
		p, stop := run(t, b)
		conn := p.dial(t)
		from := time.Now()
		res := get(t, conn, b.token, "/api/v1/ads/1/events", "Last-Event-ID: 3", "Accept: text/event-stream")
		if took := time.Since(from); took != 0 || res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("after %v: %s, %v", took, res.Status, res.Header)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		if took := time.Since(from); took != StreamLife {
			t.Errorf("it was closed after %v, want %v", took, StreamLife)
		}
		want := "retry: 2000\n\nid: 4\nevent: step\ndata: {\"state\":\"a\\nb\"}\n\n: still here\n\nid: 5\nevent: step\ndata: 1\n\n" +
			strings.Repeat(": still here\n\n", 12) + "retry: 2000\n\n"
		if string(body) != want {
			t.Errorf("got\n%s\nwant\n%s", body, want)
		}
		_ = conn.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if line := b.lines(t)[0]; line["status"] != 200. || line["code"] != "ok" || line["last"] != 3. {
			t.Errorf("logged %v", line)
		}
	})
}

func TestAStreamTellsAFailure(t *testing.T) {
	t.Parallel()
	b := set(t, nil, watcher(time.Second, func(_ context.Context, e *Events) error {
		if err := e.Open(); err != nil {
			return err
		}
		return fault.Newf(fault.CodeUnavailable, "canary")
	}))
	w := b.as("GET", "/api/v1/ads/1/events", "")
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, "event: error\ndata: {\"type\":\"urn:castad:fault:castad.unavailable\"") || strings.Contains(body, "canary") || strings.Count(body, "\n") != strings.Count(body, "\n\n")*2+1 {
		t.Errorf("status %d, %q", w.Code, body)
	}
	for name, err := range map[string]error{"a fault": fault.New(fault.CodeNotFound), "a panic": nil} {
		b := set(t, nil, watcher(time.Second, func(context.Context, *Events) error {
			if err == nil {
				panic("canary")
			}
			return err
		}))
		w := b.as("GET", "/api/v1/ads/1/events", "")
		if text := w.Body.String(); w.Code != fault.KindOf(err).Status() && w.Code != 500 || strings.Contains(text, "canary") {
			t.Errorf("%s before the first event: status %d, %s", name, w.Code, text)
		}
		problemOf(t, w)
	}
}

func TestAStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Duration, 1)
		from := time.Now()
		b := set(t, nil, watcher(StreamLife, func(ctx context.Context, e *Events) error {
			if err := e.Open(); err != nil {
				return err
			}
			<-e.Done()
			ended <- time.Since(from)
			return ctx.Err()
		}))
		p, stop := run(t, b)
		conn := p.dial(t)
		_ = get(t, conn, b.token, "/api/v1/ads/1/events")
		time.Sleep(time.Second)
		_ = conn.Close()
		if took := <-ended; took != time.Second {
			t.Errorf("it ended after %v", took)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if line := b.lines(t)[0]; line["code"] != "client.gone" || line["level"] != "INFO" {
			t.Errorf("logged %v", line)
		}
	})
}

func TestASlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := make(chan error, 1)
		from := time.Now()
		b := set(t, nil, watcher(StreamLife, func(_ context.Context, e *Events) error {
			for id := int64(1); ; id++ {
				if err := e.Send(id, "step", strings.Repeat("x", 8<<10)); err != nil {
					sent <- fmt.Errorf("event %d after %v: %w", id, time.Since(from), err)
					return err
				}
			}
		}))
		p, stop := run(t, b)
		conn := p.dial(t)
		_ = get(t, conn, b.token, "/api/v1/ads/1/events") // and reads no more; net.Pipe has no buffer
		err := <-sent
		if took := time.Since(from); took != slow {
			t.Errorf("it was waited for for %v, want %v: %v", took, slow, err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		_ = conn.Close()
		if line := b.lines(t)[0]; line["code"] != "client.gone" {
			t.Errorf("logged %v", line)
		}
	})
}

// A stream outlives the look at its token: it looks for itself whether the session goes on.
func TestAStreamEndsWithTheSessionInWhichItWasOpened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Bool
		b := set(t, func(o *Options) {
			o.Ticket = func(context.Context, string, string) (identity.Principal, error) {
				who := owner
				who.Session = 5
				return who, nil
			}
			o.Ended = func(s id.Session) bool { return s == 5 && ended.Load() }
		}, watcher(StreamLife, func(ctx context.Context, e *Events) error {
			if e.Mode() == Poll {
				<-e.Done()
				return e.Answer("nothing new")
			}
			if err := e.Open(); err != nil {
				return err
			}
			<-e.Done()
			if err := e.Send(9, "step", 1); err == nil {
				t.Error("an event is sent after the session's end")
			}
			return ctx.Err()
		}))
		p, stop := run(t, b)
		stream, poll, developers := p.dial(t), p.dial(t), p.dial(t)
		opened := get(t, stream, "", "/api/v1/ads/1/events?ticket=x")
		without := get(t, developers, b.token, "/api/v1/ads/1/events")
		from := time.Now()
		time.AfterFunc(5*Glance+Glance/2, func() { ended.Store(true) })
		if res := get(t, poll, "", "/api/v1/ads/1/events?wait=25&ticket=x"); res.StatusCode != http.StatusUnauthorized || time.Since(from) != 6*Glance {
			t.Errorf("the poll: %s after %v", res.Status, time.Since(from))
		}
		body, err := io.ReadAll(opened.Body)
		want := "retry: 2000\n\nevent: error\ndata: "
		if rest, ok := strings.CutPrefix(string(body), want); err != nil || !ok || !strings.Contains(rest, string(fault.CodeSessionEnded)) || time.Since(from) != 6*Glance {
			t.Errorf("the stream, after %v: %s, %v", time.Since(from), body, err)
		}
		if res := get(t, p.dial(t), "", "/api/v1/ads/1/events?ticket=x"); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("a ticket of a session that has ended: %s", res.Status)
		}
		if _, err := io.ReadAll(without.Body); err != nil || time.Since(from) != StreamLife {
			t.Errorf("a stream of no session ended after %v: %v", time.Since(from), err)
		}
		_, _, _ = stream.Close(), poll.Close(), developers.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// listening opens its stream and sends nothing until it is over.
func listening(ctx context.Context, e *Events) error {
	if err := e.Open(); err != nil {
		return err
	}
	<-e.Done()
	return ctx.Err()
}

func TestAStreamEndsWhenWeGoDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := set(t, nil, watcher(StreamLife, listening))
		p, stop := run(t, b)
		conn := p.dial(t)
		res := get(t, conn, b.token, "/api/v1/ads/1/events")
		from := time.Now()
		read := make(chan string, 1)
		go func() { body, _ := io.ReadAll(res.Body); read <- string(body) }()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(from); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		if body := <-read; body != "retry: 2000\n\nretry: 2000\n\n" {
			t.Errorf("the last words were %q", body)
		}
		_ = conn.Close()
	})
}

func TestALongPollAnswersOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		news := make(chan int)
		b := set(t, nil, watcher(StreamLife, func(ctx context.Context, e *Events) error {
			if e.Mode() != Poll {
				return errors.New("not a poll")
			}
			if e.Send(1, "x", 1) == nil || e.Open() == nil {
				t.Error("a poll takes events")
			}
			wait := time.NewTimer(e.Wait())
			defer wait.Stop()
			select {
			case n := <-news:
				return e.Answer(map[string]int{"n": n})
			case <-wait.C:
				return e.Answer(map[string]int{"n": 0})
			case <-e.Done():
				return ctx.Err()
			}
		}))
		for wait, want := range map[string]time.Duration{"0": 0, "5": 5 * time.Second, "25": PollWait, "3600": PollWait, "9223372036854775807": PollWait} {
			from := time.Now()
			w := b.as("GET", "/api/v1/ads/1/events?wait="+wait, "")
			if took := time.Since(from); w.Code != 200 || w.Body.String() != "{\"n\":0}\n" || took != want {
				t.Errorf("wait=%s: status %d, %s after %v", wait, w.Code, w.Body, took)
			}
		}
		go func() { time.Sleep(2 * time.Second); news <- 7 }()
		from := time.Now()
		if w := b.as("GET", "/api/v1/ads/1/events?wait=25", ""); w.Body.String() != "{\"n\":7}\n" || time.Since(from) != 2*time.Second {
			t.Errorf("news: %d %s after %v", w.Code, w.Body, time.Since(from))
		}
		for _, wait := range []string{"", "-1", "soon", "1.5"} {
			if w := b.as("GET", "/api/v1/ads/1/events?wait="+wait, ""); w.Code != 400 || problemOf(t, w).Field != "wait" {
				t.Errorf("wait=%q: status %d", wait, w.Code)
			}
		}
	})
}

func TestABrowserBringsATicket(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	b := set(t, func(o *Options) {
		o.Ticket = func(_ context.Context, path, ticket string) (identity.Principal, error) {
			if path != "/api/v1/ads/1/events" || ticket != "good" || used[ticket] {
				return identity.Principal{}, fault.New(fault.CodeUnauthenticated)
			}
			used[ticket] = true
			return owner, nil
		}
	}, watcher(time.Second, func(_ context.Context, e *Events) error { return e.Send(1, "x", 1) }))
	for _, row := range []struct {
		uri    string
		status int
	}{
		{"/api/v1/ads/2/events?ticket=good", 401}, {"/api/v1/ads/1/events?ticket=wrong", 401}, {"/api/v1/ads/1/events?ticket=", 401},
		{"/api/v1/ads/1/events?ticket=good&ticket=good", 401}, {"/api/v1/ads/1/events", 401},
		{"/api/v1/ads/1/events?ticket=good", 200}, {"/api/v1/ads/1/events?ticket=good", 401},
	} {
		if w := b.ask("GET", row.uri, ""); w.Code != row.status {
			t.Errorf("%s: status %d, want %d", row.uri, w.Code, row.status)
		}
	}
	if log := b.logged(); strings.Contains(log, "good") || strings.Contains(log, "wrong") {
		t.Errorf("the log has the ticket: %s", log)
	}
}

// Twenty-one streams of one user are twenty: the first one ends, as if its time had come.
func TestTheOldestOfTooManyStreamsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := set(t, nil, watcher(StreamLife, listening))
		p, stop := run(t, b)
		var ended []int
		var mu sync.Mutex
		var conns []net.Conn
		for i := range streamsEach + 1 {
			conn := p.dial(t)
			conns = append(conns, conn)
			res := get(t, conn, b.token, "/api/v1/ads/1/events")
			go func() {
				_, _ = io.ReadAll(res.Body)
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, i)
			}()
			synctest.Wait()
		}
		mu.Lock()
		if len(ended) != 1 || ended[0] != 0 {
			t.Errorf("of %d streams these have ended: %v", streamsEach+1, ended)
		}
		mu.Unlock()
		if err := stop(); err != nil {
			t.Error(err)
		}
		for _, conn := range conns {
			_ = conn.Close()
		}
		synctest.Wait()
		if len(b.open.open) != 0 {
			t.Errorf("%d users are still listening when all streams have ended", len(b.open.open))
		}
	})
}
