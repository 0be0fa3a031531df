package store_test

import (
	"sync"
	"testing"
	"time"

	"castad/shared/store"
	"castad/shared/store/storetest"
)

func TestALeaseChangesHandsOnlyAfterItsExpiryAndTheSkew(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	p, ctx := db.Primary(), t.Context()
	age := func(d time.Duration) {
		exec(t, db, `UPDATE leases SET expires_at = NOW(6) - INTERVAL ? MICROSECOND WHERE name = 'sweeper'`, d.Microseconds())
	}
	for i, step := range []struct {
		before    func()
		owner     string
		wantFence int64
		wantOK    bool
		why       string
	}{
		{nil, "a", 1, true, "the first takes it"},
		{nil, "b", 0, false, "it is held"},
		{nil, "a", 1, true, "a renewal in time keeps the fence"},
		{func() { age(store.LeaseSkew - 10*time.Second) }, "b", 0, false, "expired, but within the skew"},
		{nil, "a", 2, true, "the owner comes late: what it did since is in doubt, so the fence rises"},
		{func() { age(store.LeaseSkew + time.Second) }, "b", 3, true, "expired beyond the skew"},
		{nil, "a", 0, false, "the old owner has lost it"},
		{func() { release(t, p, "b", 2) }, "a", 0, false, "a release with an old fence does nothing"},
		{func() { release(t, p, "a", 3) }, "a", 0, false, "a release by a stranger does nothing"},
		{func() { release(t, p, "b", 3) }, "a", 4, true, "a release is immediate"},
	} {
		if step.before != nil {
			step.before()
		}
		fence, ok, err := p.Lease(ctx, "sweeper", step.owner, time.Minute)
		if err != nil || fence != step.wantFence || ok != step.wantOK {
			t.Fatalf("step %d (%s): fence %d, %t, %v; want %d, %t", i, step.why, fence, ok, err, step.wantFence, step.wantOK)
		}
	}
}

func release(t *testing.T, p *store.Primary, owner string, fence int64) {
	t.Helper()
	if err := p.Release(t.Context(), "sweeper", owner, fence); err != nil {
		t.Fatal(err)
	}
}

func TestOneOfManyGetsTheLease(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for _, state := range []string{"new", "released"} {
		var mu sync.Mutex
		var wait sync.WaitGroup
		winners, fence := "", int64(0)
		for _, owner := range []string{"a", "b", "c", "d"} {
			wait.Go(func() {
				f, ok, err := db.Primary().Lease(t.Context(), "relay", owner, time.Minute)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if ok {
					winners, fence = winners+owner, f
				}
			})
		}
		wait.Wait()
		if len(winners) != 1 {
			t.Fatalf("a %s lease went to %q", state, winners)
		}
		if err := db.Primary().Release(t.Context(), "relay", winners, fence); err != nil {
			t.Fatal(err)
		}
	}
}
