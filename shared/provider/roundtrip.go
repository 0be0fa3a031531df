package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// RoundTrip sends one prepared request and returns the answer with a capped
// body. It follows no redirect and repeats nothing. Its errors, and those of
// reading the body, are *Error:
//
//   - the guard did not allow it: nothing was sent, class later or rateLimited;
//   - no connection was obtained (httptrace saw no GotConn): nothing can have
//     been sent, class later;
//   - after that: unknown when paid, later when not;
//   - a redirect: ourFault, the base URL is wrong (303 when paid: unknown).
//
// The caller bounds the time by the request's context.
func (c *Client) RoundTrip(req *http.Request, op string, paid bool) (*http.Response, error) {
	return c.exchange(req, Attempt{Op: op, Paid: paid})
}

// exchange asks the guard, sends the request and tells what became of it.
func (c *Client) exchange(req *http.Request, at Attempt) (*http.Response, error) {
	at.Vendor = c.name
	t, err := allow(req.Context(), c.h.Guard, at)
	if err != nil {
		return nil, err
	}
	start := c.h.Now()
	res, err := c.roundTrip(req, at.Op, at.Paid, t)
	if c.h.Observe != nil {
		o := Observation{Provider: c.name, Op: at.Op, Err: err, Took: c.h.Now().Sub(start)}
		if res != nil {
			o.Status = res.StatusCode
		}
		c.h.Observe(o)
	}
	return res, err
}

func (c *Client) roundTrip(req *http.Request, op string, paid bool, t *ticket) (*http.Response, error) {
	var connected atomic.Bool
	untraced := c.h.Transport != nil // somebody else's transport need not report GotConn
	if _, ok := c.h.Transport.(*http.Transport); ok {
		untraced = false
	}
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req = req.WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("User-Agent", c.h.UserAgent)
	via := c.read
	if paid {
		via = c.paid
	}
	res, err := via.RoundTrip(req)
	if err != nil {
		class := Later
		if paid && (connected.Load() || untraced) {
			class = Unknown
		}
		e := c.lost(op, class, 0, err)
		t.failed(e, !connected.Load() && !untraced)
		return nil, e
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 && !(c.h.Resumable && res.StatusCode == http.StatusPermanentRedirect) {
		_ = res.Body.Close() // nothing more is read from it
		e := c.Fail(Call{Op: op}, &Answer{Status: res.StatusCode, Header: res.Header, ticket: t}, StatusClass(res.StatusCode, paid), "redirect", "")
		e.Err = fmt.Errorf("redirected to %s: redirects of API calls are not followed", RedactURL(res.Header.Get("Location")))
		return nil, e
	}
	class := Later
	if paid {
		class = Unknown
	}
	t.answered(res.StatusCode)
	res.Body = &cappedBody{ReadCloser: res.Body, left: c.h.MaxBytes, ticket: t, fail: func(err error) error {
		e := c.lost(op, class, res.StatusCode, err)
		t.failed(e, false)
		return e
	}}
	return res, nil
}

// lost is the error of an answer that did not come or broke off.
func (c *Client) lost(op string, class Class, status int, err error) *Error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text holds the whole URL
	}
	code := "no_answer"
	switch {
	case errors.Is(err, errTooLong):
		code = "too_long"
	case errors.Is(err, context.DeadlineExceeded):
		code = "timeout"
	case errors.Is(err, context.Canceled):
		code = "cancelled"
	case status != 0:
		code = "broken_off"
	}
	return &Error{Provider: c.name, Op: op, Status: status, Code: code, Class: class, Err: redacted{err, c.secrets()}}
}

// cappedBody fails, with a classed error, when the body is too long or breaks off.
type cappedBody struct {
	io.ReadCloser
	left   int64
	ticket *ticket
	fail   func(error) error
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, b.fail(errTooLong)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, b.fail(errTooLong) // the byte too many only proves the excess
	}
	if err != nil && err != io.EOF {
		err = b.fail(err)
	}
	return n, err
}
