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

	ximage "golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// maxPhotoPixels bounds a decoded photo: phones make up to 50 megapixels in
// their normal modes, and a decoded one takes 1.5 to 4 bytes per pixel.
const maxPhotoPixels = 52_000_000

var errNotAPhoto = errors.New("is not a JPEG, PNG or WebP picture")

// planes is a frame: Y, U, V (BT.709, limited range, 4:2:0) in one array, the
// order of x264's input, so that no frame is converted.
type planes struct {
	w, h    int // luma pixels, both even
	y, u, v []byte
}

// picture is what is drawn into frames: woven planes (see weave) and, unless
// it is opaque, an alpha mask.
type picture struct {
	w, h       int // luma pixels, both even
	wy, wu, wv []uint64
	a          []byte // nil when opaque; luma size
	rows       []int  // of a: the alpha of a row that is the same all over, else -1
}

// decodePhoto reads a picture of at most maxPhotoPixels, upright.
func decodePhoto(data []byte) (image.Image, error) {
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
		return nil, errNotAPhoto
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the picture's size: %w", err)
	}
	if c.Width < 16 || c.Height < 16 || c.Width*c.Height > maxPhotoPixels {
		return nil, fmt.Errorf("has %d x %d pixels; allowed are 16 x 16 to %d million", c.Width, c.Height, maxPhotoPixels/1_000_000)
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decode the picture: %w", err)
	}
	return upright(img, orientation(data)), nil
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
func upright(img image.Image, o int) image.Image {
	if o == 1 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	ow, oh := w, h
	if o >= 5 {
		ow, oh = h, w
	}
	src := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(src, src.Rect, img, b.Min, draw.Src)
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

// toPicture converts premultiplied RGBA of even size.
func toPicture(img *image.RGBA) *picture {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	p := newPlanes(w, h)
	alpha := make([]byte, w*h)
	opaque := true
	for y := range h {
		row := img.Pix[y*img.Stride:][:4*w]
		for x := range w {
			r, g, b, a := unpremultiply(row[4*x], row[4*x+1], row[4*x+2], row[4*x+3])
			p.y[y*w+x] = luma(r, g, b)
			alpha[y*w+x] = row[4*x+3]
			opaque = opaque && a == 255
		}
	}
	for y := range h / 2 {
		up, down := img.Pix[2*y*img.Stride:], img.Pix[(2*y+1)*img.Stride:]
		for x := range w / 2 {
			i := 8 * x
			var sum [4]int
			for c := range 4 {
				sum[c] = int(up[i+c]) + int(up[i+4+c]) + int(down[i+c]) + int(down[i+4+c])
			}
			if sum[3] == 0 {
				p.u[y*w/2+x], p.v[y*w/2+x] = 128, 128
				continue
			}
			div := float64(sum[3]) / 255
			p.u[y*(w/2)+x], p.v[y*(w/2)+x] = chroma(float64(sum[0])/div, float64(sum[1])/div, float64(sum[2])/div)
		}
	}
	out := &picture{w: w, h: h, wy: weave(p.y, w, h), wu: weave(p.u, w/2, h/2), wv: weave(p.v, w/2, h/2)}
	if !opaque {
		out.setAlpha(alpha)
	}
	return out
}

func (p *picture) setAlpha(a []byte) {
	p.a, p.rows = a, make([]int, p.h)
	for y := range p.rows {
		row := a[y*p.w : (y+1)*p.w]
		p.rows[y] = int(row[0])
		for _, v := range row {
			if v != row[0] {
				p.rows[y] = -1
				break
			}
		}
	}
}

func newPlanes(w, h int) *planes {
	buf := make([]byte, w*h*3/2)
	return &planes{w: w, h: h, y: buf[:w*h], u: buf[w*h : w*h*5/4], v: buf[w*h*5/4:]}
}

func unpremultiply(r, g, b, a byte) (int, int, int, byte) {
	if a == 255 || a == 0 {
		return int(r), int(g), int(b), a
	}
	return int(r) * 255 / int(a), int(g) * 255 / int(a), int(b) * 255 / int(a), a
}

// luma and chroma are BT.709 with 16–235 and 16–240.
func luma(r, g, b int) byte {
	return byte((11966*r + 40254*g + 4064*b + 16<<16 + 1<<15) >> 16)
}

func chroma(r, g, b float64) (u, v byte) {
	y := 0.2126*r + 0.7152*g + 0.0722*b
	f := func(d, scale float64) byte { return byte(math.Round(min(240, max(16, 128+d/scale*224/255)))) }
	return f(b-y, 1.8556), f(r-y, 1.5748)
}

// colorPlanes is one colour as Y, U, V.
func colorPlanes(c color.NRGBA) (y, u, v byte) {
	u, v = chroma(float64(c.R), float64(c.G), float64(c.B))
	return luma(int(c.R), int(c.G), int(c.B)), u, v
}
