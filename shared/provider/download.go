package provider

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Downloader fetches what a vendor made from the URL that the vendor names. The
// URL comes from outside, so only listed origins are fetched, the address is
// checked when it is dialled (a name that changes its address between check
// and use gains nothing), and nothing of ours is sent along.
type Downloader struct {
	// Provider names the vendor in errors and to the guard.
	Provider string
	// Guard is asked before each download, as for a read of operation "download"; nil = nobody.
	Guard Guard
	// Allow lists the origins (scheme, host, port) that results may come from:
	// "https://cdn.example.com". Plain http, and addresses of our own network, only
	// as an exact loopback or IP origin: "http://127.0.0.1:9000".
	Allow []string
	// Private lists https origins inside our own network by name (the studio behind
	// an internal load balancer): their names may resolve to private addresses.
	Private []string
	// Timeout bounds a whole download; 0 = 5 min.
	Timeout time.Duration
	// Idle bounds the wait for the next byte, and for the answer's header; 0 = 30 s.
	Idle time.Duration
	// UserAgent replaces CastAD's own.
	UserAgent string

	resolver *net.Resolver // tests
	tls      *tls.Config   // tests
}

const (
	maxRedirects = 3
	opDownload   = "download"
)

// Download is a file that is arriving.
type Download struct {
	// Body must be closed. It fails with an Error: badResult when the file is longer
	// than the limit, later when it ends before Length or stalls.
	Body io.ReadCloser
	// Type is the media type without parameters, lower case; "" when not told. It is a
	// claim: sniff the bytes.
	Type string
	// Length is the file's length in bytes, -1 when not told.
	Length int64
}

// Check says whether the lists are well formed; call it at start.
func (d Downloader) Check() error {
	if _, err := parseOrigins(d.Allow, d.Private); err != nil {
		return d.fail(OurFault, "bad_setting", 0, err)
	}
	return nil
}

// For returns the downloader for the results of one vendor, so that one vendor's
// broken file server does not keep the files of another.
func (d Downloader) For(vendor string) Downloader {
	d.Provider = vendor
	return d
}

// Get starts fetching rawURL, which may be at most limit bytes long and must
// begin like one of the wanted formats (any, when none is named). Errors are *Error:
// an origin that is not listed and an address that is not public are ourFault
// (the list is ours to mend), a file that is not there (yet) is later, what
// cannot be the file (a web page, an encoded or empty body, another format, too
// long) badResult. One that the guard did not allow is later or rateLimited.
func (d Downloader) Get(ctx context.Context, rawURL string, limit int64, wanted ...Format) (*Download, error) {
	list, err := parseOrigins(d.Allow, d.Private)
	if err != nil {
		return nil, d.fail(OurFault, "bad_setting", 0, err)
	}
	if d.Timeout <= 0 {
		d.Timeout = 5 * time.Minute
	}
	if d.Idle <= 0 {
		d.Idle = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	ctx, stop := context.WithCancelCause(ctx)
	end := func() { stop(nil); cancel() }
	t, err := allow(ctx, d.Guard, Attempt{Vendor: d.Provider, Op: opDownload})
	if err != nil {
		end()
		return nil, err
	}
	got, err := d.begin(ctx, stop, end, t, list, rawURL, limit, wanted)
	if err != nil {
		end()
		t.tell(downloadOutcome(err))
		return nil, err
	}
	return got, nil
}

// begin fetches as far as the first bytes.
func (d Downloader) begin(ctx context.Context, stop context.CancelCauseFunc, end func(), t *ticket, list origins, rawURL string, limit int64, wanted []Format) (*Download, error) {
	res, err := d.follow(ctx, list, rawURL)
	if err != nil {
		return nil, err
	}
	got, err := d.accept(res, limit)
	if err != nil {
		_ = res.Body.Close() // nothing more is read from it
		return nil, err
	}
	body := &downloadBody{from: res.Body, left: limit, want: got.Length, idle: d.Idle, ctx: ctx, stop: stop, end: end, ticket: t,
		fail: func(class Class, code string, err error) error { return d.fail(class, code, res.StatusCode, err) }}
	if len(wanted) > 0 {
		head := make([]byte, headBytes)
		n, _ := io.ReadFull(body, head) // a failure of the body is sticky
		if body.err != nil && body.err != io.EOF {
			_ = res.Body.Close() // nothing more is read from it
			return nil, body.err
		}
		if err := fits(head[:n], wanted); err != nil {
			_ = res.Body.Close() // nothing more is read from it
			return nil, d.fail(BadResult, "wrong_format", res.StatusCode, err)
		}
		body.head = head[:n]
	}
	got.Body = body
	return got, nil
}

// downloadOutcome is what a failed download says about the vendor's file server.
// That a file is not there (any more), or that we will not have it, is no illness.
func downloadOutcome(err error) Outcome {
	var e *Error
	if !errors.As(err, &e) {
		return Outcome{}
	}
	o := Outcome{Verdict: Healthy, RetryAfter: e.RetryAfter}
	switch e.Code {
	case "no_answer", "web_page", "encoded", "empty", "wrong_format", "truncated", "broken_off":
		o.Verdict = Sick
	}
	switch {
	case errors.Is(err, context.Canceled), e.Status == 0 && e.Code != "no_answer":
		o.Verdict = Neutral // by us
	case e.Class == RateLimited:
		o.Verdict = Busy
	case e.Status >= http.StatusInternalServerError:
		o.Verdict = Sick
	}
	return o
}

// follow fetches rawURL and up to maxRedirects further URLs, each checked like the first.
func (d Downloader) follow(ctx context.Context, list origins, rawURL string) (*http.Response, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, d.fail(BadResult, "bad_url", 0, errors.New("the vendor's URL cannot be parsed"))
	}
	for hop := 0; ; hop++ {
		o, err := d.listed(list, u)
		if err != nil {
			return nil, err
		}
		res, err := d.fetch(ctx, list, o, u)
		if err != nil {
			return nil, err
		}
		next := res.Header.Get("Location")
		if res.StatusCode < 300 || res.StatusCode > 399 || next == "" {
			return res, nil
		}
		_ = res.Body.Close() // nothing more is read from it
		if hop == maxRedirects {
			return nil, d.fail(BadResult, "too_many_redirects", res.StatusCode, nil)
		}
		if u, err = u.Parse(next); err != nil {
			return nil, d.fail(BadResult, "bad_redirect", res.StatusCode, errors.New("the redirect's URL cannot be parsed"))
		}
	}
}

// listed returns the origin of u, which must be on the list.
func (d Downloader) listed(list origins, u *url.URL) (origin, error) {
	o, err := originOf(u)
	if err == nil {
		if _, ok := list[o]; !ok {
			err = errors.New("the origin is not on the list")
		}
	}
	if err != nil {
		return o, d.fail(OurFault, "origin_not_allowed", 0, fmt.Errorf("%s: %w", RedactURL(u.String()), err))
	}
	return o, nil
}

// errNotPublic marks a dial that was refused for its address.
type errNotPublic struct{ error }

func (d Downloader) fetch(ctx context.Context, list origins, o origin, u *url.URL) (*http.Response, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Resolver: d.resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return errNotPublic{fmt.Errorf("read dialled address: %w", err)}
			}
			if err := list.permits(o, at.Addr()); err != nil {
				return errNotPublic{err}
			}
			return nil
		}}
	t := &http.Transport{ // one per fetch: the dialler knows the origin it dials for
		DialContext: dialer.DialContext, TLSClientConfig: d.tls.Clone(), TLSHandshakeTimeout: 10 * time.Second,
		DisableKeepAlives: true, DisableCompression: true,
		ResponseHeaderTimeout: d.Idle, MaxResponseHeaderBytes: 64 << 10,
	}
	target := *u
	target.Fragment, target.RawFragment = "", ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, d.fail(BadResult, "bad_url", 0, redacted{err: err})
	}
	req.Header.Set("User-Agent", cmp.Or(d.UserAgent, userAgent))
	req.Header.Set("Accept-Encoding", "identity")
	res, err := t.RoundTrip(req) // no Referer, no cookies: the URL of the hop before may be a secret
	var refused errNotPublic
	switch {
	case errors.As(err, &refused):
		return nil, d.fail(OurFault, "address_not_allowed", 0, refused.error)
	case err != nil:
		return nil, d.fail(Later, "no_answer", 0, redacted{err: err})
	}
	return res, nil
}

// accept judges the answer's head.
func (d Downloader) accept(res *http.Response, limit int64) (*Download, error) {
	got := &Download{Length: res.ContentLength}
	if t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil {
		got.Type = t
	}
	encoding := strings.ToLower(res.Header.Get("Content-Encoding"))
	switch s := res.StatusCode; {
	case s == http.StatusTooManyRequests:
		e := d.fail(RateLimited, "", s, nil)
		e.RetryAfter = RetryAfter(res.Header, time.Now())
		return nil, e
	case s == http.StatusGone:
		return nil, d.fail(BadResult, "gone", s, nil)
	case s != http.StatusOK:
		// 403 and 404 too: a CDN may learn of a file after its API does, and an expired
		// signature is mended by asking the API for the URL again.
		e := d.fail(Later, "no_file", s, nil)
		e.RetryAfter = RetryAfter(res.Header, time.Now())
		return nil, e
	case encoding != "" && encoding != "identity":
		return nil, d.fail(BadResult, "encoded", s, fmt.Errorf("content encoding %q was not asked for", cut(printable(encoding), 20)))
	case got.Type == "text/html":
		return nil, d.fail(BadResult, "web_page", s, errors.New("a web page came instead of a file"))
	case got.Length == 0:
		return nil, d.fail(BadResult, "empty", s, nil)
	case got.Length > limit:
		return nil, d.fail(BadResult, "too_long", s, fmt.Errorf("%d bytes, limit %d", got.Length, limit))
	}
	return got, nil
}

func (d Downloader) fail(class Class, code string, status int, err error) *Error {
	return &Error{Provider: d.Provider, Op: opDownload, Class: class, Code: code, Status: status, Err: err}
}

var errStalled = errors.New("no byte arrived in time")

// downloadBody enforces limit, length and pace.
type downloadBody struct {
	from io.ReadCloser
	left int64 // bytes that may still come
	want int64 // bytes that must still come, -1 = not told
	idle time.Duration
	ctx  context.Context // of this one download: it lives exactly as long as the body
	stop context.CancelCauseFunc
	end  func()
	fail func(Class, string, error) error
	err  error // sticky
	// ticket is told once how the download ended.
	ticket *ticket
	// head is what has been read ahead.
	head []byte
}

func (b *downloadBody) Read(p []byte) (int, error) {
	if len(b.head) > 0 {
		n := copy(p, b.head)
		b.head = b.head[n:]
		return n, nil
	}
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	watch := time.AfterFunc(b.idle, func() { b.stop(errStalled) }) // only while we wait: a slow consumer is not a stall
	n, err := b.from.Read(p)
	watch.Stop()
	b.left -= int64(n)
	if b.want >= 0 {
		b.want -= int64(n)
	}
	switch {
	case b.left < 0:
		n-- // the byte too many only proves the excess
		b.err = b.fail(BadResult, "too_long", errors.New("the file is longer than allowed"))
	case errors.Is(err, io.EOF) && b.want > 0, errors.Is(err, io.ErrUnexpectedEOF):
		b.err = b.fail(Later, "truncated", fmt.Errorf("the file ended early: %w", io.ErrUnexpectedEOF))
	case err != nil && err != io.EOF:
		if cause := context.Cause(b.ctx); cause != nil {
			err = cause
		}
		b.err = b.fail(Later, "broken_off", redacted{err: err})
	default:
		b.err = err
	}
	switch {
	case b.err == io.EOF:
		b.ticket.tell(Outcome{Verdict: Healthy})
	case b.err != nil:
		b.ticket.tell(downloadOutcome(b.err))
	}
	return n, b.err
}

func (b *downloadBody) Close() error {
	if b.err == nil {
		b.ticket.tell(Outcome{}) // we have had enough, which says nothing about the vendor
	}
	err := b.from.Close()
	b.end()
	return err
}
