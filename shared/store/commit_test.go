package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
)

// commitCase runs one transaction that inserts a lease with a fresh fence,
// through a wire that is armed for the COMMIT of its first run.
type commitCase struct {
	db      *store.DB
	wire    *storetest.Wire
	runs    atomic.Int32
	settled []string
}

func newCommitCase(t *testing.T) *commitCase {
	c := &commitCase{wire: storetest.Proxy(t)}
	c.db = storetest.Open(t, storetest.Through(c.wire), storetest.Hooks(store.Hooks{LostCommit: func(landed string) { c.settled = append(c.settled, landed) }}))
	return c
}

func (c *commitCase) insert(ctx context.Context, tx *store.Tx) error {
	run := c.runs.Add(1)
	_, err := tx.Exec(ctx, `INSERT INTO leases (name, owner, fence, expires_at) VALUES ('x', 'me', ?, NOW(6))`, run)
	return err
}

func (c *commitCase) landed(ctx context.Context, q store.Querier) (bool, error) {
	n, err := store.One(ctx, q, `SELECT COUNT(*) FROM leases WHERE name = 'x' AND owner = 'me'`, func(n *int) []any { return []any{n} })
	return n == 1, err
}

func (c *commitCase) rows(t *testing.T) int {
	return number(t, c.db.Primary(), `SELECT COUNT(*) FROM leases WHERE name = 'x'`)
}

func TestACommitWhoseAnswerIsLostIsFoundOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cut     storetest.Cut
		runs    int32
		settled []string
	}{
		"the server had not seen it, so it runs again":    {storetest.CutBefore, 2, []string{"no"}},
		"the server had committed, so it is done":         {storetest.CutAfter, 1, []string{"yes"}},
		"it was still on its way, so it is ended and run": {storetest.CutLate, 2, []string{"no"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCommitCase(t)
			c.wire.CutCommit(test.cut)
			after := 0
			err := c.db.Primary().TxCertain(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { after++ })
				return c.insert(ctx, tx)
			}, c.landed)
			if err != nil {
				t.Fatal(err)
			}
			c.wire.Release()
			if c.runs.Load() != test.runs || after != 1 || c.rows(t) != 1 {
				t.Errorf("%d runs, AfterCommit %d times, %d rows; want %d, 1, 1", c.runs.Load(), after, c.rows(t), test.runs)
			}
			if d := cmp.Diff(test.settled, c.settled); d != "" {
				t.Errorf("settled (-want +got):\n%s", d)
			}
		})
	}
}

func TestALostCommitWithoutAQuestionIsUnknown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cut  storetest.Cut
		rows int
	}{
		"although nothing was written": {storetest.CutBefore, 0},
		"although it was committed":    {storetest.CutAfter, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCommitCase(t)
			c.wire.CutCommit(test.cut)
			err := c.db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { t.Error("AfterCommit ran") })
				return c.insert(ctx, tx)
			})
			if fault.CodeOf(err) != fault.CodeUnknown || !errors.Is(err, mysql.ErrInvalidConn) {
				t.Errorf("got %v", err)
			}
			if n := c.rows(t); n != test.rows || c.runs.Load() != 1 {
				t.Errorf("%d rows after %d runs", n, c.runs.Load())
			}
		})
	}
}

func TestACommitThatCannotBeFoundOutIsUnknown(t *testing.T) {
	t.Parallel()
	c := newCommitCase(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := c.db.Primary().TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		c.wire.CutCommit(storetest.CutAfter)
		defer c.wire.Refuse(true)
		return c.insert(ctx, tx)
	}, c.landed)
	if fault.CodeOf(err) != fault.CodeUnknown {
		t.Errorf("got %v", err)
	}
	c.wire.Refuse(false)
	if n := c.rows(t); n != 1 || !cmp.Equal(c.settled, []string{"unknown"}) {
		t.Errorf("%d rows, settled %v", n, c.settled)
	}
}

func TestAServerThatComesBackIsAskedThen(t *testing.T) {
	t.Parallel()
	c := newCommitCase(t)
	var asked atomic.Int32
	err := c.db.Primary().TxCertain(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c.wire.CutCommit(storetest.CutAfter)
		return c.insert(ctx, tx)
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		if asked.Add(1) == 1 {
			c.wire.AnswerError("SELECT COUNT", 1053, "Server shutdown in progress")
		}
		return c.landed(ctx, q)
	})
	if err != nil || asked.Load() != 2 || c.runs.Load() != 1 || c.rows(t) != 1 {
		t.Errorf("%v after asking %d times, %d runs, %d rows", err, asked.Load(), c.runs.Load(), c.rows(t))
	}
}

func TestARefusedCommitRunsAgain(t *testing.T) {
	t.Parallel()
	for name, number := range map[string]uint16{
		"the server became read-only (1290)":      1290,
		"the server became read-only (1836)":      1836,
		"the transaction was read-only (1792)":    1792,
		"a deadlock came out at the commit(1213)": 1213,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCommitCase(t)
			c.wire.AnswerError("COMMIT", number, "no")
			if err := c.db.Primary().Tx(t.Context(), c.insert); err != nil {
				t.Fatal(err)
			}
			if n := c.rows(t); n != 1 || c.runs.Load() != 2 || len(c.settled) != 0 {
				t.Errorf("%d rows after %d runs, settled %v", n, c.runs.Load(), c.settled)
			}
		})
	}
}

func TestAConnectionLostBeforeCommitRunsTheClosureAgain(t *testing.T) {
	t.Parallel()
	c := newCommitCase(t)
	err := c.db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := c.insert(ctx, tx); err != nil {
			return err
		}
		if c.runs.Load() == 1 {
			c.wire.Break()
		}
		_, err := store.All(ctx, tx, `SELECT fence FROM leases WHERE name = 'x' LIMIT 5`, func(n *int) []any { return []any{n} })
		return err
	})
	if err != nil || c.runs.Load() != 2 || c.rows(t) != 1 {
		t.Errorf("%v after %d runs, %d rows", err, c.runs.Load(), c.rows(t))
	}
}

func TestAStatementWhoseAnswerIsLostIsUnknown(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	db := storetest.Open(t, storetest.Through(wire))
	number(t, db.Primary(), `SELECT 1`)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	wire.Stall()
	_, err := db.Primary().Exec(ctx, `DELETE FROM leases`)
	wire.Resume()
	if fault.CodeOf(err) != fault.CodeUnknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	wire.Stall()
	_, err = store.All(ctx, db.Primary(), `SELECT fence FROM leases LIMIT 1`, func(n *int) []any { return []any{n} })
	wire.Resume()
	if fault.CodeOf(err) != fault.CodeTimeout {
		t.Errorf("a read: %v", err)
	}
	if n := number(t, db.Primary(), `SELECT 1`); n != 1 {
		t.Error("the pool did not recover")
	}
}
