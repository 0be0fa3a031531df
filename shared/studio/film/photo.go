package film

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"strings"

	ximage "golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"castad/shared/media"
)

const (
	// maxPhotoPixels bounds a decoded photo: phones make up to 50 megapixels in
	// their normal modes.
	maxPhotoPixels = 52_000_000
	// maxPhotoMemory bounds its pixels in memory, in bytes: 4 for each of 52
	// million; a 16-bit PNG takes 8.
	maxPhotoMemory = 4 * maxPhotoPixels
)

var errNotAPhoto = errors.New("is not a JPEG, PNG or WebP picture")

// photo is a decoded picture that may have to be turned to stand upright.
type photo struct {
	img  image.Image
	turn int // EXIF orientation, 1–8
	box  *media.Box
}

// decodePhoto reads a picture of at most maxPhotoPixels.
func decodePhoto(data []byte) (*photo, error) {
	var config func(io.Reader) (image.Config, error)
	var decode func(io.Reader) (image.Image, error)
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		config, decode = png.DecodeConfig, png.Decode
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		config, decode = webp.DecodeConfig, webp.Decode
	default:
		return nil, refused(data)
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(data, err)
	}
	if pixels := c.Width * c.Height; c.Width < 16 || c.Height < 16 || pixels > maxPhotoPixels || pixels*bytesPerPixel(c.ColorModel) > maxPhotoMemory {
		return nil, fmt.Errorf("has %d x %d pixels; allowed are 16 x 16 to %d million, half of that with 16 bits per colour", c.Width, c.Height, maxPhotoPixels/1_000_000)
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, damaged(data, err)
	}
	return &photo{img: img, turn: orientation(data)}, nil
}

func bytesPerPixel(m color.Model) int {
	switch m {
	case color.NRGBA64Model, color.RGBA64Model:
		return 8
	}
	return 4
}

// refused says what a file is that is no photo here.
func refused(data []byte) error {
	kind := ""
	switch {
	case len(data) < 12:
	case string(data[4:8]) == "ftyp":
		switch brand := string(data[8:12]); brand {
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
			kind = "HEIC"
		case "avif", "avis":
			kind = "AVIF"
		}
	case bytes.HasPrefix(data, []byte("GIF8")):
		kind = "GIF"
	}
	if kind == "" {
		return errNotAPhoto
	}
	return fmt.Errorf("is %s; send it as JPEG, PNG or WebP", kind)
}

// damaged puts what a decoder says into words for the sender of the photo.
func damaged(data []byte, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		strings.Contains(err.Error(), "short Huffman data"), strings.Contains(err.Error(), "not enough pixel data"):
		return errors.New("is cut off before its end")
	case len(data) > 21 && string(data[8:16]) == "WEBPVP8X" && data[20]&2 != 0:
		return errors.New("is an animated WebP; send a still picture")
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")) && strings.Contains(err.Error(), "Adobe APP14"):
		return errors.New("is a CMYK JPEG that does not say how its inks are stored; send it as RGB")
	}
	return fmt.Errorf("cannot be decoded: %w", err)
}

// size is the upright photo's, in pixels.
func (p *photo) size() (w, h int) {
	b := p.img.Bounds()
	if p.turn >= 5 {
		return b.Dy(), b.Dx()
	}
	return b.Dx(), b.Dy()
}

// part is the part cut of the upright photo, scaled to w × h. It is scaled
// before it is turned, so that no second photo of full size is made.
func (p *photo) part(cut image.Rectangle, w, h int) *image.RGBA {
	b := p.img.Bounds()
	c := cut
	if p.turn >= 5 { // mirrored along the diagonal: what is across is down in the file
		c = image.Rect(cut.Min.Y, cut.Min.X, cut.Max.Y, cut.Max.X)
		w, h = h, w
	}
	if p.turn == 2 || p.turn == 3 || p.turn == 7 || p.turn == 8 {
		c.Min.X, c.Max.X = b.Dx()-c.Max.X, b.Dx()-c.Min.X
	}
	if p.turn == 3 || p.turn == 4 || p.turn == 6 || p.turn == 7 {
		c.Min.Y, c.Max.Y = b.Dy()-c.Max.Y, b.Dy()-c.Min.Y
	}
	return upright(resize(crop(p.img, c.Add(b.Min)), w, h), p.turn)
}

func crop(img image.Image, r image.Rectangle) image.Image {
	if r == img.Bounds() {
		return img
	}
	if sub, ok := img.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok {
		return sub.SubImage(r)
	}
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(out, out.Rect, img, r.Min, draw.Src)
	return out
}

// picture is the part cut of the photo with k of its own pixels for each of
// the photo's.
func (p *photo) picture(cut image.Rectangle, k float64) *picture {
	// A photo that is only a little too small keeps its own pixels: frames are
	// interpolated from it anyway, and enlarging it first costs more than it shows.
	if k > 1 && k <= 1.5 {
		k = 1
	}
	w, h := float64(cut.Dx()), float64(cut.Dy())
	k = min(k, math.Sqrt(maxPictures/(w*h))) // a long photo that is panned over is kept less sharp
	return toPicture(p.part(cut, max(2, even(w*k)), max(2, even(h*k))))
}

// blurred is what surrounds the photo in a box of bw × bh: its part at cover,
// out of focus and darker.
func (p *photo) blurred(cover rect, bw, bh float64) *picture {
	w, h := p.size()
	cut := image.Rect(int(cover.x), int(cover.y), min(w, int(math.Ceil(cover.x+cover.w))), min(h, int(math.Ceil(cover.y+cover.h))))
	k := 64 / max(bw, bh)
	small := p.part(cut, max(4, int(bw*k)), max(4, int(bh*k)))
	for range 3 { // three boxes are nearly a bell
		small = boxBlur(small, 3)
	}
	for i, v := range small.Pix {
		if i%4 < 3 {
			small.Pix[i] = uint8(int(v) * 172 / 256)
		}
	}
	return toPicture(resize(small, max(2, even(bw/4)), max(2, even(bh/4))))
}

// boxBlur averages every pixel with those up to r away, in both directions.
func boxBlur(img *image.RGBA, r int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	pass := func(src []uint8, n, lines, step, skip int) []uint8 {
		out := make([]uint8, len(src))
		for l := range lines {
			for c := range 4 {
				at := func(i int) int { return l*skip + min(n-1, max(0, i))*step + c }
				for i := range n {
					sum := 0
					for d := -r; d <= r; d++ {
						sum += int(src[at(i+d)])
					}
					out[at(i)] = uint8((sum + r) / (2*r + 1))
				}
			}
		}
		return out
	}
	return &image.RGBA{Pix: pass(pass(img.Pix, w, h, 4, 4*w), h, w, 4*w, 4), Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

// subject is where a viewer looks first.
func (p *photo) subject() media.Box {
	if p.box == nil {
		w, h := p.size()
		k := min(1, media.SubjectSide/float64(max(w, h)))
		b := media.Subject(p.part(image.Rect(0, 0, w, h), max(1, int(float64(w)*k)), max(1, int(float64(h)*k))))
		p.box = &b
	}
	return *p.box
}

// orientation reads the EXIF orientation (1–8) of a JPEG; 1 when there is none.
// Phones store portrait photos lying down and say so here.
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff && data[i+1] != 0xda; {
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		if size < 2 || i+2+size > len(data) {
			return 1
		}
		if body := data[i+4 : i+2+size]; data[i+1] == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tiffOrientation(body[6:])
		}
		i += 2 + size
	}
	return 1
}

func tiffOrientation(t []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if len(t) < 8 {
		return 1
	}
	if t[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return 1
	}
	n := uint64(order.Uint16(t[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > uint64(len(t)) {
			return 1
		}
		if v := int(order.Uint16(t[e+8:])); order.Uint16(t[e:]) == 0x0112 && v >= 1 && v <= 8 {
			return v
		}
	}
	return 1
}

// upright turns a picture by its EXIF orientation.
func upright(src *image.RGBA, o int) *image.RGBA {
	if o == 1 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	ow, oh := w, h
	if o >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range oh {
		for x := range ow {
			sx, sy := x, y
			switch o {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// resize scales the whole picture to w × h: whole-number averaging first, so
// that a 50-megapixel photo neither aliases nor needs gigabytes, then Catmull-Rom.
func resize(img image.Image, w, h int) *image.RGBA {
	b := img.Bounds()
	if k := min(b.Dx()/w, b.Dy()/h); k >= 2 {
		img = shrink(img, k)
		b = img.Bounds()
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if b.Dx() == w && b.Dy() == h {
		draw.Draw(out, out.Rect, img, b.Min, draw.Src)
		return out
	}
	var scaler ximage.Interpolator = ximage.CatmullRom
	if b.Dx()*b.Dy() > 5_000_000 {
		scaler = ximage.ApproxBiLinear // Catmull-Rom keeps 32 bytes per source row and column
	}
	scaler.Scale(out, out.Rect, img, b, draw.Src, nil)
	return out
}

// shrink averages k × k pixels into one.
func shrink(img image.Image, k int) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx()/k, b.Dy()/k
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	band := image.NewRGBA(image.Rect(0, 0, w*k, k))
	sum := make([]uint32, 4*w)
	for y := range h {
		draw.Draw(band, band.Rect, img, image.Pt(b.Min.X, b.Min.Y+y*k), draw.Src)
		clear(sum)
		for r := range k {
			row := band.Pix[r*band.Stride:][:4*w*k]
			for x := range w {
				for i := 4 * x * k; i < 4*(x+1)*k; i += 4 {
					sum[4*x] += uint32(row[i])
					sum[4*x+1] += uint32(row[i+1])
					sum[4*x+2] += uint32(row[i+2])
					sum[4*x+3] += uint32(row[i+3])
				}
			}
		}
		for i, s := range sum {
			out.Pix[y*out.Stride+i] = uint8(s / uint32(k*k))
		}
	}
	return out
}
