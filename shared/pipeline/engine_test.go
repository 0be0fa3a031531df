package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
)

func TestARunEndsAndPaysOnce(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	if got := w.finish(run, v); got != "succeeded" {
		t.Fatalf("the run %s:%s", got, w.dump(run))
	}
	if v.songs.Load() != 1 || v.posts.Load() != 2 {
		t.Errorf("%d songs, %d posts", v.songs.Load(), v.posts.Load())
	}
	if got := w.text(`SELECT CONCAT(COUNT(*), '/', SUM(amount_won)) FROM credit_ledger WHERE entry = 'capture'`); got != "2/110" {
		t.Errorf("captured %s", got)
	}
	if got := w.text(`SELECT COUNT(*) FROM artifacts WHERE run_id = ?`, run); got != "1" {
		t.Errorf("%s artifacts", got)
	}
	w.invariants(run)
}

func TestEveryMessageThreeTimesAtOnceChangesNothing(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	for range 200 {
		q, ok := w.next()
		if !ok {
			if s := w.state(run); s != "running" {
				break
			}
			w.pass(10 * time.Second)
			continue
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := w.deliver(t.Context(), v, q); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if s := w.state(run); s != "succeeded" || v.songs.Load() != 1 || v.posts.Load() != 2 {
		t.Errorf("%s with %d songs and %d posts%s", s, v.songs.Load(), v.posts.Load(), w.dump(run))
	}
	w.invariants(run)
}

func TestAPurgedQueueEndsAllTheSame(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	for i := range 500 {
		if q, ok := w.next(); ok && i%2 == 0 {
			_ = w.deliver(t.Context(), v, q)
		}
		w.purge() // every other message is lost, and all scheduled ones
		if s := w.state(run); s == "succeeded" {
			w.invariants(run)
			return
		}
		w.pass(time.Minute)
		if _, err := w.engine.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("not ended:%s", w.dump(run))
}

func TestALostAnswerIsSettledByTheCallback(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorUnknown) }
	v.ask = func(c message.Call) (string, error) {
		switch {
		case c.ExternalID == "":
			return "", message.NotYet{}
		case !c.Unsure || !c.Ours(v.lastURL.Load().(string)) || c.Ours("https://x/callbacks/song/AAAA"):
			t.Errorf("asked with %+v", c)
		}
		return "tune", nil
	}
	run := w.start()
	told := 0
	for range 100 {
		q, ok := w.next()
		if ok {
			if err := w.deliver(t.Context(), v, q); err != nil {
				t.Error(err)
			}
		}
		if v.songs.Load() == 1 && told < 3 { // the same report three times
			url := v.lastURL.Load().(string)
			token := url[strings.LastIndexByte(url, '/')+1:]
			report := pipeline.Report{Stage: "complete", ExternalID: "task-9", Body: []byte("{}")}
			if err := w.engine.Callback(t.Context(), message.Song, token, report); err != nil {
				t.Error(err)
			}
			if err := w.engine.Callback(t.Context(), message.Video, token, report); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the song's token was taken for a video: %v", err)
			}
			told++
		}
		if s := w.state(run); s != "running" {
			break
		}
		w.pass(10 * time.Second)
	}
	if s := w.state(run); s != "succeeded" || v.songs.Load() != 1 {
		t.Fatalf("%s with %d songs%s", s, v.songs.Load(), w.dump(run))
	}
	if got := w.text(`SELECT external_id FROM provider_calls WHERE run_id = ? AND step_no = 2`, run); got != "task-9" {
		t.Errorf("the call's id is %q", got)
	}
	if got := w.text(`SELECT COUNT(*) FROM callbacks`); got != "1" {
		t.Errorf("%s callbacks kept", got)
	}
	w.invariants(run)
}

func TestAnAnswerThatNeverComesIsPaidForOnceMoreAndBooked(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(c message.Call) (string, error) {
		if c.Attempt == 1 {
			return "", fault.New(fault.CodeVendorUnknown)
		}
		return "task-2", nil
	}
	v.ask = func(c message.Call) (string, error) {
		if c.Unsure {
			return "", message.NotYet{}
		}
		return "tune", nil
	}
	run := w.start()
	before := w.now()
	if got := w.finish(run, v); got != "succeeded" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if v.songs.Load() != 2 || w.now().Sub(before) < pipeline.DefaultRules().ReconcileFor {
		t.Errorf("%d songs after %v", v.songs.Load(), w.now().Sub(before))
	}
	if got := w.text(`SELECT COUNT(*) FROM credit_ledger WHERE entry = 'waste'`); got != "1" {
		t.Errorf("%s waste entries", got)
	}
	w.invariants(run)
}

func TestAPublicationWhoseAnswerIsLostIsLookedUpNeverRepeated(t *testing.T) {
	t.Parallel()
	for name, live := range map[string]bool{"it is live": true, "it is nowhere": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), happy()
			v.post = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorUnknown) }
			v.look = func(c message.Call) (string, error) {
				if live {
					return "url", nil
				}
				return "", message.NotYet{}
			}
			run := w.start()
			want := "failed"
			if live {
				want = "succeeded"
			}
			if got := w.finish(run, v); got != want || v.posts.Load() != 2 {
				t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
			}
			w.invariants(run)
			if err := w.engine.Retry(t.Context(), 7, run, ""); !live && fault.CodeOf(err) != fault.CodeRetryUnsafe {
				t.Errorf("retry of posts that may be live: %v", err)
			}
		})
	}
}

func TestAFailedRunGoesOnFromItsFailedStep(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorRefused) }
	run := w.start()
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if got := w.text(`SELECT fail_code FROM pipeline_runs WHERE id = ?`, run); got != string(fault.CodeVendorRefused) {
		t.Errorf("failed with %q", got)
	}
	w.invariants(run)
	if err := w.engine.Retry(t.Context(), 8, run, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another tenant's retry: %v", err)
	}
	lyrics := 0
	v.lyric = func() (string, error) { lyrics++; return "", errors.New("asked again") }
	v.song = func(message.Call) (string, error) { return "task-2", nil }
	if err := w.engine.Retry(t.Context(), 7, run, ""); err != nil {
		t.Fatal(err)
	}
	if got := w.finish(run, v); got != "succeeded" || lyrics != 0 {
		t.Errorf("%s, the lyric written %d times again%s", got, lyrics, w.dump(run))
	}
	w.invariants(run)
}

func TestAStepWithoutAPossibleInputFailsTheRun(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.lyric = func() (string, error) { return "unfit", nil }
	run := w.start()
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	// A retry says so again at once: it does not wait for a claim that cannot be.
	for retried := range 2 {
		if got := w.text(`SELECT CONCAT(state, ' ', fail_code) FROM pipeline_runs WHERE id = ?`, run); got != "failed "+string(fault.CodeNoPhotos) {
			t.Errorf("after %d retries: %q%s", retried, got, w.dump(run))
		}
		if err := w.engine.Retry(t.Context(), 7, run, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.invariants(run)
}

func TestCancelStopsWhatHasNotBegunAndSettlesWhatHas(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.ask = func(message.Call) (string, error) { return "", message.NotYet{} }
	run := w.start()
	for range 3 { // lyric, song, first question
		if q, ok := w.next(); ok {
			_ = w.deliver(t.Context(), v, q)
		}
	}
	if err := w.engine.Cancel(t.Context(), 7, run); err != nil {
		t.Fatal(err)
	}
	if got := w.finish(run, v); got != "cancelled" || v.posts.Load() != 0 {
		t.Errorf("%s with %d posts%s", got, v.posts.Load(), w.dump(run))
	}
	if err := w.engine.Cancel(t.Context(), 7, run); fault.CodeOf(err) != fault.CodeAdEnded {
		t.Errorf("cancelled twice: %v", err)
	}
	w.invariants(run)
}

// A claim whose process dies leaves the step under a lease; the sweep takes it
// over, and the dead claim's late outcome is not written.
func TestADeadClaimIsTakenOverAndItsLateOutcomeIgnored(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.start()
	entered, release := make(chan struct{}), make(chan struct{})
	v.lyric = sync.OnceValues(func() (string, error) {
		close(entered)
		<-release
		return "late", nil
	})
	q, _ := w.next()
	done := make(chan error, 1)
	go func() { done <- w.deliver(t.Context(), v, q) }()
	select {
	case <-entered:
	case err := <-done:
		t.Fatalf("the claim did not reach its work: %v", err)
	}
	v2 := happy()
	w.pass(2 * time.Minute)
	if n, err := w.engine.Sweep(t.Context()); err != nil || n.Expired != 1 {
		t.Fatalf("swept %+v, %v", n, err)
	}
	if got := w.finish(run, v2); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := w.text(`SELECT output_json FROM pipeline_steps WHERE run_id = ? AND step_no = 1`, run); got != `"la la"` {
		t.Errorf("the late outcome was written: %s", got)
	}
	w.invariants(run)
}

func TestARunWhoseVendorNeverAnswersFailsAtItsDeadline(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.ask = func(message.Call) (string, error) { return "", message.NotYet{After: 10 * time.Minute} }
	run := w.start()
	if got := w.finish(run, v); got != "failed" {
		t.Fatalf("%s%s", got, w.dump(run))
	}
	if got := w.text(`SELECT fail_code FROM pipeline_runs WHERE id = ?`, run); got != string(fault.CodeDeadline) {
		t.Errorf("failed with %q", got)
	}
	w.invariants(run)
}

func TestABrokerThatIsDownLosesNothing(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	w.down = true
	run := w.start()
	if _, ok := w.next(); ok {
		t.Fatal("a message came through")
	}
	w.mu.Lock()
	w.down = false
	w.mu.Unlock()
	if got := w.finish(run, v); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	w.invariants(run)
}

// Work that takes longer than a lease keeps its claim as long as its process
// lives, and loses it soon after it died.
func TestALeaseIsRenewedWhileTheWorkGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(r *pipeline.Rules) { r.Lease, r.Skew = 60*time.Millisecond, 0 })
	ctx, die := context.WithCancel(t.Context())
	renewing := make(chan struct{})
	go func() { defer close(renewing); w.engine.Hold(ctx) }()
	run, v := w.start(), happy()
	entered, release := make(chan struct{}), make(chan struct{})
	v.lyric = func() (string, error) { close(entered); <-release; return "la la", nil }
	q, _ := w.next()
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done <- w.deliver(ctx, v, q)
	}()
	select {
	case <-entered:
	case err := <-done:
		t.Fatalf("the claim did not reach its work: %v", err)
	}
	lease := func() string {
		return w.text(`SELECT CAST(lease_until AS CHAR) FROM pipeline_steps WHERE run_id = ? AND step_no = 1`, run)
	}
	for range 3 {
		before := lease()
		w.pass(50 * time.Millisecond)
		for lease() == before {
			time.Sleep(5 * time.Millisecond) // the renewal is on its way
		}
		if n, err := w.engine.Sweep(t.Context()); err != nil || n.Expired != 0 {
			t.Fatalf("a renewed lease was taken over: %+v, %v", n, err)
		}
	}
	die()
	<-renewing
	w.pass(time.Second)
	if n, err := w.engine.Sweep(t.Context()); err != nil || n.Expired != 1 {
		t.Fatalf("a dead process kept its lease: %+v, %v", n, err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := w.finish(run, happy()); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	w.invariants(run)
}
