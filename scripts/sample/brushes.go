package main

import (
	"math"
	"math/rand/v2"
)

// Brushes that the pictures of several places share. Light falls in from the
// upper left unless a brush says otherwise.

// blend is the colour at t (0 to 1) of evenly spaced stops.
func blend(t float64, stops ...rgb) rgb {
	t = min(1, max(0, t)) * float64(len(stops)-1)
	i := min(len(stops)-2, int(t))
	return stops[i].mix(stops[i+1], t-float64(i))
}

// bell is a smooth bump of the given half width around a middle.
func bell(x, middle, width float64) float64 {
	d := (x - middle) / width
	return math.Exp(-d * d)
}

// step rises smoothly from 0 at a to 1 at b.
func step(x, a, b float64) float64 {
	t := min(1, max(0, (x-a)/(b-a)))
	return t * t * (3 - 2*t)
}

// gradient paints the whole canvas from top to bottom.
func (c *canvas) gradient(stops ...rgb) {
	h := float64(c.h)
	c.each(func(_, y float64, _ rgb) rgb { return blend(y/h, stops...) })
}

// at is the pixel at a point, the nearest one for points outside.
func (c *canvas) at(x, y float64) rgb {
	return c.pix[min(c.h-1, max(0, int(y)))*c.w+min(c.w-1, max(0, int(x)))]
}

// shade darkens the ground where a shape's shadow falls.
func (c *canvas) shade(p path, dx, dy, radius, opacity float64) {
	c.soft(p.moved(dx, dy), radius, flat(hex(0x0a0606)), opacity)
}

// light brightens what lies inside a soft shape; 0 changes nothing.
func (c *canvas) light(p path, radius float64, k rgb) {
	c.soft(p, radius, func(x, y float64) (rgb, float64) {
		q := c.at(x, y)
		return q.tint(rgb{1 + k.r, 1 + k.g, 1 + k.b}), 1
	}, 1)
}

// within paints a layer that is seen only inside a shape, out of focus by radius.
func (c *canvas) within(p path, radius float64, draw func(in *canvas)) {
	in := c.clone()
	draw(in)
	in.blur(radius)
	c.fill(p, func(x, y float64) (rgb, float64) { return in.at(x, y), 1 })
}

// defocus blurs the canvas where sharp is below 1.
func (c *canvas) defocus(radius float64, sharp func(x, y float64) float64) {
	far := c.clone()
	far.blur(radius)
	c.each(func(x, y float64, p rgb) rgb { return far.at(x, y).mix(p, min(1, max(0, sharp(x, y)))) })
}

// bokeh adds lights that are far out of focus inside a rectangle.
func (c *canvas) bokeh(n int, x, y, w, h, small, large, strength float64, r *rand.Rand, colors ...rgb) {
	for range n {
		k := strength * (0.25 + 0.75*r.Float64())
		c.disc(x+r.Float64()*w, y+r.Float64()*h, small+(large-small)*r.Float64(), colors[r.IntN(len(colors))].mul(k))
	}
}

// tube is an upright round thing between x0 and x1.
func tube(col rgb, x0, x1 float64) shader {
	return func(x, _ float64) (rgb, float64) {
		u := (x - x0) / (x1 - x0)
		return col.mul(0.26 + 0.82*bell(u, 0.32, 0.27) + 0.16*bell(u, 0.95, 0.07)), 1
	}
}

// orb is a ball.
func orb(col rgb, cx, cy, radius float64) shader {
	return func(x, y float64) (rgb, float64) {
		u, v := (x-cx)/radius, (y-cy)/radius
		k := 0.32 + 0.85*math.Exp(-((u+0.35)*(u+0.35)+(v+0.4)*(v+0.4))*1.2)
		return col.mul(k).add(rgb{1, 1, 1}.mul(0.5 * bell(math.Hypot(u+0.42, v+0.45), 0, 0.16))), 1
	}
}

// thread draws a thin curve through open points; ink gives colour and opacity
// along it (0 to 1). It is far cheaper than a filled stroke.
func (c *canvas) thread(w float64, ink func(t float64) (rgb, float64), pts ...point) {
	n := len(pts)
	for i := range n - 1 {
		a, b, d, e := pts[max(0, i-1)], pts[i], pts[i+1], pts[min(n-1, i+2)]
		steps := int(math.Hypot(d.x-b.x, d.y-b.y)*1.4) + 1
		for k := range steps {
			t := float64(k) / float64(steps)
			col, opacity := ink((float64(i) + t) / float64(n-1))
			// Splats overlap: each takes its share of the opacity.
			opacity = 1 - math.Pow(1-min(0.995, opacity), min(1, 0.7/w))
			c.splat(spline(a.x, b.x, d.x, e.x, t), spline(a.y, b.y, d.y, e.y, t), w/2, col, opacity)
		}
	}
}

func (c *canvas) splat(x, y, radius float64, col rgb, opacity float64) {
	for py := max(0, int(y-radius-1)); py <= min(c.h-1, int(y+radius+1)); py++ {
		for px := max(0, int(x-radius-1)); px <= min(c.w-1, int(x+radius+1)); px++ {
			k := radius + 0.5 - math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y)
			if k > 0 {
				i := py*c.w + px
				c.pix[i] = c.pix[i].mix(col, opacity*min(1, k))
			}
		}
	}
}

// closed ends an outline where it began, to be drawn by thread.
func closed(p path) []point { return append(p, p[0]) }

// even is ink of one colour.
func even(col rgb, opacity float64) func(float64) (rgb, float64) {
	return func(float64) (rgb, float64) { return col, opacity }
}

// leaf grows from a base at an angle (degrees, 0 = right, -90 = up), bent by bend.
func (c *canvas) leaf(x, y, angle, length, width, bend float64, col rgb) {
	at := func(t, side float64) point {
		w := width * math.Pow(math.Sin(math.Pi*math.Pow(t, 0.8)), 0.9) * side
		return point{x + length*t, y + bend*math.Sin(math.Pi*t)*length*0.3 + w}
	}
	var upper, lower, rib []point
	for i := range 13 {
		t := float64(i) / 12
		upper, lower, rib = append(upper, at(t, -0.5)), append(lower, at(t, 0.5)), append(rib, at(t, 0))
	}
	whole := append(path{}, upper...)
	for i := range lower {
		whole = append(whole, lower[len(lower)-1-i])
	}
	half := append(path{}, upper...)
	for i := range rib {
		half = append(half, rib[len(rib)-1-i])
	}
	whole, half, mid := whole.turned(x, y, angle), half.turned(x, y, angle), path(rib).turned(x, y, angle)
	c.shade(whole, width*0.12, width*0.2, max(1, width*0.14), 0.45)
	grain := func(k float64) shader {
		return func(px, py float64) (rgb, float64) {
			return col.mul(k * (0.92 + 0.3*fbm(px/(width*0.9), py/(width*0.9), 5))), 1
		}
	}
	c.fill(whole, grain(0.78))
	c.fill(half, grain(1.12))
	c.thread(max(1.2, width*0.035), even(col.mul(1.5).add(rgb{0.05, 0.06, 0.03}), 0.6), mid...)
}

// planks are boards of wood across the whole canvas, lying (the grain along x)
// or standing.
func (c *canvas) planks(light, dark rgb, plank float64, lying bool, seed uint64) {
	c.each(func(x, y float64, _ rgb) rgb {
		if lying {
			x, y = y, x
		}
		return board0(x, y*1.4, plank, light, dark, seed)
	})
}

// figure is a person as a silhouette: joints in the order head, neck, hips,
// then shoulder-elbow-hand twice and hip-knee-foot twice; size is the head's radius.
type figure struct {
	head, neck, hips point
	arms             [2][3]point
	legs             [2][3]point
}

// outline is the figure as shapes to be filled one by one.
func (f figure) outline(size float64) []path {
	limb := func(a, b point, wa, wb float64) path {
		d := math.Atan2(b.y-a.y, b.x-a.x)
		s, k := math.Sincos(d)
		var p path
		for i := range 13 { // half a circle at each end
			t := math.Pi*float64(i)/12 + math.Pi/2
			sn, cs := math.Sincos(t)
			p = append(p, point{a.x + wa*(cs*k-sn*s), a.y + wa*(cs*s+sn*k)})
		}
		for i := range 13 {
			t := math.Pi*float64(i)/12 - math.Pi/2
			sn, cs := math.Sincos(t)
			p = append(p, point{b.x + wb*(cs*k-sn*s), b.y + wb*(cs*s+sn*k)})
		}
		return p
	}
	out := []path{ellipse(f.head.x, f.head.y, size*0.82, size), limb(f.head, f.neck, size*0.5, size*0.62)}
	l, r := f.arms[0][0], f.arms[1][0]
	waist := point{f.neck.x*0.3 + f.hips.x*0.7, f.neck.y*0.3 + f.hips.y*0.7}
	out = append(out, smooth(point{f.neck.x - size*0.45, f.neck.y - size*0.1}, point{f.neck.x + size*0.45, f.neck.y - size*0.1},
		point{r.x + size*0.4, r.y - size*0.25}, point{r.x + size*0.3, r.y + size*1.1}, point{waist.x + size*0.98, waist.y},
		point{f.hips.x + size*1.12, f.hips.y + size*0.3}, point{f.hips.x, f.hips.y + size*0.75}, point{f.hips.x - size*1.12, f.hips.y + size*0.3},
		point{waist.x - size*0.98, waist.y}, point{l.x - size*0.3, l.y + size*1.1}, point{l.x - size*0.4, l.y - size*0.25}))
	bulge := func(a, b point, t, w, length float64) path { // a muscle
		x, y := a.x+(b.x-a.x)*t, a.y+(b.y-a.y)*t
		return ellipse(x, y, length, w).turned(x, y, math.Atan2(b.y-a.y, b.x-a.x)*180/math.Pi)
	}
	for _, a := range f.arms {
		out = append(out, limb(a[0], a[1], size*0.6, size*0.42), bulge(a[0], a[1], 0.45, size*0.62, size*1.05), bulge(a[0], a[1], 0, size*0.66, size*0.72),
			limb(a[1], a[2], size*0.42, size*0.28), bulge(a[1], a[2], 0.28, size*0.47, size*0.8), ellipse(a[2].x, a[2].y, size*0.38, size*0.38))
	}
	for _, a := range f.legs {
		out = append(out, limb(a[0], a[1], size*0.98, size*0.56), bulge(a[0], a[1], 0.35, size*1.0, size*1.9),
			limb(a[1], a[2], size*0.54, size*0.3), bulge(a[1], a[2], 0.3, size*0.62, size*1.3))
	}
	return out
}
