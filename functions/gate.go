package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
)

// gate is closed until the database can be used. The zero gate is ready to use.
type gate struct {
	opened atomic.Bool
	made   sync.Once
	first  chan struct{} // closed when the first try is over; see tried
	over   sync.Once
}

// firstTry bounds how long a call waits for the first try to use the database:
// the request that causes a cold start comes before it, and is not refused for
// the few milliseconds that it takes.
const firstTry = time.Second

func (g *gate) tried() chan struct{} {
	g.made.Do(func() { g.first = make(chan struct{}) })
	return g.first
}

// ready is what functions that need the database wait for.
func (g *gate) ready() error {
	if g.opened.Load() {
		return nil
	}
	limit := time.NewTimer(firstTry)
	defer limit.Stop()
	select {
	case <-g.tried():
	case <-limit.C:
	}
	if g.opened.Load() {
		return nil
	}
	return fault.Newf(fault.CodeUnavailable, "the database is not ready yet").After(time.Second)
}

// open tries until the database answers, its settings fit, its schema is current, and
// first, what must be known before anybody is let in, has been read from it. Only a wrong
// setting is an error: unreachable is not wrong.
func (g *gate) open(ctx context.Context, db *store.DB, log interface {
	WarnContext(context.Context, string, ...any)
}, first ...func(context.Context) error) error {
	again := time.NewTicker(retryOpen)
	defer again.Stop()
	told := ""
	for {
		err := usable(ctx, db, first)
		if err == nil {
			g.opened.Store(true)
		}
		g.over.Do(func() { close(g.tried()) })
		if err == nil {
			return nil
		}
		if fault.KindOf(err) == fault.Misconfigured {
			return err
		}
		if s := err.Error(); s != told {
			log.WarnContext(ctx, "waiting for the database", "err", s)
			told = s
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

// retryOpen is how often a database that is not there is tried.
const retryOpen = 250 * time.Millisecond

// usable says whether the database answers, fits, has the schema of this build, and has
// told what must be known.
func usable(ctx context.Context, db *store.DB, first []func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := db.Check(ctx); err != nil {
		return err
	}
	current, err := db.SchemaCurrent(ctx)
	if err == nil && !current {
		err = fault.Newf(fault.CodeUnavailable, "the schema is not current: run make migrate")
	}
	for _, read := range first {
		if err == nil {
			err = read(ctx)
		}
	}
	return err
}

// check is what health-ready asks: whether the database still answers.
func (g *gate) check(db *store.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := g.ready(); err != nil {
			return err
		}
		_, err := store.One(ctx, db.Primary(), `SELECT 1`, func(n *int) []any { return []any{n} })
		return err
	}
}
