package guard

import (
	"context"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
)

// Force lets an operator hold a breaker open or closed, or give it back to itself
// (Auto). op "*" stands for all operations of the vendor. All processes obey within a second.
// also is written in the same transaction. What was so already is an error of kind Done.
func (g *Guard) Force(ctx context.Context, vendor, op string, f Forced, also ...func(context.Context, *store.Tx) error) error {
	if !word.MatchString(vendor) || op != anyOp && !word.MatchString(op) {
		return fault.New(fault.CodeBadValue).In("op")
	}
	if f != Auto && f != ForcedOpen && f != ForcedClosed {
		return fault.New(fault.CodeBadValue).In("state")
	}
	var same bool
	changed := func(context.Context, *store.Tx) error {
		if same {
			return &fault.Error{Kind: fault.Done}
		}
		return nil
	}
	_, err := g.change(ctx, key{vendor, op}, func(b breaker) breaker {
		same = b.forced == f
		b = b.force(f, g.now())
		if op == anyOp {
			b.state, b.until = Closed, time.Time{} // it only holds: nothing is counted for it
		}
		return b
	}, append([]func(context.Context, *store.Tx) error{changed}, also...)...)
	return err
}

// Paused returns what says whether an operator has paused an operation of a vendor, or
// all of them. It is good for a moment; asking it costs nothing. What cannot be read is as
// it was last known.
func (g *Guard) Paused(ctx context.Context) func(vendor, op string) bool {
	_ = g.refresh(ctx) // Allow, which comes before every call, refuses what nobody knows
	g.mu.Lock()
	defer g.mu.Unlock()
	held := map[key]bool{}
	for k, b := range g.states.breakers {
		if b.forced == ForcedOpen {
			held[k] = true
		}
	}
	return func(vendor, op string) bool { return held[key{vendor, anyOp}] || held[key{vendor, op}] }
}

// Breaker is a breaker as an operator sees it.
type Breaker struct {
	Vendor, Op string
	State      State
	Forced     Forced
	// Until is when an open one may be probed, or a probe counts as lost; zero = closed.
	Until   time.Time
	Changed time.Time
	// Calls and Failures are those of the rolling minute.
	Calls, Failures int64
}

// Bucket is a rule as an operator sees it.
type Bucket struct {
	Rule Rule
	// Left is how many calls could be made at once.
	Left int
	// Paused is until when the vendor has asked us to wait; zero = not.
	Paused time.Time
}

// Status lists all breakers that have ever been used, and the rules with what is left of them.
func (g *Guard) Status(ctx context.Context) ([]Breaker, []Bucket, error) {
	now := g.now()
	rows, err := g.breakers(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list breakers: %w", err)
	}
	counts, err := g.tallies(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	var breakers []Breaker
	at := map[key]int{}
	for _, r := range rows {
		at[r.key] = len(breakers)
		b := r.read()
		breakers = append(breakers, Breaker{Vendor: r.vendor, Op: r.op, State: b.state, Forced: b.forced, Until: b.until, Changed: b.changed})
	}
	for _, t := range counts {
		i, ok := at[t.key]
		if !ok {
			i = len(breakers)
			breakers = append(breakers, Breaker{Vendor: t.vendor, Op: t.op, State: Closed})
		}
		breakers[i].Calls, breakers[i].Failures = t.calls, t.failures
	}
	buckets, err := g.buckets(ctx, now)
	return breakers, buckets, err
}

func (g *Guard) buckets(ctx context.Context, now time.Time) ([]Bucket, error) {
	var buckets []Bucket
	for _, r := range g.c.Rules {
		rows, err := store.All(ctx, g.c.DB, `SELECT name, full_at, day, used, paused_until FROM vendor_buckets WHERE name = ? LIMIT 1`, (*bucketRow).into, r.name())
		if err != nil {
			return nil, fmt.Errorf("list buckets: %w", err)
		}
		b := Bucket{Rule: r}
		var row bucketRow
		if len(rows) > 0 {
			row = rows[0]
		}
		if row.paused != nil && row.paused.After(now) {
			b.Paused = *row.paused
		}
		b.Left = r.Limit.Left(row.state(), now)
		buckets = append(buckets, b)
	}
	return buckets, nil
}
