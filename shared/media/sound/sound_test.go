package sound_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"castad/shared/media"
	"castad/shared/media/sound"
	"castad/shared/studio/ffmpeg"
)

// encoded is a sound that ffmpeg makes, as an MP3.
func encoded(t testing.TB, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "song.mp3")
	if out, err := exec.Command("ffmpeg", append(append([]string{"-v", "error"}, args...), file)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hear(t testing.TB, b []byte) (sound.Heard, error) {
	t.Helper()
	info, err := media.Audio(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return sound.Hear(t.Context(), bytes.NewReader(b), int64(len(b)), info)
}

var (
	integrated = regexp.MustCompile(`I:\s+(-?[0-9.]+) LUFS`)
	truePeak   = regexp.MustCompile(`Peak:\s+(-?[0-9.]+) dBFS`)
)

// referee is what ffmpeg's ebur128 filter measures.
func referee(t testing.TB, b []byte) (lufs, peak float64) {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-nostats", "-f", "mp3", "-i", "pipe:0", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	last := func(re *regexp.Regexp) float64 {
		all := re.FindAllSubmatch(out, -1)
		if len(all) == 0 {
			t.Fatalf("no figure: %s", out)
		}
		v, err := strconv.ParseFloat(string(all[len(all)-1][1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	return last(integrated), last(truePeak)
}

func TestLoudnessAndPeakAreWhatFFmpegMeasures(t *testing.T) {
	t.Parallel()
	if err := ffmpeg.Installed(); err != nil {
		t.Fatal(err)
	}
	music := "aevalsrc=exprs='0.4*sin(2*PI*110*t)*exp(-6*mod(t,0.5))+0.1*(random(0)-0.5)|0.3*sin(2*PI*330*t)*exp(-3*mod(t,1))':s=44100:d=6"
	for name, args := range map[string][]string{
		"stereo":             {"-f", "lavfi", "-i", music, "-b:a", "192k"},
		"mono":               {"-f", "lavfi", "-i", music, "-ac", "1", "-b:a", "96k"},
		"variable bit rate":  {"-f", "lavfi", "-i", music, "-q:a", "4"},
		"48 kHz":             {"-f", "lavfi", "-i", music, "-ar", "48000", "-b:a", "192k"},
		"32 kHz":             {"-f", "lavfi", "-i", music, "-ar", "32000", "-b:a", "160k"},
		"over full scale":    {"-f", "lavfi", "-i", music, "-af", "volume=9dB", "-b:a", "192k"},
		"quiet with a pause": {"-f", "lavfi", "-i", music, "-af", "volume=-20dB,volume=0:enable='between(t,2,4)'", "-b:a", "192k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := encoded(t, args...)
			got, err := hear(t, b)
			if err != nil {
				t.Fatal(err)
			}
			lufs, peak := referee(t, b)
			if math.Abs(got.Loudness-lufs) > .3 || math.Abs(got.TruePeak-peak) > .5 && got.TruePeak < -.5 || math.Abs(got.Seconds-6) > .001 {
				t.Errorf("%.2f LUFS, %.2f dBTP, %.4f s; ffmpeg says %.2f and %.2f", got.Loudness, got.TruePeak, got.Seconds, lufs, peak)
			}
		})
	}
}

// The encoder puts a twentieth of a second of nothing in front; players cut it
// off, and so do the beats' times.
func TestBeatsAreWhereAPlayerHasThem(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"with an encoder's notes": nil, "44.1 kHz to 48": {"-ar", "48000"}} {
		clicks := "aevalsrc=exprs='0.7*sin(2*PI*(60+40*exp(-40*mod(t-0.2,0.5)))*t)*exp(-25*mod(t-0.2,0.5))*gte(t,0.2)':s=44100:d=10"
		got, err := hear(t, encoded(t, append([]string{"-f", "lavfi", "-i", clicks, "-b:a", "192k"}, args...)...))
		if err != nil || math.Abs(got.Tempo-120) > .3 || len(got.Beats) < 18 {
			t.Fatalf("%s: %.2f a minute, %d beats, %v", name, got.Tempo, len(got.Beats), err)
		}
		for _, b := range got.Beats {
			if d := math.Abs(math.Mod(b-.2+.25, .5) - .25); d > .012 {
				t.Errorf("%s: a beat at %.3f s is %.3f s off", name, b, d)
			}
		}
	}
}

func TestASilentSongIsHeardAsSilent(t *testing.T) {
	t.Parallel()
	got, err := hear(t, encoded(t, "-f", "lavfi", "-i", "anullsrc=d=9", "-b:a", "64k"))
	if err != nil || !math.IsInf(got.Loudness, -1) || !math.IsInf(got.TruePeak, -1) || got.Tempo != 0 || got.Beats != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAFormatThatIsNotDecodedIsSaidToBeOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"song.wav", "song.m4a", "plain.mp3"} {
		b, err := os.ReadFile(filepath.Join("..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := hear(t, b); !errors.Is(err, sound.ErrFormat) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Whatever is done to a file, hearing ends with figures or an error.
func TestADamagedSongIsAnErrorOrASong(t *testing.T) {
	t.Parallel()
	good := encoded(t, "-f", "lavfi", "-i", "sine=frequency=440:duration=0.5", "-b:a", "64k")
	info, err := media.Audio(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	failed := 0
	for range 60 {
		b := bytes.Clone(good)
		for range 1 + rnd.IntN(40) {
			b[rnd.IntN(len(b))] = byte(rnd.Uint32())
		}
		if got, err := sound.Hear(t.Context(), bytes.NewReader(b), int64(len(b)), info); err != nil {
			failed++
		} else if math.IsNaN(got.Loudness) || math.IsNaN(got.TruePeak) || got.Seconds > info.Seconds+.001 {
			t.Fatalf("%+v", got)
		}
	}
	t.Logf("%d of 60 damaged files could not be decoded", failed)
	for what, b := range map[string][]byte{"nothing": {}, "zeros": make([]byte, 5000), "a page": bytes.Repeat([]byte("<html>"), 1000)} {
		if got, err := sound.Hear(t.Context(), bytes.NewReader(b), int64(len(b)), info); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestHearingStopsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	b := encoded(t, "-f", "lavfi", "-i", "sine=duration=5", "-b:a", "64k")
	info, err := media.Audio(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sound.Hear(ctx, bytes.NewReader(b), int64(len(b)), info); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func BenchmarkHear(b *testing.B) {
	song := encoded(b, "-f", "lavfi", "-i", "aevalsrc=exprs='0.4*sin(2*PI*110*t)*exp(-6*mod(t,0.5))+0.2*(random(0)-0.5)|0.3*sin(2*PI*330*t)*exp(-3*mod(t,1))':s=44100:d=60", "-b:a", "192k")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hear(b, song); err != nil {
			b.Fatal(err)
		}
	}
}
