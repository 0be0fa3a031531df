//go:build !race

// Painting has no goroutines that share anything, and takes five times as long
// under the race detector.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

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
