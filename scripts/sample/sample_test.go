package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/shared/id"
	"castad/shared/strictjson"
)

const folder = "../../docs/sample"

// sample is a place file: the facts, the photos and the order.
type sample struct {
	facts    place.Details
	language string
	photos   []string
	wish     ad.Wish
}

// places reads all sample places, by their folder.
func places(t *testing.T) map[string]sample {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "place.json"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]sample{}
	for _, file := range append(files, filepath.Join(folder, "place.json")) {
		p, err := read(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[filepath.Dir(file)] = p
	}
	return out
}

// read reads a place as the API does it: no unknown field, every limit kept.
func read(file string) (p sample, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return p, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return p, err
	}
	var order map[string]json.RawMessage
	var channels []string
	for key, v := range map[string]any{"language": &p.language, "photos": &p.photos, "order": &order} {
		if err := json.Unmarshal(fields[key], v); err != nil {
			return p, fmt.Errorf("%s: %w", key, err)
		}
		delete(fields, key)
	}
	if err := json.Unmarshal(order["channels"], &channels); err != nil {
		return p, fmt.Errorf("channels: %w", err)
	}
	delete(order, "channels")
	order["place"] = json.RawMessage(`"` + id.Place(1).String() + `"`)
	if err := refit(fields, &p.facts); err != nil {
		return p, err
	}
	if err := refit(order, &p.wish); err != nil {
		return p, err
	}
	p.wish.Language = p.language
	for _, c := range channels {
		p.wish.Channels = append(p.wish.Channels, ad.Channel{Channel: c, Account: id.Account(1).String()})
	}
	if err := p.facts.Validate(); err != nil {
		return p, err
	}
	return p, p.wish.Validate()
}

func refit(fields map[string]json.RawMessage, v any) error {
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return strictjson.Unmarshal(text, v)
}

func TestEveryPlaceCanBeOrdered(t *testing.T) {
	t.Parallel()
	all := places(t)
	if len(all) != 6 {
		t.Errorf("there are %d sample places, want 6", len(all))
	}
	english := 0
	for dir, p := range all {
		f := p.facts
		if f.Category == "" || f.Area == "" || f.Address == "" || f.Hours == "" || f.Story == "" || f.Offer == "" || f.Link == "" || len(f.Menu) < 3 || len(f.Praise) < 3 {
			t.Errorf("%s tells too little for a film: %+v", dir, f)
		}
		if p.language == "en" {
			english++
		}
	}
	if english != 1 {
		t.Errorf("%d places are English, want 1", english)
	}
}

func TestNoTwoPlacesOrderTheSameFilmOrSong(t *testing.T) {
	t.Parallel()
	templates, songs, genres, aspects := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range places(t) {
		templates[p.wish.Template]++
		songs[p.wish.Genre+" "+p.wish.Mood+" "+p.wish.Voice]++
		genres[p.wish.Genre]++
		aspects[p.wish.Aspect]++
	}
	if templates["auto"] > 0 || len(templates) != 6 || len(songs) != 6 || len(genres) != 5 || len(aspects) != 3 {
		t.Errorf("templates %v, songs %v, genres %v, aspects %v", templates, songs, genres, aspects)
	}
}

func TestThePhotosFit(t *testing.T) {
	t.Parallel()
	var used []string
	for dir, p := range places(t) {
		for _, name := range p.photos {
			file := filepath.Join(dir, name)
			if _, err := size(file); err != nil {
				t.Error(err)
			}
			rel, err := filepath.Rel(folder, file)
			if err != nil {
				t.Fatal(err)
			}
			used = append(used, filepath.ToSlash(rel))
		}
	}
	var painted []string
	for _, p := range pictures {
		painted = append(painted, p.file)
	}
	slices.Sort(used)
	slices.Sort(painted)
	if diff := cmp.Diff(painted, used); diff != "" {
		t.Errorf("painted and used pictures differ (-painted +used):\n%s", diff)
	}
}

func TestAPictureThatNobodyPaintsIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := run(dir, "salon/chair,salon/sofa"); err == nil || !strings.Contains(err.Error(), "salon/sofa") {
		t.Errorf("run: %v", err)
	}
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("painted %v, %v before the names were read", made, err)
	}
}

// size is a JPEG's size, or why it is none or too large.
func size(file string) (image.Point, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return image.Point{}, err
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	got := image.Pt(c.Width, c.Height)
	fits := slices.Contains([]image.Point{{width, height}, {height, width}, {square, square}}, got)
	if err != nil || format != "jpeg" || !fits || len(data) > maxBytes {
		return got, fmt.Errorf("%s: %v, %s, %d bytes, %v", file, got, format, len(data), err)
	}
	return got, nil
}

// A box marks what a viewer must see; a crop that loses it is a bad crop.
func TestEveryPhotoHasASubjectInside(t *testing.T) {
	t.Parallel()
	for dir, p := range places(t) {
		text, err := os.ReadFile(filepath.Join(dir, "boxes.json"))
		if err != nil {
			t.Fatal(err)
		}
		var boxes map[string][4]float64
		if err := json.Unmarshal(text, &boxes); err != nil {
			t.Fatalf("%s/boxes.json: %v", dir, err)
		}
		marked, photos := slices.Sorted(maps.Keys(boxes)), slices.Sorted(slices.Values(p.photos))
		if diff := cmp.Diff(photos, marked); diff != "" {
			t.Errorf("%s: photos and boxes differ (-photos +boxes):\n%s", dir, diff)
		}
		for name, b := range boxes {
			if b[0] < 0 || b[1] < 0 || b[0]+b[2] > 1 || b[1]+b[3] > 1 || b[2] < 0.15 || b[3] < 0.15 || b[2]*b[3] > 0.75 {
				t.Errorf("%s/%s: box %v is outside, tiny or the whole picture", dir, name, b)
			}
		}
	}
}
