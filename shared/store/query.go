package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"

	"github.com/go-sql-driver/mysql"
)

// Querier reads: *Primary, *Replica or *Tx.
type Querier interface {
	// read runs the query and hands the rows to scan, which may be called again
	// from the start when the query had to be repeated.
	read(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error
}

// One returns the query's only row, or ErrNoRows. into lists where the columns
// go. A second row is an error: the query was not as unique as its author thought.
func One[T any](ctx context.Context, q Querier, query string, into func(*T) []any, args ...any) (T, error) {
	var one T
	err := q.read(ctx, query, args, func(rows *sql.Rows) error {
		one = *new(T)
		if !rows.Next() {
			return firstError(rows.Err(), ErrNoRows)
		}
		if err := rows.Scan(into(&one)...); err != nil {
			return fmt.Errorf("scan row: %w", err)
		}
		if rows.Next() {
			return fault.Newf(fault.CodeInternal, "query for one row has a second: %s", shorten(query))
		}
		return rows.Err()
	})
	if err != nil {
		return *new(T), err
	}
	return one, nil
}

// All returns every row of the query, nil when there is none.
func All[T any](ctx context.Context, q Querier, query string, into func(*T) []any, args ...any) ([]T, error) {
	var all []T
	err := q.read(ctx, query, args, func(rows *sql.Rows) error {
		all = nil
		for rows.Next() {
			var one T
			if err := rows.Scan(into(&one)...); err != nil {
				return fmt.Errorf("scan row: %w", err)
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// shorten keeps a statement readable in an error.
func shorten(query string) string {
	const most = 120
	r := []rune(query)
	if len(r) <= most {
		return query
	}
	return string(r[:most]) + "…"
}

// scanRows runs one query on one connection.
func scanRows(ctx context.Context, c interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	// Close before the connection is used again; its error repeats Err's.
	defer rows.Close()
	return scan(rows)
}

// readOnce takes a connection, reads, and gives it back.
func (l *lanes) readOnce(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	c, err := l.pool(ctx).take(ctx)
	if err != nil {
		return err
	}
	defer c.give()
	return scanRows(ctx, c, query, args, scan)
}

// read repeats a read once whose connection turned out to be dead: reading
// twice changes nothing, and the second connection is checked or new.
func (l *lanes) read(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	err := l.readOnce(ctx, query, args, scan)
	if dead(err) && ctx.Err() == nil {
		err = l.readOnce(ctx, query, args, scan)
	}
	return classify(err, false)
}

// dead: the connection was lost while it was used (not: could not be had).
func dead(err error) bool {
	var f *fault.Error
	return !errors.As(err, &f) && (errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn))
}

// Primary is the server that writes.
type Primary struct {
	lanes  *lanes
	hooks  Hooks
	jitter func(retry int) time.Duration
}

func (p *Primary) read(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	return p.lanes.read(ctx, query, args, scan)
}

// Exec runs one statement in its own transaction and returns the rows that it
// matched (not: changed). When the connection is lost before the answer, the
// error is CodeUnknown: the statement may have run. Use Tx or TxCertain where
// that matters.
func (p *Primary) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	for try := 0; ; try++ {
		affected, err = p.exec(ctx, query, args)
		// The driver promises that ErrBadConn had no effect: not sent, or refused
		// by a server that has become read-only.
		if try >= 2 || !errors.Is(err, driver.ErrBadConn) || !dead(err) {
			return affected, classify(err, true)
		}
	}
}

func (p *Primary) exec(ctx context.Context, query string, args []any) (int64, error) {
	c, err := p.lanes.pool(ctx).take(ctx)
	if err != nil {
		return 0, err
	}
	defer c.give()
	return affected(c.ExecContext(ctx, query, args...))
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}
