package film

import (
	"image"
	"image/color"
	"math"
)

// thin is how many pixels a picture must have on each side: its planes of colour
// have half as many, and what is drawn lies between two.
const thin = 4

// shape draws a shape element: the pixels, and where they are at rest, on
// whole even ones.
func (sc *scene) shape(v *visual) (*picture, rect) {
	e := v.e
	if e.outline != nil {
		steps := e.outline.in(rect{v.x, v.y, v.w, v.h})
		area := bounds(steps, int(sc.w), int(sc.h))
		if area.Empty() { // nothing of it can be seen
			area = image.Rect(0, 0, 2, 2)
		}
		if min(area.Dx(), area.Dy()) < thin {
			area = area.Inset(-2)
		}
		box := rect{v.x - float64(area.Min.X), v.y - float64(area.Min.Y), v.w, v.h}
		img := image.NewRGBA(image.Rect(0, 0, area.Dx(), area.Dy()))
		e.fill.paint(img, box, mask(steps, area))
		return toPicture(img), rect{float64(area.Min.X), float64(area.Min.Y), float64(area.Dx()), float64(area.Dy())}
	}
	x0, y0 := even(v.x), even(v.y)
	w, h := max(2, even(v.x+v.w)-x0), max(2, even(v.y+v.h)-y0)
	line := 0.0
	if e.stroke.c.A > 0 {
		line = sc.px(e.stroke.width, min(v.w, v.h))
	}
	pad := 2 * int(math.Ceil(line/4)) // the half of the line that is outside, even
	if min(w, h) < thin {
		pad = max(pad, 2)
	}
	img := image.NewRGBA(image.Rect(0, 0, w+2*pad, h+2*pad))
	box := rect{float64(pad), float64(pad), float64(w), float64(h)}
	radius := sc.px(e.radius, min(v.w, v.h))
	if len(e.fill.stops) > 0 {
		e.fill.paint(img, box, roundMask(img.Rect, box, radius, e.ellipse))
	}
	if line > 0 {
		outer, inner := box.grow(line/2), box.grow(-line/2)
		m := roundMask(img.Rect, outer, grown(radius, line/2), e.ellipse)
		hole := roundMask(img.Rect, inner, grown(radius, -line/2), e.ellipse)
		for i := range m.Pix {
			m.Pix[i] -= min(m.Pix[i], hole.Pix[i])
		}
		(&fill{stops: []stop{{0, e.stroke.c}}}).paint(img, box, m)
	}
	return toPicture(img), rect{float64(x0 - pad), float64(y0 - pad), float64(w + 2*pad), float64(h + 2*pad)}
}

// grown is a corner's radius on a line d outside of it; a square one stays square.
func grown(radius, d float64) float64 {
	if radius <= 0 {
		return 0
	}
	return max(0, radius+d)
}

func (r rect) grow(d float64) rect { return rect{r.x - d, r.y - d, r.w + 2*d, r.h + 2*d} }

// paint draws the fill of box over img where mask lets it.
func (f *fill) paint(img *image.RGBA, box rect, mask *image.Alpha) {
	// The gradient runs along (dx, dy); its length squared turns a projection into 0–1.
	dx, dy := (f.x1-f.x0)*box.w, (f.y1-f.y0)*box.h
	norm := dx*dx + dy*dy
	plain := len(f.stops) == 1 || norm == 0
	c := f.stops[0].c
	for y := range img.Rect.Dy() {
		row, m := img.Pix[y*img.Stride:], mask.Pix[y*mask.Stride:]
		for x := range img.Rect.Dx() {
			if m[x] == 0 {
				continue
			}
			if !plain {
				px, py := float64(x)+0.5-box.x, float64(y)+0.5-box.y
				c = f.color(((px-f.x0*box.w)*dx + (py-f.y0*box.h)*dy) / norm)
			}
			over(row[4*x:4*x+4], c, m[x])
		}
	}
}

// over draws a colour over a premultiplied pixel, as strong as cover says.
func over(px []byte, c color.NRGBA, cover byte) {
	a := (int(c.A)*int(cover) + 127) / 255
	for i, v := range [4]uint8{c.R, c.G, c.B, 255} {
		px[i] = byte((int(v)*a + int(px[i])*(255-a) + 127) / 255)
	}
}

// color is the gradient's colour at p (0–1), between its neighbouring stops.
func (f *fill) color(p float64) color.NRGBA {
	last := f.stops[0]
	for _, s := range f.stops {
		if p < s.at {
			if s.at == last.at || p <= last.at {
				return last.c
			}
			q := (p - last.at) / (s.at - last.at)
			mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*q)) }
			return color.NRGBA{mix(last.c.R, s.c.R), mix(last.c.G, s.c.G), mix(last.c.B, s.c.B), mix(last.c.A, s.c.A)}
		}
		last = s
	}
	return last.c
}

// roundMask is the mask of a box with round corners (radius in pixels) or of
// the ellipse in it; edges are antialiased.
func roundMask(r image.Rectangle, box rect, radius float64, ellipse bool) *image.Alpha {
	m := image.NewAlpha(r)
	hw, hh := box.w/2, box.h/2
	if hw <= 0 || hh <= 0 {
		return m
	}
	radius = min(radius, hw, hh)
	for y := range r.Dy() {
		for x := range r.Dx() {
			c := coverage(float64(x)+0.5-box.x-hw, float64(y)+0.5-box.y-hh, hw, hh, radius, ellipse)
			m.Pix[y*m.Stride+x] = uint8(math.Round(255 * c))
		}
	}
	return m
}

// coverage is how much of the pixel at (x, y) from the centre is inside, from
// the signed distance to the outline.
func coverage(x, y, hw, hh, radius float64, ellipse bool) float64 {
	var d float64
	if ellipse {
		k := math.Hypot(x/hw, y/hh)
		d = (k - 1) * min(hw, hh)
	} else {
		qx, qy := math.Abs(x)-hw+radius, math.Abs(y)-hh+radius
		d = math.Hypot(max(qx, 0), max(qy, 0)) + min(max(qx, qy), 0) - radius
	}
	return min(1, max(0, 0.5-d))
}
