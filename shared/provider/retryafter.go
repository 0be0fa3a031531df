package provider

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter caps what a vendor can make us wait.
const MaxRetryAfter = time.Hour

// RetryAfter reads how long an answer asks to wait: retry-after-ms (OpenAI), then
// Retry-After as seconds or as an HTTP date. Absent, past and unreadable values
// are 0, absurd ones MaxRetryAfter. A date is measured against the answer's own
// Date header, so that our clock and theirs need not agree; without one, against now.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if d := decimal(h.Get("Retry-After-Ms"), time.Millisecond); d > 0 {
		return d
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if d := decimal(v, time.Second); d > 0 {
		return d
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}

// decimal reads a plain decimal number of units ("120", "1.5"); anything else,
// signs and exponents included, is 0.
func decimal(s string, unit time.Duration) time.Duration {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if f*float64(unit) >= float64(MaxRetryAfter) { // also +Inf with ErrRange
		return MaxRetryAfter
	}
	if err != nil {
		return 0
	}
	return time.Duration(f * float64(unit))
}
