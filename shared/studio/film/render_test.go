package film

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDemo(t *testing.T) {
	dir := os.Getenv("FILM_DEMO")
	if dir == "" {
		t.Skip("no FILM_DEMO")
	}
	raw, err := os.ReadFile("testdata/ad.json")
	if err != nil {
		t.Fatal(err)
	}
	p := &problems{}
	o, _ := newObject(json.RawMessage(raw), "", p)
	n := 0
	s := parseScript(o, &n)
	f, err := loadFonts(FontFolder)
	if err != nil {
		t.Fatal(err)
	}
	s.check(f, p)
	for _, e := range p.errors {
		t.Error("error", e)
	}
	for _, e := range p.warnings {
		t.Log("warning", e)
	}
	files := map[string]source{"song": {path: filepath.Join(dir, "song.wav"), seconds: 16}}
	for i := range 5 {
		files[fmt.Sprintf("photo-%d", i+1)] = source{path: filepath.Join(dir, fmt.Sprintf("s%d.jpg", i+1))}
	}
	start := time.Now()
	out, err := render(t.Context(), s, f, dir, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v in %v", *out, time.Since(start))
}
