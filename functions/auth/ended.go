package auth

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"castad/shared/id"
	"castad/shared/store"
)

const (
	// endedFor is how long an ended session is remembered: no access token of it lives longer.
	endedFor = Settled
	// endedAtOnce bounds what a process remembers, the latest first; in a quarter of an hour
	// the third stage's thousand users end some hundred.
	endedAtOnce = 10_000
)

// Ended knows the sessions that have ended while access tokens of theirs may be about.
// An access token is good without anybody being asked, so it would outlive its session
// by a quarter of an hour; a process that reads all ended sessions once a second costs
// one small query, whatever the number of requests. When the database is away it goes by
// what it knew, and nobody can end a session either.
//
// Rejected: looking the session up on each request, which costs each a query.
type Ended struct {
	db    *store.Primary
	now   func() time.Time
	every time.Duration
	log   *slog.Logger
	known atomic.Pointer[map[id.Session]bool]
}

// NewEnded returns what looks every so often.
func NewEnded(db *store.Primary, now func() time.Time, every time.Duration, log *slog.Logger) *Ended {
	return &Ended{db: db, now: now, every: every, log: log}
}

// Has says whether a session has ended, as far as is known.
func (e *Ended) Has(session id.Session) bool {
	known := e.known.Load()
	return known != nil && (*known)[session]
}

// Run looks until ctx ends.
func (e *Ended) Run(ctx context.Context) {
	tick := time.NewTicker(e.every)
	defer tick.Stop()
	for {
		if err := e.Look(ctx); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "ended sessions not read; trying again", "err", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look reads the sessions that have ended.
func (e *Ended) Look(ctx context.Context) error {
	families, err := store.All(ctx, e.db, `SELECT family FROM ended_sessions WHERE ended_at > ? ORDER BY ended_at DESC LIMIT ?`,
		func(f *id.Session) []any { return []any{f} }, e.now().UTC().Add(-endedFor), endedAtOnce)
	if err != nil {
		return fmt.Errorf("read ended sessions: %w", err)
	}
	known := make(map[id.Session]bool, len(families))
	for _, f := range families {
		known[f] = true
	}
	e.known.Store(&known)
	return nil
}
