package sns_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestAPostSaysWhatItsOwnerSaysElseWhatTheAdSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.exec(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at) VALUES (30, 7, 1, 1, 'x', 'picture', '', 9, 'image/jpeg', ?)`, d.now())
	var got [2]message.SnsPublish
	plain := d.order(d.draft())
	d.send(plain, func(in message.SnsPublish, _ *sns.Notes) (string, error) { got[0] = in; return "v1", nil })
	own := sns.Draft{Ad: 20, Channel: "instagram", Account: 9, Title: "제목", Caption: "글", Hashtags: []string{"#하나"}, Thumbnail: 30}
	d.send(d.order(own), func(in message.SnsPublish, _ *sns.Notes) (string, error) { got[1] = in; return "v2", nil })
	film := message.SnsPublish{Ad: 20, Account: 9, Privacy: "public", Blob: "film", Thumbnail: "still", Bytes: 4, SHA256: strings.Repeat("ab", 32), Revision: 1, Video: 20}
	want := [2]message.SnsPublish{film, film}
	want[0].Channel, want[0].Title, want[0].Caption, want[0].Hashtags = "youtube", "돌담골목 | 을지로", "오늘도 칼국수", []string{"맛집"}
	want[1].Channel, want[1].Title, want[1].Caption, want[1].Hashtags, want[1].Thumbnail = "instagram", "제목", "글", []string{"하나"}, "picture"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the channels got (-want +got):\n%s", diff)
	}
	if p := d.state("accepted", plain, sns.Publishing); p.Title != "돌담골목 | 을지로" || p.Number != 1 || p.Video != 20 || len(p.Hashtags) != 1 {
		t.Errorf("the post is shown as %+v", p)
	}
}

func TestAPostThatCannotGoOutIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.film(21, "preview")
	d.exec(`INSERT INTO ads (id, tenant_id, place_id, run_id, wish_json, request_key, request_hash, created_at) VALUES (22, 7, 1, 1, '{}', 'bare', '', ?), (23, 8, 1, 2, '{}', 'other', '', ?)`, d.now(), d.now())
	d.exec(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at)
		VALUES (30, 7, 1, 1, 'a', 'song', '', 9, 'audio/mpeg', ?), (31, 8, 1, 1, 'b', 'theirs', '', 9, 'image/jpeg', ?), (32, 7, 1, 1, 'c', 'big', '', 3000000, 'image/jpeg', ?)`, d.now(), d.now(), d.now())
	d.exec(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at) VALUES (33, 7, ?, 4, 'thumbnail', 'away', '', 9, 'image/jpeg', ?)`, d.film(25, "final"), d.now())
	d.exec(`UPDATE ads SET deleted_at = ? WHERE id = 25`, d.now())
	for name, c := range map[string]struct {
		change func(*sns.Draft)
		code   fault.Code
	}{
		"an ad that is not there":             {func(p *sns.Draft) { p.Ad = 99 }, fault.CodeNotFound},
		"a stranger's ad":                     {func(p *sns.Draft) { p.Ad = 23 }, fault.CodeNotFound},
		"an ad without a film":                {func(p *sns.Draft) { p.Ad = 22 }, fault.CodeNoFilm},
		"a preview":                           {func(p *sns.Draft) { p.Ad = 21 }, fault.CodeNoFilm},
		"a film of another ad":                {func(p *sns.Draft) { p.Video = 21 }, fault.CodeNotFound},
		"a stranger's account":                {func(p *sns.Draft) { p.Account = 11 }, fault.CodeNotFound},
		"an account that is cut off":          {func(p *sns.Draft) { p.Account = 10 }, fault.CodeReconnect},
		"words that the channel refuses":      {func(p *sns.Draft) { p.Title = "<b>" }, fault.CodeVendorRefused},
		"a time that is over":                 {func(p *sns.Draft) { p.At = d.now().Add(-time.Hour) }, fault.CodeBadValue},
		"a time that is too far ahead":        {func(p *sns.Draft) { p.At = d.now().Add(91 * 24 * time.Hour) }, fault.CodeBadValue},
		"a song as a thumbnail":               {func(p *sns.Draft) { p.Thumbnail = 30 }, fault.CodeBadThumbnail},
		"a stranger's picture":                {func(p *sns.Draft) { p.Thumbnail = 31 }, fault.CodeNotFound},
		"a picture that is too large":         {func(p *sns.Draft) { p.Thumbnail = 32 }, fault.CodeBadThumbnail},
		"a picture of an ad put away":         {func(p *sns.Draft) { p.Thumbnail = 33 }, fault.CodeNotFound},
		"a photo that is not there":           {func(p *sns.Draft) { p.Photo = 1 }, fault.CodeNotFound},
		"an ad that its owner has put away":   {func(p *sns.Draft) { p.Ad = 24 }, fault.CodeNotFound},
		"a film that is not any one's at all": {func(p *sns.Draft) { p.Video = 1 }, fault.CodeNotFound},
	} {
		draft := d.draft()
		c.change(&draft)
		if draft.Ad == 24 {
			d.film(24, "final")
			d.exec(`UPDATE ads SET deleted_at = ? WHERE id = 24`, d.now())
		}
		d.refused(name, draft, c.code)
	}
	if rows := d.rows(); len(rows) != 0 {
		t.Errorf("refused, and there are %v", rows)
	}
}

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

// An edit that is being made holds the film of before back, unless that is asked for by
// name; one that came to nothing leaves it.
func TestWithoutANameTheFilmIsTheNewestAndNotOneThatIsBeingCorrected(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := storetest.Value[id.Run](t, d.db, `SELECT run_id FROM ads WHERE id = 20`)
	edit := id.New[id.Run](d.now())
	d.exec(`INSERT INTO ad_revisions (ad_id, revision, tenant_id, run_id, order_json, change_json, request_hash, created_at) VALUES (20, 1, 7, ?, '{}', '{}', '', ?), (20, 2, 7, ?, '{}', '{}', '', ?)`, made, d.now(), edit, d.now())
	d.exec(`INSERT INTO videos (id, tenant_id, ad_id, run_id, step_no, blob_path, thumbnail_path, width, height, seconds, created_at) VALUES (20, 7, 20, ?, 4, 'film', 'still', 9, 16, 30, ?)`, made, d.now())
	d.exec(`INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at) VALUES (?, 7, 20, 'running', '{}', ?, 1, '', ?)`, edit, d.now(), d.now())
	d.exec(`UPDATE ads SET run_id = ?, revision = 2 WHERE id = 20`, edit)
	d.refused("an edit is being made", d.draft(), fault.CodeNoFilm)
	named := d.draft()
	named.Video = 20
	if p := d.order(named); p.Video != 20 {
		t.Errorf("the film that was named is %v", p.Video)
	}
	d.exec(`UPDATE pipeline_runs SET state = 'failed', ended_at = ? WHERE id = ?`, d.now(), edit)
	draft := d.draft()
	draft.Channel = "instagram"
	if p := d.order(draft); p.Video != 20 || p.Title == "" {
		t.Errorf("the edit has failed, and the film is %v", p.Video)
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
