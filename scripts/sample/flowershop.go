package main

import (
	"image"
	"math"
	"math/rand/v2"
)

var heads = [][2]rgb{pink, peach, cream, red, lilac, magenta, yellow}

// drawBouquet is a wrapped bouquet with a ribbon, the shop far behind it.
func drawBouquet() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(43, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		p := blend(y/height, hex(0xd8c4a8), hex(0xc8a888), hex(0x8a6a54), hex(0x5a4034))
		return p.mul(0.62 + 0.5*bell(math.Hypot(x-250, y-250), 0, 700))
	})
	for i := range 26 { // shelves of flowers, not to be recognised
		x, y := r.Float64()*width, 120+float64(i%3)*330+r.Float64()*120
		c.fill(ellipse(x, y, 60+r.Float64()*70, 50+r.Float64()*60), flat(heads[r.IntN(len(heads))][r.IntN(2)].mix(hex(0x4a7a44), 0.3).mul(0.6)))
	}
	c.blur(34)
	c.bokeh(26, 0, 0, width, 900, 24, 70, 0.16, r, hex(0xffd9a0), hex(0xffb8c0), hex(0xfff0d0))
	wrap := []path{
		{{150, 470}, {430, 250}, {640, 1330}, {560, 1330}}, {{1092, 470}, {812, 250}, {602, 1330}, {690, 1330}},
		{{90, 700}, {250, 420}, {640, 1340}, {540, 1340}}, {{1152, 700}, {992, 420}, {602, 1340}, {700, 1340}},
	}
	for i, p := range wrap {
		sheet(c, p, hex(0xf4c8c8).mix(hex(0xfdf4ec), float64(i/2)), uint64(i))
	}
	for i := range 15 {
		a := -165 + float64(i)*150/14
		s, k := math.Sincos(a * math.Pi / 180)
		c.eucalyptus(621+120*k, 640+120*s, a+8*(r.Float64()-0.5), 430+60*r.Float64(), r)
	}
	for i := range 22 {
		a := math.Pi * (-1.06 + 1.12*float64(i)/21)
		c.daisy(621+(400+30*math.Sin(float64(i)*2.3))*math.Cos(a), 650+(385+40*math.Cos(float64(i)*1.7))*math.Sin(a), 36+r.Float64()*16, hex(0xfffaf0), r)
	}
	for _, f := range []struct {
		x, y, size float64
		kind       int
	}{{300, 600, 120, 2}, {950, 590, 120, 2}, {470, 350, 110, 4}, {790, 350, 115, 0}, {630, 290, 105, 2}, {260, 770, 105, 0}, {985, 770, 110, 4},
		{395, 480, 125, 0}, {850, 470, 125, 1}, {625, 430, 130, 5}, {380, 690, 130, 1}, {870, 680, 130, 0}, {510, 570, 135, 2}, {740, 560, 140, 4},
		{500, 800, 125, 5}, {755, 790, 130, 2}, {625, 690, 150, 0}} {
		if f.kind == 4 {
			c.puff(f.x, f.y, f.size, hex(0xc8a8f0), r)
			continue
		}
		c.shade(ellipse(f.x, f.y, f.size*0.95, f.size*0.95), 10, 22, 18, 0.5)
		c.rose(f.x, f.y, f.size, 5, heads[f.kind][0], heads[f.kind][1], r)
	}
	sheet(c, path{{120, 760}, {430, 850}, {790, 960}, {690, 1345}, {555, 1345}}, hex(0xf6c8c6), 8)
	sheet(c, path{{1122, 760}, {820, 850}, {470, 965}, {560, 1345}, {690, 1345}}, hex(0xfad8d4), 9)
	sheet(c, path{{575, 1340}, {670, 1340}, {790, 1640}, {640, 1600}, {470, 1650}}, hex(0xf2c2c0), 10)
	ribbon(c, 622, 1325)
	c.light(ellipse(330, 330, 420, 420), 160, rgb{0.32, 0.26, 0.16})
	return c.develop(1.2, 0.45, 43)
}

// sheet is a piece of wrapping paper with folds towards its last corner.
func sheet(c *canvas, p path, col rgb, seed uint64) {
	c.shade(p, 8, 16, 16, 0.45)
	foot := p[len(p)-1]
	c.fill(p, func(x, y float64) (rgb, float64) {
		a := math.Atan2(y-foot.y, x-foot.x)
		fold := noise(a*11, 0.5, seed+3) + 0.5*noise(a*27, 0.5, seed+7)
		return col.mul(0.86 + 0.17*fold + 0.03*fbm(x/6, y/6, seed)), 1
	})
	for i := range len(p) {
		a, b := p[i], p[(i+1)%len(p)]
		c.thread(2.4, even(hex(0xffffff), 0.5), a, b)
	}
}

// ribbon is a satin bow.
func ribbon(c *canvas, x, y float64) {
	satin := func(k float64) shader {
		return func(px, py float64) (rgb, float64) {
			return hex(0xc8344c).mul(k * (0.8 + 0.5*math.Sin((px-x)/23+(py-y)/41))), 1
		}
	}
	for _, s := range []float64{-1, 1} {
		tail := smooth(point{x, y}, point{x + s*70, y + 90}, point{x + s*80, y + 210}, point{x + s*150, y + 262}, point{x + s*110, y + 150}, point{x + s*40, y + 10})
		c.shade(tail, 8, 14, 10, 0.5)
		c.fill(tail, satin(0.85))
		loop := smooth(point{x, y}, point{x + s*90, y - 90}, point{x + s*210, y - 86}, point{x + s*220, y + 10}, point{x + s*120, y + 50})
		c.shade(loop, 8, 16, 12, 0.55)
		c.fill(loop, satin(1.05))
		c.soft(smooth(point{x + s*40, y - 6}, point{x + s*110, y - 42}, point{x + s*176, y - 36}, point{x + s*150, y + 14}), 12, flat(hex(0x4a0a18)), 0.75)
	}
	band := path{{x - 75, y - 34}, {x + 75, y - 34}, {x + 82, y + 34}, {x - 82, y + 34}}
	c.shade(band, 4, 12, 8, 0.5)
	c.fill(band, satin(0.95))
	c.shade(rounded(x-34, y-36, 68, 74, 22), 3, 8, 8, 0.6)
	c.fill(rounded(x-34, y-36, 68, 74, 22), satin(1.2))
}

// drawFlowerFront is the shop in the morning: an awning and buckets full of flowers.
func drawFlowerFront() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(44, 1))
	c.each(func(x, y float64, _ rgb) rgb { // painted boards
		p := hex(0x8fae9c).mul(0.74 + 0.05*fbm(x/9, y/90, 3))
		if d := math.Mod(x, 92); d < 4 {
			p = p.mul(0.6)
		}
		return p.mul(1.15 - 0.35*x/width)
	})
	c.fill(rectangle(0, 0, width, 70), flat(hex(0xe8e0cc).mul(0.8)))
	c.shade(rectangle(0, 60, width, 20), 0, 10, 12, 0.5)
	flowerSign(c, r)
	c.fill(rectangle(96, 560, 640, 560), tube(hex(0xf2ece0), -300, 1200))
	c.within(rectangle(120, 580, 592, 510), 4, func(in *canvas) { flowerWindow(in, r) })
	c.fill(rectangle(412, 580, 12, 510), flat(hex(0xf2ece0).mul(0.8)))
	c.light(path{{150, 580}, {300, 580}, {180, 1090}, {120, 1090}, {120, 700}}, 8, rgb{0.2, 0.22, 0.25})
	c.fill(rectangle(800, 560, 340, 800), flat(hex(0xf2ece0).mul(0.72)))
	c.within(rectangle(824, 590, 292, 770), 5, func(in *canvas) { flowerDoor(in, r) })
	c.fill(rectangle(824, 1080, 292, 12), flat(hex(0xf2ece0).mul(0.7)))
	c.fill(rounded(836, 960, 12, 120, 6), flat(hex(0xd8a850).mul(1.1)))
	c.shade(rectangle(60, 560, 1122, 90), 0, 30, 26, 0.55)
	awning(c, 50, 1192, 395, 590, hex(0xe88a9c), hex(0xfff4e8))
	pavement(c, 1330, hex(0xb8a894))
	step := path{{90, 1180}, {770, 1180}, {790, 1400}, {70, 1400}}
	c.shade(step, 14, 24, 20, 0.5)
	c.fill(step, func(x, y float64) (rgb, float64) {
		return board0(y*1.2, x, 74, hex(0xa87a4c), hex(0x6a4426), 5).mul(0.8), 1
	})
	for i := range 5 {
		bucket(c, 150+float64(i)*138, 1180, 56, heads[(i*2+1)%7], i%3, r)
	}
	for i := range 5 {
		bucket(c, 128+float64(i)*165, 1450, 78, heads[(i*3)%7], (i+1)%3, r)
	}
	bucket(c, 1060, 1440, 84, lilac, 2, r)
	bucket(c, 1172, 1500, 74, yellow, 1, r)
	c.light(path{{0, 0}, {760, 0}, {300, 1656}, {0, 1656}}, 130, rgb{0.34, 0.27, 0.13})
	return c.develop(1.24, 0.5, 44)
}

// flowerSign is an oval board with a rose on it.
func flowerSign(c *canvas, r *rand.Rand) {
	c.shade(ellipse(621, 235, 210, 120), 10, 18, 14, 0.6)
	c.fill(ellipse(621, 235, 210, 120), flat(hex(0xf6ecd8)))
	c.thread(7, even(hex(0xb88a4a), 0.95), closed(ellipse(621, 235, 192, 104))...)
	for _, s := range []float64{-1, 1} {
		for i := range 3 {
			a := 90 - s*(72+float64(i)*22)
			c.leaf(621+s*45, 240, a, 120-float64(i)*14, 40, 0.4*s, hex(0x5a8a50))
		}
	}
	c.rose(621, 235, 66, 5, pink[0], red[1], r)
}

// flowerWindow is the shop behind the glass: lamps, shelves, bunches.
func flowerWindow(in *canvas, r *rand.Rand) {
	in.fill(rectangle(100, 560, 640, 560), func(_, y float64) (rgb, float64) {
		return blend((y-560)/540, hex(0xffe2b0), hex(0xd8a878), hex(0x7a5840)).mul(0.85), 1
	})
	for i := range 3 {
		y := 760 + float64(i)*150
		in.fill(rectangle(120, y, 600, 14), flat(hex(0x6a4428)))
		for range 9 {
			x := 150 + r.Float64()*540
			col := heads[r.IntN(7)]
			for range 14 {
				in.fill(ellipse(x+r.Float64()*70-35, y-50-r.Float64()*52, 15, 14), flat(col[0].mix(col[1], r.Float64())))
			}
			in.fill(path{{x - 26, y - 50}, {x + 26, y - 50}, {x + 18, y}, {x - 18, y}}, tube(hex(0xe8e4dc), x-26, x+26))
		}
	}
	for _, x := range []float64{240, 420, 600} {
		in.glow(x, 640, 60, hex(0xffdc98).mul(1.4))
	}
}

// flowerDoor is the view through the open door.
func flowerDoor(in *canvas, r *rand.Rand) {
	in.fill(rectangle(800, 560, 340, 820), func(_, y float64) (rgb, float64) {
		return blend((y-560)/800, hex(0xffe6b8), hex(0xd8ac78), hex(0x8a6444)).mul(0.9), 1
	})
	in.glow(970, 690, 90, hex(0xffe0a0).mul(1.3))
	in.fill(rectangle(824, 1120, 292, 240), flat(hex(0x8a5c38)))
	for range 60 {
		col := heads[r.IntN(7)]
		in.fill(ellipse(850+r.Float64()*240, 960+r.Float64()*150, 24, 22), flat(col[0].mix(col[1], r.Float64())))
	}
}

// awning is striped cloth with a scalloped hem.
func awning(c *canvas, x0, x1, top, bottom float64, a, b rgb) {
	n := 11
	for i := range n {
		t0, t1 := float64(i)/float64(n), float64(i+1)/float64(n)
		lx, rx := x0+(x1-x0)*t0, x0+(x1-x0)*t1
		in := func(t float64) float64 { return x0 + 50 + (x1-x0-100)*t }
		col := a
		if i%2 == 1 {
			col = b
		}
		c.fill(path{{in(t0), top}, {in(t1), top}, {rx, bottom - 36}, {lx, bottom - 36}}, func(x, y float64) (rgb, float64) {
			return col.mul(0.98 - 0.3*(y-top)/(bottom-top) + 0.06*fbm(x/50, y/50, 9)), 1
		})
		hem := path{{lx, bottom - 38}, {rx, bottom - 38}}
		for k := range 13 {
			u := math.Pi * float64(k) / 12
			hem = append(hem, point{(lx+rx)/2 + (rx-lx)/2*math.Cos(u), bottom - 20 + 34*math.Sin(u)})
		}
		c.fill(hem, flat(col.mul(0.78)))
	}
	c.fill(rectangle(x0+44, top-12, x1-x0-88, 18), flat(hex(0xe8e4dc).mul(0.7)))
}

// pavement is the ground before a front, in stones that get larger.
func pavement(c *canvas, top float64, col rgb) {
	c.fill(rectangle(0, top, float64(c.w), float64(c.h)-top), func(x, y float64) (rgb, float64) {
		depth := 1 + (y-top)/170
		row := math.Floor(math.Log(depth) * 7)
		u := (x-float64(c.w)/2)/depth/96 + math.Mod(row, 2)*0.5
		p := col.mul(0.62 + 0.12*noise(math.Floor(u)*3.1, row*7.7, 17) + 0.10*fbm(x/20, y/12, 19))
		if math.Abs(u-math.Round(u)) < 0.02 || math.Mod(math.Log(depth)*7, 1) < 0.07 {
			p = p.mul(0.7)
		}
		return p, 1
	})
	c.soft(rectangle(0, top-6, float64(c.w), 18), 8, flat(hex(0x1a1210)), 0.5)
}

// bucket is a zinc bucket standing on y, full of flowers of one kind.
func bucket(c *canvas, x, y, half float64, col [2]rgb, kind int, r *rand.Rand) {
	c.shade(ellipse(x, y-6, half, half*0.25), half*0.3, half*0.16, half*0.2, 0.65)
	body := path{{x - half, y - half*1.7}, {x + half, y - half*1.7}, {x + half*0.76, y}, {x - half*0.76, y}}
	c.fill(body, tube(hex(0xb8c0c4), x-half, x+half))
	for _, t := range []float64{0.06, 0.5} {
		c.thread(half*0.05, even(hex(0x5a6468), 0.6), point{x - half*(1-0.2*t), y - half*1.7*(1-t)}, point{x + half*(1-0.2*t), y - half*1.7*(1-t)})
	}
	for range 16 {
		a := -90 + (r.Float64()-0.5)*130
		c.leaf(x+(r.Float64()-0.5)*half, y-half*1.6, a, half*(1.0+0.7*r.Float64()), half*0.4, r.Float64()-0.5, hex(0x4a7f44).mix(hex(0x8aae60), r.Float64()).mul(0.75))
	}
	for i := range 15 {
		t := float64(i) / 15
		px := x + (r.Float64()-0.5)*half*2.1
		py := y - half*(3.1-1.3*t) + half*0.5*math.Pow((px-x)/half, 2)
		switch kind {
		case 0:
			c.rose(px, py, half*0.36, 3, col[0], col[1], r)
		case 1:
			c.daisy(px, py, half*0.38, col[1], r)
		default:
			c.tulip(px, py+half*0.3, half*0.72, (px-x)/half*22, 0.05, col[0], col[1])
		}
	}
}
