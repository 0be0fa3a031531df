//go:build !race

// Minutes of sound, one thread each: see genre_test.go.

package music

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"castad/shared/studio/ffmpeg"
)

// longAd repeats the ad's lines with other verses until they fill the time.
func longAd(seconds int) []Line {
	out := ad[:0:0]
	for i := range seconds / 15 {
		out = append(out, Line{"verse", phrases[(2*i)%len(phrases)]}, Line{"verse", phrases[(2*i+4)%len(phrases)]}, ad[2], ad[2])
	}
	return append(out[:len(out)-1], ad[3])
}

// TestASongIsDeliverableAfterItsEncoder asks for the loudness and the peak that
// a listener gets: of the MP3, as the studio encodes it, by FFmpeg's meter.
func TestASongIsDeliverableAfterItsEncoder(t *testing.T) {
	t.Parallel()
	if err := ffmpeg.Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for i, genre := range Genres {
		for k, seconds := range []int{15, 30, 60} {
			t.Run(genre+" "+strconv.Itoa(seconds)+" s", func(t *testing.T) {
				t.Parallel()
				s, err := Compose(Order{Lines: longAd(seconds), Genre: genre, Voice: []string{"f", "m"}[(i+k)%2], Seconds: seconds, Seed: int64(100 + 10*i + k)})
				if err != nil {
					t.Fatal(err)
				}
				if err := deliverable(s, seconds); err != nil {
					t.Error(err)
				}
				lufs, peak := encoded(t, s)
				if math.Abs(lufs+14) > 1 || peak > -1 {
					t.Errorf("the MP3 has %.1f LUFS and a true peak of %.1f dBTP", lufs, peak)
				}
				if d := math.Abs(lufs - s.Loudness()); d > .3 {
					t.Errorf("we measure %.2f LUFS, FFmpeg %.2f", s.Loudness(), lufs)
				}
			})
		}
	}
}

var ebur128 = regexp.MustCompile(`(?s)Summary:.*I:\s+(-?[\d.]+) LUFS.*Peak:\s+(-?[\d.]+) dBFS`)

// encoded returns the loudness and true peak of the song's MP3.
func encoded(t *testing.T, s *Song) (lufs, peak float64) {
	t.Helper()
	wav, mp3 := filepath.Join(t.TempDir(), "song.wav"), filepath.Join(t.TempDir(), "song.mp3")
	f, err := os.Create(wav)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteWAV(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ffmpeg.EncodeMP3(context.Background(), wav, mp3); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostats", "-hide_banner", "-i", mp3, "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-").CombinedOutput()
	m := ebur128.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	lufs, _ = strconv.ParseFloat(string(m[1]), 64)
	peak, _ = strconv.ParseFloat(string(m[2]), 64)
	return lufs, peak
}

// TestTheHookIsTheLoudestPart compares the band alone in the verse and in the
// hook: what the arrangement adds and the mix lifts must be heard.
func TestTheHookIsTheLoudestPart(t *testing.T) {
	t.Parallel()
	for _, genre := range Genres {
		t.Run(genre, func(t *testing.T) {
			t.Parallel()
			o, lines, err := Order{Lines: ad, Genre: genre, Seconds: 15, Seed: 11}.normal()
			if err != nil {
				t.Fatal(err)
			}
			s, err := compose(o, lines)
			if err != nil {
				t.Fatal(err)
			}
			var from, to [2]int // verse, hook
			for _, b := range s.bars {
				k := map[string]int{"verse": 0, "hook": 1}
				i, ok := k[b.section]
				switch {
				case !ok:
					continue
				case b.first:
					from[i] = s.sample(b.start)
				}
				if to[i] = s.sample(b.end()); b.leads {
					to[i] = s.sample(b.start) // the fill is louder on purpose
				}
			}
			s.vocals = nil
			l, r := s.perform(o, nil).channels()
			verse, hook := loudness(l[from[0]:to[0]], r[from[0]:to[0]]), loudness(l[from[1]:to[1]], r[from[1]:to[1]])
			if hook < verse+.5*s.style.lift {
				t.Errorf("the band has %.1f LUFS in the verse and %.1f in the hook, want at least %.1f more", verse, hook, .5*s.style.lift)
			}
		})
	}
}
