package main

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

const folder = "../../docs/sample"

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
