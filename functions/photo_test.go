package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"castad/functions/place"

	"github.com/google/go-cmp/cmp"
)

// An upload whose answer was lost is sent again: it is answered with the photo
// that was kept, and nothing is kept twice.
func TestAnUploadCanBeRepeated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.place(1)
	files, err := filepath.Glob("../docs/sample/photos/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatalf("sample photos: %v, %v", files, err)
	}
	photo, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var shown place.Place
	got := b.send(http.MethodGet, fmt.Sprintf("/places/%v", p.ID), b.token, nil, nil)
	if err := json.Unmarshal(got.body, &shown); err != nil || len(shown.Photos) != 1 {
		t.Fatalf("%d %s, %v", got.status, got.body, err)
	}
	var again place.Photo
	got = b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, photo)
	if err := json.Unmarshal(got.body, &again); err != nil || got.status != http.StatusOK || again.ID != shown.Photos[0].ID {
		t.Errorf("%d %s, %v; kept was %v", got.status, got.body, err, shown.Photos[0].ID)
	}
	if n := b.rows()["photos"]; n != 1 {
		t.Errorf("%d photos", n)
	}
}

// A photo's colours are answered, kept, and shown with the place; a printer's
// photo and a very wide one are photos like any other.
func TestAPhotosColoursAreKeptWithIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.place(0)
	printed, err := os.ReadFile("../shared/media/testdata/cmyk.jpg")
	if err != nil {
		t.Fatal(err)
	}
	var wide bytes.Buffer
	blue := image.NewPaletted(image.Rect(0, 0, 20_000, 500), color.Palette{color.RGBA{30, 60, 160, 255}})
	if err := png.Encode(&wide, blue); err != nil {
		t.Fatal(err)
	}
	var kept []place.Photo
	for _, photo := range [][]byte{printed, wide.Bytes()} {
		var ph place.Photo
		got := b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": http.DetectContentType(photo)}, photo)
		if err := json.Unmarshal(got.body, &ph); err != nil || got.status != http.StatusCreated || len(ph.Colors) != 1 {
			t.Fatalf("%d %s, %v", got.status, got.body, err)
		}
		kept = append(kept, ph)
	}
	if kept[0].Colors[0] != "#cf311f" || kept[1].Colors[0] != "#1e3ca0" {
		t.Errorf("colours %v and %v", kept[0].Colors, kept[1].Colors)
	}
	var shown place.Place
	b.do(http.MethodGet, fmt.Sprintf("/places/%v", p.ID), "", nil, &shown)
	if diff := cmp.Diff(kept, shown.Photos); diff != "" {
		t.Errorf("photos of the place (-answered +shown):\n%s", diff)
	}
}

func TestAPlaceMayHaveAnyName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"온유", strings.Repeat("한빛", 20), "韓一館 本店", "🍜 국수집 ✨👩‍🍳", "Café “Zoë” & Söhne", "1943"} {
		var made place.Place
		b.do(http.MethodPost, "/places", "", place.Details{Name: name, Menu: []place.Item{}}, &made)
		var shown place.Place
		b.do(http.MethodGet, fmt.Sprintf("/places/%v", made.ID), "", nil, &shown)
		if shown.Name != name || len(shown.Facts) != 1 || shown.Facts[0].Text != name {
			t.Errorf("%q is shown as %+v", name, shown)
		}
	}
}
