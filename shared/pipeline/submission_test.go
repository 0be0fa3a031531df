package pipeline_test

import (
	"context"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

func TestASubmissionInRoundsEndsWithOnePost(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	rounds := map[int]int{}
	v.post = func(c message.Call) (string, error) {
		if rounds[c.Step]++; rounds[c.Step] < 4 {
			return "", message.NotYet{After: 30 * time.Second}
		}
		return "post", nil
	}
	run := w.start()
	if got := w.finish(run, v); got != "succeeded" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	calls := w.text(`SELECT GROUP_CONCAT(state ORDER BY attempt) FROM provider_calls WHERE run_id = ? AND step_no = 3`, run)
	if parts := w.text(`SELECT parts FROM pipeline_steps WHERE run_id = ? AND step_no = 3`, run); calls != "part,part,part,done" || parts != "3" {
		t.Errorf("the calls are %s, %s parts", calls, parts)
	}
	w.invariants(run)
}

// What a lost claim writes under Holds is written before it was lost, or never.
func TestALostClaimHoldsNothing(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	holds := func(c message.Call) error {
		return w.db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return w.engine.Holds(ctx, tx, c) })
	}
	v.post = func(c message.Call) (string, error) {
		if err := holds(c); err != nil {
			t.Errorf("during the claim: %v", err)
		}
		earlier := c
		if earlier.Attempt--; fault.CodeOf(holds(earlier)) != fault.CodeConflict {
			t.Error("an earlier attempt holds the claim")
		}
		if c.Attempt > 1 {
			return "post", nil
		}
		w.pass(2 * time.Minute)
		if _, err := w.engine.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		if err := holds(c); fault.CodeOf(err) != fault.CodeConflict {
			t.Errorf("after the sweep took over: %v", err)
		}
		return "", message.NotYet{}
	}
	v.look = func(c message.Call) (string, error) {
		if c.Unsure {
			return "", message.Absent{Settled: true}
		}
		return "url", nil
	}
	before := w.now()
	if got := w.finish(run, v); got != "succeeded" || w.now().Sub(before) > pipeline.DefaultRules().ReconcileFor {
		t.Errorf("%s after %v%s", got, w.now().Sub(before), w.dump(run))
	}
	w.invariants(run)
}
