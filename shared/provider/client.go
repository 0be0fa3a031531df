package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Defaults of HTTP.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultMaxBytes = 4 << 20
	userAgent       = "CastAD/1"
)

// HTTP tunes the HTTP layer of one vendor's client. The zero value is right for production.
type HTTP struct {
	// Timeout bounds one whole call, from dialling to the last byte of the answer; 0 = 30 s.
	Timeout time.Duration
	// MaxBytes bounds an answer's body; 0 = 4 MiB.
	MaxBytes int64
	// AllowPlainHTTP permits http to a host that is not loopback (a model server in
	// the same virtual network). The key then travels unencrypted.
	AllowPlainHTTP bool
	// UserAgent replaces CastAD's own.
	UserAgent string
	// Guard is asked before each call is sent; nil = nobody.
	Guard Guard
	// Resumable says that a 308 is an answer ("resume incomplete" in Google's
	// uploads) and not a redirect.
	Resumable bool
	// Observe is told about every finished call, for metrics; nil = nobody.
	Observe func(Observation)
	// Now is the clock; nil = time.Now.
	Now func() time.Time
	// Transport replaces the client's own transports; for tests. What is not an
	// *http.Transport proves nothing: each paid failure through it is unknown.
	Transport http.RoundTripper
}

// Observation is one finished call.
type Observation struct {
	Provider, Op string
	// Status is the HTTP status, 0 without an answer.
	Status int
	// Err is the transport's or the answer's failure as far as this layer knows it; nil = an answer came.
	Err  error
	Took time.Duration
}

// Client sends API calls to one vendor. It is safe for concurrent use.
type Client struct {
	name string
	base *url.URL
	key  string
	h    HTTP
	// paid opens a connection for each call; read keeps connections.
	paid, read http.RoundTripper
}

// NewClient returns a client for the vendor called name ("suno"), whose API
// lives at base (https://api.example.com/v1; http only for loopback, or with
// AllowPlainHTTP). key is sent as a bearer token; "" sends none. A wrong
// setting is an Error of class OurFault.
func NewClient(name, base, key string, h HTTP) (*Client, error) {
	c := &Client{name: name, key: key, h: h}
	bad := func(format string, args ...any) (*Client, error) {
		return nil, &Error{Provider: name, Op: "configure", Class: OurFault, Code: "bad_setting", Err: fmt.Errorf(format, args...)}
	}
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return bad("the base URL %s is not an absolute URL", RedactURL(base))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return bad("the base URL %s must not have userinfo, query or fragment", RedactURL(base))
	case u.Scheme != "https" && u.Scheme != "http":
		return bad("the base URL %s must be https", RedactURL(base))
	case u.Scheme == "http" && !h.AllowPlainHTTP && !loopback(u.Hostname()):
		return bad("the base URL %s must be https: the key would travel unencrypted", RedactURL(base))
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return bad("the key contains spaces, line breaks or non-ASCII characters")
	}
	c.base = u
	if c.h.Timeout <= 0 {
		c.h.Timeout = DefaultTimeout
	}
	if c.h.MaxBytes <= 0 {
		c.h.MaxBytes = DefaultMaxBytes
	}
	if c.h.UserAgent == "" {
		c.h.UserAgent = userAgent
	}
	if c.h.Now == nil {
		c.h.Now = time.Now
	}
	c.paid, c.read = h.Transport, h.Transport
	if h.Transport == nil {
		c.paid, c.read = transport(false), transport(true)
	}
	return c, nil
}

// transport has no proxy (the environment must not redirect paid calls) and no
// decompression (a small answer stays small). TLS and its limits are Go's defaults.
func transport(keepAlive bool) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		DisableCompression:     true,
		DisableKeepAlives:      !keepAlive,
		ForceAttemptHTTP2:      keepAlive, // a paid call has its own connection: HTTP/1.1, so that GotConn means "about to be written"
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Close closes idle connections.
func (c *Client) Close() {
	for _, t := range []http.RoundTripper{c.paid, c.read} {
		if i, ok := t.(interface{ CloseIdleConnections() }); ok {
			i.CloseIdleConnections()
		}
	}
}

// BaseURL returns the base URL without a trailing slash.
func (c *Client) BaseURL() string { return strings.TrimRight(c.base.String(), "/") }

// Key returns the bearer token, for SDKs that set the header themselves.
func (c *Client) Key() string { return c.key }

// Call is one API call.
type Call struct {
	// Op names the call in errors, metrics, limits and breakers: "generate".
	Op string
	// Scope is whose limit at the vendor the call draws on besides ours: the
	// channel's id of an account, when a 429 is that account's alone; "" = nobody else's.
	Scope string
	// Method is the HTTP method. Path is appended to the base URL, already
	// escaped; Query follows.
	Method, Path string
	Query        url.Values
	// JSON is the request body, marshalled; nil = none.
	JSON any
	// Body is a raw request body of Length bytes and Type instead of JSON. It is
	// read once, and not after Do has returned.
	Body   io.Reader
	Length int64
	Type   string
	// Header is added to the request.
	Header http.Header
	// Paid marks a call that costs money or is seen by people.
	Paid bool
	// Timeout replaces the client's; for uploads.
	Timeout time.Duration
}

// Answer is a vendor's answer, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	// Body is the whole body. For a status ≥ 400 it may be cut short, when reading it failed.
	Body []byte

	ticket *ticket
}

// Do sends the call once and reads the answer. A non-nil error is an *Error: the
// guard did not allow it, the answer did not come, was redirecting, or broke off
// below status 400. What the status and body of a complete answer mean is for the
// vendor's table; see Fail.
func (c *Client) Do(ctx context.Context, call Call) (*Answer, error) {
	timeout := call.Timeout
	if timeout <= 0 {
		timeout = c.h.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, release, err := c.request(ctx, call)
	if err != nil {
		return nil, &Error{Provider: c.name, Op: call.Op, Class: OurFault, Code: "bad_request", Err: redacted{err, c.secrets()}}
	}
	defer release()
	res, err := c.exchange(req, Attempt{Op: call.Op, Scope: call.Scope, Paid: call.Paid})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	a := AnswerOf(res)
	a.Body, err = io.ReadAll(res.Body)
	if err != nil && res.StatusCode < 400 {
		return nil, err // the capped body's errors are classed
	}
	return a, nil
}

// request builds the HTTP request; release must be called when the call is over.
func (c *Client) request(ctx context.Context, call Call) (req *http.Request, release func(), err error) {
	target := c.BaseURL() + call.Path
	if len(call.Query) > 0 {
		target += "?" + call.Query.Encode()
	}
	body, length, kind := call.Body, call.Length, call.Type
	if call.JSON != nil {
		text, err := json.Marshal(call.JSON)
		if err != nil {
			return nil, nil, fmt.Errorf("encode request: %w", err)
		}
		body, length, kind = bytes.NewReader(text), int64(len(text)), "application/json"
	}
	if body == nil {
		// net/http repeats a GET without a body when a kept connection dies under it.
		// One with a body that cannot be rewound, though empty, it sends once.
		body = strings.NewReader("")
	}
	once := &onceBody{from: body}
	release = once.release
	req, err = http.NewRequestWithContext(ctx, call.Method, target, once)
	if err != nil {
		return nil, nil, err
	}
	req.ContentLength = length
	if call.Method == http.MethodPut && call.JSON == nil && call.Body == nil {
		req.Body = http.NoBody // says "Content-Length: 0"; any other empty body is sent chunked
	}
	for k, v := range call.Header {
		req.Header[k] = v
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	req.Header.Set("Accept", "application/json")
	return req, release, nil
}

// onceBody is a request body that cannot be rewound (so the transport cannot
// replay the request) and that lets go of its source: the transport may read a
// body after the call has failed, when the source is its owner's again.
type onceBody struct {
	mu   sync.Mutex
	from io.Reader
}

func (b *onceBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.from == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.from.Read(p)
}

func (b *onceBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from = nil
}

func (c *Client) secrets() []string {
	if c.key == "" {
		return nil
	}
	return []string{c.key}
}

// Fail returns the Error for an answer that the vendor's table has classed.
// code is the vendor's code, text what the vendor said (the body when ""). Later
// and Unknown count against the vendor's health and RateLimited makes its
// limits pause, unless the answer was Good; all other classes say that it is well.
func (c *Client) Fail(call Call, a *Answer, class Class, code, text string) *Error {
	e := &Error{Provider: c.name, Op: call.Op, Class: class, Code: Redact(code, c.secrets()...)}
	if a != nil {
		e.Status, e.RetryAfter = a.Status, RetryAfter(a.Header, c.h.Now())
		if text == "" {
			text = string(a.Body)
		}
		a.ticket.tell(Outcome{Verdict: verdictOf(class), RetryAfter: e.RetryAfter})
	}
	e.Snippet = Redact(text, c.secrets()...)
	return e
}

// Unintelligible returns the Error for an answer whose status promised a result
// that its body does not hold: the job may have been accepted.
func (c *Client) Unintelligible(call Call, a *Answer, cause error) *Error {
	class := Later
	if call.Paid {
		class = Unknown
	}
	said := ""
	if b := bytes.TrimSpace(a.Body); len(b) > 0 && (b[0] == '{' || b[0] == '[') {
		said = fmt.Sprintf("JSON of %d bytes", len(b)) // a record holds the lyric, which does not belong in a log
	}
	e := c.Fail(call, a, class, "unintelligible", said)
	if cause != nil {
		e.Err = redacted{cause, c.secrets()}
	}
	return e
}

// StatusClass is the class of an HTTP status ≥ 300 where a vendor's table has
// nothing better.
func StatusClass(status int, paid bool) Class {
	lost := Later
	if paid {
		lost = Unknown
	}
	switch {
	case status == http.StatusSeeOther: // "the result is elsewhere": it may have been processed
		return lost
	case status < 400:
		return OurFault
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusConflict:
		return lost
	case status == http.StatusTooManyRequests, status == http.StatusTooEarly:
		return RateLimited
	case status == http.StatusPaymentRequired:
		return QuotaExhausted
	case paid && (status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge ||
		status == http.StatusUnprocessableEntity || status == http.StatusUnavailableForLegalReasons):
		return UserFault // of a read it would be ours: a question holds nothing of the user's
	}
	return OurFault
}

var errTooLong = errors.New("the answer is longer than allowed")
