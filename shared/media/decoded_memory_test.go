//go:build !race

// What is allocated is measured here, and most of the time under the race detector is its own.

package media

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"
)

// Not parallel: it measures what is allocated.
func TestWhatAPhotoTakesToDecodeIsKnownBefore(t *testing.T) {
	encoded := func(img image.Image, encode func(*bytes.Buffer, image.Image) error) []byte {
		var b bytes.Buffer
		if err := encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	asPNG := func(b *bytes.Buffer, img image.Image) error { return png.Encode(b, img) }
	size := image.Rect(0, 0, 1600, 1200)
	deep := image.NewNRGBA64(size)
	deep.Set(1, 1, color.NRGBA64{1, 2, 3, 4})
	for name, photo := range map[string][]byte{
		"a JPEG":                   encoded(image.NewYCbCr(size, image.YCbCrSubsampleRatio420), func(b *bytes.Buffer, img image.Image) error { return jpeg.Encode(b, img, nil) }),
		"a progressive JPEG":       flat(0xC2, 1600, 1200, 0x11, 0x11, 0x11),
		"one with half the colour": flat(0xC2, 1600, 1200, 0x22, 0x11, 0x11),
		"a PNG":                    encoded(image.NewRGBA(size), asPNG),
		"a PNG with 16 bits":       encoded(deep, asPNG),
		"a PNG of a palette":       encoded(image.NewPaletted(size, color.Palette{color.Black, color.White}), asPNG),
		"a grey PNG":               encoded(image.NewGray(size), asPNG),
	} {
		info, err := look(photo)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := image.Decode(bytes.NewReader(photo)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > info.Decoded+info.Decoded/5+100<<10 || took < info.Decoded-info.Decoded/5 {
			t.Errorf("%s: took %d bytes, said were %d", name, took, info.Decoded)
		}
	}
}
