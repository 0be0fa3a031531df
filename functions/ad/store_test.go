package ad_test

import (
	"fmt"
	"sync"
	"testing"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
)

func TestTwentyEqualOrdersAtOnceAreOneAd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.wish(b.place(1))
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids, made := map[id.Ad]int{}, 0
	for range 20 {
		wg.Go(func() {
			a, created, err := b.ads.Start(t.Context(), owner, w, "order-1")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if ids[a.ID]++; created {
				made++
			}
			if a.State != "running" || len(a.Steps) != 4 {
				t.Errorf("an answer without the ad: %+v", a)
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || made != 1 {
		t.Errorf("ads %v, %d of them made", ids, made)
	}
	if got := b.rows(); got != [3]int{1, 1, 1} {
		t.Errorf("ads, runs, wake-ups: %v", got)
	}
	if _, err := b.outbox.Relay(t.Context()); err != nil || len(b.queue) != 1 || b.queue[0].Step != 1 {
		t.Errorf("wake-ups %+v, %v", b.queue, err)
	}
}

func TestAKeyIsOneTenantsAndOneWishs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.wish(b.place(1))
	a := b.start(w, "k")
	b.start(w, "K") // keys are bytes, not words
	other := w
	other.Mood = "warm"
	if _, _, err := b.ads.Start(t.Context(), owner, other, "k"); fault.CodeOf(err) != fault.CodeKeyReused {
		t.Errorf("the key with another wish: %v", err)
	}
	_, _, err := b.ads.Start(t.Context(), stranger, w, "k")
	wantKind(t, "a stranger's order with the key", err, fault.NotFound)
	again, created, err := b.ads.Start(t.Context(), owner, w, "k")
	if err != nil || created || again.ID != a.ID {
		t.Errorf("the same order: %v, created %v, %v", again.ID, created, err)
	}
	if got := b.rows(); got != [3]int{2, 2, 2} {
		t.Errorf("ads, runs, wake-ups: %v", got)
	}
}

func TestARefusedOrderWritesNothingAndLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bare := b.place(0)
	before := b.count(`SELECT COUNT(*) FROM credit_ledger`)
	for name, c := range map[string]struct {
		tenant id.Tenant
		place  id.Place
		code   fault.Code
	}{
		"a place that is not there": {owner, 1, fault.CodeNotFound},
		"a stranger's place":        {stranger, bare, fault.CodeNotFound},
		"a place without photos":    {owner, bare, fault.CodeNoPhotos},
	} {
		var wg sync.WaitGroup
		for range 5 { // at once: their inserts meet on the key and all roll back
			wg.Go(func() {
				if _, _, err := b.ads.Start(t.Context(), c.tenant, b.wish(c.place), "k"); fault.CodeOf(err) != c.code {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
	}
	if got := b.rows(); got != [3]int{} || b.count(`SELECT COUNT(*) FROM credit_ledger`) != before {
		t.Errorf("ads, runs, wake-ups: %v", got)
	}
	b.start(b.wish(b.place(1)), "k")
}

// An account that nothing can be posted to is known when the ad is ordered, not
// after its song and film are paid for. An order that was accepted stays accepted.
func TestAnOrderForAnAccountThatCannotBePostedToIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.wish(b.place(1), youtube, instagram)
	for name, code := range map[string]fault.Code{"a stranger's account": fault.CodeNotFound, "an account that is cut off": fault.CodeReconnect,
		"a channel that is not set up": fault.CodeChannelOff, "a database that is down": fault.CodeUnavailable} {
		b.channels = func(tenant id.Tenant, channel string, account id.Account) error {
			if channel != "instagram" {
				return nil
			}
			if tenant != owner || account != 9 {
				t.Errorf("asked about %v's %v", tenant, account)
			}
			return fault.New(code)
		}
		_, _, err := b.ads.Start(t.Context(), owner, w, "k")
		if fault.CodeOf(err) != code || code != fault.CodeUnavailable && fault.FieldOf(err) != "channels[1].account" {
			t.Errorf("%s: %v blames %q", name, err, fault.FieldOf(err))
		}
	}
	refuse := b.channels
	b.channels = open
	// Nor can words that the channel refuses, which is as late to find out.
	unspeakable := w
	unspeakable.Caption = "<오늘만> 칼국수"
	if _, _, err := b.ads.Start(t.Context(), owner, unspeakable, "k"); fault.CodeOf(err) != fault.CodeVendorRefused || fault.FieldOf(err) != "caption" {
		t.Errorf("words that the channel refuses: %v blames %q", err, fault.FieldOf(err))
	}
	if got := b.rows(); got != [3]int{} {
		t.Errorf("ads, runs, wake-ups: %v", got)
	}
	a := b.start(w, "k")
	b.channels = refuse
	if again, created, err := b.ads.Start(t.Context(), owner, w, "k"); err != nil || created || again.ID != a.ID {
		t.Errorf("the same order again: %v, created %v, %v", again.ID, created, err)
	}
}

func TestWhatIsAStrangersIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.finished()
	for name, ask := range map[string]func(id.Tenant) error{
		"show":   func(who id.Tenant) error { _, err := b.ads.Show(t.Context(), who, a.ID); return err },
		"events": func(who id.Tenant) error { _, err := b.ads.Events(t.Context(), who, a.ID, 0); return err },
		"file":   func(who id.Tenant) error { _, err := b.ads.File(t.Context(), who, a.Video.File); return err },
		"cancel": func(who id.Tenant) error { _, err := b.ads.Cancel(t.Context(), who, a.ID); return err },
		"retry":  func(who id.Tenant) error { _, err := b.ads.Retry(t.Context(), who, a.ID, ""); return err },
	} {
		wantKind(t, name+" by a stranger", ask(stranger), fault.NotFound)
		if k := fault.KindOf(ask(owner)); k == fault.NotFound {
			t.Errorf("%s by the owner: not found", name)
		}
	}
	if list, err := b.ads.List(t.Context(), stranger, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("a stranger's list: %+v, %v", list, err)
	}
}

// The ads that were there when the first page was read come exactly once, in
// order, whatever is ordered meanwhile.
func TestPagesHaveNoGapAndNoDoubleWhileAdsAreAdded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.wish(b.place(1))
	var want []id.Ad
	for i := range 23 {
		want = append([]id.Ad{b.start(w, message.Key(fmt.Sprintf("first-%d", i))).ID}, want...)
	}
	var got []id.Ad
	for after := id.Ad(0); ; {
		page, err := b.ads.List(t.Context(), owner, after, 5)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			got = append(got, a.ID)
			if a.State != "running" || a.Wish.Place != w.Place {
				t.Errorf("listed %+v", a)
			}
		}
		after = got[len(got)-1]
		b.start(w, message.Key(fmt.Sprintf("meanwhile-%d", len(got))))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestEventsGoOnWhereTheyWereLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.finished()
	all, err := b.ads.Events(t.Context(), owner, a.ID, 0)
	if err != nil || !all.Ended || len(all.Events) < 10 || all.Version < all.Events[len(all.Events)-1].Seq {
		t.Fatalf("events %+v, %v", all, err)
	}
	for i, e := range all.Events {
		rest, err := b.ads.Events(t.Context(), owner, a.ID, e.Seq)
		if err != nil || !cmp.Equal(all.Events[i+1:], rest.Events) {
			t.Errorf("after %d: %v", e.Seq, cmp.Diff(all.Events[i+1:], rest.Events))
		}
		if i > 0 && e.Seq <= all.Events[i-1].Seq {
			t.Errorf("event %d follows %d", e.Seq, all.Events[i-1].Seq)
		}
	}
	if last := all.Events[len(all.Events)-1]; last.Step != 0 || last.To != "succeeded" {
		t.Errorf("the last event is %+v", last)
	}
}

var youtube, instagram = ad.Channel{Channel: "youtube", Account: "channel_0000000000009"}, ad.Channel{Channel: "instagram", Account: "channel_0000000000009"}

// Whoever had no answer to a cancel asks again; what has ended otherwise is not cancelled.
func TestCancellingAgainIsNoError(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.start(b.wish(b.place(1)), "k")
	for range 3 {
		if got, err := b.ads.Cancel(t.Context(), owner, a.ID); err != nil || got.State != "cancelled" {
			t.Errorf("cancelled: %s, %v", got.State, err)
		}
	}
	done := b.ended(b.start(b.wish(b.place(1)), "k2").ID)
	if _, err := b.ads.Cancel(t.Context(), owner, done.ID); fault.CodeOf(err) != fault.CodeAdEnded {
		t.Errorf("an ad that %s is cancelled: %v", done.State, err)
	}
}
