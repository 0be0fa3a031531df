package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"
)

// located is a TIFF block with an orientation, a maker and a GPS directory.
func located(orientation uint16) []byte {
	order := binary.BigEndian
	b := order.AppendUint32([]byte("MM\x00*"), 8)
	b = order.AppendUint16(b, 3)
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), kind), count), value)
	}
	entry(0x010F, 2, 12, 50) // Make, at byte 50
	entry(0x0112, 3, 1, uint32(orientation)<<16)
	entry(0x8825, 4, 1, 62)                                    // GPS, at byte 62
	b = append(order.AppendUint32(b, 0), "SECRETMAKER\x00"...) // ends at 62
	b = order.AppendUint16(b, 1)
	entry(0x0001, 2, 2, 'N'<<24) // GPSLatitudeRef
	b = order.AppendUint32(b, 0)
	return append(b, "37.5665N126.9780E"...)
}

func TestWhatIsKeptOfAPhotoIsItsPixels(t *testing.T) {
	t.Parallel()
	tiff := located(6)
	jpg, pngFile := fixture(t, "photo.jpg"), fixture(t, "photo.png")
	exif := append([]byte("EXIF"), binary.LittleEndian.AppendUint32(nil, uint32(len(tiff)))...)
	if exif = append(exif, tiff...); len(tiff)%2 == 1 {
		exif = append(exif, 0)
	}
	for name, b := range map[string][]byte{
		"JPEG": slices.Concat(jpg[:2], segment(0xE1, append([]byte("Exif\x00\x00"), tiff...)), segment(0xFE, []byte("SECRETMAKER")), jpg[2:]),
		"PNG":  slices.Concat(pngFile[:33], chunk("eXIf", tiff), chunk("tEXt", []byte("Author\x00SECRETMAKER")), pngFile[33:]),
		"WebP": riff(t, 8, exif),
	} {
		info, err := look(b)
		if err != nil || info.Orientation != 6 {
			t.Fatalf("%s: %+v, %v", name, info, err)
		}
		out, err := Rewrite(bytes.NewReader(b), info, 1<<20)
		if err != nil || out.Width != 48 || out.Height != 64 {
			t.Fatalf("%s: %d by %d, %v", name, out.Width, out.Height, err)
		}
		for _, secret := range []string{"SECRETMAKER", "37.5665", "Exif", "eXIf", "EXIF", "MM\x00*", "tEXt"} {
			if !bytes.Contains(b, []byte("SECRETMAKER")) || bytes.Contains(out.Bytes, []byte(secret)) {
				t.Errorf("%s: %q is kept", name, secret)
			}
		}
		again, err := look(out.Bytes)
		if err != nil || again.Orientation != 1 || again.Type != out.Type || again.Width != 48 || again.Height != 64 || again.Bytes != int64(len(out.Bytes)) {
			t.Errorf("%s: kept %+v, %v", name, again, err)
		}
		if same, err := Rewrite(bytes.NewReader(b), info, 1<<20); err != nil || !bytes.Equal(same.Bytes, out.Bytes) {
			t.Errorf("%s: written again it is another file, %v", name, err)
		}
	}
}

// A picture of two by three pixels, each of its own colour, is turned as EXIF 2.32 table 6 says.
func TestAPhotoIsTurnedUpright(t *testing.T) {
	t.Parallel()
	for orientation, want := range map[int]string{1: "12 34 56", 2: "21 43 65", 3: "65 43 21", 4: "56 34 12", 5: "135 246", 6: "531 642", 7: "642 531", 8: "246 135"} {
		img := image.NewGray(image.Rect(0, 0, 2, 3))
		copy(img.Pix, []byte{1, 2, 3, 4, 5, 6})
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			t.Fatal(err)
		}
		out, err := Rewrite(&file, Info{Type: "image/png", Orientation: orientation}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(out.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for y := range got.Bounds().Dy() {
			if y > 0 {
				text += " "
			}
			for x := range got.Bounds().Dx() {
				text += fmt.Sprint(color.GrayModel.Convert(got.At(x, y)).(color.Gray).Y)
			}
		}
		if text != want {
			t.Errorf("%d: %s, want %s", orientation, text, want)
		}
	}
}
