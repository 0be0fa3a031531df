package lyric

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"castad/shared/claim"
)

func noodles(language, mood string, seconds int) claim.Brief {
	return claim.Brief{Language: language, Mood: mood, Seconds: seconds, Facts: []claim.Fact{
		{ID: "f1", Kind: claim.Name, Text: "한빛칼국수"},
		{ID: "f2", Kind: claim.Category, Text: "칼국수집"},
		{ID: "f3", Kind: claim.Area, Text: "전주 한옥마을"},
		{ID: "f4", Kind: claim.Menu, Text: "바지락칼국수", Won: 9000},
		{ID: "f5", Kind: claim.Menu, Text: "왕만두", Won: 12000},
		{ID: "f6", Kind: claim.Hours, Text: "11:00~21:00"},
		{ID: "f7", Kind: claim.Praise, Text: "국물이 시원해요!"},
		{ID: "f8", Kind: claim.Story, Text: "1987년부터 3대째"},
		{ID: "f9", Kind: claim.Phone, Text: "063-123-4567"},
		{ID: "f10", Kind: claim.Offer, Text: "점심 만두 한 개 증정"},
	}}
}

// The grammars are shared by all writers: eight at once write what one alone writes.
func TestWritersAtOnceWriteWhatOneWrites(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"ko", "en"} {
		brief := noodles(language, "warm", 30)
		want, err := Write(brief, 1)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				got, err := Write(brief, 1)
				if d := cmp.Diff(want, got); d != "" || err != nil {
					t.Errorf("%s: %v; another lyric:\n%s", language, err, d)
				}
				if p := claim.Check(brief.Facts, got); len(p) > 0 {
					t.Errorf("%s: %v", language, p)
				}
			})
		}
		all.Wait()
	}
}
