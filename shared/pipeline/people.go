package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Cancel stops a run for its owner; what is in flight is settled first.
func (e *Engine) Cancel(ctx context.Context, tenant id.Tenant, run id.Run) error {
	return e.control(ctx, run, Event{Name: EvCancel, owner: tenant}, nil)
}

// Retry lets a failed run go on from its failed steps. It is a start: see Start
// for the caps. Again it changes nothing: under the same key ever, whatever has become of
// the run; without one, or under another, while what a retry began goes on, and when it has
// ended well. CodeAdNotFailed when there is nothing to retry. also is written in the same transaction.
func (e *Engine) Retry(ctx context.Context, tenant id.Tenant, run id.Run, key message.Key, also ...func(context.Context, *store.Tx) error) error {
	ev := Event{Name: EvRetry, owner: tenant}
	if key != "" {
		ev.once = causeOf(run, key)
	}
	err := e.control(ctx, run, ev, writing(also))
	if fault.CodeOf(err) != fault.CodeAdNotFailed {
		return err
	}
	if on, looked := e.retried(ctx, tenant, run); on || looked != nil {
		return looked
	}
	return err
}

// causeOf is the cause of what a client asks for under a key: the same each time.
func causeOf(run id.Run, key message.Key) *[16]byte {
	hash := sha256.Sum256(fmt.Appendf(nil, "%v %s", run, key))
	return (*[16]byte)(hash[:])
}

// retried says that the run has failed, was retried and has not failed since.
func (e *Engine) retried(ctx context.Context, tenant id.Tenant, run id.Run) (bool, error) {
	n, err := store.One(ctx, e.c.DB, `SELECT COUNT(*) FROM pipeline_runs r JOIN run_events e ON e.run_id = r.id WHERE r.tenant_id = ? AND r.id = ?
		AND r.state IN (?, ?, ?) AND e.step_no = 0 AND e.event IN (?, ?) AND e.from_state = ?`,
		func(n *int) []any { return []any{n} }, tenant, run, Running, Awaiting, RunSucceeded, EvRetry, EvRedrive, RunFailed)
	if err != nil {
		return false, fmt.Errorf("look for a retry of %v: %w", run, err)
	}
	return n > 0, nil
}

// writing is what callers write beside a move.
func writing(also []func(context.Context, *store.Tx) error) func(context.Context, *store.Tx, loaded) error {
	return func(ctx context.Context, tx *store.Tx, _ loaded) error {
		for _, write := range also {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// Approve lets the held steps of a run go on. CodeNotAwaiting when the run does
// not wait for it, or no longer; approving again is no error.
func (e *Engine) Approve(ctx context.Context, tenant id.Tenant, run id.Run) error {
	return e.control(ctx, run, Event{Name: EvApprove, owner: tenant}, nil)
}

// Supersede cancels, inside tx, a run that awaits approval, because another takes
// its place. One that has failed can no longer be retried, one that has ended otherwise is
// left as it is; CodeNotAwaiting when it is under way.
func (e *Engine) Supersede(ctx context.Context, tx *store.Tx, tenant id.Tenant, run id.Run) error {
	before, err := load(ctx, tx, run)
	if err != nil {
		return err
	}
	if _, err = e.move(ctx, tx, before, Event{Name: EvSupersede, owner: tenant}, newCause()); isNothing(err) {
		return nil
	}
	return err
}

// Confirm settles a publication whose outcome never became known by what someone
// has seen on the channel. Published, it has succeeded with the output; absent, it
// has failed with CodeConfirmedAbsent and its run may be retried. keep writes the
// module's row in the same transaction; nil = none. Confirming the same again
// changes nothing and does not call keep; CodeNotUnknown refuses any other step.
func (e *Engine) Confirm(ctx context.Context, tenant id.Tenant, run id.Run, step int, published bool, output json.RawMessage,
	keep func(context.Context, *store.Tx, Ref) error) error {
	ev := Event{Name: EvConfirm, Step: step, Published: published, owner: tenant, At: e.now()}
	if published {
		if ev.output = output; len(output) == 0 {
			return fault.Newf(fault.CodeInternal, "confirm step %d of %v: a published step has an output", step, run)
		}
	}
	return e.control(ctx, run, ev, func(ctx context.Context, tx *store.Tx, l loaded) error {
		if published {
			if err := keepOutput(ctx, tx, run, step, output); err != nil {
				return err
			}
		}
		if keep == nil {
			return nil
		}
		return keep(ctx, tx, Ref{Tenant: l.Tenant, Run: l.ID, Ad: l.ad, Step: step, Attempt: l.Step(step).Attempt, Now: ev.At})
	})
}

// Redrive moves a run of any tenant that an operator finds stuck: a failed one is
// retried, a live one is looked at now. CodeRetryUnsafe when that could publish
// twice, CodeRunOver when there is nothing left to move, kind Done when it waits
// rightly and was left alone. also is written in the same transaction as what is
// moved; actor goes to the log.
func (e *Engine) Redrive(ctx context.Context, run id.Run, actor string, also ...func(context.Context, *store.Tx) error) error {
	return e.operate(ctx, run, EvRedrive, actor, also)
}

// CancelAny is Cancel for an operator, whoever owns the run; CodeRunOver when it has
// ended, Done when it is being cancelled already. also is as for Redrive.
func (e *Engine) CancelAny(ctx context.Context, run id.Run, actor string, also ...func(context.Context, *store.Tx) error) error {
	return e.operate(ctx, run, EvCancel, actor, also)
}

func (e *Engine) operate(ctx context.Context, run id.Run, name EventName, actor string, also []func(context.Context, *store.Tx) error) error {
	err := e.enact(ctx, run, Event{Name: name}, writing(also))
	if fault.CodeOf(err) == fault.CodeAdEnded { // its words are for an owner, who can order another
		err = fault.Newf(fault.CodeRunOver, "%s %v: %w", name, run, err)
	}
	e.c.Log.InfoContext(ctx, "run operated", "run", run.String(), "event", string(name), "actor", actor, "code", string(fault.CodeOf(err)))
	return err
}

// control applies what a person asks for; that it has been so already is no error.
func (e *Engine) control(ctx context.Context, run id.Run, ev Event, also func(context.Context, *store.Tx, loaded) error) error {
	if err := e.enact(ctx, run, ev, also); !isNothing(err) {
		return err
	}
	return nil
}

// enact is control that tells, by an error of kind Done, when it has been so already.
func (e *Engine) enact(ctx context.Context, run id.Run, ev Event, also func(context.Context, *store.Tx, loaded) error) error {
	_, err := e.apply(ctx, run, ev, func(ctx context.Context, tx *store.Tx, l loaded) error {
		chaos.Point("H1", string(ev.Name))
		if also == nil {
			return nil
		}
		return also(ctx, tx, l)
	})
	chaos.Point("H2", string(ev.Name))
	return err
}
