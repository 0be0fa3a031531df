//go:build !race

// Forty million pixels are written and read here, in one goroutine.

package media

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func TestAVeryWidePhotoPasses(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	img := image.NewPaletted(image.Rect(0, 0, 20_000, 2_000), color.Palette{rgb(30, 60, 160), rgb(255, 255, 255)})
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	info, err := look(b.Bytes())
	if err != nil || info.Width != 20_000 || info.Height != 2_000 {
		t.Errorf("%+v, %v", info, err)
	}
	got, err := coloursOf(&b)
	if err != nil || len(got) != 1 || !near8(t, got[0], "#1e3ca0", 2) {
		t.Errorf("%v, %v", got, err)
	}
}
