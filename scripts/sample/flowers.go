package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// Colours of flowers, the heart and the lip of a petal.
var (
	red     = [2]rgb{hex(0x8c0a1c), hex(0xf0445a)}
	pink    = [2]rgb{hex(0xc83a66), hex(0xffaabd)}
	peach   = [2]rgb{hex(0xd8743c), hex(0xffdcb8)}
	cream   = [2]rgb{hex(0xd8b884), hex(0xfff6e4)}
	lilac   = [2]rgb{hex(0x7a4a9c), hex(0xd8b8ec)}
	yellow  = [2]rgb{hex(0xe08206), hex(0xffd84a)}
	magenta = [2]rgb{hex(0x7a1060), hex(0xd858b0)}
)

// drawRoses is a handful of roses from near, wet with dew.
func drawRoses() *image.RGBA {
	c := newCanvas(square, square)
	r := rand.New(rand.NewPCG(41, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		return hex(0x16301c).mix(hex(0x3c6a38), 0.5+0.6*fbm(x/160, y/160, 4)).mul(1.1 - 0.5*(x+y)/2800)
	})
	for range 70 {
		x, y := r.Float64()*square, r.Float64()*square
		c.leaf(x, y, r.Float64()*360, 170+r.Float64()*150, 90+r.Float64()*50, r.Float64()-0.5, hex(0x3c7a3c).mix(hex(0x6a9a48), r.Float64()).mul(0.7))
	}
	c.blur(7)
	for _, f := range []struct {
		x, y, size float64
		col        [2]rgb
	}{{150, 190, 250, peach}, {1270, 240, 270, cream}, {130, 1200, 270, cream}, {1290, 1210, 260, pink}, {700, 1370, 210, peach}, {720, 20, 200, pink}} {
		c.rose(f.x, f.y, f.size, 5, f.col[0], f.col[1], r)
	}
	c.blur(5)
	for _, a := range []float64{-150, -35, 28, 75, 148, 205} {
		s, k := math.Sincos(a * math.Pi / 180)
		c.leaf(700+300*k, 700+300*s, a, 330, 170, 0.3, hex(0x3a7a3a).mul(0.95))
	}
	c.rose(700, 700, 450, 7, red[0], red[1], r)
	for range 46 { // dew
		a, d := r.Float64()*2*math.Pi, 150+r.Float64()*270
		drop(c, 700+d*math.Cos(a), 700+d*math.Sin(a), 4+r.Float64()*9)
	}
	c.light(ellipse(380, 300, 520, 420), 130, rgb{0.45, 0.38, 0.25})
	return c.develop(1.25, 0.5, 41)
}

// drop is a drop of water: dark above, bright below, with the sun in it.
func drop(c *canvas, x, y, s float64) {
	c.shade(ellipse(x, y, s, s*0.9), s*0.25, s*0.4, max(1, s*0.25), 0.4)
	under := c.at(x, y)
	c.fill(ellipse(x, y, s, s*0.9), func(_, py float64) (rgb, float64) {
		return under.mul(0.62 + 0.5*(py-y+s)/s), 0.9
	})
	c.fill(ellipse(x-s*0.32, y-s*0.36, s*0.26, s*0.2), flatA(rgb{1.6, 1.6, 1.5}, 0.95))
}

// drawTulips is a glass of tulips on a sill before the morning window.
func drawTulips() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(42, 1))
	c.each(func(x, y float64, _ rgb) rgb { // garden in the sun, far away
		p := blend(y/1200, hex(0xbfe0f8), hex(0xf8e0a8), hex(0x9cc468), hex(0x4f8040))
		return p.mul(0.72 + 0.5*bell(math.Hypot(x-320, y-260), 0, 420))
	})
	c.bokeh(60, 0, 420, width, 700, 22, 90, 0.13, r, hex(0xfff0b0), hex(0xb8e08c), hex(0xf8c0c8), hex(0xffffff))
	c.blur(10)
	for _, x := range []float64{-10, 612, 1228} { // the window's frame
		c.fill(rectangle(x, 0, 26, 1210), tube(hex(0xf4efe6).mul(0.95), x-10, x+40))
	}
	c.fill(rectangle(0, 520, width, 24), flat(hex(0xd8d0c4)))
	c.blur(3)
	curtain(c, 0, 200, r)
	curtain(c, 1060, width, r)
	c.fill(rectangle(0, 1200, width, 470), func(x, y float64) (rgb, float64) {
		p := board0(y*0.8, x*1.5, 130, hex(0xd8b48c), hex(0xa87a50), 7)
		return p.mul(0.85 + 0.5*bell(x, 700, 420)*bell(y, 1250, 190)), 1
	})
	c.fill(rectangle(0, 1196, width, 9), flat(hex(0xfff2dc).mul(1.3)))
	c.soft(path{{550, 1420}, {730, 1425}, {1060, 1640}, {800, 1670}}, 30, flat(hex(0x4a2a18)), 0.5)
	c.soft(ellipse(640, 1440, 125, 18), 10, flat(hex(0x2a1408)), 0.7)
	stems := []struct {
		x, y, lean, size float64
		col              [2]rgb
	}{{330, 690, -26, 235, pink}, {905, 700, 25, 240, yellow}, {480, 520, -13, 255, magenta}, {770, 505, 12, 255, pink},
		{620, 430, -1, 275, red}, {390, 880, -34, 215, yellow}, {850, 890, 30, 220, red}, {540, 720, -8, 250, cream}, {705, 735, 8, 250, magenta}}
	for _, s := range stems {
		c.thread(19, func(t float64) (rgb, float64) { return hex(0x3f7a34).mix(hex(0x8cba58), t), 0.98 },
			point{640 - (s.x-640)*0.24, 1405}, point{640 + (s.x-640)*0.24, 1080}, point{640 + (s.x-640)*0.72, s.y + 190}, point{s.x, s.y})
	}
	for i, a := range []float64{-128, -112, -64, -50, -142, -38} {
		c.leaf(640+float64(i%3-1)*22, 1090, a, 470-float64(i)*22, 92, 0.5*float64(i%2*2-1), hex(0x5a9a4c))
	}
	for _, s := range stems {
		c.tulip(s.x, s.y, s.size, s.lean, 0.16, s.col[0], s.col[1])
	}
	vase(c, 640, 1050, 1440, 128)
	return c.develop(1.12, 0.4, 42)
}

// curtain is thin cloth with the light behind it.
func curtain(c *canvas, x0, x1 float64, r *rand.Rand) {
	phase := r.Float64() * 6
	c.fill(rectangle(x0, 0, x1-x0, 1400), func(x, y float64) (rgb, float64) {
		fold := 0.5 + 0.5*math.Sin(x/19+phase+1.4*noise(x/60, y/700, 3)+y/900)
		return hex(0xfdf2e2).mul(0.55 + 0.5*fold), 0.72 - 0.3*fold
	})
}

// vase is a glass with water and stems in it.
func vase(c *canvas, x, top, bottom, half float64) {
	body := path{{x - half, top}, {x + half, top}, {x + half*0.86, bottom - 18}, {x + half*0.78, bottom}, {x - half*0.78, bottom}, {x - half*0.86, bottom - 18}}
	water := path{{x - half*0.95, top + 110}, {x + half*0.95, top + 110}, {x + half*0.84, bottom - 14}, {x - half*0.84, bottom - 14}}
	c.fill(water, flatA(hex(0xb8d8d0), 0.22))
	c.fill(ellipse(x, top+110, half*0.95, 13), flatA(hex(0xf4fffa), 0.35))
	c.fill(body, func(px, _ float64) (rgb, float64) {
		u := math.Abs(px-x) / half
		return hex(0xf2fbff), 0.04 + 0.4*math.Pow(u, 7)
	})
	c.soft(path{{x - half*0.72, top + 20}, {x - half*0.56, top + 20}, {x - half*0.54, bottom - 50}, {x - half*0.64, bottom - 50}}, 5, flat(rgb{1.8, 1.8, 1.8}), 0.65)
	c.soft(path{{x + half*0.62, top + 60}, {x + half*0.70, top + 60}, {x + half*0.62, bottom - 90}, {x + half*0.56, bottom - 90}}, 3, flat(rgb{1.6, 1.6, 1.6}), 0.5)
	for k := range 2 {
		c.thread(3, even(rgb{1.5, 1.5, 1.5}, 0.7), ellipse(x, top+float64(k)*3, half, 15)...)
	}
	c.soft(ellipse(x, bottom-8, half*0.74, 12), 4, flat(rgb{1.3, 1.3, 1.25}), 0.5)
}

// drawFlowerTable is the table where a bouquet is being wrapped, from above.
func drawFlowerTable() *image.RGBA {
	c := newCanvas(height, width) // landscape
	r := rand.New(rand.NewPCG(45, 1))
	c.planks(hex(0xc89a6c), hex(0x8a5c38), 190, true, 21)
	c.each(func(x, y float64, p rgb) rgb { return p.mul(1.12 - 0.3*x/height - 0.2*y/width) })
	for i, a := range []float64{-9, 7} {
		p := path{{420, 190}, {1290, 190}, {1290, 1060}, {420, 1060}}.turned(860, 620, a)
		c.shade(p, 8, 14, 14, 0.5)
		col := []rgb{hex(0xd8b48a), hex(0xf6dcd6)}[i]
		c.fill(p, func(x, y float64) (rgb, float64) {
			return col.mul(0.86 + 0.08*fbm(x/120, y/120, 5) + 0.04*fbm(x/5, y/5, 6)), 1
		})
	}
	for i := range 13 { // stems, bound in the middle
		t := float64(i)/12 - 0.5
		c.soft(stroke(15, point{880, 650}, point{1010 + 20*t, 745 - 40*t}, point{1180 + 90*t, 900 - 190*t}).moved(8, 12), 6, flat(hex(0x1a0c06)), 0.4)
		c.thread(14, even(hex(0x4f8a40).mix(hex(0x86b060), r.Float64()), 0.97), point{860, 620}, point{1000 + 30*t, 740 - 40*t}, point{1190 + 110*t, 915 - 200*t})
	}
	for i := range 13 {
		a := 128 + float64(i)*212/12
		s, k := math.Sincos(a * math.Pi / 180)
		c.eucalyptus(720+90*k, 520+90*s, a, 330+50*r.Float64(), r)
	}
	for _, f := range []struct {
		x, y, size float64
		kind       int
	}{{480, 480, 100, 2}, {560, 330, 105, 1}, {730, 265, 100, 0}, {900, 330, 105, 3}, {590, 650, 105, 0}, {960, 500, 95, 2}, {770, 730, 95, 1},
		{640, 480, 125, 3}, {800, 430, 120, 1}, {860, 600, 110, 0}, {720, 590, 125, 2}} {
		c.shade(ellipse(f.x, f.y, f.size*0.95, f.size*0.95), 9, 16, 14, 0.5)
		c.rose(f.x, f.y, f.size, 5, heads[f.kind][0], heads[f.kind][1], r)
	}
	for range 9 {
		a, d := r.Float64()*2*math.Pi, 215+r.Float64()*60
		c.daisy(720+d*math.Cos(a), 510+d*math.Sin(a)*0.95, 34+r.Float64()*12, hex(0xfffaf0), r)
	}
	for i := range 6 { // twine
		x := 980 + float64(i)*9
		c.thread(8, even(hex(0xc8a468).mul(0.8+0.1*float64(i%2)), 0.97), point{x - 40, 790 + float64(i)*8}, point{x + 10, 750 + float64(i)*6}, point{x + 60, 690 + float64(i)*9})
	}
	scissors(c, 1390, 330)
	spool(c, 1420, 960, r)
	for range 34 { // petals that fell
		x, y := r.Float64()*height, r.Float64()*width
		if math.Hypot(x-780, y-560) < 480 {
			continue
		}
		col := heads[r.IntN(4)]
		c.petal(x, y, r.Float64()*360, 46+r.Float64()*26, 40+r.Float64()*16, col[0].mix(col[1], 0.4), col[1], r)
	}
	c.eucalyptus(90, 1130, -42, 420, r)
	c.light(ellipse(420, 200, 640, 480), 180, rgb{0.34, 0.28, 0.18})
	return c.develop(1.2, 0.4, 45)
}

// scissors lie open.
func scissors(c *canvas, x, y float64) {
	for i, s := range []float64{-1, 1} {
		blade := path{{x - 12, y}, {x + 12, y}, {x + 9, y - 150}, {x, y - 235}, {x - 9, y - 140}}.turned(x, y, s*13)
		c.shade(blade, 8, 14, 8, 0.55)
		c.fill(blade, func(px, py float64) (rgb, float64) {
			return hex(0xd0d4d8).mul(0.55 + 0.5*bell(px+py*0.3, x+y*0.3-30, 40)), 1
		})
		ring := closed(ellipse(x-s*58, y+175, 46, 70))
		c.shade(stroke(26, ring...), 8, 14, 8, 0.5)
		c.thread(26, even(hex(0x1f2a30), 0.98), point{x, y}, point{x - s*14, y + 60}, point{x - s*34, y + 118})
		c.thread(26, even(hex(0x26333a).mul(1+0.3*float64(i)), 0.98), ring...)
		c.thread(5, even(hex(0x8a9aa4), 0.7), path(ring).moved(-4, -6)...)
	}
	c.fill(ellipse(x, y, 13, 13), orb(hex(0xd8dce0), x, y, 13))
}

// spool is a roll of ribbon lying on its side, with a free end.
func spool(c *canvas, x, y float64, r *rand.Rand) {
	c.soft(stroke(30, point{x - 40, y + 90}, point{x - 170, y + 120}, point{x - 260, y + 40}, point{x - 330, y + 150}).moved(6, 12), 8, flat(hex(0x1a0c06)), 0.45)
	c.fill(stroke(30, point{x - 40, y + 90}, point{x - 170, y + 120}, point{x - 260, y + 40}, point{x - 330, y + 150}), func(px, py float64) (rgb, float64) {
		return hex(0xc8344c).mul(0.85 + 0.3*math.Sin(px/33+py/50)), 1
	})
	c.shade(ellipse(x, y, 120, 120), 14, 22, 16, 0.6)
	c.fill(ellipse(x, y, 120, 120), func(px, py float64) (rgb, float64) {
		d := math.Hypot(px-x, py-y)
		return hex(0xc8344c).mul(0.75 + 0.16*math.Sin(d*0.9) + 0.3*bell(math.Atan2(py-y, px-x), -2.3, 0.7)), 1
	})
	c.fill(ellipse(x, y, 52, 52), orb(hex(0xe8d8bc), x, y, 70))
	c.shade(ellipse(x, y, 24, 24), 0, 0, 3, 0.8)
	c.fill(ellipse(x, y, 22, 22), flat(hex(0x5a3c24).mul(0.8+0.1*r.Float64())))
}
