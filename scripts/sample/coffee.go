package main

import (
	"image"
	"math"
	"math/rand/v2"
)

var (
	sea      = hex(0x1f4e5f) // the café's own blue
	honey    = hex(0xe8b86d)
	espresso = hex(0x3a1c0c)
)

// drawLatte is a cup from above with a leaf poured into the milk.
func drawLatte() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(81, 1))
	c.planks(hex(0xa87648), hex(0x5e3a20), 230, true, 31)
	c.each(func(x, y float64, p rgb) rgb { return p.mul(1.2 - 0.4*x/width - 0.3*y/height) })
	c.fill(path{{-40, 1180}, {520, 1090}, {640, 1700}, {-40, 1700}}, func(x, y float64) (rgb, float64) { // linen
		weave := 0.9 + 0.09*math.Sin(x*1.3)*math.Sin(y*1.3) + 0.07*fbm(x/30, y/30, 6)
		p := sea.mix(hex(0xd8e4e4), 0.22).mul(0.85 * weave)
		if d := y - 1180 + 0.16*x; d > 60 && d < 74 || d > 86 && d < 92 {
			p = hex(0xf4ead8).mul(0.7 * weave)
		}
		return p, 1
	})
	const cx, cy = 640.0, 790.0
	plate(c, cx, cy+10, 470, hex(0x2f6272), 3)
	handle := []point{{cx + 300, cy - 60}, {cx + 430, cy - 150}, {cx + 486, cy - 96}, {cx + 400, cy + 8}, {cx + 300, cy + 40}}
	c.soft(stroke(58, handle...).moved(18, 26), 14, flat(hex(0x050303)), 0.6)
	c.thread(56, func(t float64) (rgb, float64) { return hex(0xf4ece0).mul(0.72 + 0.25*bell(t, 0.3, 0.25)), 1 }, handle...)
	c.thread(16, even(hex(0xffffff), 0.5), path(handle).moved(-8, -12)...)
	deepBowl(c, cx, cy, 342, hex(0xf6eee2), func() { rosetta(c, cx, cy, 306) })
	teaspoon(c, 1010, 1080)
	for range 26 {
		x, y := 880+r.Float64()*330, 1330+r.Float64()*290
		bean(c, x, y, 26+r.Float64()*8, r.Float64()*360)
	}
	croissant(c, 245, 275, 205, -32, 3)
	for range 90 { // crumbs
		x, y := 235+r.NormFloat64()*150, 330+r.NormFloat64()*110
		c.fill(ellipse(x, y, 2+4*r.Float64(), 2+3*r.Float64()), flat(hex(0xd89a50).mul(0.5+0.6*r.Float64())))
	}
	c.light(ellipse(380, 420, 560, 560), 180, rgb{0.42, 0.34, 0.2})
	return c.develop(1.3, 0.45, 81)
}

// rosetta is coffee with a poured leaf: a function of the place in the cup.
func rosetta(c *canvas, cx, cy, radius float64) {
	c.fill(ellipse(cx, cy, radius, radius), func(x, y float64) (rgb, float64) {
		u, v := (x-cx)/radius, (y-cy)/radius
		u, v = u*0.966+v*0.259, v*0.966-u*0.259 // the leaf leans a little
		d := math.Hypot(u, v)
		crema := hex(0x9a5420).mix(hex(0x5a2a0c), 0.4+0.6*step(d, 0.5, 1)+0.25*fbm(x/34, y/34, 5))
		w := 0.66 * math.Pow(max(0, math.Sin(math.Pi*min(1, max(0, (v+0.72)/1.42)))), 0.62) // the leaf's half width
		lobe := math.Sin((v*1.0+math.Abs(u)*0.95)*31 - 1 + 0.5*noise(u*5, v*5, 3))
		milk := step(lobe, -0.15, 0.45) * step(w-math.Abs(u), 0, 0.10)
		lobes := math.Hypot(math.Abs(u)-0.075, v+0.68) // a heart at its tip
		milk = max(milk, step(0.115-lobes, -0.01, 0.03), step(-0.45-v-1.3*math.Abs(u), -0.02, 0.03)*step(v, -0.70, -0.66))
		milk *= 1 - 0.9*bell(u, 0, 0.028)*step(v, -0.62, -0.5)*step(0.74-v, 0, 0.1) // drawn through at the end
		p := crema.mix(hex(0xfbeed8), 0.94*milk)
		p = p.mul(0.95 + 0.06*noise(x/2.5, y/2.5, 7))
		return p.mul(1.02 - 0.6*math.Exp(-(1-d)*14) - 0.12*u - 0.1*v), 1
	})
	for i := range 22 { // bubbles at the wall
		a := float64(i)*0.31 + 0.4
		x, y, s := cx+radius*0.95*math.Cos(a), cy+radius*0.95*math.Sin(a), 3+float64(i%4)
		c.fill(ellipse(x, y, s, s), flatA(hex(0xc88a50), 0.7))
		c.fill(ellipse(x-s*0.3, y-s*0.3, s*0.35, s*0.35), flatA(rgb{1.4, 1.3, 1.2}, 0.8))
	}
}

// bean is a roasted coffee bean.
func bean(c *canvas, x, y, s, turn float64) {
	body := ellipse(x, y, s, s*0.68).turned(x, y, turn)
	c.shade(body, s*0.2, s*0.28, s*0.2, 0.65)
	c.fill(body, orb(hex(0x6a3416), x, y, s*1.1))
	line := path{{x - s*0.85, y - s*0.06}, {x - s*0.3, y + s*0.12}, {x + s*0.3, y - s*0.12}, {x + s*0.85, y + s*0.06}}.turned(x, y, turn)
	c.thread(max(2, s*0.14), even(espresso.mul(0.35), 0.95), line...)
	c.thread(max(1, s*0.06), even(hex(0xb87a4a), 0.5), line.moved(-s*0.06, -s*0.08)...)
}

// teaspoon lies on the table.
func teaspoon(c *canvas, x, y float64) {
	head := smooth(point{x + 50, y - 150}, point{x + 96, y - 100}, point{x + 74, y - 26}, point{x + 30, y - 14}, point{x + 2, y - 70}, point{x + 14, y - 132})
	c.shade(head, 12, 18, 10, 0.6)
	c.soft(stroke(16, point{x + 48, y - 20}, point{x + 10, y + 120}, point{x - 30, y + 260}).moved(12, 18), 8, flat(hex(0x050303)), 0.55)
	metal := func(t float64) (rgb, float64) { return brass.mul(0.7 + 0.5*bell(t, 0.35, 0.2)), 1 }
	c.thread(15, metal, point{x + 48, y - 20}, point{x + 10, y + 120}, point{x - 30, y + 260})
	c.thread(4, even(rgb{1.4, 1.3, 1}, 0.7), point{x + 44, y - 20}, point{x + 6, y + 120}, point{x - 34, y + 260})
	c.fill(head, func(px, py float64) (rgb, float64) {
		return brass.mul(0.5 + 0.9*bell(px-py*0.3, x+46+(-y+90)*0.3, 24)), 1
	})
	c.soft(ellipse(x+50, y-86, 26, 44), 10, flat(brass.mul(0.35)), 0.6)
}

// croissant is a crescent of baked folds, seen from above; size is half its length.
func croissant(c *canvas, x, y, size, turn float64, seed uint64) {
	const folds = 7
	thick := func(t float64) float64 { // half the crescent's thickness, fuller in the middle of each fold
		return size * (0.07 + 0.36*math.Pow(math.Sin(math.Pi*t), 0.75)) * (0.93 + 0.07*math.Abs(math.Sin(math.Pi*folds*t)))
	}
	var outer, inner []point
	for i := range 81 {
		t := float64(i) / 80
		s, k := math.Sincos(math.Pi * (1.08 - 1.16*t))
		w := thick(t) / size
		outer = append(outer, point{x + size*(0.86+w)*k, y + size*(0.34-(0.62+w)*s)})
		inner = append(inner, point{x + size*(0.86-w)*k, y + size*(0.34-(0.62-w)*s)})
	}
	for i := range inner {
		outer = append(outer, inner[len(inner)-1-i])
	}
	outline := path(outer).turned(x, y, turn)
	c.soft(outline.moved(size*0.07, size*0.12), size*0.07, flat(hex(0x120804)), 0.7)
	sn, cs := math.Sincos(-turn * math.Pi / 180)
	c.fill(outline, func(px, py float64) (rgb, float64) {
		dx, dy := (px-x)*cs-(py-y)*sn, (px-x)*sn+(py-y)*cs
		lx, ly := dx/(0.86*size), (0.34*size-dy)/(0.62*size)
		a := math.Atan2(ly, lx)
		if a < -math.Pi/2 {
			a += 2 * math.Pi
		}
		t := min(1, max(0, (1.08-a/math.Pi)/1.16)) // along the crescent
		v := (math.Hypot(lx, ly) - 1) * 0.74 * size / thick(t)
		lean := 0.05 * (v*v - 0.4) // folds are rolled towards the middle
		if t > 0.5 {
			lean = -lean
		}
		f := math.Mod((t+lean)*folds+4, 1)
		round := math.Pow(math.Sin(math.Pi*f), 0.7)
		layers := math.Sin(f*22 + 5*fbm(t*9, v*2, seed))
		bake := min(1, max(0, 0.80-0.52*round+0.28*v*v+0.16*layers*round+0.4*fbm(px/34, py/34, seed)))
		p := hex(0xf0b058).mix(hex(0x6a2a08), bake)
		p = p.mul(0.5 + 0.62*round - 0.16*v*v - 0.16*(dx+dy)/size)
		return p.add(hex(0xffe8b8).mul(0.42 * bell(f, 0.42, 0.16) * bell(v, 0.15, 0.3))), 1
	})
}

// drawDrip is coffee being poured by hand in the morning light.
func drawDrip() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(82, 1))
	const x, bench = 640.0, 1330.0
	c.each(func(px, y float64, _ rgb) rgb {
		p := blend(y/height, hex(0x274a56), hex(0x1c3640), hex(0x14252c)).mul(0.75)
		return p.add(honey.mul(1.0 * bell(math.Hypot(px-1010, y-330), 0, 420)))
	})
	c.fill(rounded(820, 120, 360, 620, 10), flat(hex(0xfff0d0).mul(1.25))) // a window
	c.fill(rectangle(992, 120, 14, 620), flat(sea.mul(0.5)))
	c.fill(rectangle(820, 420, 360, 12), flat(sea.mul(0.5)))
	for i := range 2 {
		c.fill(rectangle(0, 430+float64(i)*300, 560, 16), flat(hex(0x5a3a24)))
		for k := range 7 {
			c.fill(rounded(30+float64(k)*76, 330+float64(i)*300, 52, 100, 14), flat([]rgb{hex(0xf0e4d0), honey, hex(0x8a4a24), hex(0x6a9aa4)}[(k+i)%4].mul(0.6)))
		}
	}
	c.blur(22)
	c.bokeh(24, 0, 60, width, 760, 18, 60, 0.20, r, honey, hex(0xffe8c0), hex(0xa8d0d8))
	c.fill(rectangle(0, bench, width, height-bench), func(px, y float64) (rgb, float64) {
		p := board0(y*1.2, px*1.4, 140, hex(0xb0784a), hex(0x6a4224), 7).mul(0.55)
		return p.add(honey.mul(0.5 * bell(math.Hypot((px-900)/1.8, y-bench-40), 0, 190))), 1
	})
	c.fill(rectangle(0, bench-3, width, 6), flat(honey.mul(0.8)))
	c.soft(path{{x - 190, bench + 50}, {x + 160, bench + 50}, {x - 160, bench + 250}, {x - 520, bench + 250}}, 30, flat(hex(0x080403)), 0.6)
	server(c, x, 1010, bench+44)
	dripper(c, x, 640, 960)
	kettle(c, 395, 300)
	c.thread(9, func(t float64) (rgb, float64) { return hex(0xe8f4f8).mul(0.9 + 0.5*bell(t, 0.3, 0.3)), 0.72 }, point{598, 418}, point{628, 500}, point{638, 650})
	steam(c, x, 200, 33)
	for i := range 15 {
		bean(c, 250+95*r.NormFloat64(), 1500+44*r.NormFloat64(), 22+float64(i%3)*2, r.Float64()*360)
	}
	c.light(path{{900, 0}, {1242, 0}, {760, height}, {100, height}}, 150, rgb{0.28, 0.2, 0.08})
	return c.develop(1.35, 0.6, 82)
}

// server is the glass jug with coffee in it.
func server(c *canvas, x, top, base float64) {
	shape := func(k float64) path {
		return smooth(point{x - 105*k, top}, point{x + 105*k, top}, point{x + 120*k, top + 60}, point{x + 215*k, base - 90}, point{x + 190*k, base - 6},
			point{x, base}, point{x - 190*k, base - 6}, point{x - 215*k, base - 90}, point{x - 120*k, top + 60})
	}
	c.soft(ellipse(x, base-6, 215, 30), 14, flat(hex(0x060302)), 0.8)
	handle := []point{{x + 130, top + 70}, {x + 250, top + 60}, {x + 285, top + 170}, {x + 215, base - 110}}
	c.thread(30, func(t float64) (rgb, float64) { return hex(0xe8f0f0).mul(0.35 + 0.5*bell(t, 0.4, 0.25)), 0.55 }, handle...)
	c.thread(6, even(rgb{1.6, 1.5, 1.3}, 0.8), path(handle).moved(-9, -9)...)
	level := base - 160.0
	c.within(shape(0.97), 0, func(in *canvas) {
		in.fill(rectangle(x-260, level, 520, 400), func(px, y float64) (rgb, float64) {
			u := (px - x) / 215
			p := hex(0x3a1204).mix(hex(0xc05a1a), 0.2+0.7*bell(u, 0.6, 0.34)*bell(y, base-80, 120))
			return p.add(honey.mul(0.25 * bell(u, 0.75, 0.14))), 0.97
		})
		in.fill(ellipse(x, level, 205, 20), flat(hex(0xa8602c)))
		in.fill(ellipse(x, level+3, 190, 15), flat(hex(0x4a1e0a)))
	})
	c.fill(shape(1), func(px, y float64) (rgb, float64) {
		u := math.Abs(px-x) / (120 + 95*step(y, top+40, base-90))
		return hex(0xeaf6f8), 0.05 + 0.5*math.Pow(min(1, u), 8)
	})
	c.soft(path{{x - 150, base - 170}, {x - 126, base - 190}, {x - 140, base - 60}, {x - 166, base - 60}}, 6, flat(rgb{1.2, 1.15, 1.1}), 0.55)
	c.soft(path{{x + 168, base - 140}, {x + 180, base - 120}, {x + 174, base - 50}, {x + 160, base - 50}}, 4, flat(honey.mul(2)), 0.6)
	c.thread(7, even(rgb{1.4, 1.35, 1.2}, 0.6), closed(ellipse(x, top+4, 106, 14))...)
	c.thread(5, even(hex(0x7a3410).mul(1.2), 0.9), point{x, top - 40}, point{x, top + 60}, point{x, level}) // what drips
}

// dripper is the ceramic cone with paper and coffee.
func dripper(c *canvas, x, top, base float64) {
	cone := path{{x - 235, top}, {x + 235, top}, {x + 82, base}, {x - 82, base}}
	filter := path{{x - 222, top - 46}, {x + 222, top - 46}, {x + 205, top + 40}, {x - 205, top + 40}}
	c.fill(filter, func(px, y float64) (rgb, float64) {
		u := (px - x) / 222
		return hex(0xf4e6cc).mul(0.55 + 0.45*bell(u, 0.5, 0.5) + 0.05*math.Sin(px/9)), 1
	})
	c.fill(ellipse(x, top-46, 222, 44), flat(hex(0xd8c4a0).mul(0.7)))
	c.fill(ellipse(x, top-30, 196, 36), func(px, y float64) (rgb, float64) {
		d := math.Hypot((px-x)/196, (y-top+30)/36)
		p := hex(0x5a2c12).mix(hex(0xc88a50), bell(d, 0, 0.42)*0.9)
		return p.mul(0.85 + 0.3*noise(px/6, y/3, 5)), 1
	})
	c.soft(ellipse(x, top-30, 74, 14), 10, flat(hex(0xf0d0a0)), 0.75) // foam where the water falls
	c.fill(cone, func(px, y float64) (rgb, float64) {
		t := (y - top) / (base - top)
		u := (px - x) / (235 - 153*t)
		p := hex(0xf8f2e8).mul(0.24 + 0.3*bell(u, -0.55, 0.35) + 0.75*bell(u, 0.62, 0.3))
		return p.mul(0.95 + 0.06*math.Sin((u*9+t*4)*2)), 1
	})
	c.thread(12, func(t float64) (rgb, float64) { return hex(0xfdf6ea).mul(0.45 + 0.75*t), 1 }, point{x - 235, top}, point{x - 120, top + 22}, point{x, top + 28}, point{x + 120, top + 22}, point{x + 235, top})
	c.fill(rounded(x-165, base-8, 330, 34, 15), tube(hex(0xf8f2e8).mul(0.85), x+330, x-190))
	handle := []point{{x + 205, top + 70}, {x + 330, top + 60}, {x + 340, top + 170}, {x + 165, top + 200}}
	c.thread(34, func(t float64) (rgb, float64) { return hex(0xf8f2e8).mul(0.45 + 0.5*bell(t, 0.4, 0.3)), 1 }, handle...)
	c.thread(8, even(honey.mix(rgb{1.4, 1.3, 1.2}, 0.6), 0.8), path(handle).moved(3, -10)...)
}

// kettle pours from the upper left through a thin, curved spout.
func kettle(c *canvas, x, y float64) {
	body := smooth(point{x - 330, y - 150}, point{x - 150, y - 205}, point{x - 20, y - 110}, point{x - 10, y + 60}, point{x - 190, y + 150}, point{x - 370, y + 90})
	spout := []point{{x - 60, y + 70}, {x + 70, y + 100}, {x + 90, y - 20}, {x + 120, y - 90}, {x + 175, y - 40}, {x + 200, y + 110}}
	for k, w := range []float64{40, 24} {
		c.thread(w, func(t float64) (rgb, float64) { return steel.mul((0.22 + 0.32*float64(k)) * (1 - 0.3*t)), 1 }, path(spout).moved(-float64(k)*5, -float64(k)*4)...)
	}
	c.thread(6, even(honey.mix(rgb{1.5, 1.5, 1.5}, 0.5), 0.8), path(spout).moved(11, -3)...)
	c.fill(body, func(px, py float64) (rgb, float64) {
		u := (px - x + 190) / 180
		return steel.mul(0.16 + 0.5*bell(u, -0.5, 0.25) + 0.25*bell(u, 0.2, 0.2)).add(honey.mul(0.9 * bell(u, 0.85, 0.16))), 1
	})
	grip := []point{{x - 300, y - 140}, {x - 420, y - 240}, {x - 470, y - 120}, {x - 430, y + 20}}
	c.thread(46, func(t float64) (rgb, float64) { return hex(0x5a3018).mul(0.5 + 0.4*bell(t, 0.4, 0.3)), 1 }, grip...)
	c.fill(smooth(point{x - 250, y - 185}, point{x - 150, y - 232}, point{x - 60, y - 165}, point{x - 150, y - 180}), flat(steel.mul(0.4)))
	c.fill(ellipse(x-150, y-226, 24, 20), orb(hex(0x2a2420), x-150, y-226, 24))
}
