package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// lostPost is a run whose two publications nobody ever heard of again.
func lostPost(w *world, v *vendor) id.Run {
	w.t.Helper()
	v.post = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorUnknown) }
	v.look = func(message.Call) (string, error) { return "", message.NotYet{} }
	run := w.must(wish{})
	if got := w.finish(run, v); got != "failed" || w.states(run) != "succeeded succeeded failed failed" {
		w.t.Fatalf("%s: %s%s", got, w.states(run), w.dump(run))
	}
	return run
}

func TestALostPublicationIsSettledByWhatSomeoneHasSeen(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := lostPost(w, v)
	kept := 0
	keep := func(_ context.Context, _ *store.Tx, ref pipeline.Ref) error {
		kept++
		if ref.Run != run || ref.Tenant != 7 || ref.Ad != 1 || ref.Attempt != 1 {
			t.Errorf("keep %+v", ref)
		}
		return nil
	}
	confirm := func(step int, published bool) error {
		return w.engine.Confirm(t.Context(), 7, run, step, published, json.RawMessage(`"seen"`), keep)
	}
	if err := confirm(2, true); fault.CodeOf(err) != fault.CodeNotUnknown {
		t.Errorf("a song: %v", err)
	}
	if err := w.engine.Confirm(t.Context(), 8, run, 3, true, json.RawMessage(`"seen"`), keep); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant's: %v", err)
	}
	for range 2 {
		if err := confirm(3, true); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.states(run); got != "succeeded succeeded succeeded failed" || w.state(run) != "failed" || kept != 1 {
		t.Errorf("%s, the run %s, kept %d times%s", got, w.state(run), kept, w.dump(run))
	}
	if err := w.engine.Retry(t.Context(), 7, run, ""); fault.CodeOf(err) != fault.CodeRetryUnsafe {
		t.Errorf("retry with one still lost: %v", err)
	}
	for range 2 {
		if err := confirm(4, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := confirm(4, true); fault.CodeOf(err) != fault.CodeNotUnknown {
		t.Errorf("absent, and then published: %v", err)
	}
	if got := w.text(`SELECT CONCAT(state, ' ', fail_code) FROM pipeline_runs WHERE id = ?`, run); got != "failed post.confirmed_absent" || kept != 2 {
		t.Errorf("%s, kept %d times", got, kept)
	}
	if err := w.engine.Retry(t.Context(), 7, run, ""); err != nil {
		t.Fatal(err)
	}
	again := happy()
	if got := w.finish(run, again); got != "succeeded" || again.posts.Load() != 1 {
		t.Errorf("%s with %d posts more%s", got, again.posts.Load(), w.dump(run))
	}
	if got := w.text(`SELECT output_json FROM pipeline_steps WHERE run_id = ? AND step_no = 3`, run); got != `"seen"` {
		t.Errorf("the confirmed post is %s", got)
	}
	w.invariants(run)
}

func TestTheLastConfirmedPublicationEndsTheRunWell(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := lostPost(w, v)
	for _, step := range []int{3, 4} {
		if err := w.engine.Confirm(t.Context(), 7, run, step, true, json.RawMessage(`"seen"`), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.text(`SELECT CONCAT(state, ' ', fail_code) FROM pipeline_runs WHERE id = ?`, run); got != "succeeded " {
		t.Errorf("it is %q%s", got, w.dump(run))
	}
	w.invariants(run)
}

// A failed run whose place another has taken is settled, and does not go on.
func TestAConfirmationDoesNotOpenARunThatWasSuperseded(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := lostPost(w, v)
	err := w.db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return w.engine.Supersede(ctx, tx, 7, run) })
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{3, 4} {
		if err := w.engine.Confirm(t.Context(), 7, run, step, false, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.engine.Retry(t.Context(), 7, run, ""); fault.CodeOf(err) != fault.CodeSuperseded {
		t.Errorf("retry: %v%s", err, w.dump(run))
	}
	w.invariants(run)
}

// The module's row and the step are written together or not at all.
func TestAConfirmationWhoseRowCannotBeKeptIsNone(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := lostPost(w, v)
	full := errors.New("full")
	err := w.engine.Confirm(t.Context(), 7, run, 3, true, json.RawMessage(`"seen"`), func(context.Context, *store.Tx, pipeline.Ref) error { return full })
	if !errors.Is(err, full) || w.states(run) != "succeeded succeeded failed failed" {
		t.Errorf("%v: %s", err, w.states(run))
	}
	if err := w.engine.Confirm(t.Context(), 7, run, 3, true, nil, nil); fault.KindOf(err) != fault.Internal {
		t.Errorf("published as nothing: %v", err)
	}
}

// What was confirmed absent, and is accepted after all, may not be sent again.
func TestALateAnswerAfterAConfirmationMakesARetryUnsafe(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.must(wish{PostsOnly: true})
	entered, release := make(chan struct{}), make(chan struct{})
	v.post = func(message.Call) (string, error) { close(entered); <-release; return "late", nil }
	v.look = func(message.Call) (string, error) { return "", message.NotYet{} }
	q, _ := w.next()
	done := make(chan error, 1)
	go func() { done <- w.deliver(t.Context(), v, q) }()
	<-entered
	w.pass(2 * time.Minute)
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if err := w.engine.Confirm(t.Context(), 7, run, 1, false, nil, nil); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Retry(t.Context(), 7, run, ""); fault.CodeOf(err) != fault.CodeRetryUnsafe {
		t.Errorf("retry: %v%s", err, w.dump(run))
	}
	w.invariants(run)
}

func TestAnOperatorMovesWhatIsStuckWhoeverOwnsIt(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	redrive := func(run id.Run) error { return w.engine.Redrive(t.Context(), run, "op-1") }
	run := w.must(wish{})
	_, _ = w.next() // the only message is lost
	w.purge()
	if err := redrive(run); err != nil {
		t.Fatal(err)
	}
	q, ok := w.next()
	if !ok {
		t.Fatal("nothing was woken")
	}
	if err := w.deliver(t.Context(), v, q); err != nil {
		t.Fatal(err)
	}
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorRefused) }
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if err := redrive(run); err != nil {
		t.Fatal(err)
	}
	if got := w.finish(run, happy()); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	if err := redrive(run); fault.CodeOf(err) != fault.CodeRunOver {
		t.Errorf("one that has succeeded: %v", err)
	}
	if got := w.text(`SELECT COUNT(*) FROM run_events WHERE run_id = ? AND event = 'redrive' AND step_no = 0`, run); got != "2" {
		t.Errorf("%s redrives in the history%s", got, w.dump(run))
	}
	if err := redrive(lostPost(w, happy())); fault.CodeOf(err) != fault.CodeRetryUnsafe {
		t.Errorf("one that may be published: %v", err)
	}
	if err := redrive(42); fault.KindOf(err) != fault.NotFound {
		t.Errorf("none: %v", err)
	}
	w.invariants(run)
}

// An operator may not hurry what waits for its time or its owner, nor take a
// claim away from who holds it.
func TestRedrivingLeavesAloneWhatWaitsRightly(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	waiting := awaiting(w, v)
	scheduled := w.must(wish{PostsOnly: true, NotBefore: w.now().Add(2 * time.Hour)})
	claimed := w.must(wish{})
	entered, release := make(chan struct{}), make(chan struct{})
	held := happy()
	held.lyric = sync.OnceValues(func() (string, error) { close(entered); <-release; return "la la", nil })
	q, _ := w.next()
	done := make(chan error, 1)
	go func() { done <- w.deliver(t.Context(), held, q) }()
	<-entered
	for name, run := range map[string]id.Run{"awaiting approval": waiting, "scheduled": scheduled, "claimed": claimed} {
		before := w.dump(run)
		if err := w.engine.Redrive(t.Context(), run, "op-1"); err == nil || fault.KindOf(err) != fault.Done {
			t.Errorf("%s: %v", name, err)
		}
		if after := w.dump(run); before != after {
			t.Errorf("%s: moved%s", name, after)
		}
	}
	if _, ok := w.next(); ok {
		t.Error("something was woken")
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, run := range []id.Run{waiting, scheduled, claimed} {
		if err := w.engine.CancelAny(t.Context(), run, "op-1"); err != nil {
			t.Error(err)
		}
		if got := w.finish(run, v); got != "cancelled" {
			t.Errorf("%s%s", got, w.dump(run))
		}
	}
	w.pass(2 * time.Hour) // the scheduled message is due
	w.invariants(claimed)
}

// The commit's answer is lost, or the commit itself: what a person asked for
// happens once, and is answered.
func TestALostCommitOfWhatPeopleAskForCountsOnce(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]storetest.Cut{"the commit is lost": storetest.CutBefore, "its answer is lost": storetest.CutAfter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := storetest.Proxy(t)
			w, v := worldOn(t, storetest.Open(t, storetest.Through(wire))), happy()
			lost, failing := lostPost(w, v), happy()
			failing.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorRefused) }
			failed := w.must(wish{})
			w.finish(failed, failing)
			approved, lapsing, kept := awaiting(w, happy()), awaiting(w, happy()), 0
			for _, c := range []struct {
				name string
				run  id.Run
				ask  func() error
			}{
				{"approve", approved, func() error { return w.engine.Approve(t.Context(), 7, approved) }},
				{"confirm", lost, func() error {
					return w.engine.Confirm(t.Context(), 7, lost, 3, true, json.RawMessage(`"seen"`), func(context.Context, *store.Tx, pipeline.Ref) error { kept++; return nil })
				}},
				{"redrive", failed, func() error { return w.engine.Redrive(t.Context(), failed, "op-1") }},
				{"redrive", approved, func() error { return w.engine.Redrive(t.Context(), approved, "op-1") }},
				{"lapse", lapsing, func() error {
					w.pass(31 * 24 * time.Hour)
					_, err := w.engine.Sweep(t.Context())
					return err
				}},
			} {
				times := func() string {
					return w.text(`SELECT COUNT(DISTINCT cause_id) FROM run_events WHERE run_id = ? AND event = ?`, c.run, c.name)
				}
				before := times()
				wire.CutCommit(cut)
				if err := c.ask(); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				if wire.Disarm() {
					t.Errorf("%s: no commit was cut", c.name)
				}
				if after := times(); before != "0" || after != "1" {
					t.Errorf("%s: %s, then %s times in the history%s", c.name, before, after, w.dump(c.run))
				}
			}
			for _, run := range []id.Run{failed, approved} {
				w.finish(run, happy())
			}
			if kept < 1 || kept > 2 { // a commit that was lost is written again
				t.Errorf("the row was kept %d times", kept)
			}
			w.invariants(failed)
		})
	}
}
