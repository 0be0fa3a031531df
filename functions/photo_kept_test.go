package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"testing"

	"castad/functions/place"
	"castad/shared/store"
)

// What a telephone writes about where and with what a photo was taken is not in the file that is kept.
func TestAKeptPhotoSaysNotWhereItWasTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.place(0)
	plain, err := os.ReadFile("../docs/sample/photos/1-front.jpg")
	must(t, err)
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00SECRET 37.5665N 126.9780E")
	segment := append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(exif)+2)), exif...)
	photo := slices.Concat(plain[:2], segment, plain[2:])
	var kept, again place.Photo
	for status, to := range map[int]*place.Photo{http.StatusCreated: &kept} {
		got := b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, photo)
		if err := json.Unmarshal(got.body, to); err != nil || got.status != status {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	got := b.send(http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), b.token, map[string]string{"Content-Type": "image/jpeg"}, photo)
	if err := json.Unmarshal(got.body, &again); err != nil || got.status != http.StatusOK || again.ID != kept.ID {
		t.Errorf("sent again: %d %s", got.status, got.body)
	}
	name, err := store.One(t.Context(), b.db.Primary(), `SELECT blob_path FROM place_photos WHERE id = ?`, func(s *string) []any { return []any{s} }, kept.ID)
	must(t, err)
	o, err := b.parts.files.Open(t.Context(), name)
	must(t, err)
	defer o.Close()
	file, err := io.ReadAll(o)
	must(t, err)
	if !bytes.Contains(photo, []byte("SECRET")) || bytes.Contains(file, []byte("SECRET")) || bytes.Contains(file, []byte("Exif")) || int64(len(file)) != kept.Bytes {
		t.Errorf("%d bytes are kept, and what was sent is among them", len(file))
	}
}
