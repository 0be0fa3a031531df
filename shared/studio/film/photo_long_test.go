//go:build !race

// Forty million pixels, in one goroutine.

package film

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"
)

func TestOfAVeryLongPhotoABoundedPartIsKept(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 20_000, 2_000))
	for y := 700; y < 1300; y++ {
		for x := 14_000; x < 14_600; x++ {
			img.Pix[y*img.Stride+x] = uint8(128 + x%97 + y%29)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 50}); err != nil {
		t.Fatal(err)
	}
	p, err := decodePhoto(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]*layer{}
	layers["smart"], _ = filmed(p, canvas{1080, 1920, 1}, motions["pan right"])
	// All of it may be panned over: it is kept less sharp.
	plain := &layer{visual: &visual{e: &element{kind: kindImage, fit: "cover", moves: []animation{motions["pan right"]}}, w: 1080, h: 1920, end: 3, hold: 3, opacity: 1}}
	(&scene{canvas: canvas{1080, 1920, 1}}).photoLayer(plain, p)
	layers["plain"] = plain
	for name, l := range layers {
		if l.pic.w*l.pic.h > maxPictures+l.pic.w+l.pic.h {
			t.Errorf("%s keeps %d x %d pixels", name, l.pic.w, l.pic.h)
		}
	}
}
