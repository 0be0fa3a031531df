// Command sample draws the pictures of the sample places in docs/sample.
//
//	go run ./scripts/sample            # writes docs/sample/…/*.jpg
//	go run ./scripts/sample -out DIR -only front,bowl
//
// The pictures are painted by this program alone, with fixed seeds: on one
// architecture every run writes the same bytes. They hold no text, show no
// real place and are given to the public domain (CC0 1.0).
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Portrait 3:4, as phones take it.
const (
	width    = 1242
	height   = 1656
	maxBytes = 250 << 10
)

// picture is one file below docs/sample.
type picture struct {
	name string // for -only
	file string
	draw func() *image.RGBA
}

var pictures = []picture{
	{"front", "photos/1-front.jpg", drawFront},
	{"bowl", "photos/2-bowl.jpg", drawBowl},
	{"dishes", "photos/3-dishes.jpg", drawDishes},
	{"interior", "photos/4-interior.jpg", drawInterior},
	{"map", "photos/5-map.jpg", drawMap},
}

func main() {
	out := flag.String("out", "docs/sample", "folder to write to")
	only := flag.String("only", "", "comma-separated names of pictures to draw; empty = all")
	flag.Parse()
	if err := run(*out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func run(out, only string) error {
	var group sync.WaitGroup
	errs := make([]error, len(pictures))
	for i, p := range pictures {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		group.Go(func() { errs[i] = write(filepath.Join(out, p.file), p.draw()) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// write encodes at the best quality that stays below maxBytes.
func write(path string, img *image.RGBA) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for quality := 90; quality >= 50; quality -= 4 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return fmt.Errorf("encode %s: %w", path, err)
		}
		if b.Len() <= maxBytes {
			fmt.Printf("%s: %d KB, quality %d\n", path, b.Len()>>10, quality)
			return os.WriteFile(path, b.Bytes(), 0o644)
		}
	}
	return fmt.Errorf("%s does not fit into %d KB", path, maxBytes>>10)
}
