package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// The room's back wall; everything else recedes towards its middle.
const (
	backX0, backX1 = 330.0, 912.0
	backY0, backY1 = 520.0, 940.0
	vanishX        = 621.0
	vanishY        = 760.0
)

// drawInterior is the shop inside: timber, lamps, tables, a window to the night.
func drawInterior() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(6, 6))
	shell(c)
	shelves(c, r)
	nightWindow(c, r)
	counter(c, r)
	c.blurBehind(3.2)
	lamps := []struct{ x, y, s float64 }{{470, 470, 0.62}, {770, 470, 0.62}, {300, 380, 1.0}, {942, 380, 1.0}, {621, 250, 1.5}}
	for _, l := range lamps {
		pendant(c, l.x, l.y, l.s)
	}
	for _, t := range []struct{ x, y, s float64 }{{420, 985, 0.5}, {822, 985, 0.5}, {235, 1170, 0.9}, {1010, 1170, 0.9}} {
		seat(c, t.x, t.y, t.s, r)
	}
	front(c, r)
	for range 120 { // dust in the lamplight
		x, y := r.Float64()*width, 200+r.Float64()*900
		c.glow(x, y, 2+r.Float64()*3, hex(0xffd8a0).mul(0.05+0.10*r.Float64()))
	}
	return c.develop(1.35, 0.75, 4)
}

// blurBehind puts what has been painted so far out of focus.
func (c *canvas) blurBehind(radius float64) { c.blur(radius) }

// shell paints ceiling, floor and walls in perspective.
func shell(c *canvas) {
	c.each(func(x, y float64, _ rgb) rgb {
		dx, dy := x-vanishX, y-vanishY
		// How far the point lies beyond the back wall's edges: 1 on the wall.
		kx := math.Abs(dx) / (backX1 - vanishX)
		ky := -dy / (vanishY - backY0)
		if dy > 0 {
			ky = dy / (backY1 - vanishY)
		}
		k := max(kx, ky, 1)
		z := 1 / k // 1 at the back, smaller towards the viewer
		fall := 0.35 + 0.65*z
		switch {
		case k <= 1: // back wall
			return board0(x, y, 46, hex(0xa06a3c), hex(0x5e3418), 3).mul(0.85)
		case ky >= kx && dy > 0: // floor
			u := dx / k
			p := board0(u*1.0+900, 400/z, 42, hex(0x8a5a34), hex(0x4a2a14), 5)
			gloss := 0.22 * math.Exp(-math.Pow(u/90, 2)) * z
			return p.mul(0.85 * fall).add(hex(0xffb868).mul(gloss))
		case ky >= kx: // ceiling with beams
			p := board0(dx/k+900, 300/z, 60, hex(0x6a4426), hex(0x38200f), 7).mul(0.42 * fall)
			if math.Mod(3.4/z, 1) < 0.22 {
				p = hex(0x2a170b).mul(0.7)
			}
			return p
		}
		// side walls: plaster above, panels below
		v := dy / k
		p := hex(0xd9b98a).mul(0.52*fall + 0.06*fbm(800/z/9, v/20, 9))
		if v > 40 {
			p = board0(1400/z, v*3, 70, hex(0x7a4a28), hex(0x42240f), 11).mul(0.75 * fall)
		}
		if math.Abs(v-40) < 5 {
			p = hex(0x2a1509)
		}
		warm := math.Exp(-math.Pow((v+90)/110, 2))
		return p.tint(rgb{1 + 0.5*warm, 1 + 0.25*warm, 1})
	})
}

// board0 is wood grain along y in planks of the given width.
func board0(x, y, plank float64, light, dark rgb, seed uint64) rgb {
	n := math.Floor(x / plank)
	t := 0.5 + 0.5*fbm((x+n*13)/8, (y+n*57)/120, seed)
	p := dark.mix(light, t).mul(1 + 0.2*noise(n*3.3, 1, seed))
	if d := x - n*plank; d < 2.2 {
		p = p.mul(0.45)
	}
	return p
}

func shelves(c *canvas, r *rand.Rand) {
	for i := range 3 {
		y := 600 + float64(i)*78
		c.soft(rectangle(352, y+6, 210, 22), 6, flat(hex(0x140803)), 0.6)
		c.fill(rectangle(350, y, 214, 10), flat(hex(0xb07a44)))
		for x := 358.0; x < 540; {
			w, h := 18+r.Float64()*18, 20+r.Float64()*34
			col := []rgb{hex(0xe8dcc4), hex(0x3a5a70), hex(0xa8482c), hex(0xd8b060), hex(0x5c7a58)}[r.IntN(5)]
			c.fill(rounded(x, y-h, w, h, 6), func(px, _ float64) (rgb, float64) {
				u := (px-x)/w - 0.35
				return col.mul(1.0 - 1.1*u*u), 1
			})
			x += w + 4 + r.Float64()*8
		}
	}
}

// nightWindow looks out on lights.
func nightWindow(c *canvas, r *rand.Rand) {
	x, y, w, h := 632.0, 556.0, 250.0, 250.0
	c.fill(rectangle(x-14, y-14, w+28, h+28), flat(hex(0x3a1e0e)))
	out := newCanvas(c.w, c.h)
	out.each(func(px, py float64, _ rgb) rgb { return hex(0x142048).mix(hex(0x4a2a58), (py-y)/h).mul(0.9) })
	for range 60 {
		col := []rgb{hex(0xffb04a), hex(0xff5a4a), hex(0x58b4ff), hex(0xfff0c0)}[r.IntN(4)]
		out.disc(x+r.Float64()*w, y+60+r.Float64()*(h-60), 7+r.Float64()*16, col.mul(0.25+0.7*r.Float64()))
	}
	c.fill(rectangle(x, y, w, h), func(px, py float64) (rgb, float64) { return out.pix[int(py)*c.w+int(px)], 1 })
	c.fill(rectangle(x+w/2-5, y, 10, h), flat(hex(0x3a1e0e)))
	c.fill(rectangle(x, y+h/2-5, w, 10), flat(hex(0x3a1e0e)))
	c.fill(rectangle(x-24, y+h+12, w+48, 14), flat(hex(0x8a5a30)))
}

// counter is the kitchen counter at the back with pots.
func counter(c *canvas, r *rand.Rand) {
	c.fill(rectangle(338, 846, 566, 100), func(x, y float64) (rgb, float64) { return board0(x, y, 40, hex(0x8e5a30), hex(0x50290f), 21), 1 })
	c.fill(rectangle(330, 832, 582, 18), flat(hex(0xd09a5c)))
	for i := range 4 {
		x, s := 400+float64(i)*140, 26+r.Float64()*10
		c.fill(rounded(x-s, 832-s*1.3, 2*s, s*1.3, 7), func(px, _ float64) (rgb, float64) {
			u := (px - x + s*0.4) / s
			return hex(0xb8bcc0).mul(1.1 * math.Exp(-u*u*1.3)), 1
		})
		c.fill(rounded(x-s-5, 832-s*1.42, 2*s+10, 9, 4), flat(hex(0x8a8e92)))
		for k := range 5 {
			c.soft(ellipse(x+10*math.Sin(float64(k)*1.7), 780-float64(k)*20, 20+float64(k)*5, 18), 12, flat(hex(0xffe8c8)), 0.16)
		}
	}
}

// pendant is a hanging lamp and its cone of light.
func pendant(c *canvas, x, y, s float64) {
	c.fill(rectangle(x-1.6*s, -10, 3.2*s, y), flat(hex(0x0c0805)))
	cone := path{{x - 40*s, y + 28*s}, {x + 40*s, y + 28*s}, {x + 210*s, y + 560*s}, {x - 210*s, y + 560*s}}
	m := c.mask(cone, int(90*s))
	if m.w > 0 {
		blurPlane(m.a, m.w, m.h, 26*s)
		for py := range m.h {
			for px := range m.w {
				fade := math.Exp(-(float64(m.y+py) - y) / (300 * s))
				i := (m.y+py)*c.w + m.x + px
				c.pix[i] = c.pix[i].add(hex(0xffc070).mul(0.10 * m.a[py*m.w+px] * fade))
			}
		}
	}
	c.glow(x, y+22*s, 74*s, hex(0xffa850).mul(0.55))
	shade := path{{x - 14*s, y - 46*s}, {x + 14*s, y - 46*s}, {x + 64*s, y + 22*s}, {x - 64*s, y + 22*s}}
	c.fill(shade, func(px, py float64) (rgb, float64) {
		u := (px - x) / (64 * s)
		return hex(0xb8401c).mul(0.55 + 0.5*math.Exp(-math.Pow((u+0.25)/0.35, 2)) + 0.35*(py-y+46*s)/(68*s)), 1
	})
	c.fill(ellipse(x, y+22*s, 64*s, 10*s), flat(hex(0xffe2a8).mul(2.6)))
	c.fill(ellipse(x, y+30*s, 16*s, 16*s), flat(hex(0xfff4d8).mul(4)))
}

// seat is a table with two stools and a bowl on it.
func seat(c *canvas, x, y, s float64, r *rand.Rand) {
	c.soft(ellipse(x, y+150*s, 230*s, 40*s), 18*s, flat(hex(0x080402)), 0.7)
	for _, d := range []float64{-1, 1} {
		sx := x + d*170*s
		c.fill(path{{sx - 40*s, y + 90*s}, {sx - 28*s, y + 90*s}, {sx - 38*s, y + 190*s}, {sx - 50*s, y + 190*s}}, flat(hex(0x2a1408)))
		c.fill(path{{sx + 28*s, y + 90*s}, {sx + 40*s, y + 90*s}, {sx + 50*s, y + 190*s}, {sx + 38*s, y + 190*s}}, flat(hex(0x2a1408)))
		c.fill(ellipse(sx, y+88*s, 62*s, 20*s), flat(hex(0x5a2a14)))
		c.fill(ellipse(sx, y+80*s, 62*s, 20*s), func(px, _ float64) (rgb, float64) { return hex(0xb8452a).mul(0.9 - 0.4*(px-sx)/(62*s)), 1 })
	}
	for _, d := range []float64{-1, 1} {
		c.fill(rectangle(x+d*110*s-9*s, y+20*s, 18*s, 160*s), flat(hex(0x34190a)))
	}
	top := path{{x - 130*s, y - 34*s}, {x + 130*s, y - 34*s}, {x + 176*s, y + 26*s}, {x - 176*s, y + 26*s}}
	c.fill(top.moved(0, 16*s), flat(hex(0x3c1e0c)))
	c.fill(top, func(px, py float64) (rgb, float64) {
		lit := 0.85 + 0.8*math.Exp(-math.Pow((px-x)/(110*s), 2)-math.Pow((py-y)/(40*s), 2))
		return board0(px, py*4, 50*s, hex(0xb97a42), hex(0x7a4520), 31).mul(0.8 * lit), 1
	})
	for _, d := range []float64{-62, 58} {
		bowlSide(c, x+d*s, y-4*s, 40*s, r)
	}
	c.fill(rounded(x-9*s, y-44*s, 18*s, 40*s, 5*s), flat(hex(0x9a3018)))
}

// bowlSide is a bowl seen from slightly above.
func bowlSide(c *canvas, x, y, s float64, r *rand.Rand) {
	c.soft(ellipse(x+s*0.15, y+s*0.45, s*0.9, s*0.22), s*0.12, flat(hex(0x100602)), 0.7)
	var body path
	for i := range 25 {
		a := float64(i) / 24 * math.Pi
		body = append(body, point{x + s*math.Cos(a), y + s*0.62*math.Sin(a)})
	}
	c.fill(body, func(px, _ float64) (rgb, float64) {
		u := (px-x)/s + 0.35
		return hex(0xefe6d2).mul(0.3 + 0.8*math.Exp(-u*u*2.2)), 1
	})
	c.fill(ellipse(x, y, s, s*0.3), flat(hex(0xfff4e0)))
	c.fill(ellipse(x, y+s*0.02, s*0.88, s*0.24), flat(hex(0xd8702a)))
	for range 12 {
		a, d := r.Float64()*2*math.Pi, r.Float64()*0.7
		px, py := x+s*0.8*d*math.Cos(a), y+s*0.2*d*math.Sin(a)
		c.fill(ellipse(px, py, s*0.09, s*0.05), flat([]rgb{hex(0x5aa832), hex(0xf6dfa8), hex(0xd8281a)}[r.IntN(3)]))
	}
}

// front is the nearest table, with a large bowl in focus.
func front(c *canvas, r *rand.Rand) {
	top := path{{-40, 1400}, {1282, 1400}, {1482, 1700}, {-240, 1700}}
	c.soft(rectangle(-40, 1370, 1330, 60), 24, flat(hex(0x060302)), 0.7)
	c.fill(top, func(x, y float64) (rgb, float64) {
		k := (y - 1100) / 300
		u := (x - vanishX) / k
		lit := 0.55 + 0.75*math.Exp(-math.Pow((x-620)/420, 2)-math.Pow((y-1480)/160, 2))
		return board0(u+900, y*2, 120, hex(0xa86a38), hex(0x66381a), 41).mul(lit), 1
	})
	c.fill(rectangle(-40, 1396, 1330, 7), flatA(hex(0xffc888), 0.5))
	bowlSide(c, 621, 1440, 190, r)
	for k := range 9 { // its steam
		x := 621 + 40*math.Sin(float64(k)*1.3)
		c.soft(ellipse(x, 1400-float64(k)*46, 60+float64(k)*7, 40), 26, flat(hex(0xffeed8)), 0.10)
	}
	for i := range 2 {
		x := 900 + float64(i)*34
		c.soft(stroke(11, point{x + 10, 1452}, point{x + 120, 1640}), 6, flat(hex(0x0a0402)), 0.6)
		c.fill(stroke(11, point{x, 1440}, point{x + 110, 1630}), flat(hex(0x8a2418)))
	}
	for i, p := range []point{{280, 1500}, {200, 1560}} {
		c.soft(ellipse(p.x+8, p.y+16, 92, 26), 8, flat(hex(0x080402)), 0.7)
		c.fill(ellipse(p.x, p.y, 88, 30), flat(hex(0xe8e0d0).mul(0.85)))
		c.fill(ellipse(p.x, p.y-3, 70, 21), flat(hex(0xb8b0a0).mul(0.8)))
		for range 40 {
			a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())
			col := []rgb{hex(0xd8381a), hex(0x5a9a34)}[i].mix(hex(0xf6cf90), r.Float64()*0.6)
			c.fill(ellipse(p.x+56*d*math.Cos(a), p.y-8+14*d*math.Sin(a), 12, 8), flat(col))
		}
	}
}
