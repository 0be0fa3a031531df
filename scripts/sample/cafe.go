package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawCafeFront is the coffee bar on a bright morning: brick, a blue awning,
// a table outside.
func drawCafeFront() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(83, 1))
	c.each(func(x, y float64, _ rgb) rgb { // white brick
		u, v := x/76, y/30
		if int(math.Floor(v))%2 == 1 {
			u += 0.5
		}
		n := noise(math.Floor(u)*3.7, math.Floor(v)*5.3, 7)
		p := hex(0xe8e0d4).mul(0.62 + 0.07*n + 0.05*fbm(x/8, y/8, 3))
		if u-math.Floor(u) < 0.05 || v-math.Floor(v) < 0.12 {
			p = p.mul(0.78)
		}
		return p.mul(1.18 - 0.35*x/width)
	})
	c.fill(rectangle(70, 290, 1102, 150), flat(sea.mul(0.8))) // fascia
	c.shade(rectangle(70, 430, 1102, 14), 0, 8, 8, 0.5)
	cafeSign(c)
	c.fill(rectangle(110, 480, 640, 850), flat(hex(0x1a2a30)))
	c.within(rectangle(134, 504, 592, 620), 3, func(in *canvas) { cafeInside(in, r) })
	c.fill(rectangle(134, 1144, 592, 170), flat(sea.mul(0.62)))
	for i := range 3 {
		c.fill(rectangle(150+float64(i)*194, 1160, 172, 138), flat(sea.mul(0.8)))
	}
	c.fill(rectangle(424, 504, 12, 620), flat(hex(0x1a2a30)))
	c.soft(path{{170, 504}, {320, 504}, {200, 1124}, {134, 1124}, {134, 760}}, 12, flat(rgb{1, 1, 1}), 0.12)
	c.fill(rectangle(820, 480, 300, 890), flat(hex(0x1a2a30)))
	c.within(rectangle(850, 510, 240, 560), 5, func(in *canvas) {
		in.fill(rectangle(840, 500, 260, 600), func(_, y float64) (rgb, float64) {
			return blend((y-500)/600, hex(0xf8e0b4), hex(0xc89868), hex(0x5a3c28)).mul(0.8), 1
		})
		in.glow(970, 640, 60, hex(0xffe0a0).mul(1.2))
	})
	c.fill(rectangle(850, 1090, 240, 260), flat(sea.mul(0.8)))
	c.fill(rounded(866, 930, 14, 150, 7), tube(brass, 866, 880))
	c.shade(rectangle(60, 470, 1122, 100), 0, 30, 30, 0.5)
	awning(c, 46, 1196, 420, 590, sea.mul(1.1), hex(0xfdf4e4))
	pavement(c, 1360, hex(0xc0b4a4))
	for i := range 3 {
		planter(c, 150+float64(i)*75, 1370, r)
	}
	stool(c, 300, 1540)
	stool(c, 700, 1545)
	bistro(c, 500, 1300, 1570)
	chalkboard(c, 1030, 1190)
	c.light(path{{0, 0}, {620, 0}, {200, height}, {0, height}}, 150, rgb{0.4, 0.32, 0.16})
	return c.develop(1.22, 0.45, 83)
}

// cafeSign is a cup and a wave, without letters.
func cafeSign(c *canvas) {
	ink := flat(hex(0xfdf4e4).mul(1.1))
	x, y := 621.0, 352.0
	for _, s := range []float64{-1, 1} {
		for k := range 2 {
			var wave []point
			for i := range 13 {
				t := float64(i) / 12
				wave = append(wave, point{x + s*(110+230*t), y + 8 + float64(k)*20 - 9*math.Sin(t*4*math.Pi)})
			}
			c.thread(6, even(honey, 0.95), wave...)
		}
	}
	var cup path
	for i := range 25 {
		a := float64(i) / 24 * math.Pi
		cup = append(cup, point{x + 42*math.Cos(a), y - 8 + 44*math.Sin(a)})
	}
	c.fill(cup, ink)
	c.thread(8, even(hex(0xfdf4e4).mul(1.1), 1), point{x + 40, y - 2}, point{x + 66, y + 2}, point{x + 56, y + 24}, point{x + 32, y + 24})
	c.fill(rounded(x-58, y+38, 116, 8, 4), ink)
	for _, d := range []float64{-14, 14} {
		c.thread(6, even(honey, 0.95), point{x + d, y - 18}, point{x + d + 7, y - 28}, point{x + d - 5, y - 36}, point{x + d + 3, y - 46})
	}
}

// cafeInside is the counter with its machine, and shelves.
func cafeInside(in *canvas, r *rand.Rand) {
	in.fill(rectangle(120, 490, 620, 660), func(_, y float64) (rgb, float64) {
		return blend((y-500)/620, hex(0xf4dcb0), hex(0xc09468), hex(0x6a4630)).mul(0.85), 1
	})
	for i := range 2 {
		in.fill(rectangle(150, 680+float64(i)*100, 560, 10), flat(hex(0x4a2c1a)))
		for range 11 {
			x := 165 + r.Float64()*520
			in.fill(rounded(x, 640+float64(i)*100, 26, 40, 7), flat([]rgb{hex(0xf4ead8), sea, honey, hex(0x9a4a2a)}[r.IntN(4)].mul(0.8)))
		}
	}
	barista := figure{head: point{310, 778}, neck: point{310, 820}, hips: point{310, 990},
		arms: [2][3]point{{{274, 848}, {258, 910}, {290, 944}}, {{346, 848}, {364, 908}, {332, 944}}},
		legs: [2][3]point{{{300, 1000}, {298, 1060}, {298, 1120}}, {{322, 1000}, {324, 1060}, {324, 1120}}}}
	for i, p := range barista.outline(34) {
		col := hex(0xf4ece0)
		if i < 2 {
			col = hex(0xd8a080)
		}
		in.fill(p, flat(col.mul(0.8)))
	}
	in.fill(smooth(point{274, 770}, point{288, 736}, point{330, 736}, point{346, 772}, point{330, 758}, point{292, 758}), flat(hex(0x3a2014)))
	in.fill(path{{284, 858}, {336, 858}, {352, 960}, {268, 960}}, flat(sea))
	in.fill(rectangle(134, 960, 592, 200), flat(hex(0x7a4a2c).mul(0.8)))
	in.fill(rectangle(134, 946, 592, 20), flat(hex(0xe8dcc8).mul(0.8)))
	in.fill(rounded(480, 820, 190, 128, 14), tube(steel.mul(0.9), 470, 680))
	in.fill(rectangle(500, 880, 150, 44), flat(hex(0x20282c)))
	for i := range 2 {
		in.fill(rectangle(530+float64(i)*66, 890, 12, 30), flat(steel))
	}
	for _, x := range []float64{220, 430, 640} {
		in.fill(rectangle(x-2, 500, 4, 60), flat(hex(0x20140c)))
		in.glow(x, 590, 44, hex(0xffdc9a).mul(1.5))
	}
}

// planter is a pot of lavender.
func planter(c *canvas, x, y float64, r *rand.Rand) {
	c.soft(ellipse(x+6, y, 52, 13), 8, flat(hex(0x140c08)), 0.6)
	c.fill(path{{x - 40, y - 84}, {x + 40, y - 84}, {x + 30, y}, {x - 30, y}}, tube(hex(0xc87a50), x-40, x+40))
	for range 46 {
		a := -math.Pi/2 + (r.Float64()-0.5)*1.3
		l := 70 + r.Float64()*80
		tip := point{x + l*math.Cos(a), y - 80 + l*math.Sin(a)}
		c.thread(3, even(hex(0x5a8a54).mul(0.7+0.4*r.Float64()), 0.95), point{x + (r.Float64()-0.5)*50, y - 80}, tip)
		for k := range 5 {
			c.fill(ellipse(tip.x-float64(k)*7*math.Cos(a), tip.y-float64(k)*7*math.Sin(a), 5, 6), flat(hex(0x8a6ac8).mix(hex(0xc8a8f0), r.Float64()).mul(0.9)))
		}
	}
}

// stool is a round wooden seat on iron legs; y is the ground.
func stool(c *canvas, x, y float64) {
	c.soft(ellipse(x+10, y, 96, 20), 12, flat(hex(0x140c08)), 0.6)
	for _, d := range []float64{-62, -22, 22, 62} {
		c.thread(10, even(hex(0x22282c), 1), point{x + d*0.6, y - 190}, point{x + d, y})
	}
	c.thread(6, even(hex(0x22282c), 1), closed(ellipse(x, y-80, 50, 12))...)
	c.fill(ellipse(x, y-186, 80, 22), flat(hex(0x6a4022)))
	c.fill(ellipse(x, y-194, 80, 22), func(px, py float64) (rgb, float64) {
		return board0(px, py*4, 36, hex(0xd8a068), hex(0x9a6434), 3).mul(0.95), 1
	})
}

// bistro is the little marble table with a cup on it, the front's subject.
func bistro(c *canvas, x, top, base float64) {
	c.soft(ellipse(x+14, base, 150, 28), 16, flat(hex(0x140c08)), 0.65)
	c.fill(ellipse(x, base-8, 112, 22), flat(hex(0x22282c)))
	c.fill(rectangle(x-13, top, 26, base-top-8), tube(hex(0x3a4248), x-16, x+16))
	c.fill(ellipse(x, top+14, 180, 48), flat(hex(0xb8ac9c).mul(0.6)))
	c.fill(ellipse(x, top, 180, 48), func(px, py float64) (rgb, float64) {
		vein := math.Abs(fbm(px/60, py/20, 6))
		return hex(0xf6f0e8).mul(0.92 - 0.2*bell(vein, 0, 0.05)), 1
	})
	c.soft(ellipse(x+10, top+8, 96, 22), 7, flat(hex(0x3a2c20)), 0.5)
	c.fill(ellipse(x, top-2, 92, 24), flat(hex(0xfdf6ea)))
	c.fill(ellipse(x, top-6, 70, 17), flat(sea.mul(1.2)))
	c.thread(13, even(hex(0xfdf6ea).mul(0.8), 1), point{x + 52, top - 58}, point{x + 92, top - 54}, point{x + 86, top - 26}, point{x + 44, top - 22})
	c.fill(smooth(point{x - 62, top - 76}, point{x + 62, top - 76}, point{x + 52, top - 20}, point{x, top - 2}, point{x - 52, top - 20}), tube(hex(0xfdf6ea), x-66, x+64))
	c.fill(ellipse(x, top-74, 63, 17), flat(hex(0xfdf6ea).mul(1.1)))
	c.fill(ellipse(x, top-72, 54, 13), flat(hex(0x8a4a20)))
	c.fill(ellipse(x-2, top-72, 26, 6), flat(hex(0xf8e4c4)))
	for k := range 5 {
		c.soft(ellipse(x+16*math.Sin(float64(k)*1.6), top-104-float64(k)*34, 22+float64(k)*3, 26), 14, flat(hex(0xffffff)), 0.13)
	}
}

// chalkboard is a folding board with a cup drawn in chalk.
func chalkboard(c *canvas, x, y float64) {
	c.soft(path{{x - 110, y + 330}, {x + 130, y + 330}, {x + 190, y + 372}, {x - 90, y + 372}}, 14, flat(hex(0x140c08)), 0.6)
	frame := path{{x - 92, y}, {x + 92, y}, {x + 112, y + 350}, {x - 112, y + 350}}
	c.fill(frame, tube(hex(0xb07a48), x-160, x+130))
	c.fill(path{{x - 76, y + 18}, {x + 76, y + 18}, {x + 92, y + 312}, {x - 92, y + 312}}, func(px, py float64) (rgb, float64) {
		return hex(0x2a3436).mul(0.7 + 0.35*fbm(px/40, py/40, 5)), 1
	})
	chalk := func(pts ...point) { c.thread(6, even(hex(0xf4f0e6).mul(0.9), 0.8), pts...) }
	chalk(point{x - 46, y + 140}, point{x - 38, y + 200}, point{x, y + 222}, point{x + 38, y + 200}, point{x + 46, y + 140}, point{x - 46, y + 140})
	chalk(point{x + 44, y + 152}, point{x + 76, y + 158}, point{x + 66, y + 190}, point{x + 38, y + 192})
	for _, d := range []float64{-20, 4, 28} {
		c.thread(5, even(honey, 0.8), point{x + d - 4, y + 122}, point{x + d + 6, y + 104}, point{x + d - 8, y + 86}, point{x + d + 2, y + 66})
	}
	chalk(point{x - 60, y + 250}, point{x - 20, y + 244}, point{x + 20, y + 254}, point{x + 62, y + 246})
}

// drawCorner is the quiet corner: an armchair, a lamp, books, the window.
func drawCorner() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(84, 1))
	const floor = 1290.0
	c.each(func(x, y float64, _ rgb) rgb {
		p := sea.mul(0.62 + 0.06*fbm(x/90, y/90, 3))
		return p.mul(0.7 + 0.5*bell(math.Hypot(x-880, y-520), 0, 620)).add(honey.mul(0.16 * bell(math.Hypot(x-960, y-480), 0, 330)))
	})
	c.fill(rectangle(96, 180, 420, 760), flat(hex(0xe8dcc8).mul(0.7)))
	c.within(rectangle(122, 206, 368, 708), 8, func(in *canvas) { // a street in the afternoon
		in.fill(rectangle(100, 180, 420, 760), func(_, y float64) (rgb, float64) {
			return blend((y-200)/720, hex(0xcfe6f4), hex(0xfff0c8), hex(0xa8c088), hex(0x6a8a5c)).mul(1.15), 1
		})
		in.bokeh(40, 110, 420, 400, 480, 18, 60, 0.24, r, hex(0xfff0b0), hex(0xa8d888), hex(0xffc890))
	})
	c.fill(rectangle(298, 206, 16, 708), flat(hex(0xe8dcc8).mul(0.75)))
	c.fill(rectangle(122, 470, 368, 14), flat(hex(0xe8dcc8).mul(0.75)))
	c.fill(rectangle(70, 930, 472, 28), flat(hex(0xd8b488).mul(0.8)))
	books(c, r)
	c.fill(rectangle(0, floor, width, height-floor), func(x, y float64) (rgb, float64) {
		d := (y - floor) / (height - floor)
		p := board0((x-621)/(1+0.8*d)+900, 600/(1+d), 70, hex(0xb07a4c), hex(0x6e4426), 5).mul(0.62)
		return p.add(hex(0xffe0a8).mul(0.3 * bell(x-420+260*d, 0, 190) * (1 - 0.5*d))), 1
	})
	c.fill(rectangle(0, floor-26, width, 30), flat(hex(0xe8dcc8).mul(0.4)))
	c.fill(ellipse(640, 1480, 560, 120), func(x, y float64) (rgb, float64) { // rug
		d := math.Hypot((x-640)/560, (y-1480)/120)
		p := hex(0xc86a44)
		if math.Mod(d*6, 1) < 0.3 {
			p = hex(0xf0dcb8)
		}
		return p.mul(0.5 + 0.06*noise(x/3, y/3, 5)), 1
	})
	floorLamp(c, 1060, floor+60)
	armchair(c, 690, 1410)
	sideTable(c, 300, 1180, 1450)
	monstera(c, 74, 1430, r)
	c.light(ellipse(960, 620, 460, 560), 160, rgb{0.42, 0.30, 0.12})
	c.light(path{{130, 300}, {490, 300}, {760, height}, {220, height}}, 90, rgb{0.25, 0.2, 0.1})
	return c.develop(1.28, 0.5, 84)
}

// books fill two shelves on the wall.
func books(c *canvas, r *rand.Rand) {
	for i := range 2 {
		y := 400 + float64(i)*200
		c.shade(rectangle(620, y, 330, 18), 6, 14, 12, 0.5)
		for x := 634.0; x < 900; {
			w, h := 16+r.Float64()*20, 84+r.Float64()*46
			col := []rgb{hex(0xc85a3c), honey, hex(0xf0e4d0), hex(0x6a9a94), hex(0x8a4a5c), hex(0x3a6a8a)}[r.IntN(6)]
			c.fill(rectangle(x, y-h, w, h), tube(col.mul(0.85), x-w*0.3, x+w*1.2))
			c.fill(rectangle(x, y-h*0.8, w, 5), flat(hex(0xf8ecd0).mul(0.6)))
			x += w + 2
		}
		c.fill(rectangle(610, y, 350, 18), flat(hex(0xb8824e).mul(0.8)))
	}
}
