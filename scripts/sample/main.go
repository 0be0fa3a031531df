// Command sample draws the pictures of the sample places in docs/sample.
//
//	go run ./scripts/sample            # writes docs/sample/…/*.jpg
//	go run ./scripts/sample -out DIR -only front,salon/chair,gym
//
// The pictures are painted by this program alone, with fixed seeds: on one
// architecture every run writes the same bytes. They hold no text, show no
// real place and are given to the public domain (CC0 1.0).
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Portrait 3:4, as phones take it; turned for landscape.
const (
	width    = 1242
	height   = 1656
	square   = 1400
	maxBytes = 250 << 10
)

// picture is one file below docs/sample.
type picture struct {
	file string
	draw func() *image.RGBA
}

var pictures = []picture{
	{"photos/1-front.jpg", drawFront},
	{"photos/2-bowl.jpg", drawBowl},
	{"photos/3-dishes.jpg", drawDishes},
	{"photos/4-interior.jpg", drawInterior},
	{"photos/5-map.jpg", drawMap},
	{"salon/photos/1-front.jpg", drawSalonFront},
	{"salon/photos/2-before.jpg", drawBefore},
	{"salon/photos/3-after.jpg", drawAfter},
	{"salon/photos/4-chair.jpg", drawChair},
	{"salon/photos/5-products.jpg", drawProducts},
	{"guesthouse/photos/1-front.jpg", drawHanok},
	{"guesthouse/photos/2-ondol.jpg", drawOndol},
	{"guesthouse/photos/3-sea.jpg", drawSea},
	{"guesthouse/photos/4-breakfast.jpg", drawBreakfast},
	{"guesthouse/photos/5-night.jpg", drawYardNight},
	{"gym/photos/1-hall.jpg", drawHall},
	{"gym/photos/2-dumbbells.jpg", drawDumbbells},
	{"gym/photos/3-lift.jpg", drawLift},
	{"gym/photos/4-runners.jpg", drawRunners},
	{"gym/photos/5-kettlebells.jpg", drawKettlebells},
	{"flowers/photos/1-front.jpg", drawFlowerFront},
	{"flowers/photos/2-bouquet.jpg", drawBouquet},
	{"flowers/photos/3-table.jpg", drawFlowerTable},
	{"flowers/photos/4-roses.jpg", drawRoses},
	{"flowers/photos/5-tulips.jpg", drawTulips},
	{"cafe/photos/1-front.jpg", drawCafeFront},
	{"cafe/photos/2-latte.jpg", drawLatte},
	{"cafe/photos/3-pastries.jpg", drawPastries},
	{"cafe/photos/4-corner.jpg", drawCorner},
	{"cafe/photos/5-drip.jpg", drawDrip},
}

// name is what -only calls a picture: "front" of the restaurant, "salon/chair".
func (p picture) name() string {
	place, file, _ := strings.Cut(p.file, "photos/")
	_, file, _ = strings.Cut(strings.TrimSuffix(file, ".jpg"), "-")
	return place + file
}

// wanted says whether a list of names holds the picture or its whole place.
func (p picture) wanted(only []string) bool {
	place, _, _ := strings.Cut(p.file, "/")
	return slices.Contains(only, p.name()) || slices.Contains(only, place)
}

func main() {
	out := flag.String("out", "docs/sample", "folder to write to")
	only := flag.String("only", "", "comma-separated pictures or places to draw; empty = all")
	flag.Parse()
	if err := run(*out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func run(out, only string) error {
	names := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	for i, name := range names {
		if !slices.ContainsFunc(pictures, func(p picture) bool { return p.wanted(names[i : i+1]) }) {
			return fmt.Errorf("no picture or place is called %q", name)
		}
	}
	var group sync.WaitGroup
	// A picture in work holds several canvases of 48 MB each.
	canvases := make(chan struct{}, runtime.GOMAXPROCS(0))
	errs := make([]error, len(pictures))
	for i, p := range pictures {
		if len(names) > 0 && !p.wanted(names) {
			continue
		}
		group.Go(func() {
			canvases <- struct{}{}
			errs[i] = write(filepath.Join(out, p.file), p.draw())
			<-canvases
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// write encodes at the best quality that stays below maxBytes.
func write(path string, img *image.RGBA) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for quality := 86; quality >= 50; quality -= 4 {
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
