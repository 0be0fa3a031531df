package pipeline

import (
	"context"
	"fmt"
	"time"

	"castad/shared/chaos"
	"castad/shared/id"
	"castad/shared/store"
)

// Swept counts what a sweep has moved.
type Swept struct {
	Expired  int // leases whose invocation did not come back
	Overdue  int // wake-ups that were lost
	Deadline int // steps whose time was over
	Reminded int // runs whose owner is reminded of an approval
	Lapsed   int // runs that nobody approved in time
}

// sweepBatch bounds one sweep of one kind; the timer comes again.
const sweepBatch = 200

// Sweep finds what nobody moves any more and moves it: expired leases, lost
// wake-ups, deadlines, approvals that nobody gave. Any number may run at once; every move is decided again
// under the run's lock.
func (e *Engine) Sweep(ctx context.Context) (Swept, error) {
	var n Swept
	now := e.now()
	grace := now.Add(-e.c.Rules.SweepGrace)
	for _, look := range []struct {
		name  EventName
		count *int
		query string
		args  []any
	}{
		{EvExpired, &n.Expired, `SELECT run_id, step_no FROM pipeline_steps
			WHERE state IN ('submitting', 'collecting') AND lease_until < ? ORDER BY lease_until LIMIT ?`,
			[]any{now.Add(-e.c.Rules.Skew), sweepBatch}},
		{EvDeadline, &n.Deadline, `SELECT run_id, step_no FROM pipeline_steps
			WHERE state IN ('ready', 'submitting', 'waiting', 'collecting', 'unknown') AND deadline_at < ? ORDER BY deadline_at LIMIT ?`,
			[]any{now, sweepBatch}},
		{EvOverdue, &n.Overdue, `SELECT run_id, step_no FROM pipeline_steps
			WHERE state IN ('ready', 'waiting', 'unknown') AND due_at < ? AND woken_at < ? ORDER BY due_at LIMIT ?`,
			[]any{grace, grace, sweepBatch}},
		// A step of number 0 is the run itself.
		{EvLapse, &n.Lapsed, `SELECT id, 0 FROM pipeline_runs WHERE state = 'awaiting_approval' AND approve_by <= ? ORDER BY approve_by LIMIT ?`,
			[]any{now, sweepBatch}},
		{EvRemind, &n.Reminded, `SELECT id, 0 FROM pipeline_runs WHERE state = 'awaiting_approval' AND remind_at <= ? ORDER BY remind_at LIMIT ?`,
			[]any{now, sweepBatch}},
	} {
		if err := e.sweep(ctx, look.name, look.count, now, look.query, look.args); err != nil {
			return n, err
		}
	}
	return n, nil
}

type stepName struct {
	run  id.Run
	step int
}

func (e *Engine) sweep(ctx context.Context, name EventName, count *int, now time.Time, query string, args []any) error {
	found, err := store.All(ctx, e.c.DB, query, func(s *stepName) []any { return []any{&s.run, &s.step} }, args...)
	if err != nil {
		return fmt.Errorf("look for what %s moves: %w", name, err)
	}
	var held Held
	if name == EvDeadline && len(found) > 0 {
		held = e.held(ctx)
	}
	for _, s := range found {
		_, err := e.apply(ctx, s.run, Event{Name: name, Step: s.step, At: now, held: held}, nil)
		switch {
		case isNothing(err):
		case err != nil:
			// One broken run must not keep the sweeper from the others.
			e.c.Log.ErrorContext(ctx, "step not swept", "run", s.run.String(), "step", s.step, "event", string(name), "err", err.Error())
		default:
			*count++
			chaos.Point("Z1", string(name))
			e.c.Log.WarnContext(ctx, "step swept", "run", s.run.String(), "step", s.step, "event", string(name))
		}
		if ctx.Err() != nil {
			return fmt.Errorf("sweep: %w", ctx.Err())
		}
	}
	return nil
}
