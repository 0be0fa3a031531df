package guard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// clock is what the guards of one test go by.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(start.UnixNano())
	return c
}

func (c *clock) now() time.Time       { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d)) }
func rule(t *testing.T, text ...string) []Rule {
	t.Helper()
	rules, err := ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// instances returns guards of as many processes on one database.
func instances(t *testing.T, n int, rules ...string) (*clock, []*Guard) {
	t.Helper()
	c, _, all := instancesOn(t, n, rules...)
	return c, all
}

func instancesOn(t *testing.T, n int, rules ...string) (*clock, *store.DB, []*Guard) {
	t.Helper()
	database := storetest.Open(t)
	c := newClock()
	var all []*Guard
	for i := range n {
		all = append(all, New(Config{DB: database.Primary(), Rules: rule(t, rules...), Process: fmt.Sprint("process", i), Now: c.now, Spread: func() float64 { return 0 }}))
	}
	return c, database, all
}

var generate = provider.Attempt{Vendor: "suno", Op: "generate", Paid: true}

// end makes one allowed call that ends so.
func end(t *testing.T, g *Guard, a provider.Attempt, v provider.Verdict) {
	t.Helper()
	p, err := g.Allow(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	p(provider.Outcome{Verdict: v})
}

func flush(t *testing.T, all ...*Guard) {
	t.Helper()
	for _, g := range all {
		if err := g.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// refusal is the error of a call that must not be let through.
func refusal(t *testing.T, g *Guard, a provider.Attempt) *provider.Error {
	t.Helper()
	_, err := g.Allow(t.Context(), a)
	var e *provider.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s:%s was let through (%v)", a.Vendor, a.Op, err)
	}
	if e.RetryAfter <= 0 || fault.RetryAfterOf(err) != e.RetryAfter {
		t.Errorf("%v does not say when to come again", e)
	}
	return e
}

// broken makes the calls that open the breaker, shared by all.
func broken(t *testing.T, c *clock, all ...*Guard) {
	t.Helper()
	for i := range 20 {
		v := provider.Healthy
		if i == 7 {
			v = provider.Sick
		}
		end(t, all[i%len(all)], generate, v)
	}
	flush(t, all...)
	c.pass(freshFor)
}

func TestFailuresOfAllInstancesOpenTheBreakerOfAll(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 3)
	broken(t, c, all...)
	for i, g := range all {
		if e := refusal(t, g, generate); e.Class != provider.Later || e.Code != "breaker_open" || e.RetryAfter != 29*time.Second {
			t.Errorf("process %d: %v, again after %s", i, e, e.RetryAfter)
		}
		end(t, g, provider.Attempt{Vendor: "suno", Op: "task"}, provider.Healthy) // asking goes on
		end(t, g, provider.Attempt{Vendor: "kie", Op: "generate"}, provider.Healthy)
	}
}

func TestFailuresOfLongAgoDoNotCount(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1)
	for range 19 {
		end(t, all[0], generate, provider.Sick)
	}
	flush(t, all...)
	c.pass(window)
	end(t, all[0], generate, provider.Healthy)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

func TestWhatIsNotTheVendorsFaultOpensNothing(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1)
	for i := range 200 {
		end(t, all[0], generate, []provider.Verdict{provider.Healthy, provider.Neutral}[i%2])
	}
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

func TestOneProbeGoesOutWhicheverInstanceAsks(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	broken(t, c, all...)
	c.pass(30 * time.Second)
	var sent atomic.Int64
	var passes = make(chan provider.Pass, 50)
	var done sync.WaitGroup
	for i := range 50 {
		done.Go(func() {
			p, err := all[i%2].Allow(t.Context(), generate)
			if err == nil {
				sent.Add(1)
				passes <- p
				return
			}
			var e *provider.Error
			if !errors.As(err, &e) || e.Class != provider.Later {
				t.Errorf("%v", err)
			}
		})
	}
	done.Wait()
	if sent.Load() != 1 {
		t.Fatalf("%d probes", sent.Load())
	}
	(<-passes)(provider.Outcome{Verdict: provider.Healthy})
	flush(t, all...)
	c.pass(freshFor)
	for _, g := range all {
		end(t, g, generate, provider.Healthy)
	}
}

func TestAProbeThatFailsOpensItAgain(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(provider.Pass, func()){
		"at once": func(p provider.Pass, _ func()) { p(provider.Outcome{Verdict: provider.Sick}) },
		"by the vendor's table": func(p provider.Pass, _ func()) {
			p(provider.Outcome{Verdict: provider.Healthy})
			p(provider.Outcome{Verdict: provider.Sick})
		},
		"by the vendor's table, after it was written": func(p provider.Pass, write func()) {
			p(provider.Outcome{Verdict: provider.Healthy})
			write()
			p(provider.Outcome{Verdict: provider.Sick})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, all := instances(t, 2)
			broken(t, c, all...)
			c.pass(30 * time.Second)
			p, err := all[0].Allow(t.Context(), generate)
			if err != nil {
				t.Fatal(err)
			}
			tell(p, func() { flush(t, all...) })
			flush(t, all...)
			c.pass(freshFor)
			for _, g := range all {
				if e := refusal(t, g, generate); e.Code != "breaker_open" || e.RetryAfter != 29*time.Second {
					t.Errorf("%v, again after %s", e, e.RetryAfter)
				}
			}
		})
	}
}

func TestAProbeThatWasGivenBackGoesToTheNext(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2, "suno:generate=1/10m")
	end(t, all[0], generate, provider.Healthy) // the limit is spent
	for range 20 {
		end(t, all[0], provider.Attempt{Vendor: "kie", Op: "generate"}, provider.Sick)
	}
	flush(t, all...)
	c.pass(31 * time.Second)
	kie := provider.Attempt{Vendor: "kie", Op: "generate"}
	end(t, all[0], kie, provider.Neutral) // the probe was given up by its caller
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[1], kie, provider.Healthy)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], kie, provider.Healthy)
}

func TestALostProbeIsReplaced(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	broken(t, c, all...)
	c.pass(30 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	lost, err := all[0].Allow(ctx, generate)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(15 * time.Second)
	if e := refusal(t, all[1], generate); e.Code != "probing" {
		t.Errorf("while the probe may come back: %v", e)
	}
	c.pass(11 * time.Second)
	end(t, all[1], generate, provider.Healthy)
	flush(t, all[1])
	lost(provider.Outcome{Verdict: provider.Sick}) // it comes back after all, and has no say
	flush(t, all[0])
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

// kill -9 is this product's weather: a function's timeout ends the whole process.
func TestTheProbeOfAKilledProcessIsReplaced(t *testing.T) {
	t.Parallel()
	c, database, all := instancesOn(t, 1)
	broken(t, c, all...)
	c.at.Store(start.Add(window).UnixNano()) // as the other process has it
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "CASTAD_TEST_PROBER="+storetest.DSN(t, database))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "probing\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	if e := refusal(t, all[0], generate); e.Code != "probing" {
		t.Errorf("while it lives: %v", e)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	c.pass(20*time.Second + probeGrace)
	end(t, all[0], generate, provider.Healthy)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)
}

func TestAVerdictThatIsChangedCountsOnce(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*testing.T, *Guard){
		"before it is written": func(*testing.T, *Guard) {},
		"after it is written":  func(t *testing.T, g *Guard) { flush(t, g) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, all := instances(t, 1)
			p, err := all[0].Allow(t.Context(), generate)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range []provider.Verdict{provider.Healthy, provider.Sick, provider.Sick, provider.Healthy, provider.Sick} {
				p(provider.Outcome{Verdict: v})
				between(t, all[0])
			}
			flush(t, all...)
			got, _, err := all[0].Status(t.Context())
			if err != nil || len(got) != 1 || got[0].Calls != 1 || got[0].Failures != 1 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

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

func TestAnOperatorsWordIsObeyedWithinASecond(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	for _, g := range all {
		end(t, g, generate, provider.Healthy)
	}
	force := func(op string, f Forced) {
		t.Helper()
		if err := all[0].Force(t.Context(), "suno", op, f); err != nil {
			t.Fatal(err)
		}
		c.pass(freshFor)
	}
	force(anyOp, ForcedOpen)
	for _, g := range all {
		if e := refusal(t, g, generate); e.Class != provider.Later || e.Code != "paused" {
			t.Errorf("%v", e)
		}
		refusal(t, g, provider.Attempt{Vendor: "suno", Op: "task"})
	}
	force(anyOp, Auto)
	force("generate", ForcedOpen)
	refusal(t, all[1], generate)
	end(t, all[1], provider.Attempt{Vendor: "suno", Op: "task"}, provider.Healthy)
	force("generate", Auto)
	end(t, all[1], generate, provider.Healthy) // one goes first
	refusal(t, all[0], generate)
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[0], generate, provider.Healthy)

	force("generate", ForcedClosed)
	for range 40 {
		end(t, all[0], generate, provider.Sick)
	}
	flush(t, all...)
	c.pass(freshFor)
	end(t, all[1], generate, provider.Healthy)
	force("generate", Auto)
	flush(t, all...)
	end(t, all[1], generate, provider.Healthy)
	for _, bad := range [][2]string{{"", "generate"}, {"suno", ""}, {"suno", "no such op"}, {"suno'--", "*"}} {
		if err := all[0].Force(t.Context(), bad[0], bad[1], ForcedOpen); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := all[0].Force(t.Context(), "suno", "generate", "ajar"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

func TestWithoutTheDatabasePaidCallsWaitAndReadsGoOn(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	db := storetest.Open(t, storetest.Through(wire))
	c := newClock()
	g := New(Config{DB: db.Primary(), Rules: rule(t, "suno:task=4/10s", "suno:extend=4/10s"), Process: "p", Now: c.now})
	end(t, g, generate, provider.Healthy)
	wire.Refuse(true)
	wire.Break()
	c.pass(freshFor)
	end(t, g, generate, provider.Healthy) // for a moment what was read is good enough
	if e := refusal(t, g, provider.Attempt{Vendor: "suno", Op: "extend", Paid: true}); e.Code != "guard_away" {
		t.Errorf("a paid call whose limit cannot be asked: %v", e)
	}
	c.pass(goodFor)
	e := refusal(t, g, generate)
	if e.Class != provider.Later || e.Code != "guard_away" || e.Err == nil {
		t.Errorf("%v", e)
	}
	task := provider.Attempt{Vendor: "suno", Op: "task"}
	for range 2 {
		end(t, g, task, provider.Sick)
	}
	if e := refusal(t, g, task); e.Code != "limit" {
		t.Errorf("beyond what this process may: %v", e)
	}
	if err := g.Flush(t.Context()); err == nil {
		t.Error("something was written")
	}
	wire.Refuse(false)
	c.pass(freshFor)
	flush(t, g)
	got, _, err := g.Status(t.Context())
	if err != nil || len(got) != 2 || got[0].Calls != 2 || got[1].Op != "task" || got[1].Failures != 2 {
		t.Errorf("what was found out meanwhile is not written: %+v, %v", got, err)
	}
	end(t, g, generate, provider.Healthy)
}

func TestACallerWhoGivesUpIsNoDatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	_, all := instances(t, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = all[0].Allow(ended, generate)
	end(t, all[0], generate, provider.Healthy)
}

func TestRunWritesByItselfAndOnceMoreAtTheEnd(t *testing.T) {
	t.Parallel()
	_, all := instances(t, 1)
	g := all[0]
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); g.Run(ctx) }()
	calls := func() int64 {
		got, _, err := g.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			return 0
		}
		return got[0].Calls
	}
	end(t, g, generate, provider.Healthy)
	for calls() == 0 {
		if t.Context().Err() != nil {
			t.Fatal("nothing was written")
		}
		time.Sleep(10 * time.Millisecond)
	}
	end(t, g, generate, provider.Healthy)
	cancel()
	<-ended
	if n := calls(); n != 2 {
		t.Errorf("%d calls are written", n)
	}
}

func TestOldCountsAndBucketsAreDeleted(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 1, "suno:generate=20/10s")
	end(t, all[0], generate, provider.Healthy)
	flush(t, all...)
	c.pass(keepBuckets + time.Minute)
	other := provider.Attempt{Vendor: "kie", Op: "generate"}
	end(t, all[0], other, provider.Healthy)
	flush(t, all...)
	for table, query := range map[string]string{"vendor_calls": `SELECT COUNT(*) FROM vendor_calls`, "vendor_buckets": `SELECT COUNT(*) + 1 FROM vendor_buckets`} {
		n, err := store.One(t.Context(), all[0].c.DB, query, func(n *int) []any { return []any{n} })
		if err != nil || n != 1 {
			t.Errorf("%s: %d rows too many, %v", table, n-1, err)
		}
	}
	end(t, all[0], generate, provider.Healthy) // its bucket is made anew
}
