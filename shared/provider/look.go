package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Look sends one GET for rawURL as operation op, with the same rules about origins
// and addresses as Get, and returns what comes, whatever its status: a page, a
// robots.txt, or a redirect, which is not followed, so that its caller can judge where
// it leads. The body is at most limit bytes long. Errors are *Error: ourFault for what
// is not allowed, later for an answer that did not come or broke off, badResult for one
// that is longer than limit or encoded (which was not asked for), later or rateLimited
// for one that the guard did not allow.
func (d Downloader) Look(ctx context.Context, op, rawURL string, limit int64) (*Answer, error) {
	t, err := allow(ctx, d.Guard, Attempt{Vendor: d.Provider, Op: op})
	if err != nil {
		return nil, err
	}
	a, err := d.look(ctx, rawURL, limit)
	var e *Error
	switch {
	case errors.As(err, &e):
		e.Op = op
		t.tell(downloadOutcome(err))
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden, a.Status == http.StatusTooManyRequests:
		// Whoever says so does not want to be looked at, by no instance.
		t.tell(Outcome{Verdict: Busy, RetryAfter: cmp.Or(RetryAfter(a.Header, time.Now()), MaxRetryAfter)})
	default:
		t.answered(a.Status)
	}
	return a, err
}

func (d Downloader) look(ctx context.Context, rawURL string, limit int64) (*Answer, error) {
	list, err := parseOrigins(d.Allow, d.Private)
	if err != nil {
		return nil, d.fail(OurFault, "bad_setting", 0, err)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, d.fail(BadResult, "bad_url", 0, errors.New("the URL cannot be parsed"))
	}
	o, err := d.listed(list, u)
	if err != nil {
		return nil, err
	}
	if d.Timeout <= 0 {
		d.Timeout = DefaultTimeout
	}
	if d.Idle <= 0 {
		d.Idle = min(d.Timeout, 30*time.Second)
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	res, err := d.fetch(ctx, list, o, u)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if e := strings.ToLower(res.Header.Get("Content-Encoding")); e != "" && e != "identity" {
		return nil, d.fail(BadResult, "encoded", res.StatusCode, fmt.Errorf("content encoding %q was not asked for", cut(printable(e), 20)))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case int64(len(body)) > limit:
		return nil, d.fail(BadResult, "too_long", res.StatusCode, fmt.Errorf("more than %d bytes", limit))
	case err != nil:
		return nil, d.fail(Later, "broken_off", res.StatusCode, redacted{err: err})
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}
