package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"castad/shared/fault"

	"github.com/go-sql-driver/mysql"
)

const (
	// maxRetries is how often a closure runs again after the first time.
	maxRetries = 5
	// commitGrace is what a COMMIT that has been sent gets beyond the caller's
	// deadline: giving up on it in mid-air would make a known outcome unknown.
	commitGrace  = 2 * time.Second
	rollbackTime = 2 * time.Second
)

// Tx is a transaction in progress. It belongs to one goroutine.
type Tx struct {
	c     *session
	after []func()
	// doomed is why this transaction can only be rolled back: the server has
	// done so already (deadlock), or the connection is gone. Statements sent
	// after a deadlock would run outside any transaction.
	doomed error
	ended  bool
}

// Exec runs one statement and returns the rows that it matched.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	n, err := affected(t.c.ExecContext(ctx, query, args...))
	return n, t.note(err)
}

func (t *Tx) read(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	if err := t.usable(); err != nil {
		return err
	}
	return t.note(scanRows(ctx, t.c, query, args, scan))
}

// AfterCommit keeps fn until the transaction has been committed and its
// connection given back; then it runs once. After a rollback it never runs.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

func (t *Tx) usable() error {
	if t.ended {
		return fault.Newf(fault.CodeInternal, "use a transaction after its end")
	}
	return classify(t.doomed, false)
}

// note remembers what ends the transaction and gives the error its fault.
func (t *Tx) note(err error) error {
	if err != nil && t.doomed == nil && (contended(err) || dead(err) || isContext(err)) {
		t.doomed = err
	}
	return classify(err, false)
}

// contended: another transaction won; running again may succeed. A lock wait
// rolls back only the statement, but half a transaction is worth nothing.
func contended(err error) bool {
	n := number(err)
	return n == errDeadlock || n == errLockWait
}

// Tx runs fn in one READ COMMITTED transaction and commits it when fn returns
// nil. fn may run several times (deadlock, lock wait, connection lost before
// COMMIT), so it must not touch the world outside the transaction; AfterCommit
// is for that. A connection lost during COMMIT is CodeUnknown.
func (p *Primary) Tx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return p.transact(ctx, fn, nil)
}

// TxCertain is Tx that also answers when the connection drops during COMMIT:
// it makes sure that the old transaction has ended, then asks landed on a new
// connection: true is success, false runs fn again. landed must find what only
// this fn writes (its key and fence). Undecidable is CodeUnknown.
func (p *Primary) TxCertain(ctx context.Context, fn func(context.Context, *Tx) error, landed func(context.Context, Querier) (bool, error)) error {
	return p.transact(ctx, fn, landed)
}

func (p *Primary) transact(ctx context.Context, fn func(context.Context, *Tx) error, landed func(context.Context, Querier) (bool, error)) error {
	if invocationOf(ctx) == nil {
		// Count from here on, so that using p inside fn is noticed in background work too.
		ctx = WithInvocation(ctx, Invocation{Function: "(background)", Lane: LaneQueue, Connections: 1})
	}
	for retry := 0; ; retry++ {
		tx, err := p.attempt(ctx, fn)
		if err == nil {
			tx.committed()
			return nil
		}
		var lost *lostCommit
		var again *againError
		switch {
		case errors.As(err, &lost):
			ok, serr := p.settle(ctx, lost, landed)
			if serr != nil {
				return fault.Wrap(fmt.Errorf("%w: %w", serr, err), fault.CodeUnknown)
			}
			if ok {
				tx.committed()
				return nil
			}
		case errors.As(err, &again):
			if contended(again.err) {
				p.hooks.deadlock()
			}
		default:
			return err
		}
		if retry == maxRetries {
			return fault.Newf(fault.CodeUnavailable, "transaction gave up after %d attempts: %w", retry+1, errors.Unwrap(err)).After(unavailableRetry)
		}
		if err := pause(ctx, p.jitter(retry)); err != nil {
			return err
		}
	}
}

func (t *Tx) committed() {
	for _, fn := range t.after {
		fn()
	}
}

// againError: nothing was committed, and fn may run again.
type againError struct{ err error }

func (e *againError) Error() string { return e.err.Error() }
func (e *againError) Unwrap() error { return e.err }

// lostCommit: COMMIT was sent and its answer did not come.
type lostCommit struct {
	id    int64
	since time.Time
	err   error
}

func (e *lostCommit) Error() string { return "connection lost during COMMIT: " + e.err.Error() }
func (e *lostCommit) Unwrap() error { return e.err }

// attempt runs fn once, on one connection.
func (p *Primary) attempt(ctx context.Context, fn func(context.Context, *Tx) error) (*Tx, error) {
	c, err := p.lanes.pool(ctx).take(ctx)
	if err != nil {
		return nil, err
	}
	defer c.give()
	if _, err := c.ExecContext(ctx, "START TRANSACTION"); err != nil {
		c.discard()
		if dead(err) {
			return nil, &againError{err}
		}
		return nil, classify(fmt.Errorf("begin transaction: %w", err), false)
	}
	tx := &Tx{c: c}
	open := true
	defer func() {
		// Also when fn panics, or ends the goroutine as t.Fatal does.
		if tx.ended = true; open {
			tx.rollback(ctx)
		}
	}()
	err = fn(ctx, tx)
	switch {
	case tx.doomed != nil && !isContext(tx.doomed):
		return nil, &againError{tx.doomed}
	case err != nil:
		return nil, err
	case tx.doomed != nil:
		return nil, classify(tx.doomed, false)
	case ctx.Err() != nil:
		return nil, classify(context.Cause(ctx), false)
	}
	id, since := c.identity()
	err = commit(ctx, c)
	if err == nil {
		open = false
		return tx, nil
	}
	if refused(err) {
		return nil, &againError{err}
	}
	c.discard()
	open = false
	return tx, &lostCommit{id: id, since: since, err: err}
}

func commit(ctx context.Context, c *session) error {
	end := time.Now().Add(commitGrace)
	if d, ok := ctx.Deadline(); !ok {
		end = time.Now().Add(readTimeout)
	} else if d.After(end) {
		end = d
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	_, err := c.ExecContext(ctx, "COMMIT")
	return err
}

// refused: the server said no to COMMIT, or it was never sent. Every other
// error leaves the outcome open.
func refused(err error) bool {
	return errors.Is(err, driver.ErrBadConn) && !errors.Is(err, mysql.ErrInvalidConn) || contended(err) ||
		slices.Contains([]uint16{1290, 1792, 1836}, number(err))
}

func (t *Tx) rollback(ctx context.Context) {
	ctx, cancel := detached(ctx, rollbackTime)
	defer cancel()
	if _, err := t.c.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.c.discard()
	}
}

// jitter is the wait before retry number n (from 0): up to 10, 20, 40, 80, 160 ms.
func jitter(n int) time.Duration {
	return rand.N(10 * time.Millisecond << min(n, 4)) // #nosec G404 -- spreads retries; no secret
}

// pause waits d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return classify(context.Cause(ctx), false)
	}
}
