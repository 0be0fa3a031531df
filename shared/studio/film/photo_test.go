package film

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// jpegWith returns a JPEG of w × h, red on the left and blue on the right, that
// says it must be turned.
func jpegWith(t *testing.T, w, h, orientation int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(255 * (1 - x*2/w)), 0, uint8(255 * (x * 2 / w)), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	exif[29] = byte(orientation)
	return slices.Concat(b.Bytes()[:2], exif, b.Bytes()[2:])
}

func TestPhotosAreTurnedUpright(t *testing.T) {
	t.Parallel()
	// Where the red half must be afterwards.
	for o, red := range map[int]image.Point{1: {5, 20}, 2: {58, 20}, 3: {58, 20}, 4: {5, 20}, 5: {20, 5}, 6: {20, 5}, 7: {20, 58}, 8: {20, 58}} {
		p, err := decodePhoto(jpegWith(t, 64, 40, o))
		if err != nil {
			t.Fatal(err)
		}
		w, h := p.size()
		img := p.part(image.Rect(0, 0, w, h), w, h)
		r, _, b, _ := img.At(red.X, red.Y).RGBA()
		if wide := img.Bounds().Dx() == 64; wide != (o < 5) || r < 0xd000 || b > 0x3000 {
			t.Errorf("orientation %d: %v, at %v red %x blue %x", o, img.Bounds(), red, r, b)
		}
	}
}

func TestBadPhotosAreRefused(t *testing.T) {
	t.Parallel()
	good := jpegWith(t, 64, 40, 1)
	huge := slices.Clone(good)
	at := bytes.Index(huge, []byte{0xff, 0xc0})
	huge[at+5], huge[at+6], huge[at+7], huge[at+8] = 0xff, 0xff, 0xff, 0xff
	for name, data := range map[string][]byte{"nothing": {}, "a playlist": []byte("#EXTM3U\nfile:///etc/passwd"), "an SVG": []byte("<svg/>"), "65535 x 65535": huge,
		"a cut EXIF block": append([]byte("\xff\xd8\xff\xe1\xff\xff"), good[2:]...)} {
		if img, err := decodePhoto(data); err == nil {
			t.Errorf("%s was decoded: %v", name, img.img.Bounds())
		}
	}
}

// whole is the photo as it is shown, in its own size.
func whole(p *photo) *image.RGBA {
	w, h := p.size()
	return p.part(image.Rect(0, 0, w, h), w, h)
}

func testPhoto(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "photos", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func near(a, b color.RGBA, tolerance int) bool {
	far := func(x, y uint8) bool { return int(x)-int(y) > tolerance || int(y)-int(x) > tolerance }
	return !far(a.R, b.R) && !far(a.G, b.G) && !far(a.B, b.B)
}

func TestPrintersColoursBecomeScreenColours(t *testing.T) {
	t.Parallel()
	// Four columns of ink: red, green, none, and C 40 M 80 Y 120 K 100 of 255.
	mixed := color.RGBA{uint8(215 * 155 / 255), uint8(175 * 155 / 255), uint8(135 * 155 / 255), 255}
	for _, name := range []string{"cmyk.jpg", "ycck.jpg"} {
		p, err := decodePhoto(testPhoto(t, name))
		if err != nil {
			t.Fatal(err)
		}
		img := whole(p)
		for i, want := range []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {255, 255, 255, 255}, mixed} {
			if got := img.RGBAAt(16*i+8, 16); !near(got, want, 6) {
				t.Errorf("%s: column %d is %v, not %v", name, i, got, want)
			}
		}
	}
}

func TestPhotosThatCannotBeReadSayWhy(t *testing.T) {
	t.Parallel()
	good := jpegWith(t, 640, 400, 1)
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewNRGBA64(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	cutPNG := raw.Bytes()[:raw.Len()-30]
	deep := slices.Clone(raw.Bytes()) // its header now speaks of 30 megapixels of 8 bytes
	copy(deep[16:24], "\x00\x00\x17\x70\x00\x00\x13\x88")
	fixCRC(deep)
	for name, row := range map[string]struct {
		data []byte
		want string
	}{
		"a HEIC of a phone":              {testPhoto(t, "phone.heic"), "is HEIC; send it as JPEG"},
		"an AVIF":                        {testPhoto(t, "web.avif"), "is AVIF; send it as JPEG"},
		"an animated WebP":               {testPhoto(t, "animated.webp"), "is an animated WebP; send a still picture"},
		"a GIF":                          {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "is GIF; send it as JPEG"},
		"a JPEG that is cut off":         {good[:len(good)/2], "is cut off before its end"},
		"a JPEG cut off in its header":   {good[:100], "is cut off before its end"},
		"a PNG that is cut off":          {cutPNG, "is cut off before its end"},
		"inks without a convention":      {testPhoto(t, "cmyk-unmarked.jpg"), "CMYK JPEG that does not say how"},
		"16 bits of too many pixels":     {deep, "has 6000 x 5000 pixels"},
		"a film that calls itself a JPG": {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00"), "is not a JPEG, PNG or WebP picture"},
	} {
		if _, err := decodePhoto(row.data); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestPNGsOfEveryKindAreRead(t *testing.T) {
	t.Parallel()
	deep := image.NewNRGBA64(image.Rect(0, 0, 32, 32))
	clear := image.NewPaletted(image.Rect(0, 0, 32, 32), color.Palette{color.NRGBA{}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 128}})
	grey := image.NewGray16(image.Rect(0, 0, 32, 32))
	for y := range 32 {
		for x := range 32 {
			deep.Set(x, y, color.NRGBA64{0x1234, 0x8000, 0xff00, 0xffff})
			clear.SetColorIndex(x, y, uint8(x/11))
			grey.SetGray16(x, y, color.Gray16{0x8080})
		}
	}
	for name, row := range map[string]struct {
		img  image.Image
		at   image.Point
		want color.RGBA
	}{
		"16 bits":               {deep, image.Pt(5, 5), color.RGBA{0x12, 0x80, 0xff, 255}},
		"16 bits of grey":       {grey, image.Pt(5, 5), color.RGBA{0x80, 0x80, 0x80, 255}},
		"a palette, clear":      {clear, image.Pt(5, 5), color.RGBA{}},
		"a palette, opaque":     {clear, image.Pt(15, 5), color.RGBA{255, 0, 0, 255}},
		"a palette, half there": {clear, image.Pt(27, 5), color.RGBA{0, 0, 128, 128}},
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, row.img); err != nil {
			t.Fatal(err)
		}
		p, err := decodePhoto(b.Bytes())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := whole(p).RGBAAt(row.at.X, row.at.Y); !near(got, row.want, 2) || got.A != row.want.A {
			t.Errorf("%s is %v, not %v", name, got, row.want)
		}
	}
	// What is clear shows the film's ground: here green.
	var b bytes.Buffer
	if err := png.Encode(&b, clear); err != nil {
		t.Fatal(err)
	}
	p, err := decodePhoto(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	_, comp := filmed(p, canvas{64, 64, 1}, animation{kind: "fade"})
	comp.ground[0], comp.ground[1], comp.ground[2] = colorPlanes(color.NRGBA{0, 255, 0, 255})
	f := newPlanes(64, 64)
	comp.draw(f, 2)
	if at := 32*64 + 6; f.y[at] != comp.ground[0] || f.u[16*32+3] != comp.ground[1] {
		t.Errorf("through the clear part shows %d, not the ground %d", f.y[at], comp.ground[0])
	}
}

func TestTurnedPhotosAreCutWhereTheyAreSeen(t *testing.T) {
	t.Parallel()
	// A dot at a known place of the upright photo is found in a cut around it, whatever the turn.
	for o := 1; o <= 8; o++ {
		up := image.NewRGBA(image.Rect(0, 0, 60, 40))
		up.SetRGBA(47, 9, color.RGBA{255, 255, 255, 255})
		back := o // the turn that undoes o
		if o == 6 {
			back = 8
		} else if o == 8 {
			back = 6
		}
		p := &photo{img: upright(up, back), turn: o}
		if w, h := p.size(); w != 60 || h != 40 {
			t.Fatalf("orientation %d: %d x %d", o, w, h)
		}
		got := p.part(image.Rect(40, 4, 56, 20), 16, 16)
		if c := got.RGBAAt(7, 5); c.R != 255 {
			t.Errorf("orientation %d: the dot is not at 7, 5", o)
		}
	}
}

func TestFilmsOfOneAndOfThirtyPhotos(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	for _, n := range []int{1, 30} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"type":"image","track":1,"duration":0.2,"smart_crop":true,"source":"%s/photo.jpg?%d","animations":[{"type":"scale","start_scale":"100%%","end_scale":"112%%"}]}`, o.URL, i))
		}
		r := b.order(`{"output_format":"mp4","width":180,"height":320,"frame_rate":10,"elements":[` + strings.Join(list, ",") + `]}`)
		if r = b.ended(r.ID); r.Status != statusSucceeded || *r.Duration != 0.2*float64(n) {
			t.Errorf("%d photos: %s %s", n, r.Status, r.ErrorMessage)
		}
	}
	if _, p := read(t, `{`+frame+`,"duration":3}`); len(p.errors) != 1 || p.errors[0].Path != "elements" {
		t.Errorf("no elements: %v", p.errors)
	}
}

func TestTheOwnerIsToldWhatIsWrongWithAPhoto(t *testing.T) {
	t.Parallel()
	files := httptest.NewServer(http.FileServer(http.Dir(filepath.Join("testdata", "photos"))))
	t.Cleanup(files.Close)
	b := start(t, nil)
	for name, want := range map[string]string{
		"phone.heic":    "elements[0].source: is HEIC; send it as JPEG, PNG or WebP",
		"web.avif":      "elements[0].source: is AVIF; send it as JPEG, PNG or WebP",
		"animated.webp": "elements[0].source: is an animated WebP; send a still picture",
		"cmyk.jpg":      "",
	} {
		r := b.ended(b.order(small(files.URL+"/"+name, "")).ID)
		if want == "" && r.Status != statusSucceeded || want != "" && (r.Status != statusFailed || !strings.Contains(r.ErrorMessage, want)) {
			t.Errorf("%s: %s %q, want %q", name, r.Status, r.ErrorMessage, want)
		}
	}
}

// fixCRC makes the checksum of a PNG's first chunk right again.
func fixCRC(data []byte) {
	binary.BigEndian.PutUint32(data[29:33], crc32.ChecksumIEEE(data[12:29]))
}
