package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/archive"
	"castad/functions/home"
	"castad/functions/sns"
	"castad/shared/cache"
	"castad/shared/id"
	"castad/shared/pipeline"

	"github.com/google/go-cmp/cmp"
)

func TestHomeShowsWhatIsThereAndNothingOfAnothers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tube, gram := b.account("youtube"), b.account("instagram")
	seen := b.instances()
	seen("nothing made")
	gone, kept := b.film(), b.film()
	seen("two films")
	var note struct{}
	b.do(http.MethodDelete, fmt.Sprintf("/archive/%v", gone.ID), "", nil, &note)
	seen("one put away")
	order := func(more string) sns.Post {
		return b.post("ordered", "/posts", fmt.Sprintf(`{"ad":%q,"channel":"youtube","account":%q%s}`, kept.ID, tube, more), "201")
	}
	out := b.published(order(""))
	at := func(d time.Duration) string {
		return fmt.Sprintf(`,"again":true,"at":%q`, clock().Add(d).Format(time.RFC3339))
	}
	later, next, off := order(at(2*time.Hour)), order(at(time.Hour)), order(at(3*time.Hour))
	seen("a post and three to come")
	off = b.post("called off", "/posts/"+off.ID.String()+"/cancel", "{}", "200")
	seen("one called off")
	var waits ad.Ad
	b.do(http.MethodPost, "/ads", "waits", ad.Wish{Place: b.place(1).ID, Publish: "approve", Channels: []ad.Channel{{Channel: "youtube", Account: tube}}}, &waits)
	seen("an ad under way")
	waits = b.awaiting(waits.ID)
	seen("an ad that waits")
	b.quiet()
	_, err := b.db.Primary().Exec(t.Context(), `UPDATE social_accounts SET state = 'reconnect_needed' WHERE channel = 'instagram'`)
	must(t, err)
	seen("an account that has ended")

	var got home.Summary
	b.show("/home", &got)
	if got.Places != 3 || got.Ads != (home.Ads{Succeeded: 1, AwaitingApproval: 1}) {
		t.Errorf("%d places, ads %+v", got.Places, got.Ads)
	}
	if w := got.Waiting; len(w) != 1 || w[0].Ad != waits.ID || w[0].PlaceName != "돌담골목 칼국수" || waits.ApproveBy == nil || !w[0].ApproveBy.Equal(*waits.ApproveBy) {
		t.Errorf("waiting are %+v, want %v until %v", w, waits.ID, waits.ApproveBy)
	}
	film := func(a ad.Ad) home.Film {
		return home.Film{Ad: a.ID, Title: a.Lyric.Title, File: a.Video.File, Thumbnail: a.Video.Thumbnail, Seconds: a.Video.Seconds}
	}
	if diff := cmp.Diff([]home.Film{film(waits), film(kept)}, got.Films); diff != "" {
		t.Errorf("films (-want +got):\n%s", diff)
	}
	post := func(p sns.Post) home.Post {
		return home.Post{ID: p.ID, Ad: p.Ad, Channel: p.Channel, State: p.State, Title: p.Title, URL: p.URL, ScheduledAt: p.ScheduledAt, PublishedAt: p.PublishedAt}
	}
	if diff := cmp.Diff([]home.Post{post(next), post(later)}, got.Scheduled); diff != "" {
		t.Errorf("scheduled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]home.Post{post(off), post(out)}, got.Posts); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	var entry archive.Entry
	b.show(fmt.Sprintf("/archive/%v", kept.ID), &entry)
	states := map[id.Post]string{}
	for _, p := range entry.Posts {
		states[p.ID] = p.State
	}
	if diff := cmp.Diff(map[id.Post]string{out.ID: "published", later.ID: "scheduled", next.ID: "scheduled", off.ID: "cancelled"}, states); diff != "" {
		t.Errorf("posts in the archive (-want +got):\n%s", diff)
	}
	if r := got.Reconnect; len(r) != 1 || r[0].ID.String() != gram || r[0].Channel != "instagram" {
		t.Errorf("to be connected again are %+v, want %s", r, gram)
	}
	tenant := id.Tenant(b.value(`SELECT tenant_id FROM ads WHERE id = ?`, kept.ID))
	want, err := b.parts.engine.Spending(t.Context(), tenant)
	must(t, err)
	if got.Spending != want || want.Starts == 0 || want.CapturedWon == 0 {
		t.Errorf("spending %+v, want %+v", got.Spending, want)
	}

	b.token = b.signIn()
	var none home.Summary
	b.show("/home", &none)
	if none.Spending.Starts+none.Spending.Running != 0 || none.Spending.ReservedWon+none.Spending.CapturedWon != 0 {
		t.Errorf("a stranger spends %+v", none.Spending)
	}
	none.Spending = pipeline.Spending{}
	empty := home.Summary{Waiting: []home.Waiting{}, Films: []home.Film{}, Scheduled: []home.Post{}, Posts: []home.Post{}, Reconnect: []home.Account{}}
	if diff := cmp.Diff(empty, none); diff != "" {
		t.Errorf("a stranger sees (-want +got):\n%s", diff)
	}
}

// instances returns a check that this instance and another, which keep the page, show
// what is there. What goes on meanwhile may change the page between two looks.
func (b *bench) instances() (seen func(when string)) {
	fresh := func() *home.Store {
		return home.New(b.app.db.Replica(), b.parts.engine, cache.New(cache.Config{Now: clock}), clock)
	}
	other := fresh()
	show := func(s *home.Store) home.Summary {
		who, err := b.app.tokens.Verify(b.token)
		must(b.t, err)
		p, err := s.Show(b.t.Context(), who.Tenant)
		must(b.t, err)
		return p
	}
	return func(when string) {
		b.t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; {
			before := show(fresh())
			var got home.Summary
			b.show("/home", &got)
			got2 := show(other)
			if !cmp.Equal(before, show(fresh())) && time.Now().Before(deadline) {
				continue
			}
			if diff := cmp.Diff(before, got) + cmp.Diff(before, got2); diff != "" {
				b.t.Errorf("%s: (-there +shown)\n%s", when, diff)
			}
			return
		}
	}
}
