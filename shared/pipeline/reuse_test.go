package pipeline_test

import (
	"context"
	"testing"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// states are a run's steps in order: "skipped succeeded …".
func (w *world) states(run id.Run) string {
	w.t.Helper()
	return w.text(`SELECT GROUP_CONCAT(state ORDER BY step_no SEPARATOR ' ') FROM pipeline_steps WHERE run_id = ?`, run)
}

func TestAChainWhoseInputsAreTheSameIsSkippedWhole(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	first := w.must(wish{About: "noodles", Reuse: true})
	if got := w.finish(first, v); got != "succeeded" || w.states(first) != "succeeded succeeded succeeded succeeded" {
		t.Fatalf("%s: %s%s", got, w.states(first), w.dump(first))
	}
	second := w.must(wish{About: "noodles", Reuse: true})
	if got := w.states(second); got != "skipped skipped ready ready" {
		t.Fatalf("accepted with %s%s", got, w.dump(second))
	}
	if got := w.finish(second, v); got != "succeeded" || v.songs.Load() != 1 || v.posts.Load() != 4 {
		t.Errorf("%s with %d songs and %d posts%s", got, v.songs.Load(), v.posts.Load(), w.dump(second))
	}
	if got := w.text(`SELECT output_json FROM pipeline_steps WHERE run_id = ? AND step_no = 2 AND made_in = ?`, second, first); got != `"tune"` {
		t.Errorf("the skipped song is %s", got)
	}
	if got := w.text(`SELECT COUNT(*) FROM provider_calls WHERE run_id = ?`, second); got != "2" {
		t.Errorf("%s calls for two posts", got)
	}
	third := w.must(wish{About: "noodles", Reuse: true, NoPosts: true})
	if got := w.state(third); got != "succeeded" {
		t.Errorf("a run with nothing to do is %s%s", got, w.dump(third))
	}
	if got := w.text(`SELECT COUNT(*) FROM pipeline_steps WHERE run_id = ? AND made_in = ?`, third, first); got != "2" {
		t.Errorf("%s steps were made by the first run", got)
	}
	w.invariants(third)
}

func TestOnlyWhatChangedRunsAgain(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	w.finish(w.must(wish{About: "noodles", Reuse: true, NoPosts: true}), v)
	for name, c := range map[string]struct {
		tenant id.Tenant
		wish   wish
		want   string
	}{
		"the last step's own input": {7, wish{About: "noodles", Style: " trot", Reuse: true, NoPosts: true}, "skipped ready"},
		"the first step's":          {7, wish{About: "rice", Reuse: true, NoPosts: true}, "ready blocked"},
		"a recipe that forbids it":  {7, wish{About: "noodles", NoPosts: true}, "ready blocked"},
		"another tenant":            {8, wish{About: "noodles", Reuse: true, NoPosts: true}, "ready blocked"},
	} {
		run, err := w.order(c.tenant, c.wish)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.states(run); got != c.want {
			t.Errorf("%s: %s, want %s%s", name, got, c.want, w.dump(run))
		}
		w.finish(run, v)
		w.invariants(run)
	}
}

func TestAStepSkippedInTheMiddleOfARunWakesNobody(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	w.finish(w.must(wish{About: "noodles", Reuse: true, NoPosts: true}), v)
	// Another brief, and the same lyric comes of it: the song is there already.
	run := w.must(wish{About: "rice", Reuse: true, NoPosts: true})
	q, ok := w.next()
	if !ok {
		t.Fatal("the lyric was not woken")
	}
	if err := w.deliver(t.Context(), v, q); err != nil {
		t.Fatal(err)
	}
	if s := w.state(run); s != "succeeded" || w.states(run) != "succeeded skipped" || v.songs.Load() != 1 {
		t.Errorf("%s: %s with %d songs%s", s, w.states(run), v.songs.Load(), w.dump(run))
	}
	if q, ok := w.next(); ok {
		t.Errorf("a message to %s for a run that is over", q.queue)
	}
	w.invariants(run)
}

// A failed step is no result, and a film that was skipped is no source: what is
// reused is always what was made.
func TestNothingIsReusedFromWhatDidNotSucceed(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorRefused) }
	failed := w.must(wish{About: "noodles", Reuse: true, NoPosts: true})
	if got := w.finish(failed, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(failed))
	}
	run := w.must(wish{About: "noodles", Reuse: true, NoPosts: true})
	if got := w.states(run); got != "skipped ready" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	w.finish(run, happy())
	// The failed one, retried, has its own input and makes its own song.
	if err := w.engine.Retry(t.Context(), 7, failed, ""); err != nil {
		t.Fatal(err)
	}
	if got := w.finish(failed, happy()); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(failed))
	}
	w.invariants(run)
}

// A start that its caller rolls back leaves nothing, whatever it had skipped.
func TestASkippedRunThatIsRolledBackIsNotThere(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	w.finish(w.must(wish{About: "noodles", Reuse: true, NoPosts: true}), v)
	before := w.text(`SELECT CONCAT((SELECT COUNT(*) FROM pipeline_runs), ' ', (SELECT COUNT(*) FROM credit_ledger), ' ', (SELECT SUM(starts) FROM spend_days))`)
	err := w.db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := w.engine.Start(ctx, tx, pipeline.Order{Run: 99, Tenant: 7, Ad: 1, JSON: []byte(`{"about":"noodles","reuse":true}`)}); err != nil {
			return err
		}
		return fault.New(fault.CodeConflict)
	})
	if fault.CodeOf(err) != fault.CodeConflict {
		t.Fatal(err)
	}
	after := w.text(`SELECT CONCAT((SELECT COUNT(*) FROM pipeline_runs), ' ', (SELECT COUNT(*) FROM credit_ledger), ' ', (SELECT SUM(starts) FROM spend_days))`)
	if before != after {
		t.Errorf("%s, then %s", before, after)
	}
}

// The connection dies at one statement of a start after the other: what is written
// is written once and whole, however far the first attempt had come.
func TestAStartThatIsCutAnywhereIsWhole(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	w, v := worldOn(t, storetest.Open(t, storetest.Through(wire))), happy()
	first := w.must(wish{About: "noodles", Reuse: true, NoPosts: true})
	w.finish(first, v)
	for n := 1; ; n++ {
		wire.CutStatement(n, storetest.CutBefore)
		run, err := w.order(7, wish{About: "noodles", Reuse: true, NoPosts: true})
		uncut := wire.Disarm()
		// A lost COMMIT is the caller's to decide (ad.Store.Start does), all else is tried again.
		if err != nil && fault.KindOf(err) != fault.Unknown {
			t.Fatalf("cut at statement %d: %v", n, err)
		}
		if err == nil && w.states(run) != "skipped skipped" {
			t.Errorf("cut at statement %d: %s%s", n, w.states(run), w.dump(run))
		}
		if uncut {
			if n < 10 {
				t.Errorf("a start has %d statements", n-1)
			}
			break
		}
	}
	w.invariants(first)
}
