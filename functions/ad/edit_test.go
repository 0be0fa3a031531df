package ad_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store/storetest"

	"pgregory.net/rapid"
)

// ended lets everything happen, and returns the ad at its end.
func (b *bench) ended(a id.Ad) ad.Ad {
	b.t.Helper()
	b.walk(func(message.SnsPublish) error { return nil })
	got, err := b.ads.Show(b.t.Context(), owner, a)
	if err != nil || !pipeline.RunState(got.State).Ended() {
		b.t.Fatalf("the ad %s, %v", got.State, err)
	}
	return got
}

// anyEdit is an edit of an ad as an owner might make one, some of them senseless.
func anyEdit(now ad.Ad, photos []id.Photo) *rapid.Generator[ad.Edit] {
	return rapid.Custom(func(r *rapid.T) ad.Edit {
		var e ad.Edit
		for range rapid.IntRange(1, 2).Draw(r, "changes") {
			switch rapid.IntRange(0, 10).Draw(r, "what") {
			case 0:
				title := rapid.SampledFrom([]string{"하나", "둘"}).Draw(r, "title")
				e.Title = &title
			case 1:
				e.Mood = rapid.SampledFrom([]string{"bright", "warm"}).Draw(r, "mood")
			case 2:
				e.Voice = rapid.SampledFrom([]string{"f", "m"}).Draw(r, "voice")
			case 3:
				e.Template = rapid.SampledFrom([]string{"auto", "menu"}).Draw(r, "template")
			case 4:
				e.Photos = photos[:rapid.IntRange(0, len(photos)).Draw(r, "photos")]
			case 5:
				e.Captions = map[string]string{"0": rapid.SampledFrom([]string{"", "칼국수 먹는 날", "전국 1위"}).Draw(r, "caption")}
			case 6:
				e.RefreshPlace = true
			case 7:
				e.Again = []string{rapid.SampledFrom([]string{"lyric", "song", "video"}).Draw(r, "again")}
			case 8:
				line := rapid.SampledFrom([]string{"을지로 칼국수", "칼국수 한 그릇", "칼국수 오천 원"}).Draw(r, "line")
				e.Text = &message.OwnLyric{Lines: []message.OwnLine{{Text: line}}}
			case 9:
				take := rapid.IntRange(0, 2).Draw(r, "take")
				e.Take = &take
			case 10:
				e.Restore = rapid.IntRange(1, now.Revision).Draw(r, "restore")
			}
		}
		return e
	})
}

// What is quoted is what is reserved when the edit is made, step by step, and what
// is refused is refused for the same reason. Nobody is charged more.
func TestAQuoteIsWhatIsReserved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.wish(b.place(3))
	q, err := b.ads.Quote(t.Context(), owner, w)
	if err != nil || q.Won != 440 || q.WorstWon != 20+2*120+2*300 || !q.Today.Enough {
		t.Fatalf("the quote of a new ad: %+v, %v", q, err)
	}
	a := b.start(w, "k")
	b.reserved(a, q)
	a = b.ended(a.ID)
	place, err := b.places.Show(t.Context(), owner, w.Place)
	if err != nil {
		t.Fatal(err)
	}
	var photos []id.Photo
	for _, ph := range place.Photos {
		photos = append(photos, ph.ID)
	}
	made, free := 0, 0
	for i := range 40 {
		e := anyEdit(a, photos).Example(i)
		q, no := b.ads.QuoteEdit(t.Context(), owner, a.ID, e)
		edited, created, err := b.ads.Edit(t.Context(), owner, a.ID, e, message.Key("edit-"+strconv.Itoa(i)), "")
		if fault.CodeOf(err) != fault.CodeOf(no) || fault.FieldOf(err) != fault.FieldOf(no) || created != (err == nil) {
			t.Fatalf("%+v: quoted %v, edited %v", e, no, err)
		}
		if err != nil {
			continue
		}
		b.reserved(edited, q)
		a = b.ended(a.ID)
		if a.State != "succeeded" {
			t.Fatalf("%+v: %s %+v", e, a.State, a.Fail)
		}
		spent := b.count(fmt.Sprintf(`SELECT COALESCE(SUM(amount_won), 0) FROM credit_ledger WHERE run_id = %d AND credit IN ('spent', 'wasted')`, a.Run))
		if spent > q.Won {
			t.Errorf("%+v: %d won spent of %d quoted", e, spent, q.Won)
		}
		if made++; q.Won == 0 {
			free++
		}
	}
	if made < 13 || free < 2 || free == made {
		t.Errorf("%d edits were made, %d of them for nothing", made, free)
	}
}

// reserved holds the run of an ad that has just been accepted against its quote.
func (b *bench) reserved(a ad.Ad, q ad.Quote) {
	b.t.Helper()
	won := b.count(fmt.Sprintf(`SELECT COALESCE(SUM(CASE WHEN credit = 'reserved' THEN amount_won ELSE -amount_won END), 0) FROM credit_ledger
		WHERE run_id = %d AND (credit = 'reserved' OR debit = 'reserved')`, a.Run))
	if won != q.Won || len(q.Items) != len(a.Steps) {
		b.t.Fatalf("%d won reserved, quoted %+v", won, q)
	}
	for i, s := range a.Steps {
		if (s.State == pipeline.Skipped) != q.Items[i].Reused {
			b.t.Fatalf("step %d is %s, quoted %+v", s.No, s.State, q.Items[i])
		}
	}
}

// An edit whose COMMIT is lost is made once, wherever it was lost.
func TestAnEditWhoseCommitIsLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]storetest.Cut{"before it came": storetest.CutBefore, "after it was done": storetest.CutAfter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := storetest.Proxy(t)
			b := newBench(t, storetest.Through(wire))
			a := b.start(b.wish(b.place(1)), "k")
			a = b.ended(a.ID)
			wire.CutCommit(cut)
			edited, created, err := b.ads.Edit(t.Context(), owner, a.ID, ad.Edit{Change: ad.Change{Template: "menu"}}, "edit", "")
			if err != nil || !created || edited.Revision != 2 || edited.Run == a.Run {
				t.Fatalf("the edit: created %v, revision %d, %v", created, edited.Revision, err)
			}
			if runs, revisions := b.count(`SELECT COUNT(*) FROM pipeline_runs`), b.count(`SELECT COUNT(*) FROM ad_revisions`); runs != 2 || revisions != 2 {
				t.Errorf("%d runs, %d revisions", runs, revisions)
			}
			if got := b.ended(a.ID); got.State != "succeeded" || got.Wish.Template != "menu" {
				t.Errorf("the ad %s: %+v", got.State, got.Wish)
			}
		})
	}
}

// What was read from the place's page is used for thirty days: an edit after that,
// a restored revision too, has the place read anew.
func TestAnEditReadsAPlaceAnewWhoseFactsAreTooOld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.start(b.wish(b.place(1)), "k")
	a = b.ended(a.ID)
	for i, c := range []struct {
		useBy time.Duration // from now
		edit  ad.Change
		state pipeline.State
	}{
		{time.Hour, ad.Change{Template: "menu"}, pipeline.Skipped},
		{-time.Hour, ad.Change{Template: "mood"}, pipeline.Ready},
		{-time.Hour, ad.Change{Restore: 1}, pipeline.Ready},
	} {
		by := b.now().Add(c.useBy).UTC().Format(time.RFC3339)
		if _, err := b.db.Primary().Exec(t.Context(), `UPDATE pipeline_steps SET output_json = JSON_SET(output_json, '$.use_by', ?) WHERE kind = 'place'`, by); err != nil {
			t.Fatal(err)
		}
		edited, _, err := b.ads.Edit(t.Context(), owner, a.ID, ad.Edit{Change: c.edit}, message.Key("edit-"+strconv.Itoa(i)), "")
		if err != nil || edited.Steps[0].State != c.state {
			t.Errorf("edit %d: the place is %s, %v", i, edited.Steps[0].State, err)
		}
		b.ended(a.ID)
	}
}

// An owner who does not come is reminded, and the film is kept when the time is over.
func TestAnApprovalThatDoesNotComeIsRemindedOfAndLapses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.wish(b.place(1), youtube)
	w.Publish = "approve"
	a := b.start(w, "k")
	b.walk(func(message.SnsPublish) error { t.Error("posted without approval"); return nil })
	if a = b.show(a); a.State != "awaiting_approval" || a.ApproveBy == nil || a.Video == nil {
		t.Fatalf("the ad %s: %+v", a.State, a)
	}
	reminders := 0
	for range 31 {
		b.pass(24 * time.Hour)
		if _, err := b.engine.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.walk(func(message.SnsPublish) error { t.Error("posted without approval"); return nil })
	}
	news, err := b.ads.Events(t.Context(), owner, a.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range news.Events {
		if e.Reminder {
			reminders++
		}
	}
	if reminders != 2 {
		t.Errorf("%d reminders", reminders)
	}
	a = b.show(a)
	if a.State != "cancelled" || a.Fail == nil || a.Fail.Code != fault.CodeApprovalExpired || a.Video == nil || a.ApproveBy != nil {
		t.Errorf("the ad %s, %+v, film %v", a.State, a.Fail, a.Video)
	}
	_, err = b.ads.Approve(t.Context(), owner, a.ID, "")
	if fault.CodeOf(err) != fault.CodeNotAwaiting {
		t.Errorf("approved too late: %v", err)
	}
}

// Equal edits at once under one key are one revision; others that know the same
// state are told that it is another one now.
func TestEqualEditsAtOnceAreOneRevision(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.start(b.wish(b.place(1)), "k")
	a = b.ended(a.ID)
	tag, err := a.Tag()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, codes := 0, map[fault.Code]int{}
	decided, once := make(chan struct{}), sync.Once{} // so that it is the equal ones that race
	for i := range 20 {
		wg.Go(func() {
			key, e := message.Key("same"), ad.Edit{Change: ad.Change{Template: "menu"}}
			if i%4 == 0 {
				<-decided
				key, e = message.Key("other-"+strconv.Itoa(i)), ad.Edit{Change: ad.Change{Template: "mood"}}
			}
			_, created, err := b.ads.Edit(t.Context(), owner, a.ID, e, key, tag)
			if key == "same" {
				once.Do(func() { close(decided) })
			}
			mu.Lock()
			defer mu.Unlock()
			if created {
				made++
			}
			if err != nil && key == "same" {
				t.Errorf("the edit that was made, once more: %v", err)
			}
			if err != nil {
				codes[fault.CodeOf(err)]++
			}
		})
	}
	wg.Wait()
	if made != 1 || codes[fault.CodeStale]+codes[fault.CodeAdRunning] < 5 || len(codes) > 2 {
		t.Errorf("%d made, refused %v", made, codes)
	}
	if runs, revisions := b.count(`SELECT COUNT(*) FROM pipeline_runs`), b.count(`SELECT COUNT(*) FROM ad_revisions`); runs != 2 || revisions != 2 {
		t.Errorf("%d runs, %d revisions", runs, revisions)
	}
}

// The ticket carries its session, under the hash by which it is known: nobody can put
// another session in, or none.
func TestATicketEndsWithItsSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.start(b.wish(b.place(1)), "k")
	who := ad.Bearer{Tenant: owner, User: 1, Session: 5}
	made, err := b.ads.Ticket(t.Context(), who, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(made.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	last := len(raw) - 1
	for name, change := range map[string][]byte{"none": append(slices.Clone(raw[:last]), 0), "another": append(slices.Clone(raw[:last]), 6), "cut off": raw[:last-7]} {
		_, err := b.ads.Redeem(t.Context(), a.ID, base64.RawURLEncoding.EncodeToString(change))
		wantKind(t, "a ticket whose session is "+name, err, fault.Unauthenticated)
	}
	if got, err := b.ads.Redeem(t.Context(), a.ID, made.Ticket); got != who || err != nil {
		t.Errorf("the ticket is %+v's, %v; want %+v", got, err, who)
	}
}

// What is a stranger's cannot be edited, quoted, approved or watched, and nothing is written.
func TestAStrangerEditsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.start(b.wish(b.place(1)), "k")
	a = b.ended(a.ID)
	change := ad.Edit{Change: ad.Change{Template: "menu"}}
	for name, ask := range map[string]func(id.Tenant) error{
		"edit": func(who id.Tenant) error {
			_, _, err := b.ads.Edit(t.Context(), who, a.ID, change, "k", "")
			return err
		},
		"quote":   func(who id.Tenant) error { _, err := b.ads.QuoteEdit(t.Context(), who, a.ID, change); return err },
		"approve": func(who id.Tenant) error { _, err := b.ads.Approve(t.Context(), who, a.ID, ""); return err },
		"ticket": func(who id.Tenant) error {
			_, err := b.ads.Ticket(t.Context(), ad.Bearer{Tenant: who, User: 1}, a.ID)
			return err
		},
		"versions": func(who id.Tenant) error { _, err := b.ads.Versions(t.Context(), who, a.ID, message.Song); return err },
	} {
		wantKind(t, name+" by a stranger", ask(stranger), fault.NotFound)
	}
	if b.count(`SELECT COUNT(*) FROM ad_revisions`) != 1 || b.count(`SELECT COUNT(*) FROM event_tickets`) != 0 {
		t.Error("a stranger wrote something")
	}
	if _, err := b.db.Primary().Exec(t.Context(), `UPDATE ads SET deleted_at = created_at WHERE id = ?`, a.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err := b.ads.Edit(t.Context(), owner, a.ID, change, "k", "")
	wantKind(t, "an edit of an ad that was put away", err, fault.NotFound)
	_, err = b.ads.Show(t.Context(), owner, a.ID)
	wantKind(t, "an ad that was put away", err, fault.NotFound)
	if list, err := b.ads.List(t.Context(), owner, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("the list has what was put away: %d, %v", len(list), err)
	}
}
