//go:build !race

// Composing has no goroutines that share anything, and takes many times as long
// under the race detector.

package sound_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"castad/shared/media/sound"
	"castad/shared/studio/ffmpeg"
	"castad/shared/studio/music"
)

// seeds is how many songs of each genre are heard: two in CI, twenty in make bench-beats.
var seeds = flag.Int("seeds", 2, "songs of each genre that are composed and heard")

// The studio's songs are heard as the pipeline gets them, as MP3s, and compared
// with their scores: beats are even from the first sample on. Of 140 songs all
// had at least nine tenths of their beats within 40 ms of the score's.
func TestTheBeatsOfTheStudiosSongsAreFound(t *testing.T) {
	t.Parallel()
	lyrics := [][]music.Line{
		{{Section: "verse", Text: "전주 한옥마을 걷다 보면"}, {Section: "verse", Text: "바지락칼국수는 구천 원"}, {Section: "hook", Text: "오 오 한빛칼국수 우리의 노래"}, {Section: "call", Text: "오늘 한빛칼국수에서 만나요"}},
		{{Section: "verse", Text: "come down our little street tonight"}, {Section: "verse", Text: "the coffee is warm and the lamps are bright"}, {Section: "hook", Text: "hello hello maple house"}, {Section: "call", Text: "come in and say hello"}},
	}
	moods, voices := []string{"bright", "warm", "trendy", "trot"}, []string{"f", "m"}
	var mu sync.Mutex
	good, all, octaves := 0, 0, 0
	t.Run("songs", func(t *testing.T) {
		for g, genre := range music.Genres {
			for seed := range *seeds {
				t.Run(fmt.Sprint(genre, seed), func(t *testing.T) {
					t.Parallel()
					song, err := music.Compose(music.Order{Lines: lyrics[(seed+g)%2], Genre: genre, Mood: moods[(seed+g)%4], Voice: voices[seed%2], Seconds: 15, Seed: int64(104729*(seed+1) + g)})
					if err != nil {
						t.Fatal(err)
					}
					heard := heardAsMP3(t, song)
					// The encoder leaves out the highest treble, which counts.
					if math.Abs(heard.Loudness-song.Loudness()) > .6 || math.Abs(heard.Seconds-song.Seconds) > .001 {
						t.Errorf("%.2f LUFS, %.3f s; before encoding %.2f, %.3f", heard.Loudness, heard.Seconds, song.Loudness(), song.Seconds)
					}
					on, octave := 0, math.Log2(heard.Tempo/song.Tempo)
					for _, b := range heard.Beats {
						beat := 60 / song.Tempo
						if math.Abs(math.Mod(b+beat/2, beat)-beat/2) <= .04 {
							on++
						}
					}
					enough := float64(len(heard.Beats)) >= .9*song.Seconds*heard.Tempo/60
					mu.Lock()
					defer mu.Unlock()
					all++
					if math.Abs(octave) > .01 {
						octaves++
					}
					if enough && 10*on >= 9*len(heard.Beats) && math.Abs(octave-math.Round(octave)) < .01 && math.Abs(octave) < 1.01 {
						good++
					} else {
						t.Logf("score %.1f a minute, heard %.1f; %d of %d beats on the score's", song.Tempo, heard.Tempo, on, len(heard.Beats))
					}
				})
			}
		}
	})
	t.Logf("%d of %d songs on the beat, %d of them at half or double tempo", good, all, octaves)
	if 100*good < 95*all || all == 0 {
		t.Errorf("only %d of %d songs are heard on the beat", good, all)
	}
}

func heardAsMP3(t *testing.T, song *music.Song) sound.Heard {
	t.Helper()
	dir := t.TempDir()
	wav, mp3 := filepath.Join(dir, "song.wav"), filepath.Join(dir, "song.mp3")
	f, err := os.Create(wav)
	if err != nil {
		t.Fatal(err)
	}
	if err := song.WriteWAV(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ffmpeg.EncodeMP3(t.Context(), wav, mp3); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(mp3)
	if err != nil {
		t.Fatal(err)
	}
	heard, err := hear(t, b)
	if err != nil {
		t.Fatal(err)
	}
	return heard
}
