//go:build !race

// Painting has no goroutines that share anything, and takes five times as long
// under the race detector.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sampled are the pictures that the test paints again: the quickest of each place.
var sampled = []string{"map", "salon/products", "guesthouse/breakfast", "gym/hall", "flowers/table", "cafe/latte"}

func TestThePicturesAreWhatTheProgramPaints(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors fuse multiplications and additions: the pictures differ by a few bits")
	}
	// A few stand for all: each takes seconds, and they share the brushes.
	dir := t.TempDir()
	if err := run(dir, strings.Join(sampled, ",")); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, p := range pictures {
		if !p.wanted(sampled) {
			continue
		}
		painted, err := os.ReadFile(filepath.Join(dir, p.file))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(filepath.Join(folder, p.file))
		if err != nil {
			t.Fatal(err)
		}
		compared++
		if !bytes.Equal(painted, kept) {
			t.Errorf("docs/sample/%s is not what the program paints: go run ./scripts/sample", p.file)
		}
	}
	if compared != len(sampled) {
		t.Errorf("compared %d pictures of %q", compared, sampled)
	}
}
