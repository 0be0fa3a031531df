package social

import (
	"testing"
	"time"

	"castad/shared/provider"

	"pgregory.net/rapid"
)

// Whatever the channel answers, in whatever order: the refresh token that counts is
// the last one that was given, and a renewal is neither forgotten nor due for ever.
func TestNoAnswerLosesARefreshToken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		var k kept
		last := ""
		for n := range rapid.IntRange(1, 12).Draw(t, "answers") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(100*24*time.Hour)).Draw(t, "passed")))
			g := provider.Grant{Access: rapid.StringMatching(`a[0-9]{3}`).Draw(t, "access")}
			if rapid.Bool().Draw(t, "refresh given") {
				g.Refresh = rapid.StringMatching(`r[0-9]{3}`).Draw(t, "refresh")
				last = g.Refresh
			}
			if rapid.Bool().Draw(t, "end told") {
				g.Expires = now.Add(time.Duration(rapid.Int64Range(int64(time.Minute), int64(60*24*time.Hour)).Draw(t, "life")))
			}
			k = keep(g, k, now)
			switch at := k.renewAt(); {
			case k.Refresh != last || k.Access != g.Access:
				t.Fatalf("answer %d: kept %q, the last that was given is %q", n, k.Refresh, last)
			case !k.alive(now):
				t.Fatalf("answer %d: a token that has just come does not live", n)
			case at == nil && !k.Expires.IsZero():
				t.Fatalf("answer %d: a token that ends is never renewed", n)
			case at != nil && k.Refresh == "" && at.Before(k.At.Add(longAge)):
				t.Fatalf("answer %d: renewed at an age of %v", n, at.Sub(k.At))
			case k.Refresh == "" && k.due(now) && now.Sub(k.At) < longAge:
				t.Fatalf("answer %d: due for renewal as soon as it has come", n)
			}
		}
	})
}
