package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
)

func look(b []byte) (Info, error) { return Image(bytes.NewReader(b), int64(len(b))) }

func TestPhotosAreRecognised(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"photo.jpg": "image/jpeg", "photo.png": "image/png", "photo.webp": "image/webp", "lossless.webp": "image/webp"} {
		b := fixture(t, name)
		got, err := look(b)
		if got.Decoded < 64*48 || got.Decoded > 8*64*48 {
			t.Errorf("%s: %d bytes to decode", name, got.Decoded)
		}
		got.Decoded = 0
		if d := cmp.Diff(Info{kind, 64, 48, 1, 0, int64(len(b))}, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, d)
		}
	}
	_, err := look(fixture(t, "moving.webp"))
	wantCode(t, "an animation", err, fault.CodeNotAnImage)
}

// exif is a TIFF block with an orientation.
func exif(order binary.AppendByteOrder, head string, orientation uint16) []byte {
	b := order.AppendUint32([]byte(head), 8)
	b = order.AppendUint16(b, 2)
	b = append(b, order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, 0x0100), 3), 1)...) // another tag first
	b = order.AppendUint32(b, 0)
	b = append(b, order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, 0x0112), 3), 1)...)
	b = order.AppendUint16(order.AppendUint16(b, orientation), 0)
	return order.AppendUint32(b, 0)
}

// segment is a JPEG segment.
func segment(marker byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2)), body...)
}

// chunk is a PNG chunk.
func chunk(kind string, body []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind...)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// riff puts chunks behind an extended WebP header of a lossless image.
func riff(t *testing.T, flags byte, chunks ...[]byte) []byte {
	b := append([]byte("WEBPVP8X\x0a\x00\x00\x00"), flags, 0, 0, 0, 63, 0, 0, 47, 0, 0)
	b = append(b, fixture(t, "lossless.webp")[12:]...)
	b = append(b, slices.Concat(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(b))), b...)
}

func TestOrientationIsRead(t *testing.T) {
	t.Parallel()
	jpg, pngFile := fixture(t, "photo.jpg"), fixture(t, "photo.png")
	for o := uint16(1); o <= 8; o++ {
		little, big := exif(binary.LittleEndian, "II*\x00", o), exif(binary.BigEndian, "MM\x00*", o)
		for name, b := range map[string][]byte{
			"JPEG": slices.Concat(jpg[:2], segment(0xE1, append([]byte("Exif\x00\x00"), little...)), jpg[2:]),
			"PNG":  slices.Concat(pngFile[:33], chunk("eXIf", big), pngFile[33:]),
			"WebP": riff(t, 8, append(binary.LittleEndian.AppendUint32([]byte("EXIF"), uint32(len(little))), little...)),
		} {
			got, err := look(b)
			if err != nil || got.Orientation != int(o) {
				t.Errorf("%s with %d: %+v, %v", name, o, got, err)
			}
		}
	}
	for what, tiff := range map[string][]byte{"9": exif(binary.LittleEndian, "II*\x00", 9), "0": exif(binary.LittleEndian, "II*\x00", 0),
		"a wrong head": exif(binary.LittleEndian, "II+\x00", 6), "cut": exif(binary.LittleEndian, "II*\x00", 6)[:25], "a far directory": []byte("II*\x00\xff\xff\xff\xff")} {
		got, err := look(slices.Concat(jpg[:2], segment(0xE1, append([]byte("Exif\x00\x00"), tiff...)), jpg[2:]))
		if err != nil || got.Orientation != 1 {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestFilesThatAreTwoThingsAreRefused(t *testing.T) {
	t.Parallel()
	jpg, pngFile, web := fixture(t, "photo.jpg"), fixture(t, "photo.png"), fixture(t, "photo.webp")
	zip, html := []byte("PK\x03\x04 class"), []byte("<html><script>alert(1)</script></html>")
	for what, b := range map[string][]byte{
		"a JPEG with an archive":        slices.Concat(jpg, zip),
		"a JPEG with a page behind it":  slices.Concat(jpg, html),
		"a JPEG with an archive, far":   slices.Concat(jpg, make([]byte, 200_000), zip),
		"a JPEG with a page in it":      slices.Concat(jpg[:2], segment(0xFE, html), jpg[2:]),
		"a JPEG with PHP in its EXIF":   slices.Concat(jpg[:2], segment(0xE1, []byte("Exif\x00\x00<?PHP system($_GET[0]);")), jpg[2:]),
		"a JPEG that is a PDF":          slices.Concat(jpg[:2], segment(0xFE, []byte("%PDF-1.7")), jpg[2:]),
		"a PNG with an archive":         slices.Concat(pngFile, zip),
		"a PNG with a page in a text":   slices.Concat(pngFile[:33], chunk("tEXt", append([]byte("Comment\x00"), html...)), pngFile[33:]),
		"a WebP with an archive":        slices.Concat(web, zip),
		"a WebP with a page as XMP":     riff(t, 4, append(binary.LittleEndian.AppendUint32([]byte("XMP "), uint32(len(html))), html...)),
		"a JPEG behind a page":          slices.Concat(html, jpg),
		"a PNG without pixels":          slices.Concat(pngFile[:33], chunk("IEND", nil)),
		"a PNG under a JPEG's signs":    slices.Concat([]byte("\xff\xd8\xff"), pngFile),
		"a JPEG of endless segments":    slices.Concat(jpg[:2], bytes.Repeat(segment(0xEF, []byte("x")), 20_000), jpg[2:]),
		"a PNG of endless chunks":       slices.Concat(pngFile[:33], bytes.Repeat(chunk("prVt", nil), 20_000), pngFile[33:]),
		"a JPEG whose lengths run over": slices.Concat(jpg[:2], []byte("\xff\xe1\xff\xff")),
	} {
		_, err := look(b)
		wantCode(t, what, err, fault.CodeNotAnImage)
	}
}

func TestWhatPhonesAppendIsCutOff(t *testing.T) {
	t.Parallel()
	jpg := fixture(t, "photo.jpg")
	for what, tail := range map[string][]byte{"a second picture": jpg, "a clip": fixture(t, "silent.mp4"), "padding": make([]byte, 100_000),
		"padding and a picture": slices.Concat(make([]byte, 70_000), jpg), "a maker's trailer": []byte("maker data SEFT")} {
		got, err := look(slices.Concat(jpg, tail))
		if err != nil || got.Bytes != int64(len(jpg)) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestTooManyPixelsAreRefusedByTheHeaderAlone(t *testing.T) {
	t.Parallel()
	ihdr := func(w, h uint32) []byte {
		body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
		return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(body, 8, 2, 0, 0, 0)), chunk("IDAT", []byte("x")), chunk("IEND", nil))
	}
	_, err := look(ihdr(50_000, 50_000))
	wantCode(t, "2,500 megapixels", err, fault.CodeImageTooLarge)
	_, err = look(ihdr(10_000, 5_001))
	wantCode(t, "just above", err, fault.CodeImageTooLarge)
	if _, err = look(ihdr(10_000, 5_000)); err != nil {
		t.Errorf("just 50 megapixels: %v", err)
	}
	_, err = look(ihdr(0, 5_000))
	wantCode(t, "no width", err, fault.CodeNotAnImage)
	big := riff(t, 0)
	copy(big[24:], "\xff\x7f\x00\xff\x7f\x00") // canvas 32,768 by 32,768
	_, err = look(big)
	wantCode(t, "a zip bomb in WebP", err, fault.CodeImageTooLarge)
}

func TestNoisyPhotosWalkToTheirEnd(t *testing.T) {
	t.Parallel()
	// Noise fills the scan with stuffed FF bytes over several windows.
	img := image.NewRGBA(image.Rect(0, 0, 500, 400))
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(rnd.Uint32())
	}
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"JPEG": func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: 100}) },
		"PNG":  func(b *bytes.Buffer) error { return png.Encode(b, img) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		if b.Len() < 3*window {
			t.Fatalf("%s: only %d bytes", name, b.Len())
		}
		got, err := look(b.Bytes())
		if err != nil || got.Bytes != int64(b.Len()) {
			t.Errorf("%s: %+v of %d bytes, %v", name, got, b.Len(), err)
		}
		for _, cut := range []int{1, 2, 3, 100, window} {
			_, err := look(b.Bytes()[:b.Len()-cut])
			wantCode(t, fmt.Sprintf("%s without %d bytes", name, cut), err, fault.CodeNotAnImage)
		}
	}
}

func FuzzImage(f *testing.F) {
	for _, name := range []string{"photo.jpg", "photo.png", "photo.webp", "lossless.webp"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := look(b)
		if err == nil && (got.Width < 1 || got.Height < 1 || got.Width*got.Height > MaxPixels || got.Orientation < 1 || got.Orientation > 8 || got.Bytes > int64(len(b))) {
			t.Errorf("%+v", got)
		}
	})
}
