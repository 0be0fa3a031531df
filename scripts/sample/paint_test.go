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

// sampled are the pictures that the test paints again.
var sampled = []string{"map"}

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
	files, err := filepath.Glob(filepath.Join(dir, "photos", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(dir, "*", "photos", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if files = append(files, more...); len(files) != len(sampled) {
		t.Errorf("painted %q, want %q", files, sampled)
	}
	for _, file := range files {
		name, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		painted, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(painted, kept) {
			t.Errorf("docs/sample/%s is not what the program paints: go run ./scripts/sample", name)
		}
	}
}
