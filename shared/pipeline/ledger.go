package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// Account is one side of a ledger entry. Every tenant has its own of each.
type Account string

// The accounts. A tenant's add up to zero, and reserved is zero when none of its
// runs is under way.
const (
	Available Account = "available" // below zero by what the tenant owes: reserved or spent
	Reserved  Account = "reserved"  // for steps that have not ended
	Spent     Account = "spent"     // for steps that have succeeded
	House     Account = "house"     // below zero by what CastAD bears
	Wasted    Account = "wasted"    // what may have been charged for nothing
)

// entry is a kind of transfer.
type entry struct {
	name          string
	debit, credit Account
}

var entries = map[EffectName]entry{
	FxReserve: {"reserve", Available, Reserved},
	FxCapture: {"capture", Reserved, Spent},
	FxRelease: {"release", Reserved, Available},
	FxWaste:   {"waste", House, Wasted},
}

// ledger books one transfer of the step's price. It is unique by the run's
// version, and a waste by its attempt: the same submission may be given up first
// and accepted late.
func (w *writer) ledger(ctx context.Context, f Effect) error {
	p, en := w.after.plans[f.Step], entries[f.Name]
	if p.CostWon == 0 {
		return nil
	}
	if f.Name == FxWaste {
		n, err := store.One(ctx, w.tx, `SELECT COUNT(*) FROM credit_ledger WHERE run_id = ? AND step_no = ? AND entry = 'waste' AND attempt = ?`,
			func(n *int) []any { return []any{n} }, w.after.ID, f.Step, f.Attempt)
		if err != nil {
			return fmt.Errorf("look for waste of step %d of %v: %w", f.Step, w.after.ID, err)
		}
		if n > 0 {
			return nil
		}
	}
	reserved, err := w.reservedOn(ctx, f)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, `INSERT INTO credit_ledger (tenant_id, run_id, step_no, version, entry, debit, credit, amount_won, attempt, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.after.Tenant, w.after.ID, f.Step, w.after.Version, en.name, en.debit, en.credit, p.CostWon, f.Attempt, w.event.At)
	if err != nil {
		return fmt.Errorf("book %s of step %d of %v: %w", en.name, f.Step, w.after.ID, err)
	}
	d := w.days[reserved]
	switch f.Name {
	case FxReserve:
		d.reserved += p.CostWon
	case FxRelease:
		d.reserved -= p.CostWon
	case FxCapture:
		d.captured += p.CostWon
	}
	if w.days == nil {
		w.days = map[string]change{}
	}
	w.days[reserved] = d
	return nil
}

// change is what a move changes in a day of the tenant's.
type change struct{ reserved, captured int }

// reservedOn is the day that an entry counts for: the one on which its price was
// reserved, so that what is given back tomorrow is not given to tomorrow.
func (w *writer) reservedOn(ctx context.Context, f Effect) (string, error) {
	if f.Name == FxReserve || f.Name == FxWaste {
		return dayOf(w.event.At), nil
	}
	at, err := store.One(ctx, w.tx, `SELECT at FROM credit_ledger WHERE run_id = ? AND step_no = ? AND entry = 'reserve' ORDER BY version DESC LIMIT 1`,
		func(at *time.Time) []any { return []any{at} }, w.after.ID, f.Step)
	if err != nil {
		return "", fmt.Errorf("find the reserve of step %d of %v: %w", f.Step, w.after.ID, err)
	}
	return dayOf(at), nil
}

// book counts the move in the tenant's days and, if it begins something, holds it
// against the caps. The row of a day is locked from here to the commit, so that
// orders of one tenant are counted one after the other.
func (w *writer) book(ctx context.Context) error {
	today := dayOf(w.event.At)
	begins := w.event.Name == EvAccept || w.event.Name == EvRetry || w.event.Name == EvRedrive && w.before.State == RunFailed
	cost := w.days[today].reserved
	days := slices.Sorted(maps.Keys(w.days))
	if begins && !slices.Contains(days, today) {
		days = append(days, today)
	}
	for _, day := range days {
		c, starts := w.days[day], 0
		if begins && day == today && cost > 0 {
			starts = 1
		}
		if c == (change{}) && !begins {
			continue
		}
		_, err := w.tx.Exec(ctx, `INSERT INTO spend_days (tenant_id, day, starts, reserved_won, captured_won) VALUES (?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE starts = starts + VALUES(starts), reserved_won = reserved_won + VALUES(reserved_won),
			captured_won = captured_won + VALUES(captured_won)`, w.after.Tenant, day, starts, c.reserved, c.captured)
		if err != nil {
			return fmt.Errorf("count %s of %v: %w", day, w.after.ID, err)
		}
	}
	if !begins {
		return nil
	}
	return w.engine.capped(ctx, w.tx, w.after, w.event.At, cost)
}

// Spending is what a tenant has begun and spent today, and how much it may.
type Spending struct {
	Day         string    `json:"day"`          // of Seoul, "2026-11-29"
	Until       time.Time `json:"until"`        // when the next begins
	ReservedWon int64     `json:"reserved_won"` // reserved today and not given back; CapturedWon is a part of it
	CapturedWon int64     `json:"captured_won"`
	Starts      int       `json:"starts"`
	Running     int       `json:"running"` // runs under way now
	// The caps; 0 = none.
	CapWon     int64 `json:"cap_won"`
	CapStarts  int   `json:"cap_starts"`
	CapRunning int   `json:"cap_running"`
}

// Spending says what the tenant has spent today and how much it may.
func (e *Engine) Spending(ctx context.Context, tenant id.Tenant) (Spending, error) {
	return e.spending(ctx, e.c.DB, tenant, e.now(), 0)
}

// spending counts the runs under way without the given one, which is still being written.
func (e *Engine) spending(ctx context.Context, q store.Querier, tenant id.Tenant, now time.Time, but id.Run) (Spending, error) {
	s, err := store.One(ctx, q, `SELECT starts, reserved_won, captured_won FROM spend_days WHERE tenant_id = ? AND day = ? LIMIT 1`,
		func(s *Spending) []any { return []any{&s.Starts, &s.ReservedWon, &s.CapturedWon} }, tenant, dayOf(now))
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return s, fmt.Errorf("read spending of the day: %w", err)
	}
	s.Running, err = store.One(ctx, q, `SELECT COUNT(DISTINCT r.id) FROM pipeline_runs r JOIN pipeline_steps s ON s.run_id = r.id
		WHERE r.tenant_id = ? AND r.state IN ('running', 'cancelling') AND r.id <> ?
		AND s.state IN ('ready', 'submitting', 'waiting', 'collecting', 'unknown') AND (s.not_before IS NULL OR s.not_before <= ?)`,
		func(n *int) []any { return []any{n} }, tenant, but, now)
	if err != nil {
		return s, fmt.Errorf("count runs under way: %w", err)
	}
	s.Day, s.Until = dayOf(now), nextDay(now)
	s.CapWon, s.CapStarts, s.CapRunning = e.c.Rules.DailyCapWon, e.c.Rules.DailyStarts, e.c.Rules.Running
	return s, nil
}

// capped refuses a run that begins and is already counted, when it is one too
// many. A run that costs nothing, because its results are there, counts for
// nothing but the runs at once, and not for those if it has nothing to do.
func (e *Engine) capped(ctx context.Context, tx *store.Tx, run loaded, now time.Time, cost int) error {
	s, err := e.spending(ctx, tx, run.Tenant, now, run.ID)
	if err != nil {
		return err
	}
	tomorrow := s.Until.Sub(now)
	switch {
	case cost > 0 && s.CapWon > 0 && s.ReservedWon > s.CapWon:
		return fault.Newf(fault.CodeDailySpend, "begin %v: %d won of %d today", run.ID, s.ReservedWon, s.CapWon).After(tomorrow)
	case cost > 0 && s.CapStarts > 0 && s.Starts > s.CapStarts:
		return fault.Newf(fault.CodeDailyStarts, "begin %v: start %d of %d today", run.ID, s.Starts, s.CapStarts).After(tomorrow)
	case run.atWork(now) && s.CapRunning > 0 && s.Running >= s.CapRunning:
		return fault.Newf(fault.CodeRunning, "begin %v: %d runs of %d are under way", run.ID, s.Running, s.CapRunning).After(time.Minute)
	}
	return nil
}

// atWork says whether the run has a step whose time has come and that has not ended.
func (r Run) atWork(now time.Time) bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		return s.State != Blocked && !s.State.Ended() && !s.NotBefore.After(now)
	})
}

// Balances are the tenant's accounts, in won.
func (e *Engine) Balances(ctx context.Context, tenant id.Tenant) (map[Account]int64, error) {
	type row struct {
		account Account
		won     int64
	}
	rows, err := store.All(ctx, e.c.DB, `SELECT account, SUM(won) FROM (
		SELECT credit AS account, amount_won AS won FROM credit_ledger WHERE tenant_id = ?
		UNION ALL SELECT debit, -amount_won FROM credit_ledger WHERE tenant_id = ?) both_sides GROUP BY account LIMIT 10`,
		func(r *row) []any { return []any{&r.account, &r.won} }, tenant, tenant)
	if err != nil {
		return nil, fmt.Errorf("read balances: %w", err)
	}
	all := map[Account]int64{Available: 0, Reserved: 0, Spent: 0, House: 0, Wasted: 0}
	for _, r := range rows {
		all[r.account] = r.won
	}
	return all, nil
}

// seoul has had no other offset since 1988.
var seoul = time.FixedZone("KST", 9*60*60)

func dayOf(t time.Time) string { return t.In(seoul).Format(time.DateOnly) }

func nextDay(t time.Time) time.Time {
	y, m, d := t.In(seoul).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, seoul).UTC()
}
