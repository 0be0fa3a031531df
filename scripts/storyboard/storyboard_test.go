package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"castad/shared/studio/ffmpeg"
	"castad/shared/studio/film"
)

func TestASheetShowsTheFramesOfAFilm(t *testing.T) {
	t.Parallel()
	for _, err := range []error{ffmpeg.Installed(), exists(film.FontFolder)} {
		if err != nil && os.Getenv("CI") == "true" {
			t.Fatal(err)
		} else if err != nil {
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	var out bytes.Buffer
	err := run(t.Context(), []string{"-place", "../../docs/sample/place.json", "-template", "mood", "-aspect", "1:1", "-seconds", "4", "-every", "2", "-out", dir, "-script"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "mood-1x1.png")
	if got := strings.TrimSpace(out.String()); got != path {
		t.Errorf("told %q, want %q", got, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 3*360+2*8 || b.Dy() != 360 { // a frame every two seconds, and the last
		t.Errorf("a sheet of %v", b)
	}
	if err := exists(filepath.Join(dir, "mood-1x1.json")); err != nil {
		t.Error(err)
	}
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}

func TestWhatIsNoStoryboardIsSaid(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"no such file": {"-place", "nowhere.json"},
		"opera":        {"-place", "../../docs/sample/place.json", "-template", "opera", "-out", t.TempDir()},
	} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}
