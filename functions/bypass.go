package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"castad/functions/admin"

	"castad/shared/limiter"
	"castad/shared/ratelimit"
	"castad/shared/store"
	"castad/shared/trigger"
)

const (
	// bypassMemory is how long what the database says about a token is believed: a token that
	// an operator ends is of no use after that.
	bypassMemory = 30 * time.Second
	// bypassTokens bounds how many tokens are remembered.
	bypassTokens = 256
)

// bypassLookups is how often the database is asked by a process: guesses must not
// become queries.
var bypassLookups = limiter.Class{Name: "bypass", Limit: ratelimit.Limit{N: 10, Per: time.Second}}

// bypass knows the tokens that lift rate limits for a load test. They lift no
// quota, no cap and no guard, and nothing that is closed because Redis is down.
type bypass struct {
	// allowed: nobody may, unless the stage is local or CASTAD_BYPASS says so.
	allowed bool
	db      *store.Primary
	now     func() time.Time
	log     *slog.Logger
	lookups *limiter.Memory

	mu   sync.Mutex
	seen map[[sha256.Size]byte]believed
}

// believed is until when a token is good, and until when that is believed.
type believed struct{ ends, until time.Time }

func newBypass(allowed bool, db *store.Primary, now func() time.Time, log *slog.Logger) *bypass {
	return &bypass{allowed: allowed, db: db, now: now, log: log, lookups: limiter.NewMemory(limiter.Elapsed(), bypassLookups), seen: map[[sha256.Size]byte]believed{}}
}

// good says whether token lifts the limits now; whatever cannot be found out means no.
// The use of a good one stands in the call's log line, by the first digits of its hash.
func (b *bypass) good(ctx context.Context, token string) bool {
	if !b.allowed || !strings.HasPrefix(token, admin.BypassPrefix) || len(token) > 100 {
		return false
	}
	hash := sha256.Sum256([]byte(token))
	known, ok := b.recall(hash)
	if !ok {
		if v, _ := b.lookups.Take(ctx, bypassLookups, ""); !v.OK { // Memory never fails
			return false
		}
		var err error
		if known, err = b.look(ctx, hash); err != nil {
			b.log.WarnContext(ctx, "a bypass token could not be looked up", "err", err.Error())
			return false
		}
	}
	if !b.now().Before(known.ends) {
		return false
	}
	trigger.Note(ctx, "bypass", hex.EncodeToString(hash[:4]))
	return true
}

func (b *bypass) recall(hash [sha256.Size]byte) (believed, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, ok := b.seen[hash]
	return k, ok && b.now().Before(k.until)
}

// look asks the database, on a connection that is given back before the function takes its own.
func (b *bypass) look(ctx context.Context, hash [sha256.Size]byte) (believed, error) {
	ctx = store.WithInvocation(ctx, store.Invocation{Function: "bypass", Lane: store.LaneHTTP, Connections: 1})
	ends, err := store.One(ctx, b.db, `SELECT expires_at FROM bypass_tokens WHERE token_hash = ? LIMIT 1`, func(t *time.Time) []any { return []any{t} }, hash[:])
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return believed{}, err
	}
	k := believed{ends: ends, until: b.now().Add(bypassMemory)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.seen) >= bypassTokens {
		clear(b.seen)
	}
	b.seen[hash] = k
	return k, nil
}
