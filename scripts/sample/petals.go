package main

import (
	"math"
	"math/rand/v2"
)

// petal is one petal with a rolled, lighter lip: it grows from (x, y) outwards.
func (c *canvas) petal(x, y, angle, length, width float64, deep, edge rgb, r *rand.Rand) {
	j := func(k float64) float64 { return 1 + (r.Float64()-0.5)*k }
	shape := func(k float64) path {
		l, w := length*k, width*k
		return smooth(point{x, y - w*0.22}, point{x + l*0.45, y - w*0.52}, point{x + l*0.82, y - w*0.44}, point{x + l*0.99, y - w*0.14},
			point{x + l*0.97, y + w*0.16}, point{x + l*0.8, y + w*0.46}, point{x + l*0.42, y + w*0.5}, point{x, y + w*0.22})
	}
	length, width = length*j(0.12), width*j(0.16)
	angle += (r.Float64() - 0.5) * 10
	outer, inner := shape(1).turned(x, y, angle), shape(0.93).turned(x, y, angle)
	s, k := math.Sincos(angle * math.Pi / 180)
	// A petal that faces the light, up and to the left, is brighter.
	lit := 0.9 - 0.2*k - 0.16*s
	c.shade(outer, length*0.03, length*0.06, max(1, length*0.06), 0.5)
	c.fill(outer, func(px, py float64) (rgb, float64) {
		t := ((px-x)*k + (py-y)*s) / length
		return deep.mix(edge, 0.35+0.65*step(t, 0.3, 1)).mul(lit * 1.22), 1
	})
	c.soft(inner, max(1, length*0.035), func(px, py float64) (rgb, float64) {
		u, v := ((px-x)*k+(py-y)*s)/length, (-(px-x)*s+(py-y)*k)/width
		vein := 0.05 * math.Sin(v*38+4*noise(u*3, v*5, 3))
		p := deep.mix(edge, min(1, max(0, 0.12+0.72*u*u+vein)))
		return p.mul(lit * (0.78 + 0.34*u + 0.10*fbm(px/length*7, py/length*7, 11))), 1
	}, 0.95)
}

// rose is a rose seen from above, opened by the number of rings.
func (c *canvas) rose(x, y, radius float64, rings int, deep, edge rgb, r *rand.Rand) {
	turn := r.Float64() * 360
	for k := range rings {
		t := float64(k) / float64(rings)
		size := radius * (1 - 0.8*t)
		n := 6 - k*2/rings
		for i := range n {
			a := turn + float64(k)*37 + float64(i)*360/float64(n)
			// Inner petals stand: they are short and wide, and darker at the foot.
			c.petal(x, y, a, size, size*(1.02+0.25*t), deep.mul(1-0.25*t), edge.mul(1-0.12*t), r)
		}
	}
	heart := radius * 0.2
	c.soft(ellipse(x, y, heart, heart), heart*0.25, flat(deep.mul(0.5)), 0.85)
	for i := range 3 { // the last petals are rolled into a spiral
		d := heart * (0.95 - 0.28*float64(i))
		var curl []point
		for k := range 9 {
			a, d := turn+float64(i)*2.3+float64(k)*0.62, d*(1.04-0.03*float64(k))
			curl = append(curl, point{x + d*math.Cos(a), y + d*math.Sin(a)*0.92})
		}
		lip := deep.mix(edge, 0.45+0.12*float64(i))
		swell := func(t float64) float64 { return math.Sqrt(math.Sin(math.Pi * (0.04 + 0.92*t))) } // thin ends
		c.soft(stroke(heart*0.3, curl...).moved(heart*0.06, heart*0.1), max(1, heart*0.08), flat(deep.mul(0.25)), 0.7)
		c.thread(heart*0.25, func(t float64) (rgb, float64) { return lip, 0.98 * swell(t) }, curl...)
		c.thread(heart*0.07, func(t float64) (rgb, float64) { return edge.mul(1.1), 0.6 * swell(t) }, path(curl).moved(-heart*0.05, -heart*0.06)...)
	}
}

// daisy is a simple flower with a yellow eye.
func (c *canvas) daisy(x, y, radius float64, col rgb, r *rand.Rand) {
	n := 11 + r.IntN(4)
	turn := r.Float64() * 360
	for i := range n {
		a := turn + float64(i)*360/float64(n) + (r.Float64()-0.5)*9
		p := ellipse(x+radius*0.56, y, radius*0.46, radius*0.17).turned(x, y, a)
		c.shade(p, radius*0.05, radius*0.08, max(1, radius*0.06), 0.35)
		s, k := math.Sincos(a * math.Pi / 180)
		c.fill(p, flat(col.mul(0.86-0.12*k-0.1*s+0.1*r.Float64())))
	}
	c.shade(ellipse(x, y, radius*0.27, radius*0.25), radius*0.03, radius*0.06, max(1, radius*0.05), 0.5)
	c.fill(ellipse(x, y, radius*0.27, radius*0.25), orb(hex(0xf5b21c), x, y, radius*0.3))
}

// puff is a ball of many small flowers, such as a hydrangea.
func (c *canvas) puff(x, y, radius float64, col rgb, r *rand.Rand) {
	c.shade(ellipse(x, y, radius*0.95, radius*0.9), radius*0.08, radius*0.14, radius*0.12, 0.5)
	c.fill(ellipse(x, y, radius*0.92, radius*0.88), orb(col.mul(0.45), x, y, radius))
	for range 90 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.92
		px, py, s := x+radius*d*math.Cos(a), y+radius*d*math.Sin(a)*0.95, radius*(0.12+0.05*r.Float64())
		k := 0.62 + 0.5*math.Exp(-(math.Pow((px-x)/radius+0.35, 2)+math.Pow((py-y)/radius+0.4, 2)))
		for i := range 4 {
			q := ellipse(px+s*0.55, py, s*0.62, s*0.5).turned(px, py, a*57+float64(i)*90)
			c.fill(q, flat(col.mul(k*(0.85+0.3*r.Float64()))))
		}
		c.fill(ellipse(px, py, s*0.2, s*0.2), flat(hex(0xfdf6c8).mul(k)))
	}
}

// eucalyptus is a twig with round grey-green leaves in pairs.
func (c *canvas) eucalyptus(x, y, angle, length float64, r *rand.Rand) {
	s, k := math.Sincos(angle * math.Pi / 180)
	at := func(t float64) point {
		b := length * 0.10 * math.Sin(t*2.6)
		return point{x + length*t*k - b*s, y + length*t*s + b*k}
	}
	c.thread(length*0.014, even(hex(0x6a5a3c), 0.95), at(0), at(0.33), at(0.66), at(1))
	for i := range 8 {
		t := 0.14 + float64(i)*0.12
		p := at(min(1, t))
		for _, side := range []float64{-1, 1} {
			l := length * (0.15 - 0.06*t)
			green := hex(0x7f9f86).mix(hex(0xa9c0a0), r.Float64()).mul(0.75)
			c.leaf(p.x, p.y, angle+side*(62+20*r.Float64()), l, l*0.78, 0.1, green)
		}
	}
}

// tulip stands on (x, y), its cup height tall and turned by lean degrees;
// backlight makes its petals glow.
func (c *canvas) tulip(x, y, height, lean, backlight float64, deep, edge rgb) {
	w := height * 0.36
	at := func(pts ...point) path {
		var p []point
		for _, q := range pts {
			p = append(p, point{x + q.x*w, y - q.y*height})
		}
		return smooth(p...).turned(x, y, lean)
	}
	s, k := math.Sincos(lean * math.Pi / 180)
	paint := func(p path, bright float64, middle float64) {
		c.fill(p, func(px, py float64) (rgb, float64) {
			dx, dy := px-x, py-y
			u, v := (dx*k+dy*s)/w, -(-dx*s+dy*k)/height
			vein := 0.10 * math.Sin((u-middle)*22/(0.35+0.65*math.Sin(math.Pi*min(1, max(0, v)))))
			q := deep.mix(edge, min(1, max(0, 0.25+0.75*v*v+vein*v)))
			q = q.mul(bright * (0.78 + 0.42*bell(u, -0.35, 0.5)))
			return q.add(edge.mul(backlight*(0.25+0.55*v))).mix(hex(0xb8c878), 0.5*bell(v, 0, 0.12)), 1
		})
	}
	paint(at(point{-0.3, 0.3}, point{-0.72, 0.7}, point{-0.42, 1.04}, point{-0.02, 0.72}), 0.62, -0.4)
	paint(at(point{0.3, 0.3}, point{0.74, 0.72}, point{0.46, 1.02}, point{0.05, 0.72}), 0.52, 0.4)
	paint(at(point{-0.2, 0.5}, point{-0.28, 0.9}, point{0.04, 1.1}, point{0.3, 0.88}, point{0.2, 0.5}), 0.7, 0)
	left := at(point{0, 0}, point{-0.72, 0.18}, point{-0.98, 0.58}, point{-0.74, 0.98}, point{-0.5, 0.9}, point{-0.12, 0.4})
	right := at(point{0, 0}, point{0.72, 0.18}, point{0.98, 0.58}, point{0.78, 0.96}, point{0.5, 0.88}, point{0.12, 0.4})
	mid := at(point{0, -0.01}, point{-0.52, 0.16}, point{-0.6, 0.56}, point{-0.04, 0.93}, point{0.58, 0.56}, point{0.5, 0.16})
	paint(left, 0.95, -0.5)
	paint(right, 0.8, 0.5)
	c.shade(mid, height*0.01, height*0.015, height*0.03, 0.4)
	paint(mid, 1.08, 0)
}
