package naver

import (
	"encoding/json"
	"net/http"
	"time"

	"castad/shared/provider"
)

// seoul has had no other offset since 1988.
var seoul = time.FixedZone("KST", 9*60*60)

// wrong is both of the vendor's error bodies: the Developers Center's
// {"errorCode","errorMessage"} and the gateway's {"error":{"errorCode","message"}}.
type wrong struct {
	Code    loose `json:"errorCode"`
	Message loose `json:"errorMessage"`
	Error   struct {
		Code    loose `json:"errorCode"`
		Message loose `json:"message"`
		Details loose `json:"details"`
	} `json:"error"`
}

// The gateway's code for a used-up quota (api.ncloud-docs.com, error handling): 410
// and 420 are its rate limits.
const codeQuota = "400"

// refused classes an answer that is an error.
func (c *Client) refused(via *provider.Client, call provider.Call, a *provider.Answer) *provider.Error {
	code, said := c.words(a)
	switch s := a.Status; {
	case s == http.StatusTooManyRequests && code == codeQuota:
		return via.Fail(call, a, provider.QuotaExhausted, code, said)
	case s == http.StatusForbidden:
		return via.Fail(call, a, provider.OurFault, or(code, "not_enabled"), said) // the API is not enabled for the application
	case code == "SE99":
		return via.Fail(call, a, provider.Later, code, said)
	default:
		return via.Fail(call, a, provider.StatusClass(s, call.Paid), code, said)
	}
}

// words are an error body's code and what it says.
func (c *Client) words(a *provider.Answer) (code, said string) {
	var w wrong
	_ = json.Unmarshal(a.Body, &w) // a proxy's page has none of it
	code, said = or(string(w.Code), string(w.Error.Code)), or(string(w.Message), string(w.Error.Message))
	return code, c.mask(or(or(said, string(a.Body)), "-"))
}

// limited decides between the limit of the second and that of the day, for a search
// that was sent at asked. The status is the same for both and only the gateway has a code;
// without one the first refusal is taken for the second's, and so are those of searches
// that were under way with it; one that was sent a second later, with no answer in
// between, is the day's.
func (c *Client) limited(call provider.Call, a *provider.Answer, asked time.Time) *provider.Error {
	code, said := c.words(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	rate := code == "410" || code == "420"
	if code != codeQuota && (rate || c.busy.IsZero() || asked.Sub(c.busy) < time.Second) {
		if c.busy.IsZero() {
			c.busy = c.now()
		}
		e := c.search.Fail(call, a, provider.RateLimited, code, said)
		if e.RetryAfter == 0 {
			e.RetryAfter = time.Second
		}
		return e
	}
	c.busy, c.spent = time.Time{}, midnight(c.now())
	e := c.search.Fail(call, a, provider.QuotaExhausted, or(code, "day_quota"), said)
	e.RetryAfter = c.untilSpent()
	return e
}

// answered forgets a refusal for the rate.
func (c *Client) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = time.Time{}
}

// closed refuses a search without sending it while the day's quota is spent.
func (c *Client) closed(call provider.Call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.now().Before(c.spent) {
		return nil
	}
	e := c.search.Fail(call, nil, provider.QuotaExhausted, "day_quota", "")
	e.RetryAfter = c.untilSpent()
	return e
}

func (c *Client) untilSpent() time.Duration {
	return min(max(c.spent.Sub(c.now()), time.Second), provider.MaxRetryAfter)
}

// midnight is when the day that t is in ends in Seoul.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(seoul).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, seoul)
}

// mask takes the ids and secrets, which travel in headers that package provider does not know, out of a vendor's text.
func (c *Client) mask(s string) string {
	return provider.Redact(s, c.c.ID, c.c.Secret, c.c.MapID, c.c.MapSecret)
}
