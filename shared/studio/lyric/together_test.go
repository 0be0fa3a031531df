package lyric

import (
	"sync"
	"testing"

	"castad/shared/claim"

	"github.com/google/go-cmp/cmp"
)

// The studio writes for several customers at once.
func TestLyricsThatAreWrittenAtOnceAreTheSame(t *testing.T) {
	t.Parallel()
	const writers = 4
	for _, language := range []string{"ko", "en"} {
		brief := claim.Brief{Language: language, Mood: "bright", Seconds: 30, Facts: []claim.Fact{
			{ID: "n", Kind: claim.Name, Text: "한빛칼국수"}, {ID: "a", Kind: claim.Area, Text: "전주"}, {ID: "m", Kind: claim.Menu, Text: "칼국수", Won: 9000}}}
		var wg sync.WaitGroup
		var lyrics [writers]claim.Lyric
		for i := range lyrics {
			wg.Go(func() {
				var err error
				if lyrics[i], err = Write(brief, 7); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, l := range lyrics[1:] {
			if diff := cmp.Diff(lyrics[0], l); diff != "" || len(l.Lines) == 0 {
				t.Errorf("%s: of one brief and seed there are two lyrics, or none:\n%s", language, diff)
			}
		}
	}
}
