package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/functions/place"

	"github.com/google/go-cmp/cmp"
)

func TestAFilmIsJudgedByTheOrder(t *testing.T) {
	t.Parallel()
	good := receiptVideo{Seconds: 30, AudioSeconds: 30.02, Loudness: -14}
	for name, c := range map[string]struct {
		wish          ad.Wish
		width, height int
		change        func(*receiptVideo)
		ok            bool
	}{
		"upright":                       {ad.Wish{Aspect: "9:16", Quality: "final", Seconds: 30}, 1080, 1920, nil, true},
		"square":                        {ad.Wish{Aspect: "1:1", Quality: "final", Seconds: 30}, 1080, 1080, nil, true},
		"lying":                         {ad.Wish{Aspect: "16:9", Quality: "final", Seconds: 30}, 1920, 1080, nil, true},
		"a preview of a lying film":     {ad.Wish{Aspect: "16:9", Quality: "preview", Seconds: 30}, 640, 360, nil, true},
		"a preview where all was meant": {ad.Wish{Aspect: "9:16", Quality: "final", Seconds: 30}, 360, 640, nil, false},
		"upright instead of square":     {ad.Wish{Aspect: "1:1", Quality: "final", Seconds: 30}, 1080, 1920, nil, false},
		"half as long":                  {ad.Wish{Aspect: "1:1", Quality: "final", Seconds: 60}, 1080, 1080, nil, false},
		"silent":                        {ad.Wish{Aspect: "1:1", Quality: "final", Seconds: 30}, 1080, 1080, func(v *receiptVideo) { v.Loudness = -70 }, false},
		"sound that ends before":        {ad.Wish{Aspect: "1:1", Quality: "final", Seconds: 30}, 1080, 1080, func(v *receiptVideo) { v.AudioSeconds = 29.9 }, false},
	} {
		v := good
		v.Width, v.Height = c.width, c.height
		if c.change != nil {
			c.change(&v)
		}
		if err := v.judge(c.wish); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPlaceFileIsReadWithAllThatCanBeOrdered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(text string) string {
		file := filepath.Join(dir, "place.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	got, err := readPlace(write(`{"name":"a","link":"https://a.example/","colors":["#aabbcc"],"language":"en","photos":["p.jpg"],
		"order":{"seconds":30,"aspect":"1:1","template":"coupon","quality":"preview","publish":"none"}}`))
	want := placeFile{Details: place.Details{Name: "a", Link: "https://a.example/", Colors: []string{"#aabbcc"}}, Language: "en",
		Photos: []string{filepath.Join(dir, "p.jpg")}, Order: placeWish{Seconds: 30, Aspect: "1:1", Template: "coupon", Quality: "preview", Publish: "none"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, place (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{`{"name":"a","photos":["p"],"url":"x"}`, `{"name":"a","photos":["p"],"order":{"template2":"x"}}`, `{"name":"a"}`, `{`} {
		if p, err := readPlace(write(bad)); err == nil {
			t.Errorf("%s was read as %+v", bad, p)
		}
	}
}

func TestPlacesAreMadeOneAfterAnotherAndWhatFailsStopsNoOther(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	broken := errors.New("broken")
	var order []string
	make := func(_ context.Context, o options) error {
		order = append(order, o.place+" in "+filepath.Base(o.out))
		if strings.HasPrefix(o.place, "x/gym") {
			return broken
		}
		text, err := json.Marshal(receipt{Seconds: 21, Song: receiptSong{Lines: 6, Tempo: 118}, Video: receiptVideo{Width: 1080, Height: 1920, Seconds: 15, Bytes: 4e6, Loudness: -14}})
		if err != nil {
			return err
		}
		return errors.Join(os.MkdirAll(o.out, 0o755), os.WriteFile(filepath.Join(o.out, "receipt.json"), text, 0o600))
	}
	var told strings.Builder
	err := each(t.Context(), options{out: out, places: []string{"restaurant=x/place.json", "x/gym/place.json", "x/cafe/place.json"}}, &told, make)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "gym: broken") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{"x/place.json in restaurant", "x/gym/place.json in gym", "x/cafe/place.json in cafe"}, order); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	for _, line := range []string{"restaurant  1080×1920  15.00    -14.0  118    6      0        4.0  21.0 s", "gym         not made"} {
		if !strings.Contains(told.String(), line) {
			t.Errorf("the table has no line %q:\n%s", line, told.String())
		}
	}
}
