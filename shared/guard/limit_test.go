package guard

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/provider"
)

func TestFiftyAtOnceNeverOverspend(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, rule  string
		asks, grant int
	}{
		{"a bucket", "suno:generate=20/10s", 50, 10},
		{"a day", "suno:generate=30/day@America/Los_Angeles", 50, 30},
		{"all operations together", "suno:*=20/10s", 50, 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, all := instances(t, 2, row.rule)
			var granted atomic.Int64
			var done sync.WaitGroup
			for i := range row.asks {
				done.Go(func() {
					_, err := all[i%2].Allow(t.Context(), generate)
					var e *provider.Error
					switch {
					case err == nil:
						granted.Add(1)
					case !errors.As(err, &e) || e.Class != provider.RateLimited || e.Code != "limit":
						t.Errorf("%v", err)
					}
				})
			}
			done.Wait()
			if granted.Load() != int64(row.grant) {
				t.Errorf("%d were let through, want %d", granted.Load(), row.grant)
			}
		})
	}
}

func TestTwoLimitsAreSpentTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1, "suno:generate=10/day@Asia/Seoul", "suno:*=1/10s")
	end(t, all[0], generate, provider.Healthy)
	for range 5 {
		if e := refusal(t, all[0], generate); e.RetryAfter != 10*time.Second {
			t.Errorf("again after %s", e.RetryAfter)
		}
	}
	c.pass(10 * time.Second)
	end(t, all[0], generate, provider.Healthy)
	_, buckets, err := all[0].Status(t.Context())
	if err != nil || buckets[0].Left != 8 || buckets[1].Left != 0 {
		t.Errorf("%+v, %v", buckets, err)
	}
}

func TestACallThatWasNeverSentIsNotTakenFromTheDay(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1, "youtube:insert=2/day@America/Los_Angeles")
	insert := provider.Attempt{Vendor: "youtube", Op: "insert", Paid: true}
	for range 3 {
		p, err := all[0].Allow(t.Context(), insert)
		if err != nil {
			t.Fatal(err)
		}
		p(provider.Outcome{Verdict: provider.Sick, Unsent: true})
		flush(t, all...)
	}
	end(t, all[0], insert, provider.Healthy)
	end(t, all[0], insert, provider.Healthy)
	if e := refusal(t, all[0], insert); e.RetryAfter != provider.MaxRetryAfter {
		t.Errorf("again after %s", e.RetryAfter)
	}
	c.pass(20 * time.Hour) // 08:00 UTC, midnight in Los Angeles
	end(t, all[0], insert, provider.Healthy)
}

func TestTooManyMakesAllInstancesPause(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2, "suno:*=1000/1s")
	for _, row := range []struct {
		name  string
		after time.Duration
		wait  time.Duration
	}{{"as long as told", 40 * time.Second, 40 * time.Second}, {"five seconds when not told", 0, busyWait}} {
		p, err := all[0].Allow(t.Context(), generate)
		if err != nil {
			t.Fatal(err)
		}
		p(provider.Outcome{Verdict: provider.Busy, RetryAfter: row.after})
		if e := refusal(t, all[0], generate); e.Class != provider.RateLimited || e.Code != "slow_down" || e.RetryAfter != row.wait {
			t.Errorf("%s: %v, again after %s", row.name, e, e.RetryAfter)
		}
		flush(t, all[0])
		c.pass(freshFor)
		for _, op := range []string{"generate", "task"} { // the limit is for all of them
			if e := refusal(t, all[1], provider.Attempt{Vendor: "suno", Op: op}); e.Code != "slow_down" || e.RetryAfter != row.wait-freshFor {
				t.Errorf("%s: the other process's %s: %v, again after %s", row.name, op, e, e.RetryAfter)
			}
		}
		c.pass(row.wait)
		end(t, all[1], generate, provider.Healthy)
	}
}

func TestOneAccountsLimitPausesThatAccountOnly(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2, "instagram:publish=1000/1s")
	mine := provider.Attempt{Vendor: "instagram", Op: "publish", Scope: "17841400000000001", Paid: true}
	yours := mine
	yours.Scope = "17841400000000002"
	p, err := all[0].Allow(t.Context(), mine)
	if err != nil {
		t.Fatal(err)
	}
	p(provider.Outcome{Verdict: provider.Busy, RetryAfter: time.Minute})
	flush(t, all...)
	c.pass(freshFor)
	for _, g := range all {
		end(t, g, yours, provider.Healthy)
		if e := refusal(t, g, mine); e.Code != "slow_down" {
			t.Errorf("%v", e)
		}
	}
}
