package sns_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/message"
)

func (d *desk) cancel(p sns.Post) (sns.Post, error) {
	return d.orders.Cancel(d.t.Context(), 7, p.ID)
}

func (d *desk) confirm(p sns.Post, there bool, address string) (sns.Post, error) {
	return d.orders.Confirm(d.t.Context(), 7, 3, p.ID, there, address)
}

func TestAPostIsCancelledBeforeItIsDueAndBetweenItsRounds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	never := func(message.SnsPublish, *sns.Notes) (string, error) {
		t.Error("sent after it was cancelled")
		return "v", nil
	}
	draft := d.draft()
	draft.At = d.now().Add(time.Hour)
	planned := d.order(draft)
	draft.At, draft.Channel = time.Time{}, "instagram"
	begun := d.order(draft)
	d.send(begun, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
		d.keep(n, "container 1")
		return "", message.NotYet{}
	})
	for range 2 { // the second time changes nothing
		for _, p := range []sns.Post{planned, begun} {
			if got, err := d.cancel(p); err != nil || got.State != sns.Cancelled {
				t.Errorf("cancelled: %s, %v", got.State, err)
			}
		}
	}
	d.pass(2 * time.Hour)
	d.send(planned, never)
	d.send(begun, never)
	draft.Channel = "youtube"
	d.publish(d.order(draft), "v1") // what was cancelled is in nobody's way
}

func TestAPostThatIsOutOrItsAdsCannotBeCancelled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.publish(d.order(d.draft()), "v1")
	if _, err := d.cancel(p); fault.CodeOf(err) != fault.CodePostEnded {
		t.Errorf("a post that is out: %v", err)
	}
	d.submit(1, func(*sns.Notes) (string, error) { return "", message.NotYet{} })
	posts, err := d.orders.List(t.Context(), 7, 5, 0, 9)
	if err != nil || len(posts) != 1 {
		t.Fatalf("the ad's own posts: %v, %v", posts, err)
	}
	if _, err := d.cancel(posts[0]); fault.CodeOf(err) != fault.CodePostOfAd {
		t.Errorf("a post of an ad's order: %v", err)
	}
	if _, err := d.orders.Cancel(t.Context(), 8, p.ID); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("a stranger's cancel: %v", err)
	}
}

// Whoever comes first: a post whose cancel was answered "cancelled" never leaves
// afterwards, and one that left is not called cancelled.
func TestACancelAndAClaimAtOnceAgree(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 12 {
		draft := d.draft()
		draft.Again = true
		p := d.order(draft)
		var left atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			d.send(p, func(message.SnsPublish, *sns.Notes) (string, error) { left.Store(true); return fmt.Sprint("v", i), nil })
		})
		wg.Go(func() {
			if _, err := d.cancel(p); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if got := d.show(p); (got.State == sns.Cancelled) == left.Load() {
			t.Errorf("round %d: it is %s, sent: %v", i, got.State, left.Load())
		}
		if left.Load() {
			d.pass(time.Minute)
			d.publishedAfterCancel(p, fmt.Sprint("v", i))
		}
	}
}

// publishedAfterCancel finds a post that had left when it was cancelled.
func (d *desk) publishedAfterCancel(p sns.Post, external string) {
	d.t.Helper()
	err := d.posts.Verify(d.t.Context(), d.wake(p), func(context.Context, message.SnsPublish, message.Call, []byte) (message.SnsPosted, error) {
		return message.SnsPosted{ExternalID: external, URL: "https://y/" + external}, nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.state("it had left", p, sns.Published)
}

func TestAPostThatIsNeverFoundIsSettledByItsOwnersWord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		there   bool
		address string
		state   string
	}{
		"it is there":                  {true, "https://y/v9", sns.Published},
		"it is there, who knows where": {true, "", sns.Published},
		"it is not there":              {false, "", sns.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			p := d.order(d.draft())
			if _, err := d.confirm(p, c.there, ""); fault.CodeOf(err) != fault.CodeNotUnknown {
				t.Errorf("confirmed before it was sent: %v", err)
			}
			d.lose(p)
			if got := d.state("given up", p, sns.Unknown); got.Fail == nil || got.Fail.Code != fault.CodeAbandoned {
				t.Errorf("given up: %+v", got.Fail)
			}
			again := d.draft()
			again.Again = true
			d.refused("while nobody knows", again, fault.CodePostUnderWay)
			for range 2 {
				got, err := d.confirm(p, c.there, c.address)
				if err != nil || got.State != c.state || got.ConfirmedAt == nil || got.URL != c.address {
					t.Errorf("confirmed: %+v, %v", got, err)
				}
			}
			if _, err := d.confirm(p, !c.there, ""); fault.CodeOf(err) != fault.CodeNotUnknown {
				t.Errorf("confirmed otherwise: %v", err)
			}
			// One whose address is known is asked about.
			if n, _, err := d.measure(func(string) (sns.Counts, error) { return sns.Counts{ExternalID: "v9"}, nil }); err != nil || (n == 1) != (c.address != "") {
				t.Errorf("%d measured, %v", n, err)
			}
			if next := d.order(again); next.Number != 2 {
				t.Errorf("the next post is number %d", next.Number)
			}
		})
	}
}

func TestAnAddressThatIsNotTheChannelsConfirmsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.publish(d.order(d.draft()), "v1")
	again := d.draft()
	again.Again = true
	p := d.order(again)
	d.lose(p)
	for address, code := range map[string]fault.Code{"https://elsewhere/v2": fault.CodeBadValue, "https://y/v1": fault.CodeConflict} {
		if _, err := d.confirm(p, true, address); fault.CodeOf(err) != code || fault.FieldOf(err) != "url" {
			t.Errorf("%s: %v, want %s", address, err, code)
		}
	}
	d.state("not confirmed", p, sns.Unknown)
}

// An owner who looks for a lost post may take one that is just going out for it: its
// own channel's word is the better one, and it does not stay unsettled for that.
func TestAPostThatWasTakenForAnotherIsStillPublished(t *testing.T) {
	t.Parallel()
	for who, tenant := range map[string]int{"its own owner": 7, "somebody else": 8} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			lost := d.order(d.draft())
			d.lose(lost)
			if _, err := d.confirm(lost, true, "https://y/v2"); err != nil {
				t.Fatal(err)
			}
			give := func(tenant int) {
				if _, err := d.db.Exec(t.Context(), `UPDATE publications SET tenant_id = ? WHERE id = ?`, tenant, lost.ID); err != nil {
					t.Fatal(err)
				}
			}
			again := d.draft()
			again.Again = true
			second := d.order(again)
			give(tenant)
			if p := d.publish(second, "v2"); p.ExternalID != "v2" || p.URL != "https://y/v2" {
				t.Errorf("the post that is there: %+v", p)
			}
			give(7)
			if p := d.state("its owner has seen it somewhere", lost, sns.Published); p.ExternalID != "" || p.URL != "" || p.Note == "" {
				t.Errorf("the lost one: %+v", p)
			}
		})
	}
}

func TestAPostIsRemovedOnceHoweverOftenItIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.order(d.draft())
	var asked []string
	remove := func(err error) (sns.Post, error) {
		return d.orders.Remove(t.Context(), 7, p.ID, func(_ context.Context, target sns.Target) error {
			asked = append(asked, fmt.Sprintf("%s %s %v", target.Channel, target.ExternalID, target.Account == 9))
			return err
		})
	}
	if _, err := remove(nil); fault.CodeOf(err) != fault.CodeNotPublished {
		t.Errorf("removed before it was out: %v", err)
	}
	d.publish(p, "v1")
	_, err := remove(fault.Newf(fault.CodeVendorRefused, "no"))
	if fault.CodeOf(err) != fault.CodeRemoveByHand || fault.LinkOf(err) != "https://y/v1" {
		t.Errorf("where no app may delete: %v at %q", err, fault.LinkOf(err))
	}
	if _, err := remove(fault.New(fault.CodeUnavailable)); fault.CodeOf(err) != fault.CodeUnavailable {
		t.Errorf("the channel is down: %v", err)
	}
	d.state("nothing was removed", p, sns.Published)
	for range 2 {
		if got, err := remove(nil); err != nil || got.State != sns.Removed || got.RemovedAt == nil {
			t.Errorf("removed: %+v, %v", got, err)
		}
	}
	if want := "youtube v1 true"; len(asked) != 3 || asked[2] != want {
		t.Errorf("the channel was asked %q", asked)
	}
	if next := d.order(d.draft()); next.Number != 2 { // what is gone needs no "again"
		t.Errorf("the next post is number %d", next.Number)
	}
}

// A process that dies after the channel has deleted leaves a post that looks
// published; the next request finds that it is gone.
func TestARemovalThatWasInterruptedIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.publish(d.order(d.draft()), "v1")
	ctx, kill := context.WithCancel(t.Context())
	gone := false
	erase := func(context.Context, sns.Target) error { gone = true; return nil } // deleting what is gone is no error
	_, err := d.orders.Remove(ctx, 7, p.ID, func(ctx context.Context, target sns.Target) error {
		defer kill()
		return erase(ctx, target)
	})
	if err == nil || !gone {
		t.Fatalf("the process went on: %v", err)
	}
	d.state("killed in between", p, sns.Published)
	if got, err := d.orders.Remove(t.Context(), 7, p.ID, erase); err != nil || got.State != sns.Removed {
		t.Errorf("asked again: %+v, %v", got, err)
	}
}
