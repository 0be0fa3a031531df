package film

import (
	"image"
	"image/color"
	"math"
)

// paint draws a fill into a box of w × h pixels with rounded corners (radius
// in pixels) or as an ellipse; edges are antialiased.
func (f *fill) paint(w, h int, radius float64, ellipse bool) *picture {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	fw, fh := float64(w), float64(h)
	radius = min(radius, fw/2, fh/2)
	// The gradient runs along (dx, dy); its length squared turns a projection into 0–1.
	dx, dy := (f.x1-f.x0)*fw, (f.y1-f.y0)*fh
	norm := dx*dx + dy*dy
	for y := range h {
		for x := range w {
			px, py := float64(x)+0.5, float64(y)+0.5
			c := f.stops[0].c
			if len(f.stops) > 1 && norm > 0 {
				c = f.color(((px-f.x0*fw)*dx + (py-f.y0*fh)*dy) / norm)
			}
			if cover := coverage(px-fw/2, py-fh/2, fw/2, fh/2, radius, ellipse); cover < 1 {
				c.A = uint8(math.Round(float64(c.A) * cover))
			}
			img.Set(x, y, c)
		}
	}
	return toPicture(img)
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

// coverage is how much of the pixel at (x, y) from the centre is inside, from
// the signed distance to the outline.
func coverage(x, y, hw, hh, radius float64, ellipse bool) float64 {
	var d float64
	switch {
	case ellipse:
		k := math.Hypot(x/hw, y/hh)
		d = (k - 1) * min(hw, hh)
	case radius <= 0:
		return 1
	default:
		qx, qy := math.Abs(x)-hw+radius, math.Abs(y)-hh+radius
		d = math.Hypot(max(qx, 0), max(qy, 0)) + min(max(qx, qy), 0) - radius
	}
	return min(1, max(0, 0.5-d))
}
