package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/functions/lyric"
	"castad/functions/song"
	"castad/functions/video"
	"castad/shared/id"
	"castad/shared/store"

	"github.com/google/go-cmp/cmp"
)

// calls are the requests that made something at each vendor, as the vendors
// themselves counted them.
type calls struct{ Lyrics, Songs, Films, Posts int }

func (b *bench) calls() calls {
	return calls{len(b.chat.Ledger()), len(b.music.Ledger()), len(b.renderer.Ledger()), len(b.youtube.Videos()) + len(b.instagram.Reels())}
}

func (c calls) less(o calls) calls {
	return calls{c.Lyrics - o.Lyrics, c.Songs - o.Songs, c.Films - o.Films, c.Posts - o.Posts}
}

// recorded are the same in the books of a run.
func (b *bench) recorded(run id.Run) calls {
	b.t.Helper()
	type row struct {
		provider string
		n        int
	}
	rows, err := store.All(b.t.Context(), b.db.Primary(), `SELECT provider, COUNT(*) FROM provider_calls WHERE run_id = ? GROUP BY provider LIMIT 10`,
		func(r *row) []any { return []any{&r.provider, &r.n} }, run)
	if err != nil {
		b.t.Fatal(err)
	}
	var c calls
	for _, r := range rows {
		switch r.provider {
		case "openai":
			c.Lyrics = r.n
		case "suno":
			c.Songs = r.n
		case "creatomate":
			c.Films = r.n
		case "youtube", "instagram":
			c.Posts += r.n
		}
	}
	return c
}

// show reads a resource and its ETag.
func (b *bench) show(path string, out any) (etag string) {
	b.t.Helper()
	got := b.send(http.MethodGet, path, b.token, nil, nil)
	if err := json.Unmarshal(got.body, out); err != nil || got.status != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s, %v", path, got.status, got.body, err)
	}
	return got.header.Get("Etag")
}

// change makes an edit with the ETag of now.
func (b *bench) change(method, path, key string, body any) answer {
	b.t.Helper()
	header := jsonKey(key)
	if method == http.MethodPatch {
		var discard json.RawMessage
		header["If-Match"] = b.show(path, &discard)
	}
	return b.send(method, path, b.token, header, []byte(mustJSON(b.t, body)))
}

// edited makes an edit that must be accepted, and waits for its end.
func (b *bench) edited(a id.Ad, method, path, key string, body any) ad.Ad {
	b.t.Helper()
	if got := b.change(method, path, key, body); got.status/100 != 2 {
		b.t.Fatalf("%s %s %s: %d %s", method, path, mustJSON(b.t, body), got.status, got.body)
	}
	out := b.ended(a)
	if out.State != "succeeded" {
		b.t.Fatalf("%s %s: %s %+v", method, path, out.State, out.Steps)
	}
	return out
}

func refusal(t *testing.T, a answer) (code, field string) {
	t.Helper()
	var p struct{ Code, Field string }
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return p.Code, p.Field
}

type obj = map[string]any

// What an edit does not touch is not made, paid for or posted again; what was made
// before is taken back for nothing.
func TestOnlyWhatChangedIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.place(3)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: p.ID, Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}, &a)
	first := b.ended(a.ID)
	if first.State != "succeeded" || len(b.youtube.Videos()) != 1 {
		t.Fatalf("the first film: %+v", first)
	}
	var photos []id.Photo
	{
		var shown struct {
			Photos []struct {
				ID id.Photo `json:"id"`
			} `json:"photos"`
		}
		b.show(fmt.Sprintf("/places/%v", p.ID), &shown)
		for _, ph := range shown.Photos {
			photos = append(photos, ph.ID)
		}
	}
	now := first
	for i, c := range []struct {
		name string
		edit func() (method, path string, body any)
		want calls
	}{
		{"a caption is shown otherwise", func() (string, string, any) {
			return patch(a.ID, obj{"captions": obj{"0": "칼국수 생각나는 날"}})
		}, calls{Films: 1}},
		{"a photo less", func() (string, string, any) { return patch(a.ID, obj{"photos": photos[1:]}) }, calls{Films: 1}},
		{"the posts' words", func() (string, string, any) {
			return patch(a.ID, obj{"title": "을지로 칼국수", "caption": "어서 오세요", "hashtags": []string{"칼국수"}})
		}, calls{}},
		{"the lyric's title", func() (string, string, any) {
			return http.MethodPatch, fmt.Sprintf("/lyrics/%v", now.Lyric.ID), obj{"title": "칼국수 한 그릇"}
		}, calls{}},
		{"one line of the lyric", func() (string, string, any) {
			lines := []obj{}
			for _, l := range now.Lyric.Lines {
				lines = append(lines, obj{"text": l.Text})
			}
			lines[0]["text"] = "칼국수 한 그릇 하고 가요"
			return http.MethodPatch, fmt.Sprintf("/lyrics/%v", now.Lyric.ID), obj{"lines": lines}
		}, calls{Songs: 1, Films: 1}},
		{"the other take", func() (string, string, any) {
			return http.MethodPost, fmt.Sprintf("/songs/%v/choose", now.Song.ID), obj{"take": 1 - now.Song.Chosen}
		}, calls{Films: 1}},
		{"back to the beginning", func() (string, string, any) { return patch(a.ID, obj{"restore": 1}) }, calls{}},
		{"and to the other take", func() (string, string, any) { return patch(a.ID, obj{"restore": 7}) }, calls{}},
		{"another template", func() (string, string, any) { return patch(a.ID, obj{"template": "menu"}) }, calls{Films: 1}},
		{"the template of before", func() (string, string, any) { return patch(a.ID, obj{"template": "auto"}) }, calls{}},
		{"another voice", func() (string, string, any) { return patch(a.ID, obj{"voice": "m"}) }, calls{Songs: 1, Films: 1}},
		{"the song anew", func() (string, string, any) {
			return http.MethodPost, fmt.Sprintf("/songs/%v/regenerate", now.Song.ID), nil
		}, calls{Songs: 1, Films: 1}},
		{"the film anew", func() (string, string, any) {
			return http.MethodPost, fmt.Sprintf("/videos/%v/regenerate", now.Video.ID), nil
		}, calls{Films: 1}},
		{"the place read again and found unchanged", func() (string, string, any) { return patch(a.ID, obj{"refresh_place": true}) }, calls{}},
		{"a lyric of the writer's, who writes what is known, and another mood", func() (string, string, any) {
			return patch(a.ID, obj{"again": []string{"lyric"}, "mood": "warm"})
		}, calls{Lyrics: 1, Songs: 1, Films: 1}},
	} {
		before := b.calls()
		method, path, body := c.edit()
		quote := b.quoted(a.ID, path, body)
		now = b.edited(a.ID, method, path, fmt.Sprintf("edit-%d", i), body)
		if got := b.calls().less(before); got != c.want {
			t.Errorf("%s: %+v at the vendors, want %+v", c.name, got, c.want)
		}
		if got := b.recorded(now.Run); got != c.want {
			t.Errorf("%s: %+v in the books, want %+v", c.name, got, c.want)
		}
		if now.Revision != i+2 || len(now.Posts) != 1 || now.Posts[0].State != "published" {
			t.Errorf("%s: revision %d, posts %+v", c.name, now.Revision, now.Posts)
		}
		foreseen := c.name != "the lyric's title" && c.name != "the place read again and found unchanged" // of these it is known when a step has been
		if spent := b.spent(now.Run); (spent > quote.Won || c.want == calls{} && (spent != 0 || foreseen && quote.Won != 0)) {
			t.Errorf("%s: %d won spent of %d quoted", c.name, spent, quote.Won)
		}
		if file := b.send(http.MethodGet, fmt.Sprintf("/files/%v", now.Video.File), b.token, map[string]string{"Range": "bytes=4-7"}, nil); string(file.body) != "ftyp" {
			t.Errorf("%s: the film's bytes: %d %q", c.name, file.status, file.body)
		}
	}
	b.histories(first, now)
}

func patch(a id.Ad, body obj) (string, string, any) {
	return http.MethodPatch, fmt.Sprintf("/ads/%v", a), body
}

// quoted is what an edit would cost, whichever way it is made.
func (b *bench) quoted(a id.Ad, path string, change any) ad.Quote {
	b.t.Helper()
	ask := obj{"ad": a}
	switch {
	case strings.HasPrefix(path, "/lyrics/"):
		ask["lyric"] = change
	case strings.HasSuffix(path, "/choose"):
		ask["take"] = change.(obj)["take"]
	case strings.HasPrefix(path, "/songs/"):
		ask["change"] = obj{"again": []string{"song"}}
	case strings.HasPrefix(path, "/videos/"):
		ask["change"] = obj{"again": []string{"video"}}
	default:
		ask["change"] = change
	}
	var q ad.Quote
	b.do(http.MethodPost, "/ads/quote", "quote", ask, &q)
	return q
}

// spent is what the run has cost its owner, in won.
func (b *bench) spent(run id.Run) int {
	b.t.Helper()
	n, err := store.One(b.t.Context(), b.db.Primary(), `SELECT COALESCE(SUM(amount_won), 0) FROM credit_ledger WHERE run_id = ? AND entry = 'capture'`,
		func(n *int) []any { return []any{n} }, run)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// histories looks at the versions of the ad's parts.
func (b *bench) histories(first, now ad.Ad) {
	b.t.Helper()
	var l lyric.Lyric
	b.show(fmt.Sprintf("/lyrics/%v", first.Lyric.ID), &l)
	if len(l.Versions) != now.Revision || l.InUse || !l.Versions[len(l.Versions)-1].Made {
		b.t.Errorf("the first lyric: %+v", l)
	}
	own := l.Versions[len(l.Versions)-6] // revision 6
	want := []lyric.Change{{Op: "drop", Text: first.Lyric.Lines[0].Text}, {Op: "add", Text: "칼국수 한 그릇 하고 가요"}}
	for _, line := range first.Lyric.Lines[1:] {
		want = append(want, lyric.Change{Op: "keep", Text: line.Text})
	}
	if diff := cmp.Diff(want, own.Diff); diff != "" || own.By != "owner" || !own.Made {
		b.t.Errorf("the owner's lyric %+v (-want +got):\n%s", own, diff)
	}
	var s song.Song
	b.show(fmt.Sprintf("/songs/%v", now.Song.ID), &s)
	if !s.InUse || len(s.Takes) != 2 || s.Takes[0].File == 0 || len(s.Versions) != now.Revision || s.Chosen != now.Song.Chosen {
		b.t.Errorf("the song: %+v", s)
	}
	var v video.Video
	b.show(fmt.Sprintf("/videos/%v", now.Video.ID), &v)
	if !v.InUse || v.File != now.Video.File || v.SHA256 != now.Video.SHA256 || len(v.Versions) != now.Revision {
		b.t.Errorf("the film: %+v", v)
	}
	for _, path := range []string{fmt.Sprintf("/lyrics/%v", l.ID), fmt.Sprintf("/songs/%v", s.ID), fmt.Sprintf("/videos/%v", v.ID)} {
		if got := b.send(http.MethodGet, path, b.signIn(), nil, nil); got.status != http.StatusNotFound {
			b.t.Errorf("another owner's %s: %d", path, got.status)
		}
	}
}
