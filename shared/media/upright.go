package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"castad/shared/fault"
)

// jpegQualities are what a photo is written with, the next when it does not fit: its
// renderer makes it smaller anyway.
var jpegQualities = []int{92, 80, 60}

// maxJPEGSide is the format's limit, in pixels.
const maxJPEGSide = 65_535

// Rewritten is a photo as it is kept: upright, and nothing but pixels.
type Rewritten struct {
	Type          string // image/jpeg or image/png
	Width, Height int
	Bytes         []byte
	// Colors are its most striking ones as "#rrggbb", the most striking first; see palette.
	Colors []string
}

// Rewrite decodes a photo that Image has accepted and writes it anew, turned upright:
// where it was taken, with what and by whom (EXIF, XMP, IPTC, comments, thumbnails) and whatever
// else was in the file is not in what is kept. A PNG stays one, unless that has more than
// limit bytes and no transparency; all else becomes JPEG, or PNG when it is transparent.
// Colour profiles go, too. The same photo gives the same bytes.
//
// The whole photo is decoded: callers bound how many at once by Info.Decoded. A photo
// that does not decode is photo.not_an_image, one that cannot be written in limit bytes
// photo.too_many_pixels.
func Rewrite(r io.Reader, info Info, limit int) (Rewritten, error) {
	img, _, err := image.Decode(r)
	if err != nil {
		return Rewritten{}, fmt.Errorf("decode photo: %w", fault.Wrap(err, fault.CodeNotAnImage))
	}
	out := Rewritten{Colors: palette(img)}
	img = upright(img, info.Orientation)
	out.Width, out.Height = img.Bounds().Dx(), img.Bounds().Dy()
	opaque := isOpaque(img)
	if info.Type == "image/png" || !opaque {
		out.Type = "image/png"
		if out.Bytes, err = capped(limit, func(w io.Writer) error { return png.Encode(w, img) }); err == nil {
			return out, nil
		}
	}
	out.Type = "image/jpeg"
	if opaque && max(out.Width, out.Height) <= maxJPEGSide {
		for _, quality := range jpegQualities {
			if out.Bytes, err = capped(limit, func(w io.Writer) error { return jpeg.Encode(w, img, &jpeg.Options{Quality: quality}) }); !errors.Is(err, errFull) {
				break
			}
		}
	}
	if errors.Is(err, errFull) {
		err = fault.Newf(fault.CodeImageTooLarge, "%d by %d pixels do not fit into %d bytes", out.Width, out.Height, limit)
	}
	if err != nil {
		return Rewritten{}, fmt.Errorf("write photo: %w", err)
	}
	return out, nil
}

var errFull = errors.New("full")

// capped returns what write writes, errFull when that is more than limit bytes.
func capped(limit int, write func(io.Writer) error) ([]byte, error) {
	to := &capWriter{left: limit}
	err := write(to)
	return to.Bytes(), err
}

type capWriter struct {
	bytes.Buffer
	left int
}

func (w *capWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return w.Buffer.Write(p)
}

func isOpaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return !ok || o.Opaque()
}

// turned is a picture as its orientation says that it is to be seen; no pixel is copied.
type turned struct {
	image.Image
	orientation int
}

func upright(img image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return img
	}
	return turned{img, orientation}
}

// Bounds implements image.Image.
func (t turned) Bounds() image.Rectangle {
	b := t.Image.Bounds()
	if t.orientation >= 5 {
		return image.Rect(0, 0, b.Dy(), b.Dx())
	}
	return image.Rect(0, 0, b.Dx(), b.Dy())
}

// At implements image.Image.
func (t turned) At(x, y int) color.Color {
	b := t.Image.Bounds()
	w, h := b.Dx()-1, b.Dy()-1
	switch t.orientation {
	case 2:
		x = w - x
	case 3:
		x, y = w-x, h-y
	case 4:
		y = h - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, h-x
	case 7:
		x, y = w-y, h-x
	case 8:
		x, y = w-y, x
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}

// Opaque says that no pixel is transparent.
func (t turned) Opaque() bool { return isOpaque(t.Image) }
