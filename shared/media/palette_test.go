package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
)

// near8 says whether two colours differ by at most so many of 255 in each channel.
func near8(t *testing.T, got, want string, most float64) bool {
	t.Helper()
	for i := 1; i < 7; i += 2 {
		a, errA := strconv.ParseUint(got[i:i+2], 16, 8)
		b, errB := strconv.ParseUint(want[i:i+2], 16, 8)
		if errA != nil || errB != nil {
			t.Fatalf("%q, %q", got, want)
		}
		if math.Abs(float64(a)-float64(b)) > most {
			return false
		}
	}
	return true
}

// painted is a picture with a stripe for each colour, as wide as its share in percent.
func painted(stripes ...any) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	x := 0
	for i := 0; i < len(stripes); i += 2 {
		for end := x + 2*stripes[i+1].(int); x < end; x++ {
			for y := range 150 {
				img.Set(x, y, stripes[i].(color.Color))
			}
		}
	}
	return img
}

func rgb(r, g, b uint8) color.Color { return color.NRGBA{r, g, b, 255} }

func TestAPalettesColoursAreThoseThatStrike(t *testing.T) {
	t.Parallel()
	white, grey, black := rgb(250, 250, 250), rgb(128, 130, 128), rgb(10, 10, 12)
	red, orange, green, blue := rgb(200, 30, 40), rgb(255, 136, 0), rgb(40, 120, 60), rgb(30, 60, 160)
	for name, c := range map[string]struct {
		img  image.Image
		want []string
	}{
		"white, grey and black are no colours":      {painted(white, 40, grey, 30, black, 30), nil},
		"a little red on much grey":                 {painted(grey, 95, red, 5), []string{"#c81e28"}},
		"three colours, the most striking first":    {painted(red, 40, green, 30, blue, 20, white, 10), []string{"#c81e28", "#1e3ca0", "#28783c"}},
		"of four the three":                         {painted(red, 40, orange, 30, green, 20, rgb(150, 140, 120), 10), []string{"#c81e28", "#ff8800", "#28783c"}},
		"two shades of one colour are one":          {painted(rgb(200, 30, 40), 50, rgb(208, 36, 46), 50), []string{"#cc212b"}},
		"what is transparent is not seen":           {painted(color.NRGBA{200, 30, 40, 40}, 60, blue, 40), []string{"#1e3ca0"}},
		"half transparent is the colour that it is": {painted(color.NRGBA{200, 30, 40, 200}, 100), []string{"#c81e28"}},
		"one pixel": {painted(blue, 100).(*image.NRGBA).SubImage(image.Rect(3, 3, 4, 4)), []string{"#1e3ca0"}},
	} {
		got := palette(c.img)
		ok := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			ok = ok && near8(t, got[i], c.want[i], 3)
		}
		if !ok {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// coloursOf is the palette of a photo's bytes.
func coloursOf(r io.Reader) ([]string, error) {
	img, _, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	return palette(img), nil
}

func TestThePaletteOfAPhotoIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../docs/sample/photos/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatalf("sample photos: %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	first, err := coloursOf(bytes.NewReader(b))
	if err != nil || len(first) == 0 {
		t.Fatalf("%v, %v", first, err)
	}
	again, err := coloursOf(bytes.NewReader(b))
	if diff := cmp.Diff(first, again); diff != "" || err != nil {
		t.Errorf("%v, again (-first +again):\n%s", err, diff)
	}
	_, err = Rewrite(bytes.NewReader(b[:len(b)/2]), Info{Type: "image/jpeg", Orientation: 1}, 1<<20)
	wantCode(t, "half a photo", err, fault.CodeNotAnImage)
}

// flatJPEG is a JPEG of 16 by 16 pixels of one colour in components as they are
// stored, with Adobe's segment if transform is not negative (0 CMYK, 2 YCCK).
func flatJPEG(transform int, components ...uint8) []byte {
	b := []byte("\xff\xd8")
	if transform >= 0 {
		b = append(b, segment(0xEE, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), byte(transform)))...)
	}
	table := append([]byte{0}, bytes.Repeat([]byte{8}, 64)...) // steps of 8: the DC is the value
	b = append(b, segment(0xDB, table)...)
	frame := []byte{8, 0, 16, 0, 16, byte(len(components))}
	scan := []byte{byte(len(components))}
	for i := range components {
		frame = append(frame, byte(i+1), 0x11, 0)
		scan = append(scan, byte(i+1), 0)
	}
	b = append(b, segment(0xC0, frame)...)
	// Twelve DC sizes in codes of four bits; the end of a block is the AC's only code, one bit.
	dc := append([]byte{0, 0, 0, 0, 12}, make([]byte, 12)...)
	b = append(b, segment(0xC4, append(dc, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))...)
	b = append(b, segment(0xC4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0))...)
	b = append(b, segment(0xDA, append(scan, 0, 63, 0))...)
	var bits []bool
	put := func(v, n int) {
		for n--; n >= 0; n-- {
			bits = append(bits, v>>n&1 == 1)
		}
	}
	before := make([]int, len(components))
	for range 4 { // blocks of 8 by 8, the components by turns
		for i, c := range components {
			diff := int(c) - 128 - before[i]
			before[i] += diff
			size := 0
			for v := diff; v != 0; v /= 2 {
				size++
			}
			put(size, 4)
			if diff < 0 {
				diff += 1<<size - 1
			}
			put(diff, size)
			put(0, 1)
		}
	}
	for len(bits)%8 != 0 {
		bits = append(bits, true)
	}
	for i := 0; i < len(bits); i += 8 {
		v := byte(0)
		for _, bit := range bits[i : i+8] {
			v <<= 1
			if bit {
				v |= 1
			}
		}
		if b = append(b, v); v == 0xFF {
			b = append(b, 0)
		}
	}
	return append(b, 0xFF, 0xD9)
}

// Printers' files: Adobe stores CMYK inverted, as itself or as YCC with black.
func TestPhotosForPrintersHaveTheColoursThatTheyShow(t *testing.T) {
	t.Parallel()
	const c, m, y, k = 20, 200, 220, 30 // ink of 255: a warm red
	ink := func(v int) uint8 { return uint8((255 - v) * (255 - k) / 255) }
	want := fmt.Sprintf("#%02x%02x%02x", ink(c), ink(m), ink(y))
	yy, cb, cr := color.RGBToYCbCr(c, m, y) // libjpeg: the inverted ink is 255 less what YCC gives
	for name, b := range map[string][]byte{
		"CMYK as Adobe writes it": flatJPEG(0, 255-c, 255-m, 255-y, 255-k),
		"YCCK as Adobe writes it": flatJPEG(2, yy, cb, cr, 255-k),
	} {
		info, err := look(b)
		if err != nil || info.Type != "image/jpeg" || info.Width != 16 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		got, err := coloursOf(bytes.NewReader(b))
		if err != nil || len(got) != 1 || !near8(t, got[0], want, 4) {
			t.Errorf("%s: %v, %v, want %s", name, got, err, want)
		}
	}
}

func TestWhatTelephonesWriteAsHEICIsToldApart(t *testing.T) {
	t.Parallel()
	box := func(major string, compatible ...string) []byte {
		b := append([]byte("ftyp"+major), 0, 0, 0, 0)
		for _, c := range compatible {
			b = append(b, c...)
		}
		b = append(binary.BigEndian.AppendUint32(nil, uint32(len(b)+4)), b...)
		return append(b, "\x00\x00\x00\x10metaheicheic...."...)
	}
	for name, b := range map[string][]byte{
		"an iPhone's":         box("heic", "mif1", "MiHE", "MiPr", "miaf", "heic"),
		"of a general brand":  box("mif1", "heic", "miaf"),
		"a live one":          box("msf1", "hevc"),
		"AVIF":                box("avif", "mif1", "miaf"),
		"told only by others": box("miaf", "MiHE", "heix"),
	} {
		_, err := look(b)
		wantCode(t, name, err, fault.CodeImageHEIC)
	}
	for name, b := range map[string][]byte{"a film": box("isom", "iso2", "mp41"), "a brand behind its box": box("qt  "), "a stub": []byte("\x00\x00\x00\x0cftypheic")[:10]} {
		_, err := look(b)
		wantCode(t, name, err, fault.CodeNotAnImage)
	}
}

func BenchmarkPalette(b *testing.B) {
	photo, err := os.ReadFile("../../docs/sample/photos/2-bowl.jpg")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := coloursOf(bytes.NewReader(photo)); err != nil {
			b.Fatal(err)
		}
	}
}
