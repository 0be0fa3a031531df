package pipeline_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/provider"
)

// paused makes the world's engine ask what an operator of the test has paused.
func (w *world) paused(by func(kind message.Kind, provider string, collect bool) bool) {
	w.engine = w.another(by)
}

// another is an engine of another process on the same database.
func (w *world) another(held pipeline.Held) *pipeline.Engine {
	return pipeline.New(pipeline.Config{DB: w.db.Primary(), Outbox: w.outbox, Recipe: recipe{}, Rules: hurried(), Now: w.now,
		Paused: func(context.Context) pipeline.Held { return held }})
}

// hurried are the rules of a product in which everything must be done within minutes.
func hurried() pipeline.Rules {
	r := pipeline.DefaultRules()
	r.ReconcileFor, r.RunDeadline = 2*time.Minute, 10*time.Minute
	for kind := range r.StepDeadline {
		r.StepDeadline[kind] = 3 * time.Minute
	}
	return r
}

// goOn delivers and sweeps for a while of the world's time.
func (w *world) goOn(v *vendor, d time.Duration) {
	w.t.Helper()
	for end := w.now().Add(d); w.now().Before(end); w.pass(20 * time.Second) {
		for q, ok := w.next(); ok; q, ok = w.next() {
			if err := w.deliver(w.t.Context(), v, q); err != nil {
				w.t.Errorf("%s: %v", q.queue, err)
			}
		}
		if _, err := w.engine.Sweep(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestAPausedStepWaitsWithoutATryAndWithoutADeadline(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind     message.Kind
		provider string
		collect  bool
		step     int
		attempt  string
	}{
		"to write":                   {message.Lyric, "chat", false, 1, "0"},
		"to order a song":            {message.Song, "music", false, 2, "0"},
		"to ask for a song":          {message.Song, "music", true, 2, "1"},
		"to publish":                 {message.Publish, "youtube", false, 3, "0"},
		"to look for a publication":  {message.Publish, "youtube", true, 3, "1"},
		"to publish, the other half": {message.Publish, "instagram", false, 4, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), happy()
			var pause atomic.Bool
			pause.Store(true)
			w.paused(func(kind message.Kind, provider string, collect bool) bool {
				return pause.Load() && kind == row.kind && provider == row.provider && collect == row.collect
			})
			run := w.start()
			w.goOn(v, 25*time.Minute) // longer than the step's own time and the run's
			if s := w.state(run); s != "running" {
				t.Fatalf("the run is %s%s", s, w.dump(run))
			}
			const attempts = `SELECT attempt FROM pipeline_steps WHERE run_id = ? AND step_no = ?`
			if n := w.text(attempts, run, row.step); n != row.attempt {
				t.Errorf("%s tries while it was paused", n)
			}
			const why, told = `SELECT fail_code FROM pipeline_steps WHERE run_id = ? AND step_no = ?`, `SELECT COUNT(*) FROM run_events WHERE run_id = ? AND step_no = ? AND code = 'vendor.paused'`
			if code, n := w.text(why, run, row.step), w.text(told, run, row.step); code != string(fault.CodePaused) || n != "1" {
				t.Errorf("while it is paused the step says %q, the history %s times%s", code, n, w.dump(run))
			}
			pause.Store(false)
			before := w.now()
			if s := w.finish(run, v); s != "succeeded" {
				t.Fatalf("after the pause it is %s%s", s, w.dump(run))
			}
			if took := w.now().Sub(before); took > 2*time.Minute {
				t.Errorf("it took %s to go on", took)
			}
			for _, step := range []int{1, 2, 3, 4} {
				if n := w.text(attempts, run, step); n != "1" {
					t.Errorf("step %d took %s tries", step, n)
				}
				if code := w.text(why, run, step); code != "" {
					t.Errorf("step %d still says %s", step, code)
				}
			}
			if v.songs.Load() != 1 || v.posts.Load() != 2 {
				t.Errorf("%d songs, %d posts", v.songs.Load(), v.posts.Load())
			}
			w.invariants(run)
		})
	}
}

// The window in which a lost answer is looked for does not pass while nobody may look:
// at its end a song would be ordered, and paid for, again.
func TestALostAnswerIsNotGivenUpWhileNobodyMayLook(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	var pause atomic.Bool
	w.paused(func(kind message.Kind, _ string, _ bool) bool { return pause.Load() && kind == message.Song })
	v.song = func(message.Call) (string, error) {
		pause.Store(true)
		return "", fault.New(fault.CodeVendorUnknown)
	}
	asked := 0
	v.ask = func(message.Call) (string, error) {
		if asked++; asked == 1 { // the vendor has not heard of it, yet
			return "", message.NotYet{}
		}
		return "", message.NotYet{ExternalID: "task-1"}
	}
	run := w.start()
	w.goOn(v, 20*time.Minute)
	if s := w.text(`SELECT state FROM pipeline_steps WHERE run_id = ? AND step_no = 2`, run); s != "unknown" {
		t.Fatalf("the song's step is %s%s", s, w.dump(run))
	}
	pause.Store(false)
	w.goOn(v, 100*time.Second) // it is found
	v.ask = func(message.Call) (string, error) { return "tune", nil }
	if s := w.finish(run, v); s != "succeeded" || v.songs.Load() != 1 {
		t.Errorf("%s, %d songs ordered%s", s, v.songs.Load(), w.dump(run))
	}
	w.invariants(run)
}

// A pause that comes between a claim and its call is told by the call's error.
func TestAPauseBetweenClaimAndCallCostsNoTry(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	refuse := &provider.Error{Provider: "music", Op: "generate", Class: provider.Later, Code: "paused", Err: fault.ErrPaused}
	left := 3
	v.song = func(message.Call) (string, error) {
		if left--; left >= 0 {
			return "", refuse
		}
		return "task-1", nil
	}
	asks := 3
	v.ask = func(message.Call) (string, error) {
		if asks--; asks >= 0 {
			return "", refuse
		}
		return "tune", nil
	}
	run := w.start()
	if s := w.finish(run, v); s != "succeeded" {
		t.Fatalf("%s%s", s, w.dump(run))
	}
	if tries := w.text(`SELECT attempt - parts FROM pipeline_steps WHERE run_id = ? AND step_no = 2`, run); tries != "1" {
		t.Errorf("%s tries%s", tries, w.dump(run))
	}
	if failed := w.text(`SELECT COUNT(*) FROM provider_calls WHERE run_id = ? AND state = 'failed'`, run); failed != "0" {
		t.Errorf("%s calls failed", failed)
	}
	w.invariants(run)
}

func TestAPausedRunCanBeCancelled(t *testing.T) {
	t.Parallel()
	for _, step := range []message.Kind{message.Lyric, message.Song, message.Publish} {
		w, v := newWorld(t), happy()
		w.paused(func(kind message.Kind, _ string, collect bool) bool { return kind == step })
		run := w.start()
		w.goOn(v, 5*time.Minute)
		if err := w.engine.Cancel(t.Context(), 7, run); err != nil {
			t.Fatal(err)
		}
		if s := w.finish(run, v); s != "cancelled" {
			t.Errorf("paused at %s: %s%s", step, s, w.dump(run))
		}
		w.invariants(run)
	}
}
