package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"castad/shared/provider"
	"castad/shared/ratelimit"
	"castad/shared/store"
)

// breakerRow is a row of vendor_breakers as it is read.
type breakerRow struct {
	key
	breaker
	untilAt *time.Time
}

func (r *breakerRow) into() []any {
	return []any{&r.vendor, &r.op, &r.state, &r.forced, &r.untilAt, &r.probeBy, &r.from, &r.changed}
}

func (r *breakerRow) read() breaker {
	b := r.breaker
	if r.untilAt != nil {
		b.until = *r.untilAt
	}
	return b
}

// refresh reads the states when they are older than a second. An error says that
// the database could not be asked for longer than a moment; it is not asked more than
// once a second either way. Nobody waits for it longer than ctx.
func (g *Guard) refresh(ctx context.Context) error {
	select {
	case g.loading <- struct{}{}:
		defer func() { <-g.loading }()
	case <-ctx.Done():
		return fmt.Errorf("wait for the vendors' breakers: %w", ctx.Err())
	}
	g.mu.Lock()
	at := g.states.at
	g.mu.Unlock()
	// By the time as it is after the wait: what came meanwhile is news enough. A state of
	// the future is that of a clock which has been put back.
	if age := g.now().Sub(at); age >= freshFor || age < 0 || at.IsZero() {
		g.load(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if age := g.now().Sub(g.states.good); age >= 0 && age <= goodFor {
		return nil
	}
	return g.states.err
}

// load reads the states. g.loading is held.
func (g *Guard) load(ctx context.Context) {
	// What is read is for everybody: that one caller gives up must not look like a database that is away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	now := g.now()
	rows, err := g.breakers(ctx)
	var paused []pauseRow
	if err == nil {
		paused, err = store.All(ctx, g.c.DB, `SELECT name, paused_until FROM vendor_buckets WHERE paused_until > ? LIMIT 1000`, (*pauseRow).into, now)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.states.at = g.now() // not before the question: one that takes seconds to fail would be asked by each who has waited
	if err != nil {
		if g.states.err == nil {
			g.c.Log.WarnContext(ctx, "vendor limits and breakers cannot be read: soon paid calls wait", "err", err.Error())
		}
		g.states.err = fmt.Errorf("read the vendors' breakers: %w", err)
		return
	}
	g.states.err, g.states.good = nil, now
	g.states.breakers, g.states.pauses = map[key]breaker{}, map[string]time.Time{}
	for _, r := range rows {
		g.know(r.key, r.read())
	}
	for _, p := range paused {
		g.states.pauses[p.name] = p.until
	}
	for name, until := range g.pending.pauses { // what only we know yet
		if until.After(g.states.pauses[name]) {
			g.states.pauses[name] = until
		}
	}
}

func (g *Guard) breakers(ctx context.Context) ([]breakerRow, error) {
	return store.All(ctx, g.c.DB, `SELECT vendor, op, state, forced, until_at, probe_by, counts_from, changed_at FROM vendor_breakers
		ORDER BY vendor, op LIMIT 1000`, (*breakerRow).into)
}

type pauseRow struct {
	name  string
	until time.Time
}

func (r *pauseRow) into() []any { return []any{&r.name, &r.until} }

// know remembers a breaker's state. g.mu is held.
func (g *Guard) know(k key, b breaker) {
	g.states.breakers[k] = b
	g.c.Meter.Breaker(k.vendor, k.op, b.metric(g.now()))
}

// change applies fn to a breaker under its row's lock, with more to write in the
// same transaction. fn and also may run several times.
func (g *Guard) change(ctx context.Context, k key, fn func(breaker) breaker, also ...func(context.Context, *store.Tx) error) (breaker, error) {
	var after breaker
	err := g.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		before, err := lockBreaker(ctx, tx, k, g.now())
		if err != nil {
			return err
		}
		after = fn(before)
		if err := writeBreaker(ctx, tx, k, before, after); err != nil {
			return err
		}
		for _, write := range also {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return breaker{}, fmt.Errorf("change breaker %s:%s: %w", k.vendor, k.op, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.know(k, after)
	return after, nil
}

func writeBreaker(ctx context.Context, tx *store.Tx, k key, before, after breaker) error {
	if after == before {
		return nil
	}
	var until *time.Time
	if !after.until.IsZero() {
		until = &after.until
	}
	_, err := tx.Exec(ctx, `UPDATE vendor_breakers SET state = ?, forced = ?, until_at = ?, probe_by = ?, counts_from = ?, changed_at = ? WHERE vendor = ? AND op = ?`,
		string(after.state), string(after.forced), until, after.probeBy, after.from, after.changed, k.vendor, k.op)
	return err
}

func lockBreaker(ctx context.Context, tx *store.Tx, k key, now time.Time) (breaker, error) {
	const query = `SELECT vendor, op, state, forced, until_at, probe_by, counts_from, changed_at FROM vendor_breakers WHERE vendor = ? AND op = ? LIMIT 1 FOR UPDATE`
	row, err := store.One(ctx, tx, query, (*breakerRow).into, k.vendor, k.op)
	if errors.Is(err, store.ErrNoRows) {
		if _, err = tx.Exec(ctx, `INSERT IGNORE INTO vendor_breakers (vendor, op, state, forced, until_at, probe_by, counts_from, changed_at)
			VALUES (?, ?, 'closed', '', NULL, '', 0, ?)`, k.vendor, k.op, now); err == nil {
			row, err = store.One(ctx, tx, query, (*breakerRow).into, k.vendor, k.op)
		}
	}
	return row.read(), err
}

// errSpent ends the transaction of a call for which a limit has nothing left.
var errSpent = errors.New("the limit is spent")

// spend takes the call from every limit that it draws on, or from none.
func (g *Guard) spend(ctx context.Context, a provider.Attempt, c *call, now time.Time, away bool) error {
	var rules []Rule
	for _, r := range g.c.Rules {
		if r.limits(a.Vendor, a.Op) {
			rules = append(rules, r)
		}
	}
	if len(rules) == 0 {
		return nil
	}
	if away {
		return g.spendHere(a, rules, now)
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var wait time.Duration
	var last Rule
	err := g.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c.spent = nil
		for _, last = range rules { // everywhere in the same order
			s, err := lockBucket(ctx, tx, last.name(), now)
			if err != nil {
				return err
			}
			var ok bool
			if s, wait, ok = last.Limit.Take(s, now); !ok {
				return errSpent
			}
			if err := writeBucket(ctx, tx, last.name(), s, now); err != nil {
				return err
			}
			if s.Day != "" {
				c.spent = append(c.spent, day{last.name(), s.Day})
			}
		}
		return nil
	})
	if err != nil {
		c.spent = nil
	}
	switch {
	case errors.Is(err, errSpent):
		return g.refuse(a, provider.RateLimited, "limit", wait+g.spread(min(wait, time.Minute)), nil)
	case err != nil && a.Paid:
		return g.refuse(a, provider.Later, "guard_away", awayWait, fmt.Errorf("take from limit %s: %w", last.name(), err))
	case err != nil:
		return g.spendHere(a, rules, now)
	}
	return nil
}

// spendHere is for reads while the database is away: the limits as this process alone sees them.
func (g *Guard) spendHere(a provider.Attempt, rules []Rule, now time.Time) error {
	for _, r := range rules {
		if wait, ok := g.local.Take(r.name(), r.Limit, now); !ok {
			return g.refuse(a, provider.RateLimited, "limit", wait, nil)
		}
	}
	return nil
}

type bucketRow struct {
	name   string
	full   *time.Time
	day    string
	used   int
	paused *time.Time
}

func (r *bucketRow) into() []any { return []any{&r.name, &r.full, &r.day, &r.used, &r.paused} }

func (r *bucketRow) state() ratelimit.State {
	s := ratelimit.State{Day: r.day, Used: r.used}
	if r.full != nil {
		s.Full = *r.full
	}
	return s
}

func lockBucket(ctx context.Context, tx *store.Tx, name string, now time.Time) (ratelimit.State, error) {
	const query = `SELECT name, full_at, day, used, paused_until FROM vendor_buckets WHERE name = ? LIMIT 1 FOR UPDATE`
	row, err := store.One(ctx, tx, query, (*bucketRow).into, name)
	if errors.Is(err, store.ErrNoRows) {
		if _, err = tx.Exec(ctx, `INSERT IGNORE INTO vendor_buckets (name, full_at, day, used, paused_until, updated_at) VALUES (?, NULL, '', 0, NULL, ?)`, name, now); err == nil {
			row, err = store.One(ctx, tx, query, (*bucketRow).into, name)
		}
	}
	return row.state(), err
}

func writeBucket(ctx context.Context, tx *store.Tx, name string, s ratelimit.State, now time.Time) error {
	var full *time.Time
	if !s.Full.IsZero() {
		full = &s.Full
	}
	_, err := tx.Exec(ctx, `UPDATE vendor_buckets SET full_at = ?, day = ?, used = ?, updated_at = ? WHERE name = ?`, full, s.Day, s.Used, now, name)
	return err
}

// scoped names the pause of one account's calls. Long ids of accounts are hashed.
func scoped(calls, scope string) string {
	name := calls + "|" + scope
	if len(name) > maxName {
		sum := sha256.Sum256([]byte(scope))
		name = calls + "|#" + hex.EncodeToString(sum[:16])
	}
	return name
}
