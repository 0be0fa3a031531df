//go:build !race

// Everything that can be sung, and songs in all genres: one thread each, nothing
// shared, and ten times as long under the race detector.

package music

import (
	"math"
	"testing"

	"castad/shared/studio/lyric/hangul"
)

// TestEverySyllableCanBeSung sings all 11,172 of them, 28 in a breath.
func TestEverySyllableCanBeSung(t *testing.T) {
	t.Parallel()
	const length = .12
	worst := 0.0
	for first := 0; first < 19*21; first++ {
		var line []sounds
		for coda := range 28 {
			s := hangul.Syllable{Onset: first / 21, Vowel: first % 21, Coda: coda}
			line = append(line, pronounce(string(s.Rune()))...)
		}
		voice, pitch := "m", 48.0
		if first%2 == 1 {
			voice, pitch = "f", 62
		}
		v := oneLine(voice, line, length, pitch, int64(first))
		x := v.sing(int(v.seconds() * Rate))
		peak, click := roughest(x)
		if math.IsNaN(peak) || peak == 0 {
			t.Fatalf("row %d peaks at %v", first, peak)
		}
		worst = max(worst, click)
		if click > 30 {
			t.Errorf("row %d has a sample %.0f times as abrupt as those round it: a click", first, click)
		}
		for i, n := range v.notes {
			if db := level(x[int(n.start*Rate):int(n.end*Rate)]) - 20*math.Log10(peak); db < -26 {
				t.Errorf("%c is sung at %.0f dB of its line's peak", hangul.Syllable{Onset: first / 21, Vowel: first % 21, Coda: i}.Rune(), db)
			}
		}
	}
	t.Logf("the most abrupt sample is %.0f times as abrupt as those round it", worst)
}

// TestTheSingerKeepsThePitch measures every syllable of songs in all genres, with both voices.
func TestTheSingerKeepsThePitch(t *testing.T) {
	t.Parallel()
	for _, genre := range Genres {
		for _, voice := range []string{"f", "m"} {
			t.Run(genre+" "+voice, func(t *testing.T) {
				t.Parallel()
				off, n := 0, 0
				for seed := range int64(3) {
					vocal, song := singAd(t, genre, voice, seed)
					for _, note := range song.Notes {
						n++
						if c := cents(vocal, note); !(math.Abs(c) <= 50) {
							off++
							t.Logf("seed %d, %.2f–%.2f s, %.0f Hz: %.0f cents", seed, note.Start, note.End, note.Hz, c)
						}
					}
				}
				if off*20 > n {
					t.Errorf("%d of %d syllables are more than 50 cents off", off, n)
				}
			})
		}
	}
}

// singAd sings the sample lines without a band.
func singAd(t *testing.T, genre, voice string, seed int64) ([]float32, *Song) {
	t.Helper()
	o, lines, err := Order{Lines: ad, Genre: genre, Voice: voice, Seconds: 15, Seed: seed}.normal()
	if err != nil {
		t.Fatal(err)
	}
	s, err := compose(o, lines)
	if err != nil {
		t.Fatal(err)
	}
	song := &Song{}
	s.timings(song, lines)
	return s.voicing(voice, 0, func(sung) bool { return true }, func(sung) float64 { return 0 }).sing(o.Seconds * Rate), song
}
