package pipeline

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Ref names the step whose result a module keeps.
type Ref struct {
	Tenant  id.Tenant
	Run     id.Run
	Ad      id.Ad
	Step    int
	Attempt int
	// Now is the time of the transaction.
	Now time.Time
}

// claimed is a step that this invocation holds.
type claimed struct {
	run   id.Run
	step  Step
	input json.RawMessage
	call  message.Call
	ref   Ref
	// release ends the renewal of the lease.
	release func()
}

// outcomeTime is how long an outcome may be written after the invocation's own
// time is over: losing an answer that has come would be worse than being late.
const outcomeTime = 20 * time.Second

// Submit makes the provider call of a step at most once per claim: claim, call
// (no connection held), outcome. nil says that the message is dealt with, also
// when the provider refused or nothing was to be done. A submission in rounds
// returns message.NotYet until its last one: see Holds for how it may remember
// what it has done.
func Submit[In any](ctx context.Context, e *Engine, w message.Wake, kind message.Kind,
	send func(context.Context, In, message.Call) (externalID string, err error)) error {
	c, in, err := begin[In](ctx, e, w, kind, EvClaim)
	if c == nil {
		return err
	}
	defer c.release()
	chaos.Point("W4", string(kind))
	external, err := send(ctx, in, c.call)
	chaos.Point("S2", string(kind))
	if err == nil && external == "" {
		err = fault.Newf(fault.CodeVendorUnknown, "submit step %d of %v: the provider gave no id", w.Step, w.Run)
	}
	if err == nil {
		return e.accepted(ctx, c, external)
	}
	return e.outcome(ctx, c, submitEvent(err), err)
}

// Do makes a step that is finished by its own call: local work, or a
// synchronous provider. keep inserts the module's row in the transaction that
// ends the step and returns the step's output.
func Do[In, Out any](ctx context.Context, e *Engine, w message.Wake, kind message.Kind,
	work func(context.Context, In, message.Call) (Out, error),
	keep func(context.Context, *store.Tx, Ref, Out) (Out, error)) error {
	c, in, err := begin[In](ctx, e, w, kind, EvClaim)
	if c == nil {
		return err
	}
	defer c.release()
	chaos.Point("W4", string(kind))
	out, err := work(ctx, in, c.call)
	chaos.Point("S2", string(kind))
	if err != nil {
		return e.outcome(ctx, c, submitEvent(err), err)
	}
	return finish(ctx, e, c, "", out, nil, keep)
}

// Collect asks about a submitted step and keeps its result. ask returns
// message.NotYet while the provider works, message.Absent when an unsure job is
// proven not to exist, and a fault otherwise.
func Collect[In, Out any](ctx context.Context, e *Engine, w message.Wake, kind message.Kind,
	ask func(context.Context, In, message.Call) (Out, []message.Artifact, error),
	keep func(context.Context, *store.Tx, Ref, Out) (Out, error)) error {
	c, in, err := begin[In](ctx, e, w, kind, EvClaimCollect)
	if c == nil {
		return err
	}
	defer c.release()
	chaos.Point("P1", string(kind))
	out, files, err := ask(ctx, in, c.call)
	chaos.Point("P2", string(kind))
	if err != nil {
		return e.outcome(ctx, c, collectEvent(err), err)
	}
	return finish(ctx, e, c, c.call.ExternalID, out, files, keep)
}

// claim takes the step for this invocation, or returns nil when there is nothing to do.
func (e *Engine) claim(ctx context.Context, w message.Wake, kind message.Kind, name EventName) (*claimed, error) {
	now := e.now()
	until := now.Add(time.Minute)
	if d, ok := ctx.Deadline(); ok {
		until = now.Add(time.Until(d)).Truncate(time.Microsecond)
	}
	lease := e.leaseFor(now, until)
	c := &claimed{run: w.Run}
	chaos.Point("W1", string(kind))
	after, err := e.apply(ctx, w.Run, Event{Name: name, Step: w.Step, LeaseUntil: lease, held: e.held(ctx)}, func(ctx context.Context, tx *store.Tx, l loaded) error {
		s := l.Step(w.Step)
		chaos.Point("W2", string(kind))
		if s.Kind != kind {
			return fault.Newf(fault.CodeInternal, "claim step %d of %v: it is %s, not %s", w.Step, w.Run, s.Kind, kind)
		}
		c.call = message.Call{Tenant: l.Tenant, Run: l.ID, Step: s.No, Attempt: s.Attempt, Tag: tag(l.ID, s.No, s.Attempt),
			Polls: s.Polls, Deadline: s.Deadline, Unsure: s.Call == CallUnknown}
		if l.opened != nil {
			c.call.CallbackURL = e.c.CallbackURL(kind, base64.RawURLEncoding.EncodeToString(l.opened.token))
			return nil
		}
		if name != EvClaimCollect || s.State != Collecting {
			return nil
		}
		row, err := callOf(ctx, tx, l.ID, s.No, s.Attempt)
		if err != nil {
			return err
		}
		copy(c.call.TokenHash[:], row.hash)
		if row.external != nil {
			c.call.ExternalID = *row.external
			return nil
		}
		c.call.ExternalID, _, err = reported(ctx, tx, row.id)
		return err
	})
	chaos.Point("W3", string(kind))
	if isNothing(err) {
		return nil, nil
	}
	if fault.KindOf(err) == fault.NotFound {
		e.c.Log.WarnContext(ctx, "wake-up for a run that does not exist", "run", w.Run.String(), "step", w.Step)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim step %d of %v: %w", w.Step, w.Run, err)
	}
	c.step = *after.Step(w.Step)
	if s := c.step.State; s != Submitting && s != Collecting {
		return nil, nil // it came early and was sent again
	}
	c.release = e.holding.keep(hold{w.Run, w.Step, c.step.Fence}, until)
	c.input = after.inputs[w.Step]
	c.ref = Ref{Tenant: after.Tenant, Run: after.ID, Ad: after.ad, Step: w.Step, Attempt: c.step.Attempt}
	return c, nil
}

// accepted records the provider's id; a callback that came before makes the step due now.
func (e *Engine) accepted(ctx context.Context, c *claimed, external string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outcomeTime)
	defer cancel()
	ev := Event{Name: EvAccepted, Step: c.step.No, Fence: c.step.Fence, Attempt: c.step.Attempt, ExternalID: external}
	row, err := callOf(ctx, e.c.DB, c.run, c.step.No, c.step.Attempt)
	if err == nil {
		_, ev.Reported, err = reported(ctx, e.c.DB, row.id)
	}
	if err != nil {
		e.c.Log.WarnContext(ctx, "callbacks could not be read; the poll will find the result", "run", c.run.String(), "err", err.Error())
	}
	return e.report(ctx, c, ev)
}

// outcome records how a claim ended without a result.
func (e *Engine) outcome(ctx context.Context, c *claimed, ev Event, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outcomeTime)
	defer cancel()
	ev.Step, ev.Fence, ev.Attempt, ev.After = c.step.No, c.step.Fence, c.step.Attempt, fault.RetryAfterOf(cause)
	var later message.NotYet
	if errors.As(cause, &later) {
		ev.After, ev.ExternalID = later.After, later.ExternalID
	} else if !errors.As(cause, &message.Absent{}) {
		e.c.Log.WarnContext(ctx, "step not done", "run", c.run.String(), "step", c.step.No, "kind", string(c.step.Kind), "attempt", c.step.Attempt,
			"event", string(ev.Name), "code", string(ev.Code), "err", cause.Error())
	}
	return e.report(ctx, c, ev)
}

// report applies an outcome. That it is stale is not an error: someone else has
// settled the step.
func (e *Engine) report(ctx context.Context, c *claimed, ev Event) error {
	_, err := e.apply(ctx, c.run, ev, func(context.Context, *store.Tx, loaded) error {
		chaos.Point("S3", string(c.step.Kind))
		return nil
	})
	chaos.Point("S4", string(c.step.Kind))
	if isNothing(err) {
		e.c.Log.InfoContext(ctx, "outcome came too late", "run", c.run.String(), "step", c.step.No, "event", string(ev.Name))
		return nil
	}
	if err != nil {
		return fmt.Errorf("record %s of step %d of %v: %w", ev.Name, c.step.No, c.run, err)
	}
	return nil
}

// finish ends the step with its result.
func finish[Out any](ctx context.Context, e *Engine, c *claimed, external string, out Out, files []message.Artifact,
	keep func(context.Context, *store.Tx, Ref, Out) (Out, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outcomeTime)
	defer cancel()
	cause := newCause()
	seq := 0
	err := e.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		before, err := load(ctx, tx, c.run)
		if err != nil {
			return err
		}
		s := before.Step(c.step.No)
		if s == nil || s.Fence != c.step.Fence || s.State != c.step.State {
			return nothing // the module's row must not be written for a claim that is lost
		}
		ref := c.ref
		ref.Now = e.now()
		kept := out
		if keep != nil {
			if kept, err = keep(ctx, tx, ref, out); err != nil {
				return fmt.Errorf("keep the result of step %d of %v: %w", c.step.No, c.run, err)
			}
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return fmt.Errorf("write output of step %d of %v: %w", c.step.No, c.run, err)
		}
		if err := keepArtifacts(ctx, tx, before, c.step.No, files, ref.Now); err != nil {
			return err
		}
		seq = before.Version + 1
		_, err = e.move(ctx, tx, before, Event{Name: EvDone, Step: c.step.No, Fence: c.step.Fence, Attempt: c.step.Attempt,
			At: ref.Now, ExternalID: external, output: text}, cause)
		if err != nil {
			return err
		}
		if err := keepOutput(ctx, tx, c.run, c.step.No, text); err != nil {
			return err
		}
		chaos.Point("E1", string(c.step.Kind))
		return nil
	}, func(ctx context.Context, q store.Querier) (bool, error) { return landed(ctx, q, c.run, seq, cause) })
	chaos.Point("C5", string(c.step.Kind))
	if isNothing(err) {
		e.c.Log.InfoContext(ctx, "result came too late", "run", c.run.String(), "step", c.step.No)
		return nil
	}
	return err
}

// begin claims the step and reads its input. A nil claim says that there is
// nothing more to do: err is then the whole answer.
func begin[In any](ctx context.Context, e *Engine, w message.Wake, kind message.Kind, name EventName) (*claimed, In, error) {
	var in In
	c, err := e.claim(ctx, w, kind, name)
	if err != nil || c == nil {
		return nil, in, err
	}
	if err := json.Unmarshal(c.input, &in); err != nil {
		defer c.release()
		unreadable := Event{Name: EvRefused, Kind: fault.Internal, Code: fault.CodeInternal}
		if name == EvClaimCollect {
			unreadable.Name = EvBroken
		}
		return nil, in, e.outcome(ctx, c, unreadable, fmt.Errorf("read input of step %d of %v: %w", c.step.No, c.run, err))
	}
	return c, in, nil
}

// submitEvent classes a submission's error.
func submitEvent(err error) Event {
	k := fault.KindOf(err)
	ev := Event{Name: EvRefused, Kind: k, Code: fault.CodeOf(err), Paused: isPaused(err)}
	switch {
	case errors.As(err, &message.NotYet{}):
		ev.Name = EvPart
	case k == fault.Unknown || k == fault.Internal:
		ev.Name = EvAmbiguous
	}
	return ev
}

// collectEvent classes an error of asking: only a job that ended broken, or
// content that is refused, ends the question; anything else is asked again.
func collectEvent(err error) Event {
	k := fault.KindOf(err)
	ev := Event{Name: EvNotYet, Kind: k, Code: fault.CodeOf(err), Paused: isPaused(err)}
	var gone message.Absent
	switch {
	case errors.As(err, &gone):
		ev.Name, ev.Settled = EvAbsent, gone.Settled
	case k == fault.Refused:
		ev.Name = EvBroken
	}
	return ev
}

func tag(run id.Run, step, attempt int) string { return fmt.Sprintf("%v.%d.%d", run, step, attempt) }

func newToken() []byte {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return b
}

func newCallID(now time.Time) id.Call         { return id.New[id.Call](now) }
func newArtifactID(now time.Time) id.Artifact { return id.New[id.Artifact](now) }
