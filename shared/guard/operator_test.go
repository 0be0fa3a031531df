package guard

import (
	"context"
	"errors"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

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
	if got, _, err := all[1].Status(t.Context()); err != nil || got[0].Op != anyOp || got[0].State != Closed || got[0].Forced != Auto {
		t.Errorf("after the pause: %+v, %v", got, err)
	}
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

// Every instance knows of a pause within five seconds, and what is written with it is
// written with it or not at all.
func TestAPauseIsKnownToAllInstancesWithWhatIsWrittenBesideIt(t *testing.T) {
	t.Parallel()
	c, all := instances(t, 3)
	for _, g := range all { // they have just looked
		if g.Paused(t.Context())("suno", "generate") {
			t.Fatal("paused by nobody")
		}
	}
	no := errors.New("no")
	if err := all[0].Force(t.Context(), "suno", "*", ForcedOpen, func(context.Context, *store.Tx) error { return no }); !errors.Is(err, no) {
		t.Fatal(err)
	}
	c.pass(5 * time.Second)
	for i, g := range all {
		if g.Paused(t.Context())("suno", "generate") {
			t.Errorf("process %d obeys what was not written", i)
		}
	}
	if err := all[0].Force(t.Context(), "suno", "*", ForcedOpen); err != nil {
		t.Fatal(err)
	}
	if err := all[0].Force(t.Context(), "openai", "write", ForcedOpen); err != nil {
		t.Fatal(err)
	}
	if err := all[1].Force(t.Context(), "suno", "*", ForcedOpen, func(context.Context, *store.Tx) error { return no }); err == nil || fault.KindOf(err) != fault.Done {
		t.Errorf("paused already: %v", err)
	}
	c.pass(5 * time.Second)
	for i, g := range all {
		held := g.Paused(t.Context())
		if !held("suno", "generate") || !held("suno", "*") || !held("openai", "write") || held("openai", "*") || held("creatomate", "render") {
			t.Errorf("process %d", i)
		}
		if _, err := g.Allow(t.Context(), generate); !errors.Is(err, fault.ErrPaused) {
			t.Errorf("process %d: %v", i, err)
		}
	}
}
