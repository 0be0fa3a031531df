package film

import (
	"image"
	"image/color"
	"math"
)

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

// soften lets the upper and lower edges (or those at the sides) fade out over
// the share soft of the picture.
func (p *picture) soften(soft float64, sides bool) {
	a := p.a
	if a == nil {
		a = make([]byte, p.w*p.h)
		flood(a, 255)
	}
	n := p.h
	if sides {
		n = p.w
	}
	for y := range p.h {
		for x := range p.w {
			i := y
			if sides {
				i = x
			}
			if d := (float64(min(i, n-1-i)) + 0.5) / (soft * float64(n)); d < 1 {
				a[y*p.w+x] = byte(float64(a[y*p.w+x]) * d * d * (3 - 2*d))
			}
		}
	}
	p.setAlpha(a)
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
