package store_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// reasons collects why reads went to the primary.
type reasons struct {
	mu  sync.Mutex
	all []string
}

func (r *reasons) add(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, why)
}

func (r *reasons) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

func TestReplicaReadsFallBackWhenItLagsOrIsDown(t *testing.T) {
	t.Parallel()
	var why reasons
	pair := storetest.Pair(t, storetest.Hooks(store.Hooks{Fallback: why.add}))
	db := pair.DB
	// The test's clock makes every measurement stale at will.
	var ahead atomic.Int64
	db.SetReplicaClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	measureAgain := func() { ahead.Add(int64(2 * time.Second)) }
	tally(t, db)
	// A little ahead, so that a slow machine does not look like lag.
	fresh := func() {
		t.Helper()
		exec(t, db, `UPDATE replica_heartbeat SET beat_at = NOW(6) + INTERVAL 4 SECOND WHERE id = 1`)
		pair.CatchUp(t)
	}
	fresh()

	// What the replica has not got yet shows where a read went.
	pair.Freeze(t)
	exec(t, db, `UPDATE tally SET n = 1 WHERE id = 1`)
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 0 || len(why.take()) != 0 {
		t.Errorf("read %d, want the replica's 0", n)
	}

	// The heartbeat that the replica has is too old: reads go to the primary.
	pair.Thaw(t)
	exec(t, db, `UPDATE replica_heartbeat SET beat_at = NOW(6) - INTERVAL 6 SECOND WHERE id = 1`)
	pair.CatchUp(t)
	pair.Freeze(t)
	exec(t, db, `UPDATE tally SET n = 2 WHERE id = 1`)
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 2 || !slices.Equal(why.take(), []string{"lag"}) {
		t.Errorf("read %d, want the primary's 2 because of the lag", n)
	}
	if s := db.Stats(); !s.Lagging || s.Lag < 6*time.Second || s.Lag > time.Minute {
		t.Errorf("lag %s, lagging %t", s.Lag, s.Lagging)
	}
	if n := number(t, db.Replica(), readTally, 1); n != 2 || !slices.Equal(why.take(), []string{"lag"}) {
		t.Errorf("read %d by the remembered lag", n)
	}

	// It catches up, with a fresh heartbeat.
	pair.Thaw(t)
	fresh()
	pair.Freeze(t)
	exec(t, db, `UPDATE tally SET n = 3 WHERE id = 1`)
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 2 || len(why.take()) != 0 {
		t.Errorf("read %d, want the replica's 2", n)
	}

	// Clocks that disagree say nothing about the lag.
	pair.Thaw(t)
	exec(t, db, `UPDATE replica_heartbeat SET beat_at = NOW(6) + INTERVAL 1 HOUR WHERE id = 1`)
	pair.CatchUp(t)
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 3 || !slices.Equal(why.take(), []string{"lag"}) {
		t.Errorf("read %d by a clock that is an hour off", n)
	}
	fresh()
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 3 || len(why.take()) != 0 {
		t.Errorf("read %d, want the replica's 3", n)
	}

	// It dies between two measurements: the read that notices still succeeds.
	if err := pair.Replica.Kill(); err != nil {
		t.Fatal(err)
	}
	if n := number(t, db.Replica(), readTally, 1); n != 3 || !slices.Equal(why.take(), []string{"down"}) {
		t.Errorf("read %d, want the primary's 3 because the replica is down", n)
	}
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 3 || !slices.Equal(why.take(), []string{"down"}) {
		t.Errorf("read %d while it is down", n)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("a replica that is down is no reason not to start: %v", err)
	}

	pair.Restart(t)
	fresh()
	measureAgain()
	if n := number(t, db.Replica(), readTally, 1); n != 3 || len(why.take()) != 0 {
		t.Errorf("read %d after it came back, reasons %v", n, why.take())
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("Check with a replica: %v", err)
	}
}

// beatOnce runs Heartbeat until it has written the row, whose age is not trusted here.
func beatOnce(t *testing.T, db *store.DB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { db.Heartbeat(ctx) })
	fresh := `SELECT COUNT(*) FROM replica_heartbeat WHERE id = 1 AND beat_at BETWEEN NOW(6) - INTERVAL 2 SECOND AND NOW(6)`
	for number(t, db.Primary(), fresh) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	done.Wait()
}

func TestTheHeartbeatIsWrittenOnceHoweverManyBeat(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	exec(t, db, `UPDATE replica_heartbeat SET beat_at = NOW(6) + INTERVAL 1 HOUR WHERE id = 1`)
	beatOnce(t, db) // a clock that was set back does not stop it
	beatAt := func() time.Time {
		at, err := store.One(t.Context(), db.Primary(), `SELECT beat_at FROM replica_heartbeat WHERE id = 1`, func(at *time.Time) []any { return []any{at} })
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	before := beatAt()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var many sync.WaitGroup
	for range 4 {
		many.Go(func() { db.Heartbeat(ctx) })
	}
	many.Wait()
	if between := beatAt().Sub(before); between != 0 && between < 900*time.Millisecond {
		t.Errorf("the row was written again after %s", between)
	}
}

func TestTheReplicaRefusesWhatOnlyThePrimaryMayDo(t *testing.T) {
	t.Parallel()
	if _, ok := any((*store.Replica)(nil)).(interface {
		Exec(context.Context, string, ...any) (int64, error)
	}); ok {
		t.Error("*Replica has Exec")
	}
	db := storetest.Open(t)
	// Without a replica DSN both are one server and one pool.
	number(t, db.Replica(), `SELECT 1`)
	if s := db.Stats(); s.Queue.Open != 1 || s.ReplicaQueue.Max != 0 {
		t.Errorf("stats %+v", s)
	}
	if _, err := store.One(t.Context(), db.Replica(), `SELECT n FROM missing LIMIT 1`, func(n *int) []any { return []any{n} }); fault.KindOf(err) != fault.Internal {
		t.Errorf("a wrong statement: %v", err)
	}
}
