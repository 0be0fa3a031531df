package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"castad/functions/place"
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
