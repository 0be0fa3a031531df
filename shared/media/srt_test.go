package media

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSRTIsWritten(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	err := SRT(&b, []Cue{
		{"을지로 골목 끝", 0, 1.2344},
		{"두 줄\r\n\r\n가사 \x00 --> 2\n\n", 1.2346, 61.5},
		{"late", 3*3600 + 25*60 + 45.678, 99*3600 + 59*60 + 59.999},
	})
	want := "1\n00:00:00,000 --> 00:00:01,234\n을지로 골목 끝\n\n" +
		"2\n00:00:01,235 --> 00:01:01,500\n두 줄\n가사   → 2\n\n" +
		"3\n03:25:45,678 --> 99:59:59,999\nlate\n\n"
	if d := cmp.Diff(want, b.String()); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestCuesThatCannotBeShownAreErrors(t *testing.T) {
	t.Parallel()
	for what, cues := range map[string][]Cue{
		"negative":            {{"x", -1, 1}},
		"not a number":        {{"x", math.NaN(), 1}},
		"infinite":            {{"x", 0, math.Inf(1)}},
		"no length":           {{"x", 1, 1}},
		"backwards":           {{"x", 2, 1}},
		"under a millisecond": {{"x", 1, 1.0001}},
		"out of order":        {{"x", 2, 3}, {"y", 1, 2}},
		"beyond 100 hours":    {{"x", 0, 360_000}},
		"no text":             {{" \n ", 0, 1}},
	} {
		if err := SRT(new(strings.Builder), cues); err == nil {
			t.Errorf("%s was written", what)
		}
	}
	full := errors.New("disk full")
	if err := SRT(failing{full}, []Cue{{"x", 0, 1}}); !errors.Is(err, full) {
		t.Errorf("a writer's error became %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestFFmpegReadsTheSRT(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ffmpeg is needed to read the captions back")
		}
		t.Skip("ffmpeg is not installed: captions are checked by their text only")
	}
	var b strings.Builder
	if err := SRT(&b, []Cue{{"골목 <식당>", 0.5, 1.25}, {"둘째 줄", 1.25, 3}}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cues.srt")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(ffmpeg, "-v", "error", "-f", "srt", "-i", path, "-f", "webvtt", "-").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "00:00.500 --> 00:01.250") || !strings.Contains(string(out), "둘째 줄") {
		t.Errorf("%v\n%s", err, out)
	}
}
