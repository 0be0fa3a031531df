//go:build !race

// A hundred songs: one thread each, nothing shared, and ten times as long under
// the race detector.

package music

import (
	"runtime"
	"sync"
	"testing"

	"castad/shared/studio/music/musictest"
)

const seeds = 20

// advert is an ad of 15 seconds; words, mood and voice change with the seed, so
// that none of them stands for the genre.
func advert(genre string, seed int64) Order {
	verses := []string{"전주 한옥마을 걷다 보면", "골목 끝 작은 가게", "아침부터 끓인 육수 한 그릇", "노을 지는 바닷가 옆", "따뜻한 커피 한 잔 어때요"}
	hooks := []string{"오 오 한빛칼국수 우리의 노래", "라라라 봄날의 향기", "come and sit with me tonight"}
	pick := func(from []string, n int64) string { return from[int(seed+n)%len(from)] }
	return Order{
		Genre: genre, Seconds: 15, Seed: seed,
		Mood:  []string{"bright", "warm", "trendy"}[seed%3],
		Voice: []string{"f", "m"}[seed/2%2],
		Lines: []Line{{Section: "verse", Text: pick(verses, 0)}, {Section: "verse", Text: pick(verses, 2)}, {Section: "hook", Text: pick(hooks, 1)}, {Section: "call", Text: "오늘 한빛칼국수에서 만나요"}},
	}
}

// heardSong is a song and what there is to hear in it.
type heardSong struct {
	genre string
	seed  int64
	sound musictest.Sound
	tempo float64 // the truth
}

// hearAll composes every genre with every seed and listens.
func hearAll(t *testing.T) []heardSong {
	t.Helper()
	songs := make([]heardSong, len(Genres)*seeds)
	var group sync.WaitGroup
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range songs {
		group.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			genre, seed := Genres[i/seeds], int64(i%seeds)
			made, err := Compose(advert(genre, seed))
			if err != nil {
				t.Errorf("%s, seed %d: %v", genre, seed, err)
				return
			}
			if err := deliverable(made, 15); err != nil {
				t.Errorf("%s, seed %d: %v", genre, seed, err)
			}
			songs[i] = heardSong{genre, seed, musictest.Hear(made.PCM, made.Rate), made.Tempo}
		})
	}
	group.Wait()
	return songs
}

// TestAListenerKnowsTheGenre is the measure: nearest centroid on simple
// features of the samples, five genres by twenty seeds, centroids from the ten
// seeds that are not judged, at least 95 % right.
func TestAListenerKnowsTheGenre(t *testing.T) {
	t.Parallel()
	songs := hearAll(t)
	if t.Failed() {
		return
	}
	right, confused := 0, map[string]int{}
	for _, half := range []bool{true, false} {
		var labels []string
		var vectors [][]float64
		for _, s := range songs {
			if (s.seed < seeds/2) == half {
				labels, vectors = append(labels, s.genre), append(vectors, s.sound.Vector())
			}
		}
		known := musictest.Learn(labels, vectors)
		for _, s := range songs {
			if (s.seed < seeds/2) == half {
				continue
			}
			if got := known.Nearest(s.sound.Vector()); got == s.genre {
				right++
			} else {
				confused[s.genre+" taken for "+got]++
				t.Logf("%s, seed %d: %+v", s.genre, s.seed, s.sound)
			}
		}
	}
	t.Logf("%d of %d right; %v", right, len(songs), confused)
	if right*100 < 95*len(songs) {
		t.Errorf("%d of %d right, want 95 %%; %v", right, len(songs), confused)
	}
	inTime := 0
	for _, s := range songs {
		if onGrid(s.sound.Tempo, s.tempo) {
			inTime++
		}
	}
	t.Logf("the tempo is heard in %d of %d songs", inTime, len(songs))
	if inTime*100 < 95*len(songs) {
		t.Errorf("the tempo is heard in %d of %d songs only", inTime, len(songs))
	}
}

// onGrid reports whether a heard tempo is the beat, its half or its double.
func onGrid(heard, truth float64) bool {
	for _, f := range []float64{.5, 1, 2} {
		if r := heard / (truth * f); r > .97 && r < 1.03 {
			return true
		}
	}
	return false
}
