package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/shared/studio/ffmpeg"
)

// need skips where ffmpeg is not installed; CI must have it.
func need(t *testing.T) {
	t.Helper()
	if err := ffmpeg.Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// luma is the brightness of the film's second n, each well apart from the next.
func luma(n int) byte { return byte(40 + 35*n) }

// shoot makes a film of the given size that grows brighter every second.
func shoot(t *testing.T, path string, w, h, seconds int) {
	t.Helper()
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := ffmpeg.Run(t.Context(), ffmpeg.Spec{Dir: dir,
		Inputs: []ffmpeg.Input{{Format: "rawvideo", Options: []string{"-pixel_format", "gray", "-video_size", fmt.Sprintf("%dx%d", w, h), "-framerate", "10"}}},
		Outputs: []ffmpeg.Output{{Path: path, Format: "mp4", Options: []string{"-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast",
			"-vf", "scale=out_range=pc", "-pix_fmt", "yuvj420p"}}},
		Feed: func(out io.Writer) error {
			for i := range seconds * 10 {
				if _, err := out.Write(bytes.Repeat([]byte{luma(i / 10)}, w*h)); err != nil {
					return err
				}
			}
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryFrameStandsInItsPlace(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	tall, wide := filepath.Join(dir, "꽃집", "ad.mp4"), filepath.Join(dir, "wide.mp4")
	shoot(t, tall, 72, 128, 5)
	shoot(t, wide, 128, 72, 2)
	out := filepath.Join(dir, "docs", "sheet.jpg")
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"-out", out, "-every", "1s", "-columns", "4", tall, wide}, &stdout, &stderr); code != 0 {
		t.Fatalf("code %d: %s", code, stderr.String())
	}
	file, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sheet, err := jpeg.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	// Four columns of 400: the tall film takes a row and a frame of the next,
	// where the wide one has room beside it.
	if got, want := sheet.Bounds().Size(), image.Pt(4*(400+gap)+gap, gap+2*(labelHeight+711+gap)); got != want {
		t.Fatalf("the sheet is %v, want %v", got, want)
	}
	second := gap + labelHeight + 711 + gap
	for _, c := range []struct{ column, top, luma int }{
		{0, gap, int(luma(0))}, {1, gap, int(luma(1))}, {2, gap, int(luma(2))}, {3, gap, int(luma(3))},
		{0, second, int(luma(4))}, {1, second, int(luma(0))}, {2, second, int(luma(1))},
	} {
		at := image.Pt(gap+c.column*(400+gap)+200, c.top+labelHeight+100)
		got := int(color.GrayModel.Convert(sheet.At(at.X, at.Y)).(color.Gray).Y)
		if got < c.luma-8 || got > c.luma+8 {
			t.Errorf("column %d at %v is %d bright, want %d", c.column, at, got, c.luma)
		}
	}
	for _, x := range []int{gap, gap + 400 + gap} { // labels: the first film's, the second's beside it
		if bright := inked(sheet, image.Rect(x, second, x+200, second+labelHeight)); bright < 100 {
			t.Errorf("the label at %d has %d bright pixels", x, bright)
		}
	}
	if !strings.Contains(stdout.String(), "2 films, 7 frames") {
		t.Errorf("said %q", stdout.String())
	}
}

func inked(img image.Image, in image.Rectangle) (bright int) {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y > 170 {
				bright++
			}
		}
	}
	return bright
}

func TestFramesComeFromTheMiddleOfEachStretch(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64][]time.Duration{
		1:    {500 * time.Millisecond},
		15:   {1500 * time.Millisecond, 4500 * time.Millisecond, 7500 * time.Millisecond, 10500 * time.Millisecond, 13500 * time.Millisecond},
		4.6:  {1500 * time.Millisecond, 4500 * time.Millisecond},
		4.25: {1500 * time.Millisecond},
	} {
		if diff := cmp.Diff(want, times(seconds, 3*time.Second)); diff != "" {
			t.Errorf("%g s (-want +got):\n%s", seconds, diff)
		}
	}
}

func TestAFilmIsKnownByItsFolderOrFile(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/build/demos/salon/ad.mp4": "salon", "/films/봄날 꽃집.mp4": "봄날 꽃집"} {
		if got := title(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestBadArgumentsAndFilmsAreRefused(t *testing.T) {
	t.Parallel()
	need(t)
	text := filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(text, []byte("this is no film at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "sheet.jpg")
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"no film":                   {nil, 2},
		"no time between frames":    {[]string{"-every", "0s", text}, 2},
		"an unknown flag":           {[]string{"-rows", "3", text}, 2},
		"a text that is no film":    {[]string{text}, 1},
		"a film that is not there":  {[]string{text + "x"}, 1},
		"columns that nobody reads": {[]string{"-columns", "1000", text}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			if code := run(t.Context(), append([]string{"-out", out}, c.args...), io.Discard, &stderr); code != c.code || stderr.Len() == 0 {
				t.Errorf("code %d, want %d: %q", code, c.code, stderr.String())
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a sheet was written")
			}
		})
	}
}
