package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/pipeline"
	"castad/shared/provider/providertest"
	"castad/shared/store"
)

// kept orders an ad that is not posted, and waits for it.
func (b *bench) kept(photos int) ad.Ad {
	b.t.Helper()
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "kept", ad.Wish{Place: b.place(photos).ID, Publish: "none"}, &a)
	if a = b.ended(a.ID); a.State != "succeeded" {
		b.t.Fatalf("the ad %s: %+v", a.State, a.Steps)
	}
	return a
}

// An edit that cannot be is refused with a code and the field, and leaves no revision.
func TestAnEditThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.kept(2)
	path, lyrics, songs := fmt.Sprintf("/ads/%v", a.ID), fmt.Sprintf("/lyrics/%v", a.Lyric.ID), fmt.Sprintf("/songs/%v", a.Song.ID)
	foreign := b.place(1) // another place of the owner's
	var other struct {
		Photos []struct {
			ID string `json:"id"`
		} `json:"photos"`
	}
	b.show(fmt.Sprintf("/places/%v", foreign.ID), &other)
	lines := func(n int, text string) obj {
		all := []obj{}
		for i, l := range a.Lyric.Lines {
			if all = append(all, obj{"text": l.Text}); i == n {
				all[i]["text"] = text
			}
		}
		return obj{"lines": all}
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		code         fault.Code
		field        string
	}{
		"a caption that claims what no fact says":  {http.MethodPatch, path, obj{"captions": obj{"1": "전국 1위 칼국수"}}, fault.CodeOwnWords, "captions.1"},
		"a caption with a price of its own":        {http.MethodPatch, path, obj{"captions": obj{"0": "칼국수 오천 원"}}, fault.CodeOwnWords, "captions.0"},
		"a caption of markup":                      {http.MethodPatch, path, obj{"captions": obj{"0": "<b>칼국수</b>"}}, fault.CodeBadValue, "captions.0"},
		"a caption that does not fit":              {http.MethodPatch, path, obj{"captions": obj{"0": strings.Repeat("칼국수 ", 50_000)}}, fault.CodeBadValue, "captions.0"},
		"a caption for a line that is not there":   {http.MethodPatch, path, obj{"captions": obj{"99": "칼국수"}}, fault.CodeBadValue, "captions.99"},
		"a caption for no line":                    {http.MethodPatch, path, obj{"captions": obj{"first": "칼국수"}}, fault.CodeBadValue, "captions.first"},
		"a photo of another place":                 {http.MethodPatch, path, obj{"photos": []string{other.Photos[0].ID}}, fault.CodeNotFound, "photos[0]"},
		"a photo twice":                            {http.MethodPatch, path, obj{"photos": []string{other.Photos[0].ID, other.Photos[0].ID}}, fault.CodeBadValue, "photos[1]"},
		"a revision that never was":                {http.MethodPatch, path, obj{"restore": 7}, fault.CodeNotFound, "restore"},
		"a revision and something else":            {http.MethodPatch, path, obj{"restore": 1, "mood": "warm"}, fault.CodeBadValue, "restore"},
		"channels of an ad that is not posted":     {http.MethodPatch, path, obj{"channels": []obj{{"channel": "youtube", "account": "channel_0000000000009"}}}, fault.CodeBadValue, "channels"},
		"nothing":                                  {http.MethodPatch, path, obj{}, fault.CodeAdUnchanged, ""},
		"what is so already":                       {http.MethodPatch, path, obj{"mood": a.Wish.Mood, "photos": []string{}}, fault.CodeAdUnchanged, ""},
		"a line that claims what no fact says":     {http.MethodPatch, lyrics, lines(1, "서울에서 제일 맛있는 칼국수"), fault.CodeOwnWords, "lines[1].text"},
		"a line of a shop that is another":         {http.MethodPatch, lyrics, lines(2, "명동교자 칼국수"), fault.CodeOwnWords, "lines[2].text"},
		"a title that claims what no fact says":    {http.MethodPatch, lyrics, obj{"title": "대한민국 최고 칼국수"}, fault.CodeOwnWords, "title"},
		"a line that leans on a fact that is none": {http.MethodPatch, lyrics, obj{"lines": []obj{{"text": "<b>칼국수</b>"}}}, fault.CodeBadValue, "lines[0].text"},
		"a lyric of nothing":                       {http.MethodPatch, lyrics, obj{}, fault.CodeMissingField, "lines"},
		"the take that is chosen":                  {http.MethodPost, songs + "/choose", obj{"take": a.Song.Chosen}, fault.CodeAdUnchanged, ""},
		"a third take":                             {http.MethodPost, songs + "/choose", obj{"take": 2}, fault.CodeBadValue, "take"},
		"no take":                                  {http.MethodPost, songs + "/choose", obj{}, fault.CodeMissingField, "take"},
		"an approval of what waits for none":       {http.MethodPost, path + "/approve", nil, fault.CodeNotAwaiting, ""},
	} {
		got := b.change(c.method, c.path, "refused", c.body)
		if code, field := refusal(t, got); code != string(c.code) || field != c.field || got.status/100 != 4 {
			t.Errorf("%s: %d %s (%s), want %s (%s)", name, got.status, code, field, c.code, c.field)
		}
	}
	for name, c := range map[string]struct {
		path   string
		header map[string]string
		body   string
		code   fault.Code
		status int
	}{
		"an edit without If-Match":              {path, jsonKey("k"), `{"mood":"warm"}`, fault.CodeIfMatchRequired, 428},
		"an edit of what it was":                {path, with(jsonKey("k"), "If-Match", `"1.1"`), `{"mood":"warm"}`, fault.CodeStale, 412},
		"an edit of whatever it is":             {path, with(jsonKey("k"), "If-Match", `*`), `{"mood":"warm"}`, fault.CodeStale, 412},
		"an edit without a key":                 {path, with(jsonKey(""), "If-Match", `"1.1"`), `{"mood":"warm"}`, fault.CodeKeyRequired, 400},
		"a lyric without If-Match":              {lyrics, jsonKey("k"), `{"title":"칼국수"}`, fault.CodeIfMatchRequired, 428},
		"a lyric without a key":                 {lyrics, with(jsonKey(""), "If-Match", `"1.1"`), `{"title":"칼국수"}`, fault.CodeKeyRequired, 400},
		"a field that an edit does not have":    {path, with(jsonKey("k"), "If-Match", `"1.1"`), `{"place":"x"}`, fault.CodeUnknownField, 400},
		"a lyric of what it was, and it is not": {lyrics, with(jsonKey("k"), "If-Match", `"9.1"`), `{"title":"칼국수"}`, fault.CodeStale, 412},
	} {
		got := b.send(http.MethodPatch, c.path, b.token, c.header, []byte(c.body))
		if code, _ := refusal(t, got); code != string(c.code) || got.status != c.status {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, code, c.status, c.code)
		}
	}
	for _, path := range []string{songs + "/regenerate", songs + "/choose", fmt.Sprintf("/videos/%v/regenerate", a.Video.ID)} {
		body := ""
		if strings.HasSuffix(path, "choose") {
			body = `{"take":0}`
		}
		if got := b.send(http.MethodPost, path, b.token, map[string]string{"Content-Type": "application/json"}, []byte(body)); got.status != 400 {
			t.Errorf("%s without a key: %d %s", path, got.status, got.body)
		}
	}
	if n := b.count(`SELECT COUNT(*) FROM ad_revisions`); n != 1 {
		t.Errorf("%d revisions", n)
	}
}

func with(header map[string]string, key, value string) map[string]string {
	header[key] = value
	return header
}

// Of edits at once that know the same state one is made, and the others are told;
// the same edit again is the same revision; another body under its key is refused.
func TestEditsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.kept(1)
	path := fmt.Sprintf("/ads/%v", a.ID)
	var ignored json.RawMessage
	tag := b.show(path, &ignored)
	titles := []string{"하나", "둘", "셋", "넷", "다섯", "여섯"}
	answers := make([]answer, len(titles))
	var wg sync.WaitGroup
	for i, title := range titles {
		wg.Go(func() {
			answers[i] = b.send(http.MethodPatch, path, b.token, with(jsonKey(title2key(i)), "If-Match", tag), []byte(mustJSON(t, obj{"title": title})))
		})
	}
	wg.Wait()
	won := -1
	for i, got := range answers {
		switch {
		case got.status == http.StatusOK && won < 0:
			won = i
		case got.status == http.StatusPreconditionFailed || got.status == http.StatusConflict:
		default:
			t.Errorf("edit %d: %d %s", i, got.status, got.body)
		}
	}
	if won < 0 {
		t.Fatal("no edit was made")
	}
	now := b.ended(a.ID)
	if now.Revision != 2 || now.Wish.Title != titles[won] || b.count(`SELECT COUNT(*) FROM pipeline_runs`) != 2 {
		t.Errorf("revision %d, title %q of %q", now.Revision, now.Wish.Title, titles[won])
	}
	again := b.send(http.MethodPatch, path, b.token, with(jsonKey(title2key(won)), "If-Match", tag), []byte(mustJSON(t, obj{"title": titles[won]})))
	if again.status != http.StatusOK || b.count(`SELECT COUNT(*) FROM ad_revisions`) != 2 {
		t.Errorf("the same edit again: %d %s", again.status, again.body)
	}
	other := b.send(http.MethodPatch, path, b.token, with(jsonKey(title2key(won)), "If-Match", tag), []byte(`{"title":"다른 것"}`))
	if code, _ := refusal(t, other); code != string(fault.CodeKeyReused) {
		t.Errorf("another edit under its key: %d %s", other.status, other.body)
	}
	song := fmt.Sprintf("/songs/%v/regenerate", now.Song.ID)
	first := b.send(http.MethodPost, song, b.token, jsonKey("song"), nil)
	if second := b.send(http.MethodPost, song, b.token, jsonKey("song"), nil); first.status != http.StatusCreated || second.status != http.StatusOK {
		t.Errorf("a song anew, twice under one key: %d, %d %s", first.status, second.status, second.body)
	}
	running := b.change(http.MethodPatch, path, "meanwhile", obj{"title": "지금"})
	for running.status == http.StatusPreconditionFailed { // the run moved on between reading and changing
		running = b.change(http.MethodPatch, path, "meanwhile", obj{"title": "지금"})
	}
	if code, _ := refusal(t, running); code != string(fault.CodeAdRunning) || running.status != http.StatusConflict {
		t.Errorf("an edit of an ad in the making: %d %s", running.status, running.body)
	}
	b.ended(a.ID)
	old := b.send(http.MethodPost, song, b.token, jsonKey("song-2"), nil)
	if code, _ := refusal(t, old); code != string(fault.CodeStale) {
		t.Errorf("a song that the ad no longer has: %d %s", old.status, old.body)
	}
}

func title2key(i int) string { return fmt.Sprintf("title-%d", i) }

// awaiting polls an ad until it waits for approval.
func (b *bench) awaiting(a id.Ad) ad.Ad {
	b.t.Helper()
	var out ad.Ad
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		b.show(fmt.Sprintf("/ads/%v", a), &out)
		if out.State == string(pipeline.Awaiting) {
			return out
		}
		if time.Now().After(deadline) || pipeline.RunState(out.State).Ended() {
			b.t.Fatalf("the ad is %s: %+v", out.State, out.Steps)
		}
	}
}

// A film that waits for its owner's word is posted when it comes, once; an edit
// before that takes its place, and one after that posts nothing more.
func TestAnApprovedFilmIsPostedOnceAndAnEditedOneInItsPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(2).ID, Publish: "approve",
		Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}, &a)
	path := fmt.Sprintf("/ads/%v", a.ID)
	first := b.awaiting(a.ID)
	seen := b.show(path, &first)
	if first.Video == nil || first.ApproveBy == nil || len(first.Posts) != 0 || len(b.youtube.Videos()) != 0 {
		t.Fatalf("the film that waits: %+v", first)
	}
	stream := b.open(a.ID, 0)
	if got := b.change(http.MethodPatch, path, "title", obj{"title": "오늘의 칼국수"}); got.status != http.StatusOK {
		t.Fatalf("the edit: %d %s", got.status, got.body)
	}
	second := b.awaiting(a.ID)
	if second.Revision != 2 || second.Video.ID != first.Video.ID || len(b.renderer.Ledger()) != 1 {
		t.Errorf("the edited ad: %+v", second)
	}
	if n := b.count(`SELECT COUNT(*) FROM pipeline_runs WHERE id = ? AND state = 'cancelled' AND fail_code = 'ad.superseded'`, first.Run); n != 1 {
		t.Error("the run that waited was not superseded")
	}
	if got := b.send(http.MethodPost, path+"/approve", b.token, map[string]string{"If-Match": seen}, nil); got.status != http.StatusPreconditionFailed {
		t.Errorf("the film of before is approved: %d %s", got.status, got.body)
	}
	seen = b.show(path, &second)
	for range 2 { // the second approval changes nothing
		if got := b.send(http.MethodPost, path+"/approve", b.token, map[string]string{"If-Match": seen}, nil); got.status != http.StatusOK {
			t.Fatalf("approve: %d %s", got.status, got.body)
		}
	}
	done := b.ended(a.ID)
	// A stream that was open before the edit has seen what came of it.
	if all := b.received(stream, everything); len(all) == 0 || all[len(all)-1].name != "end" || !strings.Contains(all[len(all)-1].data, `"succeeded"`) {
		t.Errorf("the stream over the edit: %+v", all)
	}
	videos := b.youtube.Videos()
	if done.State != "succeeded" || len(videos) != 1 || len(done.Posts) != 1 {
		t.Fatalf("the approved ad %s, %d videos", done.State, len(videos))
	}
	if got := videos[0].Snippet.Title; got != "오늘의 칼국수" {
		t.Errorf("the post's title is %q", got)
	}
	third := b.edited(a.ID, http.MethodPatch, path, "template", obj{"template": "mood"})
	if len(b.youtube.Videos()) != 1 || len(third.Posts) != 1 || third.Video.ID == first.Video.ID {
		t.Errorf("after an edit of a posted ad: %d videos, %+v", len(b.youtube.Videos()), third)
	}
}

// A quote is of an order or of an edit, not of both and not of nothing.
func TestAQuoteIsOfOneThing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.place(1)
	order := obj{"wish": obj{"place": p.ID, "publish": "none"}}
	var q ad.Quote
	b.do(http.MethodPost, "/ads/quote", "", order, &q)
	if q.Won != 20+90+400 || q.WorstWon != 20+2*90+2*400 || len(q.Items) != 4 || !q.Today.Enough || b.count(`SELECT COUNT(*) FROM ads`) != 0 {
		t.Errorf("the quote of an order: %+v", q)
	}
	for name, c := range map[string]struct {
		body  any
		code  fault.Code
		field string
	}{
		"nothing":                    {obj{}, fault.CodeMissingField, "wish"},
		"an order and an edit":       {obj{"wish": order["wish"], "change": obj{}}, fault.CodeBadValue, "wish"},
		"an edit of nothing":         {obj{"change": obj{}}, fault.CodeMissingField, "wish"},
		"a lyric of a new ad":        {obj{"wish": order["wish"], "lyric": obj{"title": "칼국수"}}, fault.CodeBadValue, "wish"},
		"an ad that stays":           {obj{"ad": "ad_0000000000009"}, fault.CodeMissingField, "change"},
		"an ad that is not there":    {obj{"ad": "ad_0000000000009", "change": obj{"mood": "warm"}}, fault.CodeNotFound, ""},
		"a place that is not there":  {obj{"wish": obj{"place": "place_0000000000009", "publish": "none"}}, fault.CodeNotFound, "place"},
		"a wish that cannot be made": {obj{"wish": obj{"place": p.ID, "publish": "none", "seconds": 7}}, fault.CodeBadValue, "seconds"},
	} {
		got := b.send(http.MethodPost, "/ads/quote", b.token, jsonKey("q"), []byte(mustJSON(t, c.body)))
		if code, field := refusal(t, got); code != string(c.code) || field != c.field {
			t.Errorf("%s: %d %s (%s), want %s (%s)", name, got.status, code, field, c.code, c.field)
		}
	}
}

// What has failed is not retried once another revision has taken its place.
func TestARunThatWasEditedAwayIsNotRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.renderer.Next(providertest.Fault{Op: "render", Kind: providertest.Status, Status: 400})
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	first := b.ended(a.ID)
	if first.State != "failed" {
		t.Fatalf("the ad %s", first.State)
	}
	now := b.edited(a.ID, http.MethodPatch, fmt.Sprintf("/ads/%v", a.ID), "template", obj{"template": "menu"})
	if len(b.music.Ledger()) != 1 || now.Revision != 2 {
		t.Errorf("%d songs in revision %d", len(b.music.Ledger()), now.Revision)
	}
	tenant, err := store.One(t.Context(), b.db.Primary(), `SELECT tenant_id FROM ads WHERE id = ?`, func(n *id.Tenant) []any { return []any{n} }, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	// A retry that read the ad before the edit reaches the engine after it.
	if err := b.parts.engine.Retry(t.Context(), tenant, first.Run, ""); fault.CodeOf(err) != fault.CodeSuperseded {
		t.Errorf("the retry of a run that was edited away: %v", err)
	}
}
