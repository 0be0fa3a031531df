package main

import (
	"image"
	"math"
	"math/rand/v2"
)

var (
	teal  = hex(0x0f766e)
	blush = hex(0xf4c7b5)
	brass = hex(0xd8a850)
)

// drawChair is the place where one sits: a lit round mirror and the chair.
func drawChair() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(63, 1))
	const mx, my, mr = 621.0, 560.0, 325.0
	c.each(func(x, y float64, _ rgb) rgb { // plaster, lit by the mirror
		d := math.Hypot(x-mx, y-my)
		p := blush.mul(0.52 + 0.07*fbm(x/110, y/110, 3) + 0.02*fbm(x/6, y/6, 4))
		return p.mul(0.75 + 0.85*bell(d, mr, 230))
	})
	c.fill(rectangle(0, 960, width, 420), func(x, y float64) (rgb, float64) { // panels
		p := teal.mul(0.62 + 0.22*bell(x, mx, 520))
		if d := math.Mod(x+16, 103); d < 6 {
			p = p.mul(0.55 + 0.07*d)
		}
		return p, 1
	})
	chevrons(c, 1380)
	c.soft(ellipse(mx, my, mr+22, mr+22), 26, flat(hex(0xffe8c8).mul(2.2)), 0.95)
	c.fill(ellipse(mx, my, mr+4, mr+4), flat(hex(0xfff4e2).mul(2.4)))
	c.fill(ellipse(mx, my, mr-16, mr-16), flat(brass.mul(0.5)))
	c.within(ellipse(mx, my, mr-22, mr-22), 9, func(in *canvas) { mirrored(in, r) })
	c.soft(path{{420, 350}, {560, 280}, {470, 760}, {360, 720}}, 22, flat(rgb{1.2, 1.2, 1.2}), 0.10)
	for _, x := range []float64{120, 1122} {
		globe(c, x, 330)
	}
	c.shade(rectangle(150, 940, 942, 50), 10, 26, 18, 0.5)
	c.fill(rectangle(140, 930, 962, 44), func(x, y float64) (rgb, float64) {
		vein := math.Abs(fbm(x/160, y/40, 6))
		return hex(0xf6f0ea).mul(0.78 - 0.25*bell(vein, 0, 0.04)), 1
	})
	c.fill(rectangle(140, 930, 962, 5), flat(rgb{1.2, 1.15, 1.1}))
	for i, x := range []float64{196, 268, 330} {
		bottle(c, x, 930, 52, []float64{150, 118, 176}[i], []rgb{hex(0x8a4a1c), teal, hex(0xf2eae0)}[i], i != 1)
	}
	bottle(c, 1040, 930, 56, 160, hex(0xf2eae0), true)
	bottle(c, 974, 930, 50, 122, hex(0x8a4a1c), false)
	chair(c, mx, 1010)
	c.light(ellipse(mx, my+120, 560, 640), 170, rgb{0.2, 0.16, 0.1})
	return c.develop(1.2, 0.55, 63)
}

// chevrons is a floor of light wood laid in a zigzag.
func chevrons(c *canvas, top float64) {
	c.fill(rectangle(0, top, width, height-top), func(x, y float64) (rgb, float64) {
		z := 260 / (y - top + 110) // far to near
		u := (x-width/2)*z/60 + 40
		v := z * 16
		k := math.Floor(u)
		side := 1.0
		if math.Mod(math.Abs(k), 2) == 1 {
			side = -1
		}
		w := v + side*(u-k)*1.1
		p := hex(0xd0a878).mul(0.52 + 0.10*noise(math.Floor(w*1.6)*3.7, k*5.1, 7) + 0.06*fbm(u*6, w*2, 9))
		if math.Abs(u-k) < 0.03 || math.Mod(w*1.6+100, 1) < 0.06 {
			p = p.mul(0.72)
		}
		return p.mul(0.8 + 0.5*bell(x, 621, 420)), 1
	})
	c.soft(rectangle(0, top-12, width, 26), 6, flat(hex(0x1a0f0a)), 0.6)
}

// mirrored is the salon as the mirror shows it.
func mirrored(in *canvas, r *rand.Rand) {
	in.each(func(_, y float64, _ rgb) rgb {
		return blend((y-230)/660, hex(0xf8e6d6), hex(0xe0b8a0), hex(0x9a7060), hex(0x6a4a3c)).mul(0.8)
	})
	in.fill(rectangle(360, 330, 230, 330), flat(hex(0xdff0ff).mul(1.5)))
	in.fill(rectangle(470, 330, 10, 330), flat(hex(0xf4efe8)))
	in.fill(rectangle(690, 400, 210, 360), flat(teal.mul(0.7)))
	for i := range 3 {
		for range 6 {
			x := 700 + r.Float64()*180
			in.fill(rounded(x, 440+float64(i)*100, 22, 56, 6), flat([]rgb{blush, brass, hex(0xf2eae0), hex(0x8a4a1c)}[r.IntN(4)]))
		}
	}
	for range 30 {
		in.fill(ellipse(420+r.Float64()*90, 640+r.Float64()*120, 26, 20), flat(hex(0x4a8a54).mul(0.4+0.6*r.Float64())))
	}
	in.glow(560, 300, 40, hex(0xffe0b0).mul(1.5))
	in.glow(760, 310, 40, hex(0xffe0b0).mul(1.5))
}

// globe is a hanging lamp.
func globe(c *canvas, x, y float64) {
	c.fill(stroke(4, point{x, -10}, point{x, y - 70}), flat(brass.mul(0.6)))
	c.fill(rounded(x-16, y-92, 32, 34, 6), tube(brass, x-16, x+16))
	c.glow(x, y, 120, hex(0xffd8a0).mul(0.55))
	c.fill(ellipse(x, y, 66, 66), func(px, py float64) (rgb, float64) {
		d := math.Hypot(px-x, py-y) / 66
		return hex(0xfff0d8).mul(2.2 - 1.0*d*d), 1
	})
}

// bottle stands on base; a pump or a cap closes it, a plain label is on it.
func bottle(c *canvas, x, base, w, h float64, col rgb, pump bool) {
	c.shade(rounded(x-w/2, base-h, w, h, w*0.2), w*0.18, w*0.1, w*0.14, 0.4)
	c.soft(ellipse(x+w*0.1, base-1, w*0.6, w*0.1), w*0.06, flat(hex(0x0a0606)), 0.6)
	if pump {
		c.fill(rectangle(x-w*0.07, base-h*1.32, w*0.14, h*0.34), tube(hex(0x20242a), x-w*0.07, x+w*0.07))
		c.fill(rounded(x-w*0.48, base-h*1.36, w*0.62, h*0.07+4, 4), flat(hex(0x2a2e34)))
		c.fill(rounded(x-w*0.2, base-h*1.08, w*0.4, h*0.1, 4), tube(hex(0x20242a), x-w*0.2, x+w*0.2))
	} else {
		c.fill(rounded(x-w*0.3, base-h*1.2, w*0.6, h*0.22, 5), tube(brass, x-w*0.3, x+w*0.3))
	}
	c.fill(rounded(x-w/2, base-h, w, h, w*0.2), tube(col, x-w/2, x+w/2))
	c.fill(rectangle(x-w*0.48, base-h*0.68, w*0.96, h*0.42), tube(hex(0xf8f2e8), x-w*0.5, x+w*0.5))
	c.fill(smooth(point{x, base - h*0.62}, point{x + w*0.16, base - h*0.48}, point{x, base - h*0.34}, point{x - w*0.16, base - h*0.48}), flat(teal.mul(0.8))) // a leaf for a name
	c.soft(rounded(x-w*0.3, base-h*0.94, w*0.1, h*0.86, w*0.05), w*0.03, flat(rgb{1.3, 1.3, 1.25}), 0.5)
}

// chair is the hydraulic chair from behind; y is where its back begins.
func chair(c *canvas, x, y float64) {
	c.soft(ellipse(x+20, y+560, 250, 44), 22, flat(hex(0x0a0605)), 0.75)
	c.fill(ellipse(x, y+545, 190, 40), func(px, py float64) (rgb, float64) {
		return steel.mul(0.35 + 0.8*bell(px, x-60, 60) + 0.2*bell(px, x+120, 30)), 1
	})
	c.fill(ellipse(x, y+534, 178, 33), func(px, _ float64) (rgb, float64) {
		return steel.mul(0.55 + 0.7*bell(px, x-50, 70)), 1
	})
	c.fill(rectangle(x-30, y+360, 60, 180), tube(steel, x-30, x+30))
	c.fill(rectangle(x-46, y+350, 92, 46), tube(hex(0x50565e), x-46, x+46))
	leather := func(k float64) shader {
		return func(px, py float64) (rgb, float64) {
			u := (px - x) / 200
			return teal.mul(k * (0.42 + 0.75*bell(u, -0.35, 0.6) + 0.08*fbm(px/8, py/8, 5))), 1
		}
	}
	c.fill(rounded(x-180, y+286, 360, 84, 34), leather(0.75))
	for _, s := range []float64{-1, 1} {
		c.thread(22, even(steel.mul(0.75), 0.98), point{x + s*150, y + 330}, point{x + s*212, y + 300}, point{x + s*218, y + 190})
		c.thread(6, even(rgb{1.2, 1.2, 1.2}, 0.7), point{x + s*206 - 4, y + 296}, point{x + s*212 - 4, y + 200})
		c.shade(rounded(x+s*216-34, y+150, 68, 50, 22), 6, 10, 8, 0.5)
		c.fill(rounded(x+s*216-34, y+150, 68, 50, 22), leather(1.0))
	}
	back := smooth(point{x - 150, y + 20}, point{x, y - 6}, point{x + 150, y + 20}, point{x + 182, y + 160}, point{x + 160, y + 300}, point{x, y + 322}, point{x - 160, y + 300}, point{x - 182, y + 160})
	c.shade(back, 16, 24, 22, 0.55)
	c.fill(back, leather(1.05))
	c.thread(4, even(brass.mul(1.1), 0.75), closed(smooth(point{x - 128, y + 42}, point{x, y + 20}, point{x + 128, y + 42}, point{x + 156, y + 160},
		point{x + 136, y + 280}, point{x, y + 298}, point{x - 136, y + 280}, point{x - 156, y + 160}))...)
	for i := range 3 { // tufts
		for k := range 3 {
			px, py := x-88+float64(i)*88, y+90+float64(k)*72
			c.soft(ellipse(px, py, 15, 13), 6, flat(teal.mul(0.12)), 0.8)
			c.fill(ellipse(px, py, 6, 6), orb(brass, px, py, 7))
		}
	}
}
