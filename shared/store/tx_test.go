package store_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
)

// tally makes a table of counters with rows 1 and 2 at zero.
func tally(t *testing.T, db *store.DB) {
	t.Helper()
	exec(t, db, `CREATE TABLE tally (id INT NOT NULL, n INT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`)
	exec(t, db, `INSERT INTO tally (id, n) VALUES (1, 0), (2, 0)`)
}

func exec(t *testing.T, db *store.DB, query string, args ...any) int64 {
	t.Helper()
	n, err := db.Primary().Exec(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func number(t *testing.T, q store.Querier, query string, args ...any) int {
	t.Helper()
	n, err := store.One(t.Context(), q, query, func(n *int) []any { return []any{n} }, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

const readTally = `SELECT n FROM tally WHERE id = ?`

func TestATransactionCommitsOrLeavesNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tally(t, db)
	p := db.Primary()
	stop := errors.New("stop")
	add := func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE tally SET n = n + 1 WHERE id = ?`, 1)
		if n != 1 {
			t.Errorf("matched %d rows", n)
		}
		return err
	}
	after := 0
	err := p.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() {
			after++
			// The connection has been given back: using p here is allowed.
			if got := number(t, p, readTally, 1); got != 1 {
				t.Errorf("after commit the row is %d", got)
			}
		})
		if err := add(ctx, tx); err != nil {
			return err
		}
		if got := number(t, tx, readTally, 1); got != 1 {
			t.Errorf("inside, the row is %d", got)
		}
		return nil
	})
	if err != nil || after != 1 {
		t.Fatalf("%v, AfterCommit ran %d times", err, after)
	}
	err = p.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() { after++ })
		return errors.Join(add(ctx, tx), stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("the closure's error became %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = p.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tx.AfterCommit(func() { after++ })
			_ = add(ctx, tx)
			panic("stop")
		})
	}()
	var wait sync.WaitGroup
	wait.Go(func() { // what t.Fatal does
		_ = p.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_ = add(ctx, tx)
			runtime.Goexit()
			return nil
		})
	})
	wait.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	err = p.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		defer cancel()
		return add(ctx, tx)
	})
	if fault.KindOf(err) != fault.Timeout {
		t.Errorf("a transaction whose caller has gone: %v", err)
	}
	if got := number(t, p, readTally, 1); got != 1 || after != 1 {
		t.Errorf("the row is %d, AfterCommit ran %d times; want 1 and 1", got, after)
	}
	if s := db.Stats(); s.Queue.InUse != 0 || s.HTTP.InUse != 0 {
		t.Errorf("connections leaked: %+v", s)
	}
}

func TestATransactionCannotBeUsedAfterItsEnd(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var kept *store.Tx
	if err := db.Primary().Tx(t.Context(), func(_ context.Context, tx *store.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Exec(t.Context(), `DELETE FROM leases`); fault.KindOf(err) != fault.Internal || err == nil {
		t.Errorf("got %v", err)
	}
}

// Two transactions lock two rows in opposite order; the server rolls one back,
// whose closure runs again.
func TestADeadlockRunsTheClosureAgain(t *testing.T) {
	t.Parallel()
	var deadlocks atomic.Int32
	db := storetest.Open(t, storetest.Hooks(store.Hooks{Deadlock: func() { deadlocks.Add(1) }}))
	tally(t, db)
	bothHold := make(chan struct{}, 2)
	var runs atomic.Int32
	cross := func(first, second int) error {
		held := false
		return db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			runs.Add(1)
			if _, err := tx.Exec(ctx, `UPDATE tally SET n = n + 1 WHERE id = ?`, first); err != nil {
				return err
			}
			if !held {
				held = true
				bothHold <- struct{}{}
				for len(bothHold) < 2 {
					runtime.Gosched()
				}
			}
			_, _ = tx.Exec(ctx, `UPDATE tally SET n = n + 1 WHERE id = ?`, second)
			// A closure that overlooks the error must not commit its half.
			return nil
		})
	}
	errs := make([]error, 2)
	var wait sync.WaitGroup
	wait.Go(func() { errs[0] = cross(1, 2) })
	wait.Go(func() { errs[1] = cross(2, 1) })
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if runs.Load() != 3 || deadlocks.Load() != 1 {
		t.Errorf("%d runs and %d deadlocks, want 3 and 1", runs.Load(), deadlocks.Load())
	}
	for id := 1; id <= 2; id++ {
		if n := number(t, db.Primary(), readTally, id); n != 2 {
			t.Errorf("row %d is %d, want 2: a half was committed or lost", id, n)
		}
	}
}

func TestEndlessContentionGivesUpWithItsCause(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	db := storetest.Open(t, storetest.Through(wire))
	runs := 0
	err := db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		wire.AnswerError("DELETE", 1205, "Lock wait timeout exceeded")
		_, err := tx.Exec(ctx, `DELETE FROM leases`)
		return err
	})
	var my *mysql.MySQLError
	if runs != 6 || fault.KindOf(err) != fault.Unavailable || !errors.As(err, &my) || my.Number != 1205 {
		t.Errorf("%d runs, %v; want 6 and an unavailable with cause 1205", runs, err)
	}
}

func TestStatementsCostOneRoundTripAndATransactionTwoMore(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	db := storetest.Open(t, storetest.Through(wire))
	number(t, db.Primary(), `SELECT 1`) // the connection is there now
	wire.Seen()
	number(t, db.Primary(), `SELECT COUNT(*) FROM leases WHERE name = ?`, "it's")
	if err := db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE leases SET owner = ? WHERE name = ?`, "a", "b")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`SELECT COUNT(*) FROM leases WHERE name = 'it\'s'`,
		"START TRANSACTION", `UPDATE leases SET owner = 'a' WHERE name = 'b'`, "COMMIT",
	}
	if d := cmp.Diff(want, wire.Seen()); d != "" {
		t.Errorf("statements on the wire (-want +got):\n%s", d)
	}
}

func TestATransactionSeesWhatOthersHaveCommitted(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tally(t, db)
	if err := db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		before := number(t, tx, readTally, 1)
		// Another invocation, on a connection of its own.
		if _, err := db.Primary().Exec(store.WithInvocation(ctx, store.Invocation{Function: "other", Lane: store.LaneHTTP, Connections: 1}),
			`UPDATE tally SET n = 7 WHERE id = 1`); err != nil {
			return err
		}
		if after := number(t, tx, readTally, 1); before != 0 || after != 7 {
			t.Errorf("read %d, then %d; READ COMMITTED reads 0, then 7", before, after)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTimesKeepTheirMicroseconds(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	// Rounding the seventh digit would carry into the next second.
	in := time.Date(2026, 3, 1, 23, 59, 59, 999_999_900, time.FixedZone("KST", 9*3600))
	exec(t, db, `INSERT INTO leases (name, owner, fence, expires_at) VALUES ('t', '🍜', 1, ?)`, in)
	out, err := store.One(t.Context(), db.Primary(), `SELECT expires_at FROM leases WHERE name = 't' LIMIT 1`, func(at *time.Time) []any { return []any{at} })
	if want := time.Date(2026, 3, 1, 14, 59, 59, 999_999_000, time.UTC); err != nil || out != want {
		t.Errorf("got %v, %v; want %v", out, err, want)
	}
}

func TestOneWantsExactlyOneRowAndAllTakesEvery(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tally(t, db)
	id := func(n *int) []any { return []any{n} }
	ids := `SELECT id FROM tally WHERE id >= ? ORDER BY id LIMIT 10`
	if _, err := store.One(t.Context(), db.Primary(), ids, id, 3); !errors.Is(err, store.ErrNoRows) {
		t.Errorf("no row: %v", err)
	}
	if n, err := store.One(t.Context(), db.Primary(), ids, id, 2); err != nil || n != 2 {
		t.Errorf("one row: %d, %v", n, err)
	}
	if n, err := store.One(t.Context(), db.Primary(), ids, id, 1); err == nil || n != 0 || fault.KindOf(err) != fault.Internal {
		t.Errorf("two rows: %d, %v", n, err)
	}
	if all, err := store.All(t.Context(), db.Primary(), ids, id, 3); err != nil || all != nil {
		t.Errorf("no row: %v, %v", all, err)
	}
	if all, err := store.All(t.Context(), db.Replica(), ids, id, 1); err != nil || !cmp.Equal(all, []int{1, 2}) {
		t.Errorf("two rows: %v, %v", all, err)
	}
	if _, err := store.All(t.Context(), db.Primary(), `SELECT name FROM leases LIMIT 1 garbage`, id); err == nil {
		t.Error("a syntax error was overlooked")
	}
	n := exec(t, db, `UPDATE tally SET n = 0 WHERE id = 1`)
	if n != 1 {
		t.Errorf("an update to the same value matched %d rows, want 1", n)
	}
	_, err := db.Primary().Exec(t.Context(), `INSERT INTO tally (id, n) VALUES (1, 1)`)
	if index, ok := store.Duplicate(err); !ok || index != "PRIMARY" {
		t.Errorf("duplicate key: %q, %t, %v", index, ok, err)
	}
}
