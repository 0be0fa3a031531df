package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"castad/shared/fault"
)

// settleTime bounds how long an invocation looks for the outcome of a lost COMMIT.
const settleTime = 20 * time.Second

// errUndecided is why a lost commit stays unknown.
var errUndecided = errors.New("the outcome of the transaction was not found out")

// settle finds out whether a transaction whose COMMIT got no answer was committed.
func (p *Primary) settle(ctx context.Context, lost *lostCommit, landed func(context.Context, Querier) (bool, error)) (yes bool, err error) {
	defer func() {
		switch {
		case err != nil:
			p.hooks.lostCommit("unknown")
		case yes:
			p.hooks.lostCommit("yes")
		default:
			p.hooks.lostCommit("no")
		}
	}()
	if landed == nil {
		return false, errUndecided
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for try := 0; ; try++ {
		err := p.endThread(ctx, lost)
		if err == nil {
			yes, err = landed(ctx, p)
		}
		if err == nil {
			return yes, nil
		}
		if k := fault.KindOf(err); k != fault.Unavailable && k != fault.Unknown {
			return false, fmt.Errorf("%w: %w", errUndecided, err)
		}
		if perr := pause(ctx, 100*time.Millisecond+p.jitter(try)); perr != nil {
			return false, fmt.Errorf("%w: %w", errUndecided, err)
		}
	}
}

// endThread returns when the server thread of the lost connection no longer
// exists, so that its transaction is either committed or rolled back and stays
// so. Asking earlier would race with a COMMIT still on its way: "not there"
// and then there.
//
// KILL of one's own threads needs no privilege. Ids start anew when the server
// restarts; a server that has been up for less time than the connection existed
// cannot have its thread, and killing that id could hit a stranger.
func (p *Primary) endThread(ctx context.Context, lost *lostCommit) error {
	uptime, err := p.uptime(ctx)
	if err != nil {
		return err
	}
	if lost.id == 0 || uptime+2*time.Second < time.Since(lost.since) {
		return nil
	}
	_, err = p.Exec(ctx, "KILL ?", lost.id) // interpolated: the server sees the number
	if n := number(err); err != nil && n != errNoThread && n != errNotOwner {
		return err
	}
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		alive, err := p.hasThread(ctx, lost.id)
		if err != nil || !alive {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func (p *Primary) uptime(ctx context.Context) (time.Duration, error) {
	type status struct{ name, value string }
	s, err := One(ctx, p, "SHOW GLOBAL STATUS LIKE 'Uptime'", func(s *status) []any { return []any{&s.name, &s.value} })
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseInt(s.value, 10, 64)
	return time.Duration(seconds) * time.Second, err
}

// hasThread looks through our own threads; the other columns differ between servers.
func (p *Primary) hasThread(ctx context.Context, id int64) (bool, error) {
	found := false
	err := p.read(ctx, "SHOW PROCESSLIST", nil, func(rows *sql.Rows) error {
		found = false
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		var thread int64
		into := make([]any, len(columns))
		into[0] = &thread
		for i := 1; i < len(into); i++ {
			into[i] = new(sql.RawBytes)
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			found = found || thread == id
		}
		return rows.Err()
	})
	return found, err
}
