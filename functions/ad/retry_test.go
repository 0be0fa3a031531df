package ad_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// failedAt is an ad that has failed at a kind of step.
func (b *bench) failedAt(kind message.Kind) (ad.Ad, *vendors) {
	b.t.Helper()
	a, v := b.start(b.wish(b.place(1), youtube), "k"), newVendors()
	v.weather = func(k message.Kind) weather {
		if k == kind {
			return refused
		}
		return fine
	}
	b.until(v)
	if a = b.show(a); a.State != string(pipeline.RunFailed) {
		b.t.Fatalf("the ad %s: %+v", a.State, a.Steps)
	}
	v.weather = func(message.Kind) weather { return fine }
	return a, v
}

// until delivers what there is, and what comes of it.
func (b *bench) until(v *vendors) {
	b.t.Helper()
	for b.deliver(v, 1000) > 0 {
		continue
	}
}

func (b *bench) retry(a ad.Ad, key message.Key) (ad.Ad, fault.Code) {
	got, err := b.ads.Retry(b.t.Context(), owner, a.ID, key)
	if err == nil {
		return got, ""
	}
	return got, fault.CodeOf(err)
}

// retries are how often a run of the ad was made to go on.
func (b *bench) retries() int {
	return b.count(`SELECT COUNT(*) FROM run_events WHERE event = 'retry' AND step_no = 0 AND from_state = 'failed'`)
}

// Whoever presses twice, or whose answer was lost, wanted the ad to go on, and it does.
func TestARetryThatComesAgainBeginsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, v := b.failedAt(message.Song)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			key := message.Key(fmt.Sprint("key-", i%3))
			if i%3 == 0 {
				key = ""
			}
			if got, code := b.retry(a, key); code != "" || got.State != "running" {
				t.Errorf("retry %d of 12 at once: %s %q", i, got.State, code)
			}
		})
	}
	wg.Wait()
	b.until(v)
	for _, key := range []message.Key{"", "key-1", "another"} {
		if got, code := b.retry(a, key); code != "" || got.State != "succeeded" {
			t.Errorf("with key %q after its end: %s %q", key, got.State, code)
		}
	}
	if n := b.retries(); n != 1 || v.posts["youtube"] != 1 {
		t.Errorf("%d retries, %d posts", n, v.posts["youtube"])
	}
}

// A key is one retry for ever: also when that one has failed, been cancelled, or been edited away.
func TestAKeyRetriesOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, v := b.failedAt(message.Song)
	v.weather = func(message.Kind) weather { return refused }
	for range 2 {
		if got, code := b.retry(a, "first"); code != "" || b.retries() != 1 {
			t.Errorf("%s %q, %d retries", got.State, code, b.retries())
		}
		b.until(v)
	}
	if got, code := b.retry(a, "second"); code != "" || got.State != "running" || b.retries() != 2 {
		t.Errorf("another key: %s %q", got.State, code)
	}
	if _, err := b.ads.Cancel(t.Context(), owner, a.ID); err != nil {
		t.Fatal(err)
	}
	b.until(v)
	if got, code := b.retry(a, "second"); code != "" || got.State != "cancelled" {
		t.Errorf("the same after a cancel: %s %q", got.State, code)
	}
	for _, key := range []message.Key{"", "third"} {
		if _, code := b.retry(a, key); code != fault.CodeAdNotFailed {
			t.Errorf("a cancelled ad with key %q: %q", key, code)
		}
	}
	edit := ad.Edit{Change: ad.Change{Template: "menu"}}
	if _, _, err := b.ads.Edit(t.Context(), owner, a.ID, edit, "edit", ""); err != nil {
		t.Fatal(err)
	}
	if _, code := b.retry(a, "edit"); code != fault.CodeKeyReused {
		t.Errorf("the key of an edit: %q", code)
	}
	if _, code := b.retry(a, ""); code != fault.CodeAdNotFailed {
		t.Errorf("a run that never failed: %q", code)
	}
}

// What was read of a page is not used for another film because the ad had failed in
// between; for a film that is there it was used in time.
func TestARetryReadsAPlaceAnewWhoseFactsAreTooOld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failed   message.Kind
		revision int
		place    pipeline.State
	}{{message.Video, 2, pipeline.Ready}, {message.Publish, 1, pipeline.Succeeded}} {
		t.Run(string(c.failed), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a, v := b.failedAt(c.failed)
			by := b.now().Add(-time.Hour).UTC().Format(time.RFC3339)
			if _, err := b.db.Primary().Exec(t.Context(), `UPDATE pipeline_steps SET output_json = JSON_SET(output_json, '$.use_by', ?) WHERE kind = 'place'`, by); err != nil {
				t.Fatal(err)
			}
			for _, key := range []message.Key{"k2", "k2", ""} {
				got, code := b.retry(a, key)
				if code != "" {
					t.Fatalf("with key %q: %q", key, code)
				}
				if got.Revision != c.revision || got.Steps[0].State != c.place {
					t.Fatalf("revision %d, the place is %s", got.Revision, got.Steps[0].State)
				}
			}
			b.until(v)
			if _, code := b.retry(a, ""); code != "" {
				t.Errorf("again, after its end: %q", code)
			}
			if got := b.show(a); got.State != "succeeded" || got.Revision != c.revision || v.posts["youtube"] != 3-c.revision {
				t.Errorf("the ad %s, %d posts", got.State, v.posts["youtube"])
			}
		})
	}
}

// An ad that is put away at the moment of its retry does not go on unseen.
func TestAnAdThatIsPutAwayMeanwhileIsNotRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, _ := b.failedAt(message.Song)
	b.between(2, func() { // the retry has read the ad
		if _, err := b.ads.PutAway(t.Context(), owner, a.ID, 1); err != nil {
			t.Error(err)
		}
	})
	if _, code := b.retry(a, ""); code != fault.CodeNotFound || b.retries() != 0 {
		t.Errorf("%q, %d retries", code, b.retries())
	}
}
