package ad_test

import (
	"context"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// pass moves the clock.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

// walk delivers every wake-up to the modules' own stores, whose providers
// succeed at once, except that post decides about publications.
func (b *bench) walk(post func(message.SnsPublish) error) {
	b.t.Helper()
	v := newVendors()
	v.post = post
	for range 50 {
		if b.deliver(v, 1000) == 0 {
			return
		}
	}
	b.t.Fatal("the ad does not end")
}

// nobody seals nothing: these channels keep no notes.
type nobody struct{ sns.Vault }

func file(name string) message.Artifact {
	return message.Artifact{Kind: name, Blob: name, Bytes: 3, Type: "x/y"}
}

var (
	words = claim.Lyric{Title: "칼국수", Lines: []claim.Line{{Section: "hook", Text: "을지로 칼국수", Facts: []string{"f1"}}}}
	loud  = -14.2
	takes = []message.Take{{Blob: "take-1", Seconds: 14, Missing: []int{0}},
		{Blob: "take-2", Seconds: 15, Lines: []message.LineTime{{Text: "을지로 칼국수", Start: 1, End: 3}}, Loudness: &loud, Tempo: 120, Beats: []float64{0, .5}}}
)

// finished is an ad that has gone all the way.
func (b *bench) finished() ad.Ad {
	b.t.Helper()
	a := b.start(b.wish(b.place(2), youtube, instagram), "finished")
	b.walk(func(message.SnsPublish) error { return nil })
	return b.show(a)
}

func (b *bench) show(a ad.Ad) ad.Ad {
	b.t.Helper()
	a, err := b.ads.Show(b.t.Context(), owner, a.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func TestAFinishedAdShowsAllThatWasMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.finished()
	if a.State != "succeeded" || a.EndedAt == nil || a.Fail != nil {
		t.Fatalf("the ad %+v", a)
	}
	ignore := cmpopts.IgnoreFields(ad.Step{}, "ReadyAt", "EndedAt", "Seconds")
	if diff := cmp.Diff([]ad.Step{{No: 1, Kind: "place", State: "succeeded", Attempt: 1 /* no provider is asked */}, {No: 2, Kind: "lyric", State: "succeeded", Attempt: 1, Calls: 1},
		{No: 3, Kind: "song", State: "succeeded", Attempt: 1, Calls: 1}, {No: 4, Kind: "video", State: "succeeded", Attempt: 1, Calls: 1},
		{No: 5, Kind: "publish", State: "succeeded", Attempt: 1, Calls: 1}, {No: 6, Kind: "publish", State: "succeeded", Attempt: 1, Calls: 1}}, a.Steps, ignore); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if a.Lyric == nil || a.Lyric.Title != "칼국수" || !cmp.Equal(words.Lines, a.Lyric.Lines) {
		t.Errorf("lyric %+v", a.Lyric)
	}
	if a.Song == nil || a.Song.Chosen != 1 || len(a.Song.Takes) != 2 || a.Song.Takes[0].File == 0 || a.Song.Takes[0].File == a.Song.Takes[1].File {
		t.Errorf("song %+v", a.Song)
	}
	if diff := cmp.Diff([]ad.Take{{Seconds: 14, Missing: []ad.MissingLine{{Line: 0, Text: "을지로 칼국수"}}},
		{Seconds: 15, Lines: takes[1].Lines, Missing: []ad.MissingLine{}, Loudness: &loud, Tempo: 120}}, a.Song.Takes, cmpopts.IgnoreFields(ad.Take{}, "File")); diff != "" {
		t.Errorf("takes (-want +got):\n%s", diff)
	}
	if a.Video == nil || a.Video.File == 0 || a.Video.Thumbnail == 0 || a.Video.Seconds != 15 {
		t.Fatalf("video %+v", a.Video)
	}
	if f, err := b.ads.File(t.Context(), owner, a.Video.File); err != nil || f.Blob != "film" || f.Bytes != 3 {
		t.Errorf("the film's file %+v, %v", f, err)
	}
	if diff := cmp.Diff([]ad.Post{{Channel: "youtube", Account: youtube.Account, Privacy: "public", State: "published", ExternalID: "youtube-1", URL: "https://youtube"},
		{Channel: "instagram", Account: youtube.Account, Privacy: "public", State: "published", ExternalID: "instagram-1", URL: "https://instagram"}}, a.Posts, cmpopts.IgnoreFields(ad.Post{}, "ID")); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	for table, query := range map[string]string{"lyrics": `SELECT COUNT(*) FROM lyrics`, "songs": `SELECT COUNT(*) FROM songs`, "videos": `SELECT COUNT(*) FROM videos`} {
		if n := b.count(query); n != 1 {
			t.Errorf("%d %s", n, table)
		}
	}
}

// A channel that works on a film for a while is one submission to the owner, not
// one that begins again and again.
func TestTheRoundsOfAPostAreOneSubmission(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.start(b.wish(b.place(1), instagram), "rounds")
	round := 0
	publish := func(message.SnsPublish) error {
		switch round++; round {
		case 1:
			return message.NotYet{After: time.Hour}
		case 4:
			return nil
		}
		return message.NotYet{}
	}
	b.walk(publish)
	if s := b.show(a).Steps[4]; round != 1 || s.State != "submitting" || s.Attempt != 1 {
		t.Errorf("after round %d the step is %s, attempt %d", round, s.State, s.Attempt)
	}
	b.pass(2 * time.Hour)
	if n, err := b.engine.Sweep(t.Context()); err != nil || n.Overdue != 1 {
		t.Fatalf("swept %+v, %v", n, err)
	}
	b.walk(publish)
	got := b.show(a)
	if s := got.Steps[4]; round != 4 || s.State != "succeeded" || s.Attempt != 1 || s.Calls != 4 {
		t.Errorf("after %d rounds: %+v", round, s)
	}
	news, err := b.ads.Events(t.Context(), owner, a.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, e := range news.Events {
		if e.Step == 5 {
			states = append(states, e.To)
		}
	}
	if diff := cmp.Diff([]string{"ready", "submitting", "waiting", "succeeded"}, states); diff != "" {
		t.Errorf("the owner's events (-want +got):\n%s", diff)
	}
}

// The publication's row may be behind; what an owner sees is never.
func TestAPostShowsWhatItsStepSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"refused for good":         {fault.New(fault.CodeRefused), "failed"},
		"the channel was busy":     {fault.New(fault.CodeUnavailable), "published"},
		"a bug of ours on the way": {context.Canceled, "published"}, // its answer is lost: verify finds the post
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := b.start(b.wish(b.place(1), youtube), "k")
			asked := 0
			b.walk(func(message.SnsPublish) error {
				asked++
				if asked > 1 {
					return nil
				}
				if during := b.show(a); len(during.Posts) != 1 || during.Posts[0].State != "publishing" {
					t.Errorf("while the channel is called: %+v", during.Posts)
				}
				return c.err
			})
			got := b.show(a)
			if len(got.Posts) != 1 || got.Posts[0].State != c.want {
				t.Errorf("the ad %s, posts %+v, steps %+v", got.State, got.Posts, got.Steps)
			}
		})
	}
}
