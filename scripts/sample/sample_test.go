package main

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

const folder = "../../docs/sample"

func TestThePicturesAreWhatTheProgramPaints(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors fuse multiplications and additions: the pictures differ by a few bits")
	}
	// One picture stands for all: each takes seconds, and they share the brushes.
	dir := t.TempDir()
	if err := run(dir, "map"); err != nil {
		t.Fatal(err)
	}
	painted, err := os.ReadFile(filepath.Join(dir, "photos/5-map.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(folder, "photos/5-map.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(painted, kept) {
		t.Error("docs/sample/photos/5-map.jpg is not what the program paints: go run ./scripts/sample")
	}
}

func TestThePlaceNamesPhotosThatFit(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(folder, "place.json"))
	if err != nil {
		t.Fatal(err)
	}
	var place struct {
		Name, Language, Category, Area, Address, Phone, Hours, Story, Offer string

		Menu []struct {
			Name string
			Won  int
		}
		Praise, Photos []string
		Order          struct {
			Genre, Mood, Voice, Aspect, Publish string

			Seconds  int
			Channels []string
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&place); err != nil {
		t.Fatal(err)
	}
	if place.Name == "" || place.Language != "ko" || len(place.Menu) == 0 || len(place.Praise) == 0 || len(place.Photos) != len(pictures) || place.Order.Seconds == 0 {
		t.Errorf("the place is incomplete: %+v", place)
	}
	for i, name := range place.Photos {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil || c.Width != width || c.Height != height || len(data) > maxBytes || name != pictures[i].file {
			t.Errorf("%s: %d x %d, %d bytes, %v", name, c.Width, c.Height, len(data), err)
		}
	}
}
