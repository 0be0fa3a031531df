package pipeline_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// awaiting is a run that has made its song and waits for its owner.
func awaiting(w *world, v *vendor) id.Run {
	w.t.Helper()
	run := w.must(wish{Hold: true})
	if got := w.finish(run, v); got != "awaiting_approval" || w.states(run) != "succeeded succeeded blocked blocked" {
		w.t.Fatalf("%s: %s%s", got, w.states(run), w.dump(run))
	}
	return run
}

func TestAHeldStepWaitsForApprovalHoweverOftenItIsGiven(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	early := w.must(wish{Hold: true})
	if err := w.engine.Approve(t.Context(), 7, early); fault.CodeOf(err) != fault.CodeNotAwaiting {
		t.Errorf("approved before there was anything to approve: %v", err)
	}
	w.finish(early, v)
	run := awaiting(w, v)
	w.pass(20 * 24 * time.Hour) // far past the run's own deadline
	if _, err := w.engine.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Approve(t.Context(), 8, run); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant approved: %v", err)
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := w.engine.Approve(t.Context(), 7, run); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := w.finish(run, v); got != "succeeded" || v.posts.Load() != 2 {
		t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
	}
	if err := w.engine.Approve(t.Context(), 7, run); err != nil {
		t.Errorf("approved again after the end: %v", err)
	}
	if got := w.text(`SELECT COUNT(*) FROM run_events WHERE run_id = ? AND event = 'approve' AND step_no = 0`, run); got != "1" {
		t.Errorf("%s approvals in the history", got)
	}
}

func TestApprovalAtTheLastInstantCountsAndOneLaterDoesNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late  time.Duration
		swept bool
		want  string
	}{
		"a microsecond before":               {-time.Microsecond, false, "succeeded"},
		"a microsecond before, and swept":    {-time.Microsecond, true, "succeeded"},
		"at the end, and the sweep is late":  {0, false, "cancelled"},
		"at the end, and the sweep was here": {0, true, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), happy()
			run := awaiting(w, v)
			by := w.moment(`SELECT approve_by FROM pipeline_runs WHERE id = ?`, run)
			w.pass(by.Sub(w.now()) + c.late)
			sweep := func() {
				if _, err := w.engine.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if c.swept {
				sweep()
			}
			err := w.engine.Approve(t.Context(), 7, run)
			if ok := err == nil; ok != (c.want == "succeeded") || !ok && fault.CodeOf(err) != fault.CodeNotAwaiting {
				t.Errorf("approve: %v", err)
			}
			sweep()
			if got := w.finish(run, v); got != c.want {
				t.Errorf("%s%s", got, w.dump(run))
			}
			w.invariants(run)
		})
	}
}

// Approval and the end of its time at once: one of them wins, never both.
func TestApprovalRacesItsEnd(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := awaiting(w, v)
	by := w.moment(`SELECT approve_by FROM pipeline_runs WHERE id = ?`, run)
	w.pass(by.Sub(w.now()) - time.Microsecond)
	var approved error
	var all sync.WaitGroup
	all.Go(func() { approved = w.engine.Approve(t.Context(), 7, run) })
	all.Go(func() {
		w.pass(time.Microsecond)
		if _, err := w.engine.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	want := map[bool]string{true: "succeeded", false: "cancelled"}[approved == nil]
	if got := w.finish(run, v); got != want {
		t.Errorf("approved %v, and it is %s%s", approved, got, w.dump(run))
	}
	w.invariants(run)
}

func TestTheOwnerIsRemindedTwiceAndThenTheRunLapses(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := awaiting(w, v)
	by := w.moment(`SELECT approve_by FROM pipeline_runs WHERE id = ?`, run)
	var reminded, lapsed int
	for !w.now().After(by.Add(24 * time.Hour)) {
		n, err := w.engine.Sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reminded, lapsed = reminded+n.Reminded, lapsed+n.Lapsed
		w.pass(12 * time.Hour)
	}
	if reminded != 2 || lapsed != 1 {
		t.Errorf("reminded %d times, lapsed %d times%s", reminded, lapsed, w.dump(run))
	}
	if got := w.text(`SELECT GROUP_CONCAT(CONCAT(event, ' ', to_state) ORDER BY seq SEPARATOR ', ') FROM run_events WHERE run_id = ? AND step_no = 0 AND from_state = 'awaiting_approval'`, run); got !=
		"reminder awaiting_approval, reminder awaiting_approval, lapse cancelled" {
		t.Errorf("the history is %s", got)
	}
	if got := w.text(`SELECT CONCAT(state, ' ', fail_code) FROM pipeline_runs WHERE id = ?`, run); got != "cancelled ad.approval_expired" {
		t.Errorf("it is %s", got)
	}
	if got := w.text(`SELECT output_json FROM pipeline_steps WHERE run_id = ? AND step_no = 2`, run); got != `"tune"` {
		t.Errorf("what was made is %s", got)
	}
	w.invariants(run)
}

// A sweep that was away over both reminders reminds once.
func TestMissedRemindersAreOne(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := awaiting(w, v)
	w.pass(28 * 24 * time.Hour)
	for range 3 {
		if _, err := w.engine.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.text(`SELECT COUNT(*) FROM run_events WHERE run_id = ? AND event = 'reminder'`, run); got != "1" {
		t.Errorf("%s reminders%s", got, w.dump(run))
	}
}

func TestCancelWhileAwaitingApprovalIsAtOnce(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := awaiting(w, v)
	if err := w.engine.Cancel(t.Context(), 8, run); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant's: %v", err)
	}
	if err := w.engine.Cancel(t.Context(), 7, run); err != nil {
		t.Fatal(err)
	}
	if got := w.state(run); got != "cancelled" || v.posts.Load() != 0 {
		t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
	}
	if err := w.engine.Approve(t.Context(), 7, run); fault.CodeOf(err) != fault.CodeNotAwaiting {
		t.Errorf("approved afterwards: %v", err)
	}
	w.invariants(run)
}

func TestOnlyAWaitingRunIsSuperseded(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	supersede := func(tenant id.Tenant, run id.Run) error {
		return w.db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return w.engine.Supersede(ctx, tx, tenant, run) })
	}
	run := awaiting(w, v)
	busy := w.must(wish{Hold: true})
	if err := supersede(7, busy); fault.CodeOf(err) != fault.CodeNotAwaiting {
		t.Errorf("a run under way: %v", err)
	}
	if err := supersede(8, run); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant's: %v", err)
	}
	for range 2 {
		if err := supersede(7, run); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.text(`SELECT CONCAT(state, ' ', fail_code) FROM pipeline_runs WHERE id = ?`, run); got != "cancelled ad.superseded" {
		t.Errorf("it is %s%s", got, w.dump(run))
	}
	if err := w.engine.Cancel(t.Context(), 7, busy); err != nil {
		t.Fatal(err)
	}
	w.finish(busy, v)
	w.invariants(run)
}

func TestAScheduledStepIsDueAtItsTimeAndItsDeadlineCountsFromThen(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	at := w.now().Add(7 * 24 * time.Hour)
	run := w.must(wish{PostsOnly: true, NotBefore: at})
	for range 5 {
		if _, ok := w.next(); ok {
			t.Fatalf("a message a week early%s", w.dump(run))
		}
		if n, err := w.engine.Sweep(t.Context()); err != nil || n != (pipeline.Swept{}) {
			t.Fatalf("swept %+v, %v", n, err)
		}
		w.pass(33 * time.Hour) // more than a run's own deadline
	}
	w.pass(at.Sub(w.now()) - time.Second)
	if _, ok := w.next(); ok || v.posts.Load() != 0 {
		t.Fatalf("a second early, %d posts", v.posts.Load())
	}
	if by := w.moment(`SELECT deadline_at FROM pipeline_steps WHERE run_id = ?`, run); !by.After(at.Add(time.Hour)) {
		t.Errorf("the deadline is %v", by)
	}
	w.pass(time.Second)
	if got := w.finish(run, v); got != "succeeded" || v.posts.Load() != 1 {
		t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
	}
	w.invariants(run)
}

func TestAScheduledStepIsCancelledAtOnceBeforeItsTime(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.must(wish{PostsOnly: true, NotBefore: w.now().Add(24 * time.Hour)})
	if err := w.engine.Cancel(t.Context(), 7, run); err != nil {
		t.Fatal(err)
	}
	if got := w.state(run); got != "cancelled" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	w.pass(25 * time.Hour)
	for q, ok := w.next(); ok; q, ok = w.next() { // the wake-up comes all the same
		if err := w.deliver(t.Context(), v, q); err != nil {
			t.Error(err)
		}
	}
	if v.posts.Load() != 0 {
		t.Errorf("%d posts of a cancelled run", v.posts.Load())
	}
	w.invariants(run)
}
