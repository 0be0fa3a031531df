package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"castad/shared/provider"
	"castad/shared/store"
)

const (
	// flushEvery is how late other processes learn of failures.
	flushEvery = time.Second
	// flushTime bounds one flush, also the last one before the process ends.
	flushTime = 5 * time.Second
	// Old rows are deleted by every process that counts, now and then.
	purgeEvery  = 10 * time.Minute
	keepSlots   = int64(time.Hour / slotTime)
	keepBuckets = 3 * 24 * time.Hour
	purgeAtOnce = 1000
)

// Wake makes Run write at once; it never blocks.
func (g *Guard) Wake() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// Run writes what calls have found out, each second, until ctx ends and then once more.
func (g *Guard) Run(ctx context.Context) {
	every := time.NewTicker(flushEvery)
	defer every.Stop()
	told := false
	for {
		err := g.Flush(ctx)
		if err != nil && !told && ctx.Err() == nil {
			g.c.Log.WarnContext(ctx, "what the vendors answered cannot be written; it is kept", "err", err.Error())
		}
		told = err != nil
		select {
		case <-ctx.Done():
			if err := g.Flush(context.WithoutCancel(ctx)); err != nil {
				g.c.Log.WarnContext(ctx, "what the vendors answered is lost", "err", err.Error())
			}
			return
		case <-every.C:
		case <-g.wake:
		}
	}
}

// Flush writes what calls have found out since the last time, and opens the
// breakers of those that fail. What cannot be written is kept for the next time.
func (g *Guard) Flush(ctx context.Context) error {
	g.flushing.Lock()
	defer g.flushing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	g.mu.Lock()
	p := g.pending
	g.pending = nothingPending()
	g.mu.Unlock()
	if p.empty() {
		return nil
	}
	now := g.now()
	if err := g.write(ctx, p, now); err != nil {
		g.mu.Lock()
		g.pending.add(p)
		g.mu.Unlock()
		return fmt.Errorf("write the vendors' calls: %w", err)
	}
	g.meter(p)
	return errors.Join(g.settle(ctx, p, now), g.trip(ctx, now), g.purge(ctx, now))
}

// write adds the counts and pauses, all or nothing. (A connection that is lost
// during COMMIT may count them twice: a breaker is no ledger.)
func (g *Guard) write(ctx context.Context, p pending, now time.Time) error {
	return g.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, k := range sorted(p.calls, func(a, b key) int { return cmp.Or(cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.op, b.op)) }) {
			well, ill := p.calls[k][provider.Healthy], p.calls[k][provider.Sick]
			if well == 0 && ill == 0 {
				continue
			}
			if _, err := tx.Exec(ctx, `INSERT INTO vendor_calls (vendor, op, slot, calls, failures) VALUES (?, ?, ?, ?, ?)
				ON DUPLICATE KEY UPDATE calls = calls + VALUES(calls), failures = failures + VALUES(failures)`, k.vendor, k.op, slotOf(now), well+ill, ill); err != nil {
				return err
			}
		}
		for _, name := range sorted(p.pauses, cmp.Compare[string]) {
			if _, err := tx.Exec(ctx, `INSERT INTO vendor_buckets (name, full_at, day, used, paused_until, updated_at) VALUES (?, NULL, '', 0, ?, ?)
				ON DUPLICATE KEY UPDATE paused_until = GREATEST(COALESCE(paused_until, VALUES(paused_until)), VALUES(paused_until)), updated_at = VALUES(updated_at)`,
				name, p.pauses[name], now); err != nil {
				return err
			}
		}
		for _, d := range sorted(p.unused, func(a, b day) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.day, b.day)) }) {
			if _, err := tx.Exec(ctx, `UPDATE vendor_buckets SET used = used - ? WHERE name = ? AND day = ? AND used >= ?`, p.unused[d], d.name, d.day, p.unused[d]); err != nil {
				return err
			}
		}
		return nil
	})
}

// sorted returns the keys in one order for all processes, so that they do not lock each other out.
func sorted[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

func (g *Guard) meter(p pending) {
	for k, m := range p.calls {
		for v, n := range m {
			if n > 0 { // a verdict that was taken back after it was written stays counted
				g.c.Meter.Called(k.vendor, k.op, v.String(), n)
			}
		}
	}
}

// settle applies what probes have found.
func (g *Guard) settle(ctx context.Context, p pending, now time.Time) error {
	var errs []error
	for by, f := range p.probes {
		b, err := g.change(ctx, f.key, func(b breaker) breaker { return b.probed(by, f.v, now, g.c.Thresholds) })
		if err != nil {
			g.mu.Lock()
			g.pending.add(pending{probes: map[string]found{by: f}})
			g.mu.Unlock()
			errs = append(errs, err)
			continue
		}
		g.c.Log.InfoContext(ctx, "a probe has come back", "vendor", f.key.vendor, "op", f.key.op, "breaker", string(b.state))
	}
	return errors.Join(errs...)
}

// tally is how many calls of a breaker's window there were, from its slot on.
type tally struct {
	key
	calls, failures, from int64
}

func (t *tally) into() []any { return []any{&t.vendor, &t.op, &t.calls, &t.failures, &t.from} }

// tallies counts the calls of the rolling minute, since each breaker last closed.
func (g *Guard) tallies(ctx context.Context, now time.Time) ([]tally, error) {
	all, err := store.All(ctx, g.c.DB, `SELECT c.vendor, c.op, SUM(c.calls), SUM(c.failures), MAX(COALESCE(b.counts_from, 0)) FROM vendor_calls c
		LEFT JOIN vendor_breakers b ON b.vendor = c.vendor AND b.op = c.op
		WHERE c.slot > ? AND c.slot >= COALESCE(b.counts_from, 0) GROUP BY c.vendor, c.op LIMIT 1000`, (*tally).into, slotOf(now)-slots)
	if err != nil {
		return nil, fmt.Errorf("count the vendors' calls: %w", err)
	}
	return all, nil
}

// trip opens the breakers of which too many calls have failed.
func (g *Guard) trip(ctx context.Context, now time.Time) error {
	all, err := g.tallies(ctx, now)
	errs := []error{err}
	for _, t := range all {
		if (breaker{}).counted(t.calls, t.failures, now, g.c.Thresholds).state != Open {
			continue
		}
		opened := false
		_, err := g.change(ctx, t.key, func(b breaker) breaker {
			after := b
			if b.from == t.from { // else it opened and closed while we counted
				after = b.counted(t.calls, t.failures, now, g.c.Thresholds)
			}
			opened = after != b
			return after
		})
		if errs = append(errs, err); err == nil && opened {
			g.c.Log.WarnContext(ctx, "a vendor is failing: its breaker opens", "vendor", t.vendor, "op", t.op, "calls", t.calls, "failures", t.failures)
		}
	}
	return errors.Join(errs...)
}

// purge deletes counts that nobody looks at any more and buckets that nobody uses.
func (g *Guard) purge(ctx context.Context, now time.Time) error {
	if now.Before(g.purgeAt) {
		return nil
	}
	_, err := g.c.DB.Exec(ctx, `DELETE FROM vendor_calls WHERE slot < ? ORDER BY slot LIMIT ?`, slotOf(now)-keepSlots, purgeAtOnce)
	if err == nil {
		_, err = g.c.DB.Exec(ctx, `DELETE FROM vendor_buckets WHERE updated_at < ? ORDER BY updated_at LIMIT ?`, now.Add(-keepBuckets), purgeAtOnce)
	}
	if err != nil {
		return fmt.Errorf("purge the vendors' calls: %w", err)
	}
	g.purgeAt = now.Add(purgeEvery)
	return nil
}
