package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// armchair is a deep chair with a cushion; y is the ground.
func armchair(c *canvas, x, y float64) {
	cloth := func(k float64) shader {
		return func(px, py float64) (rgb, float64) {
			return hex(0xd88a3c).mul(k * (0.68 + 0.3*bell(px, x+150, 190) + 0.05*math.Sin(px*0.9)*math.Sin(py*0.9) + 0.12*fbm(px/60, py/60, 5))), 1
		}
	}
	c.soft(ellipse(x, y+8, 330, 46), 22, flat(hex(0x0c0604)), 0.75)
	for _, d := range []float64{-210, 210} {
		c.fill(path{{x + d - 16, y - 90}, {x + d + 16, y - 90}, {x + d*1.08 + 8, y + 6}, {x + d*1.08 - 8, y + 6}}, flat(hex(0x5a3018)))
	}
	back := smooth(point{x - 200, y - 560}, point{x, y - 600}, point{x + 200, y - 560}, point{x + 236, y - 330}, point{x + 210, y - 150}, point{x - 210, y - 150}, point{x - 236, y - 330})
	c.shade(back, 10, 20, 24, 0.5)
	c.fill(back, cloth(0.95))
	for i := range 3 {
		for k := range 2 {
			px, py := x-110+float64(i)*110, y-480+float64(k)*110
			c.soft(ellipse(px, py, 20, 16), 9, flat(hex(0x4a2408)), 0.75)
			c.fill(ellipse(px, py, 7, 7), flat(hex(0xc87828)))
		}
	}
	seat := rounded(x-215, y-290, 430, 130, 50)
	c.shade(seat, 0, -14, 16, 0.45)
	c.fill(seat, cloth(1.15))
	c.fill(rounded(x-240, y-190, 480, 120, 30), cloth(0.72))
	for _, s := range []float64{-1, 1} {
		arm := rounded(x+s*235-62, y-370, 124, 290, 56)
		c.shade(arm, -s*10, 12, 14, 0.5)
		c.fill(arm, cloth(0.9+0.1*s))
		c.soft(ellipse(x+s*235, y-338, 44, 22), 12, flat(hex(0xf0b468)), 0.5)
	}
	cushion := smooth(point{x - 110, y - 420}, point{x, y - 400}, point{x + 90, y - 430}, point{x + 100, y - 320}, point{x + 84, y - 226}, point{x, y - 244}, point{x - 96, y - 222}, point{x - 96, y - 320}).turned(x, y-320, -8)
	c.shade(cushion, 8, 14, 14, 0.55)
	c.fill(cushion, func(px, py float64) (rgb, float64) {
		p := hex(0xf4ead8)
		if math.Mod(px+py*0.14+400, 54) < 16 {
			p = sea.mul(1.2)
		}
		return p.mul(0.6 + 0.35*bell(math.Hypot(px-x-10, py-y+330), 0, 100)), 1
	})
}

// floorLamp stands at the right, lit; y is the ground.
func floorLamp(c *canvas, x, y float64) {
	c.soft(ellipse(x, y+4, 96, 18), 10, flat(hex(0x0c0604)), 0.7)
	c.fill(ellipse(x, y-2, 78, 15), flat(brass.mul(0.5)))
	c.fill(rectangle(x-6, 560, 12, y-562), tube(brass, x-7, x+7))
	c.glow(x, 500, 210, hex(0xffd890).mul(0.5))
	shade := path{{x - 74, 360}, {x + 74, 360}, {x + 128, 570}, {x - 128, 570}}
	c.fill(shade, func(px, py float64) (rgb, float64) {
		u, v := (px-x)/110, (py-490)/100
		return hex(0xffe4b0).mul(0.75 + 1.1*math.Exp(-(u*u*2.2+v*v*1.6))), 1
	})
	c.fill(ellipse(x, 570, 128, 18), flat(rgb{2.6, 2.2, 1.5}))
}

// sideTable holds a cup and an open book; base is the ground.
func sideTable(c *canvas, x, top, base float64) {
	c.soft(ellipse(x+10, base+2, 140, 26), 14, flat(hex(0x0c0604)), 0.7)
	for _, d := range []float64{-84, 0, 84} {
		c.thread(13, even(timber.mul(0.75), 1), point{x + d*0.6, top}, point{x + d, base})
	}
	c.fill(ellipse(x, top+12, 170, 46), flat(timber.mul(0.5)))
	c.fill(ellipse(x, top, 170, 45), func(px, py float64) (rgb, float64) {
		return board0(px, py*4, 60, hex(0xc08450), hex(0x7e4e2a), 9).mul(0.9), 1
	})
	for _, s := range []float64{-1, 1} { // the book
		page := path{{x - 62, top - 6}, {x - 62 + s*78, top - 16}, {x - 62 + s*86, top + 14}, {x - 62, top + 24}}
		c.shade(page, 3, 6, 4, 0.5)
		c.fill(page, flat(hex(0xfaf2e0).mul(0.92-0.1*s)))
		for k := range 4 {
			y := top - 5 + float64(k)*6
			c.thread(1.6, even(hex(0x8a8070), 0.6), point{x - 62 + s*12, y}, point{x - 62 + s*68, y - 6})
		}
	}
	cx := x + 78
	c.soft(ellipse(cx+6, top+6, 62, 16), 5, flat(hex(0x1a0c04)), 0.6)
	c.fill(ellipse(cx, top, 60, 16), flat(hex(0xfdf6ea)))
	c.thread(10, even(hex(0xfdf6ea).mul(0.75), 1), point{cx + 34, top - 46}, point{cx + 64, top - 42}, point{cx + 58, top - 20}, point{cx + 30, top - 16})
	c.fill(smooth(point{cx - 42, top - 58}, point{cx + 42, top - 58}, point{cx + 36, top - 14}, point{cx, top - 2}, point{cx - 36, top - 14}), tube(hex(0xfdf6ea), cx-44, cx+44))
	c.fill(ellipse(cx, top-57, 42, 11), flat(hex(0xfdf6ea)))
	c.fill(ellipse(cx, top-56, 35, 8.5), flat(hex(0x8a4a20)))
	for k := range 5 {
		c.soft(ellipse(cx+13*math.Sin(float64(k)*1.6), top-84-float64(k)*30, 16+float64(k)*3, 22), 12, flat(hex(0xffffff)), 0.12)
	}
}

// monstera is a large plant in a basket; y is the ground.
func monstera(c *canvas, x, y float64, r *rand.Rand) {
	c.soft(ellipse(x, y+2, 100, 22), 12, flat(hex(0x0c0604)), 0.7)
	for i, a := range []float64{-150, -40, -125, -62, -95, -78} {
		s, k := math.Sincos(a * math.Pi / 180)
		l := 230 + 40*float64(i%3)
		tip := point{x + l*k*0.8, y - 130 + l*s}
		c.thread(7, even(hex(0x4a7a3c).mul(0.8), 1), point{x, y - 120}, point{x + l*k*0.3, y - 130 + l*s*0.6}, tip)
		c.leaf(tip.x-30*k, tip.y-30*s, a+12*(r.Float64()-0.5), 210, 170, 0.3, hex(0x2f6a3c).mix(hex(0x5a9a4c), r.Float64()*0.6).mul(0.9))
	}
	c.fill(path{{x - 84, y - 150}, {x + 84, y - 150}, {x + 66, y}, {x - 66, y}}, func(px, py float64) (rgb, float64) {
		u := (px - x) / 84
		weave := 0.8 + 0.25*math.Sin(px/6)*math.Sin(py/6+math.Floor(px/19)*3)
		return hex(0xd8b078).mul(weave * (0.35 + 0.6*bell(u, -0.2, 0.6))), 1
	})
}

// drawPastries is the counter: croissants, tarts, a cake under glass.
func drawPastries() *image.RGBA {
	c := newCanvas(height, width) // landscape
	r := rand.New(rand.NewPCG(85, 1))
	const top = 460.0 // the lower half is left to captions
	c.each(func(x, y float64, _ rgb) rgb {
		p := blend(y/top, hex(0x2a5664), hex(0x1f4452), hex(0x16303a)).mul(0.7)
		return p.add(honey.mul(0.5 * bell(math.Hypot(x-1150, y-90), 0, 420)))
	})
	for i := range 2 {
		c.fill(rectangle(0, 130+float64(i)*190, wide, 14), flat(hex(0x6a4426)))
		for k := range 13 {
			c.fill(rounded(40+float64(k)*126, 50+float64(i)*190, 76, 80, 16), flat([]rgb{hex(0xf0e4d0), honey, hex(0x9a5030), sea}[(k+i)%4].mul(0.7)))
		}
	}
	c.blur(18)
	c.bokeh(22, 0, 20, wide, 300, 22, 66, 0.22, r, honey, hex(0xfff0c8), hex(0x9ccad4))
	for _, x := range []float64{330, 840, 1350} {
		c.glow(x, 20, 100, hex(0xffd890).mul(0.8))
	}
	c.fill(rectangle(0, top, wide, low-top), func(x, y float64) (rgb, float64) {
		p := board0(y*1.1, x*1.3, 180, hex(0xc08850), hex(0x7a4c28), 3)
		return p.mul(0.72 + 0.3*bell(x, 760, 620)), 1
	})
	c.fill(rectangle(0, top-3, wide, 7), flat(honey.mul(0.7)))
	cakeStand(c, 1290, 530, r)
	c.defocus(3.5, func(_, y float64) float64 { return step(y, 510, 610) })
	for i, p := range []point{{250, 575}, {520, 565}} {
		lemonTart(c, p.x, p.y, 128, uint64(i))
	}
	cloth := path{{470, 625}, {1360, 605}, {1500, 960}, {380, 980}}
	c.shade(cloth, 10, 20, 20, 0.5)
	c.fill(cloth, func(x, y float64) (rgb, float64) {
		return board0(x, y*2, 150, hex(0xa86c3c), hex(0x6a3e1e), 13).mul(0.85), 1
	})
	for i, q := range []struct{ x, y, s, turn float64 }{{700, 670, 170, 8}, {1120, 660, 175, -12}, {560, 850, 185, -20}, {1300, 845, 180, 18}, {920, 810, 225, -4}} {
		croissant(c, q.x, q.y, q.s, q.turn, uint64(i))
	}
	for range 160 {
		x, y := 920+r.NormFloat64()*330, 820+r.NormFloat64()*110
		c.fill(ellipse(x, y, 2+4*r.Float64(), 1.5+2*r.Float64()), flat(hex(0xe0a860).mul(0.5+0.6*r.Float64())))
	}
	lemonTart(c, 205, 800, 160, 5)
	c.light(ellipse(880, 680, 700, 400), 180, rgb{0.35, 0.27, 0.15})
	return c.develop(1.32, 0.5, 85)
}

// lemonTart is a small tart with piped, browned meringue, from the front.
func lemonTart(c *canvas, x, y, s float64, seed uint64) {
	c.soft(ellipse(x+s*0.1, y+s*0.42, s*1.05, s*0.3), s*0.12, flat(hex(0x140804)), 0.7)
	c.fill(path{{x - s, y}, {x + s, y}, {x + s*0.82, y + s*0.42}, {x - s*0.82, y + s*0.42}}, func(px, py float64) (rgb, float64) {
		u := (px - x) / s
		return hex(0xd89848).mul(0.35 + 0.6*bell(u, -0.25, 0.55) + 0.12*math.Sin(px/s*36)), 1
	})
	c.fill(ellipse(x, y+s*0.4, s*0.82, s*0.2), flat(hex(0xa86a2c).mul(0.6)))
	c.fill(ellipse(x, y, s, s*0.34), flat(hex(0xe8b468)))
	c.fill(ellipse(x, y, s*0.88, s*0.28), func(px, py float64) (rgb, float64) {
		return hex(0xffd83c).mul(0.85 + 0.5*bell(math.Hypot((px-x)/s+0.3, (py-y)/s*3+0.3), 0, 0.3)), 1
	})
	for i := range 13 {
		a := float64(i)*2.4 + float64(seed)
		d := 0.66 * math.Sqrt(float64(i)/13)
		px, py := x+s*d*math.Cos(a), y+s*d*0.32*math.Sin(a)
		h := s * 0.30
		peak := smooth(point{px - s*0.17, py}, point{px - s*0.10, py - h*0.55}, point{px, py - h}, point{px + s*0.10, py - h*0.55}, point{px + s*0.17, py}, point{px, py + s*0.05})
		c.shade(peak, s*0.02, s*0.03, s*0.03, 0.4)
		c.fill(peak, func(qx, qy float64) (rgb, float64) {
			v := (py - qy) / h
			return hex(0xfff6e4).mix(hex(0xb86a20), 0.75*step(v, 0.45, 1)).mul(0.72 + 0.35*bell(qx, px-s*0.05, s*0.1)), 1
		})
	}
}

// cakeStand holds a layered cake with berries.
func cakeStand(c *canvas, x, y float64, r *rand.Rand) {
	c.soft(ellipse(x, y+70, 200, 34), 16, flat(hex(0x140804)), 0.6)
	c.fill(path{{x - 22, y - 50}, {x + 22, y - 50}, {x + 90, y + 70}, {x - 90, y + 70}}, tube(hex(0xf4ece0), x-80, x+80))
	c.fill(ellipse(x, y-48, 250, 40), flat(hex(0xf4ece0).mul(0.6)))
	c.fill(ellipse(x, y-58, 250, 40), flat(hex(0xf8f2e8)))
	for k := range 5 {
		yy := y - 70 - float64(k)*40
		col := []rgb{hex(0xe8b878), hex(0xfff6ea)}[k%2]
		c.fill(rounded(x-180, yy-40, 360, 52, 20), tube(col, x-180, x+180))
	}
	c.fill(ellipse(x, y-272, 180, 34), flat(hex(0xfff8ee)))
	for range 26 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())
		px, py := x+150*d*math.Cos(a), y-284+22*d*math.Sin(a)
		s := 17 + r.Float64()*8
		c.fill(ellipse(px, py, s, s), orb([]rgb{hex(0xd8202c), hex(0x3a4a9a), hex(0xe8405a)}[r.IntN(3)], px, py, s))
	}
	for i := range 3 {
		c.leaf(x-60+float64(i)*60, y-300, -120+float64(i)*40, 60, 30, 0.2, hex(0x5aa048))
	}
}
