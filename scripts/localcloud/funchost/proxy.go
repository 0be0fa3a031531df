package funchost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

// The retries of the proxying mode, which bridge a restart of the handler.
const (
	proxyTries    = 10
	retryAfter    = 50 * time.Millisecond // doubled each time
	retryAfterMax = 250 * time.Millisecond
)

// errInactive cuts an exchange in which nothing moved for ActivityTimeout.
var errInactive = errors.New("no byte was exchanged within the activity timeout")

// serveProxy streams the request to the handler and the answer back, path and
// query untouched, every chunk at once. A client that leaves cancels the
// handler's request.
func serveProxy(v *invocation, w http.ResponseWriter, r *http.Request, _ map[string]string) error {
	ctx, cancel := context.WithCancelCause(v.ctx)
	defer cancel(nil)
	alive := newActivity(v.job.host.opt.ActivityTimeout, func() { cancel(errInactive) })
	defer alive.stop()
	var failure error
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Transport:     retrying{v.job.worker.transport},
		ErrorLog:      log.New(&lines{emit: func(line string) { v.job.host.log(Debug, CategoryHost, v.id, line) }}, "", 0),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", v.job.worker.base()[len("http://"):]
			p.Out.URL.Path, p.Out.URL.RawPath, p.Out.URL.RawQuery = p.In.URL.Path, p.In.URL.RawPath, p.In.URL.RawQuery
			p.Out.Host = p.In.Host
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if values := p.In.Header.Values(name); len(values) > 0 {
					p.Out.Header[name] = values // Rewrite drops them; the platform's front end sets them
				}
			}
			p.Out.Header.Set("X-Azure-Functions-InvocationId", v.id)
			p.Out.Header.Set("X-Azure-Functions-HostVersion", version)
			p.Out.Header.Set("x-ms-invocation-id", v.id)
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			failure = fmt.Errorf("proxy: %w", err)
			var large *http.MaxBytesError
			switch {
			case errors.As(err, &large):
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			default:
				w.WriteHeader(http.StatusInternalServerError)
			}
		},
	}
	// Go's server would otherwise read the whole request before the first byte of
	// the answer goes out; an error means that the connection is duplex anyway.
	_ = http.NewResponseController(w).EnableFullDuplex()
	in := r.WithContext(ctx)
	if r.Body != nil && r.ContentLength != 0 {
		in.Body = watchedBody{r.Body, alive}
	}
	proxy.ServeHTTP(&watchedResponse{w, alive}, in)
	if reason := context.Cause(ctx); failure != nil && reason != nil {
		return reason
	}
	return failure
}

// activity calls a function when it has not been touched for a while.
type activity struct {
	limit time.Duration
	timer *time.Timer
}

func newActivity(limit time.Duration, end func()) *activity {
	return &activity{limit, time.AfterFunc(limit, end)}
}

func (a *activity) touch() { a.timer.Reset(a.limit) }
func (a *activity) stop()  { a.timer.Stop() }

type watchedBody struct {
	io.ReadCloser
	alive *activity
}

func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.alive.touch()
	return n, err
}

type watchedResponse struct {
	http.ResponseWriter
	alive *activity
}

func (w *watchedResponse) Write(p []byte) (int, error) {
	w.alive.touch()
	return w.ResponseWriter.Write(p)
}

func (w *watchedResponse) WriteHeader(status int) {
	w.alive.touch()
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach Flush and Hijack.
func (w *watchedResponse) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// retrying tries again while the handler restarts. A request whose body has
// been read in part cannot be sent twice; one without a body can, also after
// the handler died over it: so does the host.
type retrying struct{ base http.RoundTripper }

func (t retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	wait := retryAfter
	for try := 1; ; try++ {
		attempt := r.Clone(r.Context())
		var body *onceBody
		if r.Body != nil {
			body = &onceBody{source: r.Body}
			attempt.Body = body
		}
		response, err := t.base.RoundTrip(attempt)
		if err == nil || try == proxyTries || r.Context().Err() != nil || body.revoke() {
			return response, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.Context().Done():
			timer.Stop()
			return nil, context.Cause(r.Context())
		}
		wait = min(2*wait, retryAfterMax)
	}
}

// onceBody lends the request's body to one try, and keeps it open for the next.
type onceBody struct {
	source  io.ReadCloser
	mu      sync.Mutex
	revoked bool
	read    bool
}

var errRevoked = errors.New("the try that this body belongs to is over")

func (b *onceBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.revoked {
		b.mu.Unlock()
		return 0, errRevoked
	}
	b.read = true
	b.mu.Unlock()
	return b.source.Read(p)
}

// Close is left to the server, which owns the body.
func (b *onceBody) Close() error { return nil }

// revoke ends the loan and reports whether any of the body may be gone.
func (b *onceBody) revoke() (spent bool) {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.revoked = true
	return b.read
}
