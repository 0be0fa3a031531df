package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawProducts is the shelf with what the salon works with.
func drawProducts() *image.RGBA {
	const w, h, top = 1656.0, 1242.0, 900.0
	c := newCanvas(height, width) // landscape
	r := rand.New(rand.NewPCG(65, 1))
	c.each(func(x, y float64, _ rgb) rgb { // glazed tiles, each a little different
		u, v := x/138, y/69
		if int(math.Floor(v))%2 == 1 {
			u += 0.5
		}
		n := noise(math.Floor(u)*3.7, math.Floor(v)*5.3, 7)
		p := teal.mul(0.62 + 0.16*n)
		fu, fv := u-math.Floor(u), v-math.Floor(v)
		p = p.add(rgb{1, 1, 1}.mul(0.10 * bell(fv, 0.14, 0.08) * bell(fu, 0.4, 0.4)))
		if fu < 0.028 || fv < 0.05 {
			p = hex(0xd8cfc4).mul(0.5)
		}
		return p.mul(0.7 + 0.7*bell(math.Hypot(x-420, y-150), 0, 760))
	})
	c.defocus(2, func(_, _ float64) float64 { return 0.2 })
	c.fill(rectangle(0, top, w, h-top), func(x, y float64) (rgb, float64) { // marble
		vein := math.Abs(fbm(x/330+0.3*fbm(x/90, y/60, 4), y/120, 6))
		p := hex(0xf4eee8).mul(0.80 - 0.20*bell(vein, 0, 0.03) + 0.03*fbm(x/20, y/14, 8))
		return p.mul(1.12 - 0.32*x/w), 1
	})
	mirror := c.clone()
	c.soft(rectangle(0, top-6, w, 16), 6, flat(hex(0x0a1a18)), 0.6)
	towels(c, 1330, 985)
	row := []struct {
		x, w, h float64
		col     rgb
		pump    bool
	}{{300, 150, 330, hex(0x8a4a1c), true}, {478, 128, 240, hex(0xf4ece2), false}, {640, 156, 400, teal.mul(1.1), true}, {820, 136, 280, blush.mul(0.95), false}, {985, 150, 350, hex(0x8a4a1c), true}}
	for _, b := range row { // first their mirror images, then the bottles
		c.soft(rounded(b.x-b.w/2, 985, b.w, b.h*0.42, 20), 14, flat(b.col.mul(0.6)), 0.22)
	}
	for _, b := range row {
		bottle(c, b.x, 985, b.w, b.h, b.col, b.pump)
	}
	comb(c, 300, 1110)
	brush(c, 700, 1120)
	c.eucalyptus(60, 960, -58, 460, r)
	c.eucalyptus(100, 985, -84, 400, r)
	shears(c, 1090, 1150)
	c.light(path{{0, 0}, {520, 0}, {1150, h}, {300, h}}, 120, rgb{0.38, 0.32, 0.2})
	c.each(func(x, y float64, p rgb) rgb { // the stone shines a little
		if y < top {
			return p
		}
		return p.mix(mirror.at(x, 2*top-y), 0.08*(1-(y-top)/(h-top)))
	})
	return c.develop(1.25, 0.4, 65)
}

// towels are three rolled towels on each other, seen from their ends.
func towels(c *canvas, x, base float64) {
	for i, p := range []point{{x - 92, base - 84}, {x + 92, base - 84}, {x, base - 240}} {
		col := []rgb{hex(0xf6efe6), blush, hex(0xf6efe6)}[i]
		c.shade(ellipse(p.x, p.y, 92, 86), 10, 18, 16, 0.5)
		c.fill(ellipse(p.x, p.y, 92, 86), func(px, py float64) (rgb, float64) {
			d, a := math.Hypot(px-p.x, (py-p.y)*1.07), math.Atan2(py-p.y, px-p.x)
			turn := math.Mod(d/23+a/(2*math.Pi)+10, 1) // a spiral
			k := 0.86 + 0.18*math.Sin(turn*math.Pi) - 0.5*bell(turn, 0, 0.09)
			return col.mul(k * (0.96 + 0.1*noise(px/2.5, py/2.5, 5)) * (1.02 - 0.002*(px-p.x) - 0.002*(py-p.y))), 1
		})
	}
}

// comb lies on the counter.
func comb(c *canvas, x, y float64) {
	place := func(p path) path { return p.turned(x, y, -8) }
	parts := []path{place(rounded(x-210, y-34, 420, 34, 15))}
	for i := range 34 {
		parts = append(parts, place(path{{x - 196 + float64(i)*11.6, y - 4}, {x - 189 + float64(i)*11.6, y - 4}, {x - 191 + float64(i)*11.6, y + 44}, {x - 195 + float64(i)*11.6, y + 44}}))
	}
	for _, p := range parts {
		c.shade(p, 6, 10, 5, 0.4)
	}
	for _, p := range parts {
		c.fill(p, func(px, py float64) (rgb, float64) { return hex(0x6a3416).mul(0.75 + 0.7*fbm(px/30, py/9, 4) + 0.3), 1 })
	}
	c.soft(place(rounded(x-196, y-29, 392, 6, 3)), 2, flat(rgb{1.3, 1.2, 1.1}), 0.5)
}

// brush is a round brush with a wooden handle.
func brush(c *canvas, x, y float64) {
	place := func(p path) path { return p.turned(x, y, -14) }
	c.shade(place(rounded(x-160, y-44, 400, 84, 40)), 8, 16, 14, 0.5)
	c.fill(place(rounded(x+30, y-17, 240, 34, 17)), func(px, py float64) (rgb, float64) {
		return hex(0xc88a4a).mul(0.65 + 0.6*fbm(px/50, py/8, 3) + 0.25), 1
	})
	for i := range 46 {
		t := float64(i) / 45
		px := x - 150 + 190*t
		for _, s := range []float64{-1, 1} {
			tip := place(path{{px - 4, y + s*46}, {px, y}})
			c.thread(3, even(hex(0x2a2420), 0.95), tip[1], tip[0])
			c.fill(ellipse(tip[0].x, tip[0].y, 3.2, 3.2), flat(hex(0xe8d8c0)))
		}
	}
	c.fill(place(rounded(x-156, y-27, 200, 54, 24)), func(px, py float64) (rgb, float64) { return steel.mul(0.5 + 0.7*bell(py+(px-x)*0.25, y-10, 12)), 1 })
	for i := range 14 {
		for k := range 3 {
			hole := place(ellipse(x-140+float64(i)*13, y-12+float64(k)*12, 3, 2.4))
			c.fill(hole, flat(hex(0x20242a)))
		}
	}
}

// shears are a hairdresser's scissors, nearly closed, pointing left.
func shears(c *canvas, x, y float64) {
	for _, s := range []float64{-1, 1} {
		blade := path{{x, y - 9}, {x - 300, y + s*13 - 2}, {x - 312, y + s*15}, {x, y + 11}}
		c.shade(blade, 6, 12, 6, 0.45)
		c.fill(blade, func(_, py float64) (rgb, float64) { return steel.mul(0.55 + 0.75*bell(py, y+s*5-3, 5)), 1 })
		ring := closed(ellipse(x+170, y+s*48, 54, 36))
		c.shade(stroke(16, ring...), 6, 12, 6, 0.4)
		c.thread(17, even(steel.mul(0.7), 1), point{x - 8, y}, point{x + 60, y + s*16}, point{x + 120, y + s*32})
		c.thread(17, even(steel.mul(0.72), 1), ring...)
		c.thread(4, even(rgb{1.3, 1.3, 1.3}, 0.8), path(ring).moved(-3, -4)...)
	}
	c.fill(ellipse(x-8, y+1, 12, 12), orb(brass, x-8, y+1, 13))
}
