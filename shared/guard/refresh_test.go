package guard

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/provider"
	"castad/shared/store/storetest"
)

// hold makes the guard wait as for a database that does not answer; let ends that.
func hold(g *Guard) (let func()) {
	g.loading <- struct{}{}
	return func() { <-g.loading }
}

func TestNobodyWaitsForTheStatesLongerThanItsOwnCall(t *testing.T) {
	t.Parallel()
	_, all := instances(t, 1)
	defer hold(all[0])()
	for _, a := range []provider.Attempt{generate, {Vendor: "suno", Op: "task"}} {
		ctx, cancel := context.WithCancel(t.Context())
		refused := make(chan error, 1)
		go func() {
			_, err := all[0].Allow(ctx, a)
			refused <- err
		}()
		cancel()
		var e *provider.Error
		// A read whose time is over must not be sent: its timeout would count against the vendor.
		if err := <-refused; !errors.As(err, &e) || e.Class != provider.Later || e.Code != "guard_away" || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", a.Op, err)
		}
	}
}

// loads counts how often the states were read, by the one breaker that there is.
type loads struct {
	unmetered
	n atomic.Int64
}

func (l *loads) Breaker(string, string, float64) { l.n.Add(1) }

func TestWhoHasWaitedForTheStatesTakesThoseThatHaveCome(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	db := storetest.Open(t, storetest.Through(wire))
	c, seen := newClock(), &loads{}
	g := New(Config{DB: db.Primary(), Process: "p", Now: c.now, Meter: seen})
	if err := g.Force(t.Context(), "suno", "generate", ForcedOpen); err != nil {
		t.Fatal(err)
	}
	seen.n.Store(0)
	wire.Stall()
	var asked sync.WaitGroup
	ask := func() {
		asked.Go(func() { _, _ = g.Allow(t.Context(), generate) })
		time.Sleep(20 * time.Millisecond) // one that is not at the door yet comes later, which is the same to it
	}
	ask()
	for range 4 { // each more than freshFor after the one before, while the first one's question is not answered
		c.pass(2 * freshFor)
		ask()
	}
	c.pass(freshFor / 2)
	wire.Resume()
	asked.Wait()
	if n := seen.n.Load(); n != 1 {
		t.Errorf("asked %d times, one after the other", n)
	}
}

func TestAClockThatIsPutBackFreezesNothing(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	end(t, all[0], generate, provider.Healthy)
	c.pass(-time.Hour)
	if err := all[1].Force(t.Context(), "suno", "generate", ForcedOpen); err != nil {
		t.Fatal(err)
	}
	if e := refusal(t, all[0], generate); e.Code != "paused" {
		t.Errorf("%v", e)
	}
}

func TestNobodyIsSentAwayForTheWholeOfASlowProbe(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2)
	broken(t, c, all...)
	c.pass(30 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // an upload, a film
	defer cancel()
	if _, err := all[0].Allow(ctx, generate); err != nil {
		t.Fatal(err)
	}
	c.pass(freshFor)
	for i, g := range all {
		if e := refusal(t, g, generate); e.Code != "probing" || e.RetryAfter != DefaultThresholds().Cooldown {
			t.Errorf("process %d: %v, again after %s", i, e, e.RetryAfter)
		}
	}
}

func TestAnAccountsCallsObeyEverybodysPause(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 2, "youtube:*=1000/1s")
	p, err := all[0].Allow(t.Context(), provider.Attempt{Vendor: "youtube", Op: "insert", Paid: true})
	if err != nil {
		t.Fatal(err)
	}
	p(provider.Outcome{Verdict: provider.Busy, RetryAfter: time.Minute})
	flush(t, all...)
	c.pass(freshFor)
	for i, g := range all {
		if e := refusal(t, g, provider.Attempt{Vendor: "youtube", Op: "thumbnail", Scope: "UC1"}); e.Code != "slow_down" {
			t.Errorf("process %d: %v", i, e)
		}
	}
}
