package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"castad/shared/fault"
)

// flat is a JPEG of one grey, a bit for each block: much smaller than what it asks for.
// marker is that of its frame (0xC2 is a progressive one), sampling that of each component.
func flat(marker byte, width, height int, sampling ...byte) []byte {
	frame := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, uint16(height)), uint16(width))
	frame, scan := append(frame, byte(len(sampling))), []byte{byte(len(sampling))}
	units := 0
	for i, s := range sampling {
		frame, scan = append(frame, byte(i+1), s, 0), append(scan, byte(i+1), 0)
		units += int(s>>4) * int(s&15)
	}
	across, down := 8*int(sampling[0]>>4), 8*int(sampling[0]&15)
	bits := (width + across - 1) / across * ((height + down - 1) / down) * units
	oneCode := append([]byte{0x00, 1}, make([]byte, 16)...) // of one bit, for no difference to the block before
	return slices.Concat([]byte{0xFF, 0xD8}, segment(0xDB, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)), segment(marker, frame), segment(0xC4, oneCode),
		segment(0xDA, append(scan, 0, 0, 0)), make([]byte, bits/8+16), []byte{0xFF, 0xD9})
}

func TestAPhotoThatTakesTooMuchMemoryIsRefusedByItsHeader(t *testing.T) {
	t.Parallel()
	const progressive, baseline, whole, half = 0xC2, 0xC0, 0x11, 0x22
	for name, row := range map[string]struct {
		photo   []byte
		refused bool
	}{
		"50 megapixels of a telephone":                {flat(baseline, 8660, 5773, half, whole, whole), false},
		"50 megapixels, progressive, half the colour": {flat(progressive, 8660, 5773, half, whole, whole), false},
		"25 megapixels, progressive":                  {flat(progressive, 5000, 5000, whole, whole, whole), false},
		"30 megapixels, progressive":                  {flat(progressive, 6000, 5000, whole, whole, whole), true},
		"50 megapixels, progressive":                  {flat(progressive, 8660, 5773, whole, whole, whole), true},
		"50 megapixels of a printer":                  {flat(baseline, 8660, 5773, whole, whole, whole, whole), false},
		"50 megapixels of a printer, progressive":     {flat(progressive, 8660, 5773, whole, whole, whole, whole), true},
	} {
		info, err := look(row.photo)
		if refused := fault.CodeOf(err) == fault.CodeImageTooLarge; refused != row.refused || err != nil && !refused {
			t.Errorf("%s (%d bytes, %d MB to decode): %v", name, len(row.photo), info.Decoded>>20, err)
		}
	}
}

func TestAPhotoThatIsLargerWrittenAnewFitsOrIsRefused(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for i := range noise.Pix {
		noise.Pix[i] = byte(rnd.Uint32()) | 0xFF*byte(i%4/3) // opaque
	}
	glass := image.NewNRGBA(noise.Rect)
	copy(glass.Pix, noise.Pix)
	glass.Pix[3] = 0
	wide := image.NewGray(image.Rect(0, 0, 66_000, 1))
	for i := range wide.Pix {
		wide.Pix[i] = byte(rnd.Uint32())
	}
	for name, row := range map[string]struct {
		photo image.Image
		limit int
		kind  string
	}{
		"there is room":                 {noise, 100_000, "image/png"},
		"less room":                     {noise, 20_000, "image/jpeg"},
		"even less":                     {noise, 10_000, "image/jpeg"},
		"none":                          {noise, 1_000, ""},
		"a transparent one has no room": {glass, 20_000, ""},
		"one too wide for a JPEG":       {wide, 10_000, ""},
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, row.photo); err != nil {
			t.Fatal(err)
		}
		out, err := Rewrite(&b, Info{Type: "image/png", Orientation: 1}, row.limit)
		if row.kind == "" {
			wantCode(t, name, err, fault.CodeImageTooLarge)
		} else if err != nil || out.Type != row.kind || len(out.Bytes) > row.limit || len(out.Bytes) == 0 {
			t.Errorf("%s: %s of %d bytes, %v", name, out.Type, len(out.Bytes), err)
		}
	}
}
