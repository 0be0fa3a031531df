package ad_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func order(t testing.TB, w ad.Wish) json.RawMessage {
	t.Helper()
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	return text(t, map[string]any{"ad": id.Ad(5), "wish": w})
}

func text(t testing.TB, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheStepsOfAnOrder(t *testing.T) {
	t.Parallel()
	made := []pipeline.Plan{
		{No: 1, Kind: message.Place, Policy: pipeline.Free, Provider: "castad", Reuse: true},
		{No: 2, After: 1, Kind: message.Lyric, Policy: pipeline.Free, Provider: "chat", CostWon: 20, Reuse: true},
		{No: 3, After: 2, Kind: message.Song, Policy: pipeline.Paid, Provider: "music", CostWon: 120, Reuse: true},
		{No: 4, After: 3, Kind: message.Video, Policy: pipeline.Paid, Provider: "film", CostWon: 300, Reuse: true},
	}
	for name, c := range map[string]struct {
		wish ad.Wish
		want []pipeline.Plan
	}{
		"an ad that is not posted ends with its film": {ad.Wish{Place: 1, Publish: "none"}, made},
		"each channel is a step after the film": {ad.Wish{Place: 1, Channels: []ad.Channel{youtube, instagram}}, append(made[:4:4],
			pipeline.Plan{No: 5, After: 4, Kind: message.Publish, Policy: pipeline.Once, Provider: "youtube"},
			pipeline.Plan{No: 6, After: 4, Kind: message.Publish, Policy: pipeline.Once, Provider: "instagram"})},
		"a post that waits for approval is held": {ad.Wish{Place: 1, Publish: "approve", Channels: []ad.Channel{youtube}}, append(made[:4:4],
			pipeline.Plan{No: 5, After: 4, Kind: message.Publish, Policy: pipeline.Once, Provider: "youtube", Hold: true})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := recipe.Steps(order(t, c.wish))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v, steps (-want +got):\n%s", err, diff)
			}
		})
	}
}

var (
	facts = []claim.Fact{{ID: "f1", Kind: claim.Name, Text: "돌담골목"}, {ID: "f2", Kind: claim.Area, Text: "을지로"},
		{ID: "f3", Kind: claim.Link, Text: "https://a.example/7"}, {ID: "f4", Kind: claim.Color, Text: "#aa0011"}}
	known = message.PlaceFacts{Place: 1, Name: "돌담골목", Facts: facts, Photos: []message.Photo{{ID: 2, Blob: "p"}}}
	sung  = message.SongMade{Takes: takes, Chosen: 1}
	film  = message.VideoMade{Video: 4, Blob: "film", Thumbnail: "thumb", Bytes: 3, SHA256: "ab", Width: 1920, Height: 1080}
)

func outputs(t testing.TB) map[int]json.RawMessage {
	return map[int]json.RawMessage{1: text(t, known), 2: text(t, message.LyricWritten{Text: words}), 3: text(t, sung), 4: text(t, film)}
}

func TestEachStepIsGivenWhatItNeeds(t *testing.T) {
	t.Parallel()
	w := ad.Wish{Place: 1, Language: "en", Mood: "warm", Genre: "trot", Voice: "m", Seconds: 30, Channels: []ad.Channel{youtube, instagram}, Hashtags: []string{"#맛집", "면"}}
	w.Channels[0].Privacy, w.Channels[0].MadeForKids = "unlisted", true
	o := order(t, w)
	plans, err := recipe.Steps(o)
	if err != nil {
		t.Fatal(err)
	}
	post := message.SnsPublish{Ad: 5, Channel: "youtube", Account: 9, Title: "돌담골목 | 을지로", Caption: "돌담골목 | 을지로", Hashtags: []string{"맛집", "면"},
		Privacy: "unlisted", MadeForKids: true, Blob: "film", Thumbnail: "thumb", Bytes: 3, SHA256: "ab", Video: film.Video, Wide: true}
	second := post
	second.Channel, second.Privacy, second.MadeForKids = "instagram", "public", false
	for i, want := range []any{
		message.PlaceCollect{Place: 1},
		message.LyricWrite{Brief: claim.Brief{Facts: facts[:2] /* a link and a colour are not sung */, Language: "en", Mood: "warm", Seconds: 30}},
		message.SongGenerate{Lyric: untraced(words), Genre: "trot", Mood: "warm", Voice: "m", Seconds: 30},
		message.VideoRender{Name: "돌담골목", Facts: facts, Photos: known.Photos, Take: takes[1], Aspect: "9:16", Template: "auto", Quality: "final", Seconds: 30, Language: "en"},
		post, second,
	} {
		got, err := recipe.Input(o, plans[i], outputs(t))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("step %d: %v, input (-want +got):\n%s", i+1, err, diff)
		}
	}
}

// untraced is a lyric without its title and what its lines rest on.
func untraced(l claim.Lyric) claim.Lyric {
	var out claim.Lyric
	for _, line := range l.Lines {
		out.Lines = append(out.Lines, claim.Line{Section: line.Section, Text: line.Text})
	}
	return out
}

func TestAnInputThatCannotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	o := order(t, ad.Wish{Place: 1, Channels: []ad.Channel{youtube}})
	bare := known
	bare.Photos = nil
	for name, c := range map[string]struct {
		step pipeline.Plan
		no   int
		with any
		code fault.Code
	}{
		"a place without photos gets no lyric":       {pipeline.Plan{No: 2, Kind: message.Lyric}, 1, bare, fault.CodeNoPhotos},
		"a song without the chosen take has no film": {pipeline.Plan{No: 4, Kind: message.Video}, 3, message.SongMade{Takes: takes, Chosen: 2}, fault.CodeInternal},
		"a song without takes has no film":           {pipeline.Plan{No: 4, Kind: message.Video}, 3, message.SongMade{Chosen: -1}, fault.CodeInternal},
		"a second channel that was not ordered":      {pipeline.Plan{No: 6, Kind: message.Publish}, 4, film, fault.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := outputs(t)
			out[c.no] = text(t, c.with)
			if in, err := recipe.Input(o, c.step, out); fault.CodeOf(err) != c.code || err == nil {
				t.Errorf("input %+v, %v", in, err)
			}
		})
	}
	for no := 2; no <= 5; no++ {
		kind := map[int]message.Kind{2: message.Lyric, 3: message.Song, 4: message.Video, 5: message.Publish}[no]
		out := outputs(t)
		delete(out, no-1)
		if _, err := recipe.Input(o, pipeline.Plan{No: no, Kind: kind}, out); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("step %d without the output before it: %v", no, err)
		}
	}
}

// The same order and outputs give the same bytes: inputs are content-addressed.
func TestInputsArePure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := ad.Wish{Place: 1, Caption: rapid.String().Draw(r, "caption"),
			Language: rapid.SampledFrom([]string{"ko", "en"}).Draw(r, "language"), Seconds: rapid.SampledFrom([]int{15, 30, 60}).Draw(r, "seconds")}
		for i := range rapid.IntRange(1, 4).Draw(r, "channels") {
			w.Channels = append(w.Channels, ad.Channel{Channel: "youtube", Account: id.Account(1 + i).String()})
		}
		o := order(t, w)
		plans, err := recipe.Steps(o)
		if err != nil {
			r.Fatal(err)
		}
		place := known
		place.Facts = rapid.SliceOf(rapid.Custom(func(r *rapid.T) claim.Fact {
			return claim.Fact{ID: "f1", Kind: rapid.SampledFrom([]claim.FactKind{claim.Name, claim.Area, claim.Menu}).Draw(r, "kind"), Text: rapid.String().Draw(r, "text")}
		})).Draw(r, "facts")
		out := outputs(t)
		out[1] = text(t, place)
		for _, p := range plans {
			before := text(t, out)
			a, errA := recipe.Input(o, p, out)
			b, errB := recipe.Input(o, p, out)
			if errA != nil || errB != nil || !bytes.Equal(text(t, a), text(t, b)) {
				r.Fatalf("step %d: %s (%v), then %s (%v)", p.No, text(t, a), errA, text(t, b), errB)
			}
			if !bytes.Equal(before, text(t, out)) {
				r.Fatalf("step %d changed its outputs", p.No)
			}
		}
	})
}

func private(c ad.Channel) ad.Channel { c.Privacy = "private"; return c }

func TestWishesThatCannotBeMadeAreRefused(t *testing.T) {
	t.Parallel()
	many := func(n int) string { return strings.Repeat("가", n) }
	for name, c := range map[string]struct {
		wish  ad.Wish
		field string
	}{
		"no place":                             {ad.Wish{Publish: "none"}, "place"},
		"twenty seconds":                       {ad.Wish{Place: 1, Publish: "none", Seconds: 20}, "seconds"},
		"posted nowhere":                       {ad.Wish{Place: 1}, "channels"},
		"posted although it shall not be":      {ad.Wish{Place: 1, Publish: "none", Channels: []ad.Channel{youtube}}, "channels"},
		"posted twice to one account":          {ad.Wish{Place: 1, Channels: []ad.Channel{youtube, instagram, private(youtube)}}, "channels[2]"},
		"a hashtag of nothing":                 {ad.Wish{Place: 1, Publish: "none", Hashtags: []string{"a", "#"}}, "hashtags[1]"},
		"a hashtag of two words":               {ad.Wish{Place: 1, Publish: "none", Hashtags: []string{"a b"}}, "hashtags[0]"},
		"a hashtag that is two":                {ad.Wish{Place: 1, Publish: "none", Hashtags: []string{"#a#b"}}, "hashtags[0]"},
		"a hashtag that is too long":           {ad.Wish{Place: 1, Publish: "none", Hashtags: []string{many(41)}}, "hashtags[0]"},
		"approved and posted nowhere":          {ad.Wish{Place: 1, Publish: "approve"}, "channels"},
		"a preview that is to be approved":     {ad.Wish{Place: 1, Publish: "approve", Quality: "preview", Channels: []ad.Channel{youtube}}, "quality"},
		"a title that YouTube does not take":   {ad.Wish{Place: 1, Publish: "none", Title: "칼국수 <1>"}, "title"},
		"a preview that is posted":             {ad.Wish{Place: 1, Quality: "preview", Channels: []ad.Channel{youtube}}, "quality"},
		"a preview that is posted by default":  {ad.Wish{Place: 1, Quality: "preview", Publish: "auto", Channels: []ad.Channel{youtube}}, "quality"},
		"a preview that is kept":               {ad.Wish{Place: 1, Quality: "preview", Publish: "none", Template: "coupon", Aspect: "1:1"}, ""},
		"a wish that leaves everything to us":  {ad.Wish{Place: 1, Publish: "none"}, ""},
		"two accounts of one channel":          {ad.Wish{Place: 1, Channels: []ad.Channel{youtube, {Channel: "youtube", Account: "channel_0000000000008"}}}, ""},
		"an account that is none":              {ad.Wish{Place: 1, Channels: []ad.Channel{{Channel: "youtube", Account: "my channel"}}}, "channels[0].account"},
		"an account that is an ad":             {ad.Wish{Place: 1, Channels: []ad.Channel{{Channel: "youtube", Account: "ad_0000000000009"}}}, "channels[0].account"},
		"no account":                           {ad.Wish{Place: 1, Channels: []ad.Channel{{Channel: "youtube"}}}, "channels[0].account"},
		"a private video":                      {ad.Wish{Place: 1, Channels: []ad.Channel{private(youtube)}}, ""},
		"a private reel":                       {ad.Wish{Place: 1, Channels: []ad.Channel{youtube, private(instagram)}}, "channels[1].privacy"},
		"a reel made for kids":                 {ad.Wish{Place: 1, Channels: []ad.Channel{{Channel: "instagram", Account: youtube.Account, MadeForKids: true}}}, "channels[0].made_for_kids"},
		"a hashtag of forty letters and its #": {ad.Wish{Place: 1, Publish: "none", Hashtags: []string{"#" + many(40)}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.wish.Validate()
			if got := fault.FieldOf(err); got != c.field || (err == nil) != (c.field == "") {
				t.Errorf("%v blames %q, want %q", err, got, c.field)
			}
		})
	}
}

// An explicit default and an absent one are the same order, with # and without.
func TestEqualWishesAreWrittenEqually(t *testing.T) {
	t.Parallel()
	tags := []string{"#맛집"}
	a := ad.Wish{Place: 1, Publish: "none", Hashtags: tags}
	b := ad.Wish{Place: 1, Language: "ko", Mood: "bright", Genre: "k-pop", Voice: "f", Seconds: 15, Aspect: "9:16", Template: "auto", Quality: "final", Publish: "none", Hashtags: []string{"맛집"}}
	if !bytes.Equal(order(t, a), order(t, b)) {
		t.Errorf("%s\n%s", order(t, a), order(t, b))
	}
	if tags[0] != "#맛집" {
		t.Error("the caller's hashtags were changed")
	}
}
