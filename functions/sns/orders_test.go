package sns_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestAScheduledPostWaitsForItsTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.draft()
	draft.At = d.now().Add(3 * 24 * time.Hour)
	p := d.order(draft)
	if p.State != sns.Scheduled || p.ScheduledAt == nil || !p.ScheduledAt.Equal(draft.At) {
		t.Errorf("ordered: %+v", p)
	}
	early := func(message.SnsPublish, *sns.Notes) (string, error) { t.Error("sent before its time"); return "v", nil }
	d.send(p, early)
	d.pass(3*24*time.Hour - time.Minute)
	d.send(p, early)
	d.state("a minute before", p, sns.Scheduled)
	d.pass(time.Minute)
	d.state("its time has come", p, sns.Publishing)
	d.publish(p, "v1")
}

func TestAPostThatWaitsBecauseOfAPauseSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.draft()
	draft.At = d.now().Add(time.Hour)
	p := d.order(draft)
	for range 7 { // days: longer than a run may take that nobody holds up
		d.pass(24 * time.Hour)
		if _, err := d.eng.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.send(p, func(message.SnsPublish, *sns.Notes) (string, error) { return "", fault.ErrPaused })
		if got := d.state("paused", p, sns.Publishing); got.Fail != nil || got.Paused == nil || got.Paused.Code != fault.CodePaused {
			t.Errorf("paused: %+v, %+v", got.Paused, got.Fail)
		}
	}
	d.pass(time.Minute)
	d.publish(p, "v1")
	if got := d.state("resumed", p, sns.Published); got.Paused != nil || !got.ScheduledAt.Equal(draft.At) {
		t.Errorf("resumed: %+v, it was for %v", got.Paused, got.ScheduledAt)
	}
}

// What was put away before its time does not go out after all.
func TestAPostOfAnAdThatWasPutAwayDoesNotGoOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.draft()
	draft.At = d.now().Add(time.Hour)
	p := d.order(draft)
	d.exec(`UPDATE ads SET deleted_at = ? WHERE id = 20`, d.now())
	d.pass(time.Hour)
	d.send(p, func(message.SnsPublish, *sns.Notes) (string, error) { t.Error("sent"); return "v1", nil })
	if got := d.state("its time has come", p, sns.Failed); got.Fail == nil || got.Fail.Code != fault.CodeAdAway {
		t.Errorf("failed: %+v", got.Fail)
	}
	d.exec(`UPDATE ads SET deleted_at = NULL WHERE id = 20`)
	d.publish(d.order(d.draft()), "v2")
}

// The marker and the notes of a post are its own: a second one is never found as the first.
func TestASecondPostIsOrderedOnPurposeAndIsNotTheFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.order(d.draft())
	d.refused("before the first is out", d.draft(), fault.CodePosted)
	again := d.draft()
	again.Again = true
	d.send(first, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
		d.keep(n, "first")
		return "", message.NotYet{}
	})
	d.refused("while the first is under way", again, fault.CodePostUnderWay)
	d.pass(time.Minute)
	d.publish(first, "v1")
	d.refused("without again", d.draft(), fault.CodePosted)
	second := d.order(again)
	if second.Number != 2 {
		t.Errorf("the second post is number %d", second.Number)
	}
	d.send(second, func(in message.SnsPublish, n *sns.Notes) (string, error) {
		if in.Number() != 2 || n.Last() != nil {
			t.Errorf("the second is number %d with the notes %q", in.Number(), n.Last())
		}
		if m := sns.Marker(in); m != "castad-"+id.Ad(20).String()+"-youtube-2" {
			t.Errorf("the second's marker is %s", m)
		}
		return "v2", nil
	})
	d.state("the first", first, sns.Published)
	d.pass(time.Minute)
	d.publish(second, "v2")
	if got := d.show(first); got.ExternalID != "v1" || d.show(second).ExternalID != "v2" {
		t.Errorf("the first is %s", got.ExternalID)
	}
}

// The newest post may have come to nothing; as long as one of before is out, or is still
// to go, another is one more.
func TestWithoutAWordThereIsNoSecondPostBesideAnOlderOne(t *testing.T) {
	t.Parallel()
	for name, older := range map[string]func(*desk) sns.Post{
		"one that is out": func(d *desk) sns.Post { return d.publish(d.order(d.draft()), "v1") },
		"one that is to go": func(d *desk) sns.Post {
			draft := d.draft()
			draft.At = d.now().Add(time.Hour)
			return d.order(draft)
		},
	} {
		d := newDesk(t)
		older(d)
		again := d.draft()
		again.Again = true
		for what, end := range map[string]func(p sns.Post){
			"cancelled": func(p sns.Post) { _, _ = d.cancel(p) },
			"refused": func(p sns.Post) {
				d.send(p, func(message.SnsPublish, *sns.Notes) (string, error) { return "", fault.New(fault.CodeRefused) })
			},
		} {
			end(d.order(again))
			d.refused(name+", and a newer one that was "+what, d.draft(), fault.CodePosted)
		}
		if p := d.order(again); p.Number != 4 {
			t.Errorf("%s: on purpose it is number %d", name, p.Number)
		}
	}
}

// A post that came to nothing is followed without a word; its own step, should it
// ever be retried, then sends nothing.
func TestAPostThatReplacesAFailedOneIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.order(d.draft())
	d.send(first, func(message.SnsPublish, *sns.Notes) (string, error) { return "", fault.New(fault.CodeRefused) })
	if p := d.state("refused", first, sns.Failed); p.Fail == nil || p.Fail.Code != fault.CodeRefused {
		t.Errorf("failed: %+v", p.Fail)
	}
	second := d.order(d.draft())
	if err := d.eng.Retry(t.Context(), 7, d.wake(first).Run, ""); err != nil {
		t.Fatal(err)
	}
	d.send(first, func(message.SnsPublish, *sns.Notes) (string, error) {
		t.Error("sent although it was replaced")
		return "v1", nil
	})
	if p := d.state("retried", first, sns.Failed); p.Fail == nil || p.Fail.Code != fault.CodePostReplaced {
		t.Errorf("replaced: %+v", p.Fail)
	}
	d.publish(second, "v2")
}

// An ad's own run makes the first post. Whoever is first has the row; the other one's
// step ends without sending anything.
func TestAnAdsOwnPostAndAnOrderedOneAreNotBothTheFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.film(5, "final") // the bench's run posts this ad on account 9, too, and is not seen yet
	draft := d.draft()
	draft.Ad = 5
	p := d.order(draft)
	d.send(p, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
		d.keep(n, "session")
		return "", message.NotYet{}
	})
	d.submit(1, func(*sns.Notes) (string, error) { t.Error("both were sent"); return "v1", nil })
	if s := d.step(1); s != "failed" {
		t.Errorf("the ad's own step is %s", s)
	}
	d.pass(time.Minute)
	d.publish(p, "v2")

	d.exec(`UPDATE ads SET run_id = ? WHERE id = 5`, d.run)
	d.exec(`UPDATE pipeline_steps SET run_id = ? WHERE step_no = 4 AND run_id = ?`, d.run, made)
	draft.Channel = "instagram"
	d.exec(`UPDATE ads SET wish_json = ? WHERE id = 5`, fmt.Sprintf(`{"channels":[{"channel":"instagram","account":%q}]}`, id.Account(9)))
	d.refused("the ad is still going to post there", draft, fault.CodePostUnderWay)
	d.submit(2, func(*sns.Notes) (string, error) { return "r1", nil })
	d.refused("the ad is posting there", draft, fault.CodePostUnderWay)
}

// Only the accounts that an ad is still going to post on are spoken for.
func TestAnAdThatWaitsKeepsOnlyItsOwnAccounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.film(5, "final")
	d.exec(`UPDATE ads SET run_id = ?, wish_json = ? WHERE id = 5`, d.run, fmt.Sprintf(`{"channels":[{"channel":"youtube","account":%q}]}`, id.Account(11)))
	d.exec(`UPDATE pipeline_steps SET run_id = ? WHERE step_no = 4 AND run_id = ?`, d.run, made)
	draft := d.draft()
	draft.Ad = 5
	if p := d.order(draft); p.Number != 1 {
		t.Errorf("the post is number %d", p.Number)
	}
}

// A process that dies between the order's transaction and its answer has made the
// post; so has one whose commit's answer was lost. The same key finds it.
func TestAnOrderWhoseAnswerWasLostIsThere(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]storetest.Cut{"the commit arrived": storetest.CutAfter, "the commit was lost": storetest.CutBefore} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := storetest.Proxy(t)
			d := newDesk(t, storetest.Through(w))
			draft := d.draft()
			if err := draft.Validate(); err != nil {
				t.Fatal(err)
			}
			w.CutCommit(cut)
			p, _, err := d.orders.Request(t.Context(), 7, draft, "k")
			if err != nil {
				t.Fatal(err)
			}
			again, created, err := d.orders.Request(t.Context(), 7, draft, "k")
			if err != nil || created || again.ID != p.ID {
				t.Errorf("the same order again: %v, created %v, %v", again.ID, created, err)
			}
			if rows := d.rows(); len(rows) != 1 {
				t.Errorf("there are %v", rows)
			}
			draft.Caption = "다른 글"
			if _, _, err := d.orders.Request(t.Context(), 7, draft, "k"); fault.CodeOf(err) != fault.CodeKeyReused {
				t.Errorf("the key with another post: %v", err)
			}
		})
	}
}

func TestOrdersForOneAccountAtOnceAreOnePost(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]func(int) message.Key{
		"with one key":           func(int) message.Key { return "k" },
		"with keys of their own": func(i int) message.Key { return message.Key(fmt.Sprint("k", i)) },
	} {
		d := newDesk(t)
		draft := d.draft()
		if err := draft.Validate(); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for i := range 12 {
			wg.Go(func() {
				_, created, err := d.orders.Request(t.Context(), 7, draft, key(i))
				mu.Lock()
				defer mu.Unlock()
				if created {
					made++
				}
				if code := fault.CodeOf(err); err != nil && (key(0) == key(1) || code != fault.CodePostUnderWay && code != fault.CodePosted) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if rows := d.rows(); made != 1 || len(rows) != 1 {
			t.Errorf("%s: %d made, there are %v", name, made, rows)
		}
	}
}

// The day is Seoul's, on which a post goes out, and orders at once are counted one after another.
func TestNoMorePostsGoOutOnADayThanOneOwnerMayHave(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := sns.OrdersConfig{DB: d.db, Replica: d.replica, Engine: d.eng, Channels: atHome{}, Order: ad.PostOrder, Daily: 3, Now: d.now}
	d.orders = sns.NewOrders(c)
	var wg sync.WaitGroup
	var made atomic.Int32
	for i := range 8 {
		d.film(id.Ad(30+i), "final")
		wg.Go(func() {
			_, _, err := d.orders.Request(t.Context(), 7, sns.Draft{Ad: id.Ad(30 + i), Channel: "youtube", Account: 9, Privacy: "public"}, message.Key(fmt.Sprint("at-once-", i)))
			switch {
			case err == nil:
				made.Add(1)
			case fault.CodeOf(err) != fault.CodeDailyPosts || fault.RetryAfterOf(err) != 6*time.Hour: // it is six in the evening
				t.Errorf("%v, again after %v", err, fault.RetryAfterOf(err))
			}
		})
	}
	wg.Wait()
	if n := made.Load(); n != 3 || len(d.rows()) != 3 {
		t.Errorf("%d were ordered, there are %v", n, d.rows())
	}
}

func TestPostsAreListedPageByPageAndNobodyElses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.film(21, "final")
	var want []id.Post
	for i := range 4 {
		draft := sns.Draft{Ad: id.Ad(20 + i%2), Channel: []string{"youtube", "instagram"}[i/2], Account: 9}
		want = append([]id.Post{d.order(draft).ID}, want...)
		d.pass(time.Second)
	}
	ids := func(tenant id.Tenant, a id.Ad, before id.Post, limit int) []id.Post {
		posts, err := d.orders.List(t.Context(), tenant, a, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		var out []id.Post
		for _, p := range posts {
			out = append(out, p.ID)
		}
		return out
	}
	if diff := cmp.Diff([][]id.Post{want[:3], want[3:], {want[0], want[2]}, nil},
		[][]id.Post{ids(7, 0, 0, 3), ids(7, 0, want[2], 3), ids(7, 21, 0, 9), ids(8, 0, 0, 9)}); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if _, err := d.orders.Show(t.Context(), 8, want[0]); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("a stranger is shown a post: %v", err)
	}
}
