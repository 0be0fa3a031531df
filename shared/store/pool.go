package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"castad/shared/fault"

	"github.com/go-sql-driver/mysql"
)

// pool is a *sql.DB behind its own counting semaphore. database/sql's queue
// cannot tell "the pool is full" from "the server does not answer the dial";
// with a slot in hand, sql.DB.Conn never queues, so the two get different errors.
type pool struct {
	sql    *sql.DB
	slots  chan struct{}
	wait   time.Duration
	strict bool
	hooks  Hooks

	waited, refused atomic.Int64
}

func newPool(c driver.Connector, size int, idle int, cfg Config) *pool {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(idle)
	db.SetConnMaxLifetime(ConnMaxLifetime)
	db.SetConnMaxIdleTime(ConnMaxIdleTime)
	return &pool{sql: db, slots: make(chan struct{}, size), wait: cfg.PoolWait, strict: cfg.Strict, hooks: cfg.Hooks}
}

func (p *pool) stats() PoolStats {
	s := p.sql.Stats()
	return PoolStats{Max: cap(p.slots), Open: s.OpenConnections, InUse: s.InUse, Idle: s.Idle,
		Waited: p.waited.Load(), Refused: p.refused.Load(), Recycled: s.MaxLifetimeClosed + s.MaxIdleTimeClosed}
}

// slot waits for a free slot, at most p.wait.
func (p *pool) slot(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		p.hooks.poolWait(0)
		return nil
	default:
	}
	p.waited.Add(1)
	began := time.Now()
	defer func() { p.hooks.poolWait(time.Since(began)) }()
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return classify(fmt.Errorf("wait for a database connection: %w", context.Cause(ctx)), false)
	case <-timer.C:
		p.refused.Add(1)
		return fault.Newf(fault.CodeBusy, "wait for a database connection: all %d are in use after %s", cap(p.slots), p.wait).After(max(p.wait, time.Second))
	}
}

// session is one connection in one caller's hands.
type session struct {
	*sql.Conn
	pool *pool
	inv  *invocation
}

// take gets a live connection; a dead idle one costs nothing but a new dial.
func (p *pool) take(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, classify(context.Cause(ctx), false)
	}
	inv := invocationOf(ctx)
	if err := inv.take(p.hooks, p.strict); err != nil {
		return nil, err
	}
	if err := p.slot(ctx); err != nil {
		inv.give()
		return nil, err
	}
	conn, err := p.sql.Conn(ctx)
	if err != nil {
		<-p.slots
		inv.give()
		return nil, classify(fmt.Errorf("connect to the database: %w", err), false)
	}
	return &session{Conn: conn, pool: p, inv: inv}, nil
}

func (s *session) give() {
	// An error here means that the connection was already thrown away.
	_ = s.Conn.Close()
	<-s.pool.slots
	s.inv.give()
}

// discard makes the pool throw the connection away when it is given back: it
// may be in the middle of a transaction.
func (s *session) discard() {
	_ = s.Conn.Raw(func(any) error { return driver.ErrBadConn })
}

// identity returns the server's id for the connection and when it was opened.
func (s *session) identity() (id int64, since time.Time) {
	_ = s.Conn.Raw(func(dc any) error {
		if c, ok := dc.(*conn); ok {
			id, since = c.id, c.since
		}
		return nil
	})
	return id, since
}

// lanes are the two pools on one server.
type lanes struct{ http, queue *pool }

func newLanes(cfg *mysql.Config, g Group, c Config) (*lanes, error) {
	hc, err := newConnector(cfg, "http")
	if err != nil {
		return nil, err
	}
	qc, err := newConnector(cfg, "queue")
	if err != nil {
		return nil, err
	}
	l := &lanes{queue: newPool(qc, g.Queue, g.Queue, c)}
	// The HTTP pool keeps every connection that it opened for a minute: a burst
	// would otherwise pay a TLS handshake per request.
	if l.http = l.queue; g.HTTP > 0 {
		l.http = newPool(hc, g.HTTP, g.HTTP, c)
	}
	return l, nil
}

func (l *lanes) pool(ctx context.Context) *pool {
	if inv := invocationOf(ctx); inv != nil && inv.Lane == LaneHTTP {
		return l.http
	}
	return l.queue
}

func (l *lanes) close() error {
	return errors.Join(l.http.sql.Close(), l.queue.sql.Close())
}
