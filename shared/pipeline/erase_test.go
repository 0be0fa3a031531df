package pipeline_test

import (
	"context"
	"errors"
	"testing"

	"castad/shared/fault"
	"castad/shared/message"
)

// Somebody who is being erased may begin something with a token that still lives: what
// is paid for it must be booked before it is forgotten.
func TestARunIsErasedOnlyWhenItHasEnded(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	w.finish(w.start(), v)
	if names, err := w.engine.Named(t.Context(), "a", "c", 10); err != nil || len(names) != 1 || names[0] != "b" {
		t.Errorf("files are %v, %v", names, err)
	}
	down := errors.New("storage is down")
	if done, err := w.engine.Erase(t.Context(), 7, 100, func(context.Context, string) error { return down }); done || !errors.Is(err, down) || w.text(`SELECT COUNT(*) FROM artifacts`) != "1" {
		t.Errorf("a file that stays: %v, %v", done, err)
	}
	v.ask = func(message.Call) (string, error) { return "", message.NotYet{} }
	run := w.start()
	for range 3 { // lyric, song, first question
		if q, ok := w.next(); ok {
			_ = w.deliver(t.Context(), v, q)
		}
	}
	var removed []string
	remove := func(_ context.Context, file string) error { removed = append(removed, file); return nil }
	if done, err := w.engine.Erase(t.Context(), 7, 100, remove); done || fault.KindOf(err) != fault.Conflict || len(removed) != 1 {
		t.Errorf("with a run under way: %v, %v, files %v", done, err, removed)
	}
	if w.text(`SELECT COUNT(*) FROM pipeline_runs`) != "1" || w.state(run) != "running" {
		t.Fatalf("the run under way is not as it was%s", w.dump(run))
	}
	if done, err := w.engine.Quiet(t.Context(), 7, 100); done || err != nil {
		t.Errorf("quiet at once: %v, %v", done, err)
	}
	if got := w.finish(run, v); got != "cancelled" {
		t.Fatalf("the run %s%s", got, w.dump(run))
	}
	w.invariants(run)
	if done, err := w.engine.Quiet(t.Context(), 7, 100); !done || err != nil {
		t.Errorf("ended: %v, %v", done, err)
	}
	if done, err := w.engine.Erase(t.Context(), 7, 100, remove); !done || err != nil || w.text(`SELECT COUNT(*) FROM pipeline_runs`) != "0" {
		t.Errorf("erased: %v, %v", done, err)
	}
}
