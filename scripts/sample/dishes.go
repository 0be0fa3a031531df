package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawDishes is a table full of small dishes, seen from above.
func drawDishes() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(3, 8))
	c.each(func(x, y float64, _ rgb) rgb { // dark slate with a linen runner
		p := hex(0x3a3f44).mul(0.62 + 0.5*fbm(x/120, y/90, 4) + 0.12*fbm(x/6, y/6, 5))
		if d := x - 760 + 22*math.Sin(y/500); d > -300 && d < 330 {
			weave := 0.92 + 0.07*math.Sin(x*1.25)*math.Sin(y*1.25) + 0.06*fbm(x/30, y/30, 6)
			p = hex(0xcdbb98).mul(0.72 * weave)
			if math.Abs(math.Abs(d-15)-285) < 8 {
				p = hex(0x8a3a2a).mul(0.7 * weave)
			}
		}
		return p
	})
	plate(c, 640, 880, 340, hex(0xe9e2d4), 1)
	pancake(c, 640, 880, 262, r)
	plate(c, 320, 440, 205, hex(0x2f4a58), 2)
	dumplings(c, 320, 440, r)
	plate(c, 900, 380, 190, hex(0xf2ede2), 3)
	kimchi(c, 900, 380, 128, r)
	plate(c, 300, 1310, 190, hex(0xd8cbb2), 4)
	greens(c, 300, 1310, 126, r)
	plate(c, 900, 1330, 195, hex(0x24303a), 5)
	radish(c, 900, 1330, 120, r)
	plate(c, 1090, 850, 96, hex(0x8a5a3a), 6)
	sauce(c, 1090, 850, 68, r)
	plate(c, 160, 880, 88, hex(0xf2ede2), 7)
	chili(c, 160, 880, r)
	for range 90 { // what falls beside the plates
		x, y := r.Float64()*width, r.Float64()*height
		c.fill(ellipse(x, y, 4.4, 2.6).turned(x, y, r.Float64()*180), flat(hex(0xf4dfae).mul(0.85)))
	}
	c.each(func(x, y float64, p rgb) rgb { // a window at the upper left
		k := 1.28 - 0.42*x/width - 0.36*y/height
		return p.tint(rgb{1.08 * k, 0.99 * k, 0.88 * k})
	})
	return c.develop(1.3, 0.4, 3)
}

// plate is a shallow dish; the light comes from the upper left.
func plate(c *canvas, x, y, radius float64, glaze rgb, seed uint64) {
	c.soft(ellipse(x+26, y+34, radius*1.02, radius*1.02), 26, flat(hex(0x050405)), 0.75)
	c.fill(ellipse(x, y, radius, radius), func(px, py float64) (rgb, float64) {
		dx, dy := (px-x)/radius, (py-y)/radius
		d := math.Hypot(dx, dy)
		to := 0.0 // how much the surface faces the light
		if d > 0 {
			to = -(dx*0.7 + dy*0.7) / d
		}
		k := 0.80
		switch {
		case d > 0.965:
			k = 0.9 + 0.45*to
		case d > 0.80:
			k = 0.78 - 0.10*to
		case d > 0.72:
			k = 0.66 - 0.32*to
		}
		p := glaze.mul(k * (0.96 + 0.10*fbm(px/24, py/24, seed)))
		if fbm(px/3.1, py/3.1, seed+40) > 0.42 { // iron spots in the glaze
			p = p.mul(0.7)
		}
		return p, 1
	})
	c.soft(stroke(5, arc(x, y, radius*0.93, -2.7, -1.9)...), 2.5, flat(rgb{1.6, 1.5, 1.4}), 0.55)
}

func arc(x, y, radius, from, to float64) []point {
	var out []point
	for i := range 13 {
		a := from + (to-from)*float64(i)/12
		out = append(out, point{x + radius*math.Cos(a), y + radius*math.Sin(a)})
	}
	return out
}

// blob is an irregular outline.
func blob(x, y, radius, rough float64, seed uint64) path {
	var pts []point
	for i := range 22 {
		a := float64(i) / 22 * 2 * math.Pi
		k := radius * (1 + rough*noise(math.Cos(a)*1.9+9, math.Sin(a)*1.9, seed))
		pts = append(pts, point{x + k*math.Cos(a), y + k*math.Sin(a)})
	}
	return smooth(pts...)
}

// pancake is a crisp green-onion pancake, cut into pieces.
func pancake(c *canvas, x, y, radius float64, r *rand.Rand) {
	p := blob(x, y, radius, 0.08, 14)
	c.soft(p.moved(10, 14), 10, flat(hex(0x2a1a08)), 0.7)
	c.fill(p, func(px, py float64) (rgb, float64) {
		d := math.Hypot(px-x, py-y) / radius
		crisp := min(1, max(0, 0.42+0.9*fbm(px/46, py/46, 31)+0.5*fbm(px/14, py/14, 32)+0.55*math.Pow(d, 6)))
		return hex(0xf4cf78).mix(hex(0xa85a18), crisp).mul(1.02 - 0.0006*(px-x)), 1
	})
	for range 74 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.84
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		dir, l := 0.5+r.Float64()*0.7, 44+r.Float64()*62
		g := stroke(9+r.Float64()*5, point{px, py}, point{px + l*0.5*math.Cos(dir), py + l*0.5*math.Sin(dir) + 5}, point{px + l*math.Cos(dir), py + l*math.Sin(dir)})
		c.soft(g.moved(2, 3), 2, flat(hex(0x5a3208)), 0.5)
		c.fill(g, flatA(hex(0x3c7a24).mix(hex(0x9cc24a), r.Float64()), 0.88))
	}
	for range 16 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.76
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		s := blob(px, py, 24, 0.3, uint64(px))
		c.soft(s.moved(3, 4), 3, flat(hex(0x40200a)), 0.5)
		c.fill(s, func(qx, qy float64) (rgb, float64) {
			return hex(0xf6dcc0).mix(hex(0xe88a5a), 0.5+0.5*noise(qx/14, qy/5, 3)), 1
		})
	}
	for range 10 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.7
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		c.fill(ellipse(px, py, 17, 7).turned(px, py, r.Float64()*180), flat(hex(0xd8281a)))
	}
	for _, turn := range []float64{0, 62, 118} { // cuts
		s, k := math.Sincos((turn + 16) * math.Pi / 180)
		line := stroke(7, point{x - k*radius*1.05, y - s*radius*1.05}, point{x + 6, y + 4}, point{x + k*radius*1.05, y + s*radius*1.05})
		c.fill(line, flatA(hex(0x4a2408), 0.85))
		c.soft(line.moved(-4, -4), 1.4, flat(hex(0xffe6a0)), 0.35)
	}
	for range 260 { // oil that glitters
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.94
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		c.fill(ellipse(px, py, 1.5+r.Float64()*2.6, 1.2+r.Float64()*1.4), flatA(hex(0xfff2cc).mul(1.5), 0.75))
	}
}

func dumplings(c *canvas, x, y float64, r *rand.Rand) {
	for i := range 6 {
		a := float64(i)/5*2*math.Pi + 0.4
		px, py := x+88*math.Cos(a), y+88*math.Sin(a)
		turn := a*180/math.Pi + 90
		if i == 5 {
			px, py, turn = x, y, 25
		}
		shape := smooth(point{px - 72, py + 18}, point{px - 50, py - 26}, point{px, py - 44}, point{px + 50, py - 26}, point{px + 72, py + 18}, point{px + 34, py + 34}, point{px - 34, py + 34}).turned(px, py, turn)
		c.soft(shape.moved(9, 12), 8, flat(hex(0x04080a)), 0.7)
		s, k := math.Sincos(turn * math.Pi / 180)
		c.fill(shape, func(qx, qy float64) (rgb, float64) {
			dx, dy := qx-px, qy-py
			lx, ly := dx*k+dy*s, -dx*s+dy*k
			lit := 1.02 - 0.0035*dx - 0.0035*dy
			fold := 0.9 + 0.12*math.Sin(lx/5.6)*min(1, max(0, (-ly+4)/24))
			return hex(0xf8ecd4).mix(hex(0xd89a4a), min(0.9, max(0, (ly-8)/24+0.45*fbm(qx/20, qy/20, 51)))).mul(lit * fold), 1
		})
		c.soft(ellipse(px-10, py-12, 20, 7).turned(px, py, turn), 4, flat(rgb{1.5, 1.45, 1.3}), 0.55)
	}
	for range 30 {
		a, d := r.Float64()*2*math.Pi, r.Float64()*130
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		c.fill(ellipse(px, py, 8, 6), flat(hex(0x5aa832)))
		c.fill(ellipse(px, py, 4, 3), flat(hex(0xd8ecb0)))
	}
}

// leaf is one folded piece of vegetable with veins.
func leaf(c *canvas, x, y, size, turn float64, a, b rgb, seed uint64) {
	p := blob(x, y, size, 0.4, seed)
	for i := range p {
		p[i].y = y + (p[i].y-y)*0.55
	}
	p = p.turned(x, y, turn)
	c.soft(p.moved(6, 9), 5, flat(hex(0x180604)), 0.6)
	s, k := math.Sincos(turn * math.Pi / 180)
	c.fill(p, func(px, py float64) (rgb, float64) {
		dx, dy := px-x, py-y
		lx := dx*k + dy*s
		t := min(1, max(0, 0.5+0.6*math.Sin(lx/7+3*noise(px/22, py/22, seed))*0.5+0.5*fbm(px/16, py/16, seed)))
		return a.mix(b, t).mul(1.1 - 0.006*dx - 0.008*dy), 1
	})
	c.soft(ellipse(x-size*0.3, y-size*0.18, size*0.28, 4).turned(x, y, turn), 2.4, flat(rgb{1.5, 1.3, 1.2}), 0.6)
}

func kimchi(c *canvas, x, y, radius float64, r *rand.Rand) {
	c.soft(ellipse(x, y, radius, radius*0.95), 10, flat(hex(0xb0280c)), 0.75)
	for i := range 34 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.8*(1-float64(i)/60)
		cream := hex(0xf6cf96).mix(hex(0xf08a50), r.Float64())
		leaf(c, x+d*math.Cos(a), y+d*math.Sin(a), 44+r.Float64()*20, r.Float64()*180, hex(0xd8301a), cream, uint64(70+i))
	}
	for range 120 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.95
		c.fill(ellipse(x+d*math.Cos(a), y+d*math.Sin(a), 3.4, 2.6), flat(hex(0xa8140a).mix(hex(0xff6a30), r.Float64())))
	}
}

func greens(c *canvas, x, y, radius float64, r *rand.Rand) {
	for i := range 130 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.78
		px, py, dir := x+d*math.Cos(a), y+d*math.Sin(a), r.Float64()*2*math.Pi
		l := 34 + r.Float64()*40
		g := stroke(8+r.Float64()*7, point{px - l*math.Cos(dir), py - l*math.Sin(dir)}, point{px + 12*math.Sin(dir), py - 12*math.Cos(dir)}, point{px + l*math.Cos(dir), py + l*math.Sin(dir)})
		c.soft(g.moved(4, 6), 3, flat(hex(0x081006)), 0.55)
		k := 0.5 + 0.6*float64(i)/130
		c.fill(g, flat(hex(0x2c6a24).mix(hex(0x7cb044), r.Float64()).mul(k)))
	}
	for range 60 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.8
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		c.fill(ellipse(px, py, 5.4, 3.2).turned(px, py, r.Float64()*180), flat(hex(0xf8e6bc)))
	}
}

func radish(c *canvas, x, y, radius float64, r *rand.Rand) {
	for i := range 30 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.86*(1-float64(i)/70)
		px, py, s := x+d*math.Cos(a), y+d*math.Sin(a), 25+r.Float64()*9
		cube := rounded(px-s, py-s, 2*s, 2*s, 7).turned(px, py, r.Float64()*90)
		c.soft(cube.moved(8, 11), 6, flat(hex(0x140404)), 0.65)
		base := hex(0xf4a050).mix(hex(0xe0481c), r.Float64())
		c.fill(cube, func(qx, qy float64) (rgb, float64) {
			return base.mul(1.05 - 0.007*(qx-px) - 0.009*(qy-py) + 0.12*fbm(qx/9, qy/9, 12)), 1
		})
		c.soft(ellipse(px-s*0.4, py-s*0.5, s*0.4, 5), 2, flat(rgb{1.6, 1.4, 1.2}), 0.6)
	}
	for range 70 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius
		c.fill(ellipse(x+d*math.Cos(a), y+d*math.Sin(a), 4, 3), flat(hex(0xc01a0c).mix(hex(0x4a9a2c), float64(r.IntN(2)))))
	}
}

func sauce(c *canvas, x, y, radius float64, r *rand.Rand) {
	c.fill(ellipse(x, y, radius, radius), func(px, py float64) (rgb, float64) {
		d := math.Hypot(px-x, py-y) / radius
		return hex(0x4a1c08).mix(hex(0x180703), d).mul(1.1), 1
	})
	c.soft(stroke(9, arc(x, y, radius*0.7, -2.8, -1.8)...), 4, flat(rgb{1.4, 1.2, 0.9}), 0.55)
	for range 20 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.8
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		c.fill(ellipse(px, py, 5, 3.4), flat(hex(0xf0dca8).mix(hex(0x5aa832), float64(r.IntN(2)))))
	}
}

func chili(c *canvas, x, y float64, r *rand.Rand) {
	for i := range 3 {
		dy := float64(i-1) * 26
		col := []rgb{hex(0x4f9a2c), hex(0xc8241a), hex(0x5aa834)}[i]
		p := stroke(21, point{x - 58, y + dy + 10}, point{x - 12, y + dy - 6 + r.Float64()*10}, point{x + 52, y + dy - 4})
		c.soft(p.moved(6, 9), 5, flat(hex(0x140804)), 0.6)
		c.fill(p, func(px, py float64) (rgb, float64) { return col.mul(1.1 - 0.03*(py-y-dy)), 1 })
		c.soft(stroke(4, point{x - 48, y + dy + 2}, point{x - 8, y + dy - 9}, point{x + 38, y + dy - 9}), 1.6, flat(rgb{1.5, 1.4, 1.2}), 0.6)
		c.fill(stroke(7, point{x + 50, y + dy - 4}, point{x + 74, y + dy - 14}), flat(hex(0x5a8a3a)))
	}
}
