package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider/providertest"
	"castad/shared/store"
)

// filmed is an ad of the bench's owner with a film that is not posted.
func (b *bench) filmed() ad.Ad {
	b.t.Helper()
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "film-"+id.New[id.Ad](time.Now()).String(), ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	if a = b.ended(a.ID); a.State != "succeeded" {
		b.t.Fatalf("the ad %s: %+v", a.State, a.Steps)
	}
	return a
}

// post is a request about posts; it must be answered with the status and code.
func (b *bench) post(what, path, body, want string) sns.Post {
	b.t.Helper()
	a := b.send(http.MethodPost, path, b.token, jsonKey(id.New[id.Post](time.Now()).String()), []byte(body))
	if got := strings.TrimSpace(code(a)); got != want {
		b.t.Fatalf("%s: %s, want %s: %s", what, got, want, a.body)
	}
	var p sns.Post
	if a.status/100 == 2 {
		must(b.t, json.Unmarshal(a.body, &p))
	}
	return p
}

// published waits until a post is out.
func (b *bench) published(p sns.Post) sns.Post {
	b.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for p.State != sns.Published {
		if time.Now().After(deadline) || p.State == sns.Failed {
			b.t.Fatalf("not published: %+v", p)
		}
		time.Sleep(50 * time.Millisecond)
		b.show("/posts/"+p.ID.String(), &p)
	}
	return p
}

func TestAnOwnerPostsAFilmSeesHowItDoesAndTakesItDown(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *config.Config) { c.YouTubeMayDelete = true })
	tube, gram := b.account("youtube"), b.account("instagram")
	a := b.filmed()
	on := func(channel, account, more string) string {
		return fmt.Sprintf(`{"ad":%q,"channel":%q,"account":%q%s}`, a.ID, channel, account, more)
	}
	first := b.published(b.post("posted", "/posts", on("youtube", tube, `,"title":"을지로 칼국수","privacy":"unlisted"`), "201"))
	b.post("once more by mistake", "/posts", on("youtube", tube, ""), "409 "+string(fault.CodePosted))
	second := b.published(b.post("once more on purpose", "/posts", on("youtube", tube, fmt.Sprintf(`,"again":true,"thumbnail":%q`, a.Video.Thumbnail)), "201"))
	reel := b.published(b.post("a reel", "/posts", on("instagram", gram, ""), "201"))
	videos := b.youtube.Videos()
	if len(videos) != 2 || videos[0].Snippet.Title != "을지로 칼국수" || slices.Equal(videos[0].Snippet.Tags, videos[1].Snippet.Tags) || second.Number != 2 || first.URL == second.URL {
		t.Errorf("on YouTube are %+v", videos)
	}
	b.figures(first)
	planned := b.post("for later", "/posts", on("youtube", tube, fmt.Sprintf(`,"again":true,"at":%q`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))), "201")
	b.post("it is not out", "/posts/"+planned.ID.String()+"/remove", "{}", "409 "+string(fault.CodeNotPublished))
	if p := b.post("not for later", "/posts/"+planned.ID.String()+"/cancel", "{}", "200"); p.State != sns.Cancelled {
		t.Errorf("cancelled: %+v", p)
	}
	b.post("it is out", "/posts/"+first.ID.String()+"/cancel", "{}", "409 "+string(fault.CodePostEnded))
	b.post("everybody sees it", "/posts/"+first.ID.String()+"/confirm", `{"published":false}`, "409 "+string(fault.CodeNotUnknown))
	for range 2 {
		if p := b.post("taken down", "/posts/"+first.ID.String()+"/remove", "{}", "200"); p.State != sns.Removed {
			t.Errorf("removed: %+v", p)
		}
	}
	b.adopted(reel)
	b.byHand(reel)
	if videos := b.youtube.Videos(); !videos[0].Deleted || videos[1].Deleted {
		t.Errorf("on YouTube are %+v", videos)
	}
	var page struct{ Items []sns.Post }
	b.show("/posts?ad="+a.ID.String()+"&limit=2", &page)
	if len(page.Items) != 2 || page.Items[0].ID != planned.ID || page.Items[1].ID != reel.ID {
		t.Errorf("the newest two are %+v", page.Items)
	}
}

// figures asks for a post's figures and finds them, with another ETag.
func (b *bench) figures(p sns.Post) {
	b.t.Helper()
	path := "/posts/" + p.ID.String()
	before := b.show(path, &p)
	must(b.t, b.invoke(b.t.Context(), "background-measure", `{"Data":{"tick":{"IsPastDue":false}},"Metadata":{"sys":{}}}`))
	after := b.show(path, &p)
	if p.Metrics == nil || p.Metrics.Views == nil || p.Metrics.Shares != nil || before == after {
		b.t.Errorf("its figures are %+v, ETag %s, before %s", p.Metrics, after, before)
	}
	if a := b.send(http.MethodGet, path, b.token, map[string]string{"If-None-Match": after}, nil); a.status != http.StatusNotModified {
		b.t.Errorf("unchanged: %d", a.status)
	}
}

// adopted measures a reel of which nothing is known but where its owner has seen it.
func (b *bench) adopted(reel sns.Post) {
	b.t.Helper()
	if _, err := b.db.Primary().Exec(b.t.Context(), `UPDATE publications SET external_post_id = NULL, measure_at = published_at WHERE id = ?`, reel.ID); err != nil {
		b.t.Fatal(err)
	}
	must(b.t, b.invoke(b.t.Context(), "background-measure", `{"Data":{"tick":{"IsPastDue":false}},"Metadata":{"sys":{}}}`))
	var got sns.Post
	if b.show("/posts/"+reel.ID.String(), &got); got.ExternalID != reel.ExternalID || got.Metrics == nil {
		b.t.Errorf("the reel at %s is %q, want %q", reel.URL, got.ExternalID, reel.ExternalID)
	}
}

// byHand removes a reel, which only its owner can delete.
func (b *bench) byHand(reel sns.Post) {
	b.t.Helper()
	path := "/posts/" + reel.ID.String() + "/remove"
	a := b.send(http.MethodPost, path, b.token, jsonKey("by-hand"), []byte("{}"))
	var problem struct{ Code, Link string }
	must(b.t, json.Unmarshal(a.body, &problem))
	if a.status != http.StatusUnprocessableEntity || problem.Code != string(fault.CodeRemoveByHand) || problem.Link != reel.URL || reel.URL == "" {
		b.t.Errorf("by hand: %d %s", a.status, a.body)
	}
	b.instagram.Delete(reel.ExternalID)
	if p := b.post("its owner has deleted it", path, "{}", "200"); p.State != sns.Removed {
		b.t.Errorf("removed: %+v", p)
	}
}

func TestAPostThatCannotBeOrderedSaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *config.Config) { c.DailyPosts = 1 })
	tube := b.account("youtube")
	a := b.filmed()
	var unfinished, waiting ad.Ad
	b.do(http.MethodPost, "/ads", "waiting", ad.Wish{Place: b.place(1).ID, Publish: "approve", Channels: []ad.Channel{{Channel: "youtube", Account: tube}}}, &waiting)
	for waiting.State != "awaiting_approval" {
		if waiting.State != "running" {
			t.Fatalf("the ad is %s", waiting.State)
		}
		time.Sleep(50 * time.Millisecond)
		b.show("/ads/"+waiting.ID.String(), &waiting)
	}
	var own ad.Ad
	b.do(http.MethodPost, "/ads", "own", ad.Wish{Place: b.place(1).ID, Channels: []ad.Channel{{Channel: "youtube", Account: tube}}}, &own)
	own = b.ended(own.ID)
	wordy := ad.Wish{Place: b.place(1).ID, Caption: "<오늘만> 칼국수 한 그릇", Channels: []ad.Channel{{Channel: "youtube", Account: tube}}}
	b.quiet()
	b.do(http.MethodPost, "/ads", "unfinished", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &unfinished)
	for what, c := range map[string]struct {
		ad   id.Ad
		more string
		want string
	}{
		"there is no film yet":         {unfinished.ID, "", "409 " + string(fault.CodeNoFilm)},
		"the ad is going to post":      {waiting.ID, "", "409 " + string(fault.CodePostUnderWay)},
		"a song is no picture":         {a.ID, fmt.Sprintf(`,"thumbnail":%q`, a.Song.Takes[0].File), "422 " + string(fault.CodeBadThumbnail)},
		"YouTube takes no such title":  {a.ID, `,"title":"<b>"`, "422 " + string(fault.CodeVendorRefused)},
		"a title is one line":          {a.ID, `,"title":"을지로\n칼국수"`, "422 " + string(fault.CodeVendorRefused)},
		"reels are public":             {a.ID, `,"privacy":"secret"`, "400 " + string(fault.CodeBadValue)},
		"yesterday":                    {a.ID, `,"at":"2020-01-01T00:00:00Z"`, "400 " + string(fault.CodeBadValue)},
		"a channel that is unheard of": {a.ID, `,"again":1`, "400 " + string(fault.CodeBadValue)},
	} {
		b.post(what, "/posts", fmt.Sprintf(`{"ad":%q,"channel":"youtube","account":%q%s}`, c.ad, tube, c.more), c.want)
	}
	for path, body := range map[string]any{"/ads": wordy, "/ads/quote": obj{"wish": wordy}} {
		got := b.send(http.MethodPost, path, b.token, jsonKey("wordy"), []byte(mustJSON(t, body)))
		if code, field := refusal(t, got); code != string(fault.CodeVendorRefused) || field != "caption" || got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s with words that YouTube refuses: %d %s", path, got.status, got.body)
		}
	}
	if len(own.Posts) != 1 {
		t.Fatalf("the ad's own posts: %+v", own.Posts)
	}
	var theirs sns.Post
	if b.show(fmt.Sprintf("/posts/%v", own.Posts[0].ID), &theirs); theirs.Video != own.Video.ID {
		t.Errorf("the ad's own post is of %v, the film is %v", theirs.Video, own.Video.ID)
	}
	b.post("it is the ad's", fmt.Sprintf("/posts/%v/cancel", own.Posts[0].ID), "{}", "409 "+string(fault.CodePostOfAd))
	on := func(days, clock int) string {
		at := time.Now().UTC().AddDate(0, 0, days).Truncate(24 * time.Hour).Add(time.Duration(clock) * time.Hour)
		return fmt.Sprintf(`{"ad":%q,"channel":"youtube","account":%q,"again":true,"at":%q}`, a.ID, tube, at.Format(time.RFC3339))
	}
	first := b.post("the last of its day", "/posts", on(3, 14), "201") // 23 o'clock in Seoul
	b.post("one more of that day", "/posts", on(3, 0), "429 "+string(fault.CodeDailyPosts))
	b.post("an hour later, and another day", "/posts", on(3, 15), "201")
	b.post("not the last after all", "/posts/"+first.ID.String()+"/cancel", "{}", "200")
	b.post("in its place", "/posts", on(3, 0), "201")
	body := fmt.Appendf(nil, `{"ad":%q,"channel":"youtube","account":%q}`, a.ID, tube)
	if got := code(b.send(http.MethodPost, "/posts", b.token, map[string]string{"Content-Type": "application/json"}, body)); got != "400 "+string(fault.CodeKeyRequired) {
		t.Errorf("without a key: %s", got)
	}
}

// A post that cannot go out any more says why: another has taken its place, or its ad
// was put away.
func TestAPostThatCannotGoOutAnyMoreSaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tube := b.account("youtube")
	b.youtube.Next(providertest.Fault{Op: "insert", Kind: providertest.Code, Code: "uploadLimitExceeded"})
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Channels: []ad.Channel{{Channel: "youtube", Account: tube}}}, &a)
	if a = b.ended(a.ID); a.State != "failed" || len(a.Posts) != 1 || a.Posts[0].State != sns.Failed || a.Fail.Code != fault.CodeAccountRefused {
		t.Fatalf("the ad %s, its posts are %+v", a.State, a.Posts)
	}
	on := func(more string) string {
		return fmt.Sprintf(`{"ad":%q,"channel":"youtube","account":%q%s}`, a.ID, tube, more)
	}
	b.published(b.post("instead", "/posts", on(""), "201"))
	if got := b.send(http.MethodPost, fmt.Sprintf("/ads/%v/retry", a.ID), b.token, nil, nil); got.status != http.StatusOK {
		t.Fatalf("retry: %d %s", got.status, got.body)
	}
	if got := b.ended(a.ID); got.State != "failed" || got.Fail == nil || got.Fail.Code != fault.CodePostReplaced {
		t.Errorf("its place was taken, and the ad %s: %+v", got.State, got.Fail)
	}
	soon := b.post("soon", "/posts", on(fmt.Sprintf(`,"again":true,"at":%q`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))), "201")
	// Over HTTP an ad is not put away while a post is to come; an order may pass it in that
	// moment. Then its time comes.
	run, err := store.One(t.Context(), b.db.Primary(), `SELECT run_id FROM publications WHERE id = ?`, func(r *id.Run) []any { return []any{r} }, soon.ID)
	must(t, err)
	for _, statement := range []string{`UPDATE ads SET deleted_at = created_at WHERE id = ?`, `UPDATE pipeline_steps SET not_before = ready_at WHERE ad_id = ? AND not_before IS NOT NULL`} {
		if _, err := b.db.Primary().Exec(t.Context(), statement, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	must(t, b.parts.engine.Redrive(t.Context(), run, "test"))
	for deadline := time.Now().Add(60 * time.Second); soon.State == sns.Scheduled || soon.State == sns.Publishing; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the post is %+v", soon)
		}
		b.show("/posts/"+soon.ID.String(), &soon)
	}
	if soon.State != sns.Failed || soon.Fail == nil || soon.Fail.Code != fault.CodeAdAway || len(b.youtube.Videos()) != 1 {
		t.Errorf("its ad was put away, and %d videos are out: %+v", len(b.youtube.Videos()), soon)
	}
}
