package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawSalonFront is the salon at dusk with its turning pole lit.
func drawSalonFront() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(64, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		p := teal.mul(0.42 + 0.04*fbm(x/40, y/12, 3))
		if d := math.Mod(y, 66); d < 4 {
			p = p.mul(0.5)
		}
		return p.mul(0.75 + 0.55*bell(math.Hypot(x-520, y-760), 0, 700))
	})
	c.fill(rectangle(0, 0, width, 150), func(x, y float64) (rgb, float64) { return blend(y/150, hex(0x1c2450), hex(0x5a4a80)), 1 })
	c.bokeh(40, 0, 0, width, 120, 3, 11, 0.5, r, hex(0xffc080), hex(0x9cc0ff))
	c.fill(rectangle(0, 140, width, 34), flat(hex(0x0a2f2c)))
	c.fill(rectangle(0, 172, width, 6), flat(brass.mul(0.8)))
	salonSign(c)
	c.fill(rectangle(80, 480, 690, 780), flat(hex(0x08221f)))
	c.within(rectangle(104, 504, 642, 732), 2.4, func(in *canvas) { salonInside(in, r) })
	c.fill(rectangle(418, 504, 14, 732), flat(hex(0x08221f)))
	c.soft(path{{130, 504}, {260, 504}, {160, 1236}, {104, 1236}, {104, 700}}, 14, flat(rgb{1, 1, 1.1}), 0.07)
	c.fill(rectangle(60, 1256, 730, 26), flat(hex(0x0a2f2c).mul(1.2)))
	c.fill(rectangle(850, 480, 300, 900), flat(hex(0x08221f)))
	c.within(rectangle(878, 510, 244, 850), 6, func(in *canvas) {
		in.fill(rectangle(860, 490, 280, 900), func(_, y float64) (rgb, float64) {
			return blend((y-510)/850, hex(0xffe0b4), hex(0xe0a880), hex(0x8a5c44)).mul(0.95), 1
		})
		in.glow(1000, 640, 70, hex(0xffe0a8).mul(1.4))
		in.fill(rounded(930, 1000, 150, 200, 20), flat(hex(0x5a3a2c)))
		for range 40 {
			in.fill(ellipse(960+r.Float64()*90, 900+r.Float64()*110, 22, 30), flat(hex(0x3f7a4a).mul(0.4+0.7*r.Float64())))
		}
	})
	c.fill(rounded(892, 900, 14, 190, 7), tube(brass, 892, 906))
	c.light(rectangle(860, 490, 280, 880), 30, rgb{0.12, 0.1, 0.06})
	pavement(c, 1380, hex(0x6a6270))
	for _, x := range []float64{425, 1000} { // light that falls out
		c.light(path{{x - 190, 1384}, {x + 190, 1384}, {x + 330, 1656}, {x - 330, 1656}}, 40, rgb{1.5, 1.0, 0.55})
	}
	pole(c, 812, 610, 46, 420)
	for _, x := range []float64{110, 740} {
		shrub(c, x, 1390, r)
	}
	for _, x := range []float64{210, 640, 1000} { // lamps over the window
		c.fill(stroke(7, point{x, 420}, point{x + 4, 396}, point{x + 26, 398}, point{x + 30, 420}), flat(brass.mul(0.7)))
		c.fill(path{{x + 8, 420}, {x + 52, 420}, {x + 66, 452}, {x - 6, 452}}, flat(hex(0x0a1f1d)))
		c.glow(x+30, 462, 60, hex(0xffd090).mul(0.7))
		c.fill(ellipse(x+30, 454, 26, 8), flat(rgb{3, 2.6, 2}))
	}
	return c.develop(1.35, 0.65, 64)
}

// salonSign is a round sign with scissors and a comb.
func salonSign(c *canvas) {
	c.shade(rounded(300, 212, 640, 150, 75), 8, 14, 16, 0.7)
	c.fill(rounded(300, 212, 640, 150, 75), flat(hex(0xfaf0e2)))
	c.thread(5, even(brass, 0.95), closed(rounded(314, 226, 612, 122, 61))...)
	ink := flat(teal.mul(0.75))
	x, y := 560.0, 287.0
	for _, s := range []float64{-1, 1} { // scissors lie to the left
		c.fill(path{{x, y - 6}, {x - 150, y - 4 + s*34}, {x - 164, y + s*42}, {x, y + 8}}, ink)
		c.thread(11, even(teal.mul(0.75), 1), closed(ellipse(x+74, y+s*27, 32, 22))...)
		c.fill(stroke(12, point{x - 6, y}, point{x + 22, y + s*9}, point{x + 46, y + s*18}), ink)
	}
	c.fill(ellipse(x-8, y, 8, 8), flat(hex(0xfaf0e2)))
	c.fill(rounded(700, 252, 180, 26, 8), flat(brass.mul(0.75)))
	for i := range 15 {
		c.fill(rectangle(704+float64(i)*11.8, 274, 6.5, 46), flat(brass.mul(0.75)))
	}
	c.light(rounded(300, 212, 640, 150, 75), 30, rgb{0.25, 0.2, 0.1})
}

// salonInside is what the window shows: mirrors, chairs, a stylist at work.
func salonInside(in *canvas, r *rand.Rand) {
	in.fill(rectangle(90, 490, 680, 760), func(x, y float64) (rgb, float64) {
		return blend((y-500)/740, hex(0xffe8cc), hex(0xf4c7b0), hex(0xc89070), hex(0x7a5040)).mul(0.95), 1
	})
	in.fill(rectangle(90, 1120, 680, 140), flat(hex(0x9a6c4c).mul(0.8)))
	for i, x := range []float64{250, 590} {
		in.soft(ellipse(x, 760, 118, 150), 12, flat(hex(0xfff0d8).mul(1.9)), 0.9)
		in.fill(ellipse(x, 760, 104, 136), flat(hex(0xcfe0e4).mul(0.85)))
		in.fill(rectangle(x-130, 930, 260, 16), flat(hex(0x6a4430)))
		for k := range 5 {
			bottle(in, x-100+float64(k)*50, 930, 22, 48+r.Float64()*24, []rgb{teal, hex(0x8a4a1c), hex(0xf2eae0)}[(k+i)%3], k%2 == 0)
		}
		in.fill(rounded(x-70, 960, 140, 150, 34), flat(teal.mul(0.6)))
		in.fill(rounded(x-82, 1080, 164, 40, 16), flat(teal.mul(0.45)))
		in.fill(rectangle(x-10, 1120, 20, 70), flat(steel.mul(0.7)))
		in.fill(ellipse(x, 1196, 66, 16), flat(steel.mul(0.6)))
	}
	in.fill(ellipse(250, 900, 40, 48), flat(hex(0x5a2c18)))                                                                     // the customer's hair
	in.fill(smooth(point{196, 960}, point{250, 930}, point{304, 960}, point{316, 1060}, point{184, 1060}), flat(hex(0xe8e0d8))) // and cape
	person := figure{head: point{356, 800}, neck: point{352, 842}, hips: point{362, 1010},
		arms: [2][3]point{{{322, 868}, {296, 920}, {276, 892}}, {{384, 868}, {400, 940}, {350, 950}}},
		legs: [2][3]point{{{352, 1020}, {350, 1100}, {348, 1190}}, {{374, 1020}, {380, 1100}, {384, 1190}}}}
	for i, p := range person.outline(33) {
		col := hex(0x2a2430)
		if i < 2 {
			col = hex(0x6a3a26)
		}
		in.fill(p, flat(col))
	}
	for _, x := range []float64{180, 425, 670} {
		in.glow(x, 560, 46, hex(0xffdca0).mul(1.6))
	}
}

// pole is the lit, turning pole of a hairdresser.
func pole(c *canvas, x, y, half, tall float64) {
	c.soft(rounded(x-half*1.2, y, half*2.4, tall, half), 30, flat(hex(0xfff0e0).mul(1.5)), 0.5)
	for _, cy := range []float64{y - 18, y + tall - 22} {
		c.fill(rounded(x-half*1.22, cy, half*2.44, 46, 14), tube(steel, x-half*1.22, x+half*1.22))
	}
	c.fill(ellipse(x, y-24, half*0.8, half*0.66), orb(steel, x, y-24, half))
	c.fill(ellipse(x, y+tall+34, half*0.7, half*0.5), orb(steel, x, y+tall+34, half))
	c.fill(rectangle(x-half, y+26, half*2, tall-46), func(px, py float64) (rgb, float64) {
		u := (px - x) / half
		k := math.Mod((py+math.Asin(max(-1, min(1, u)))*half*0.9)/116+10, 1)
		col := hex(0xfff8f0)
		switch {
		case k < 0.25:
			col = hex(0xe0243c)
		case k > 0.5 && k < 0.75:
			col = hex(0x1f5ad0)
		}
		return col.mul(1.5 * (0.55 + 0.6*math.Sqrt(max(0, 1-u*u)))).add(rgb{1, 1, 1}.mul(0.5 * bell(u, -0.45, 0.12))), 1
	})
}

// shrub is a round bush in a pot.
func shrub(c *canvas, x, y float64, r *rand.Rand) {
	c.soft(ellipse(x+10, y, 92, 20), 12, flat(hex(0x040606)), 0.7)
	c.fill(path{{x - 66, y - 130}, {x + 66, y - 130}, {x + 50, y}, {x - 50, y}}, tube(hex(0x3a3e44), x-66, x+66))
	for range 240 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*96
		px, py := x+d*math.Cos(a), y-220+d*math.Sin(a)*1.05
		k := 0.35 + 0.7*math.Exp(-(math.Pow((px-x)/96-0.2, 2)+math.Pow((py-y+220)/96+0.4, 2)))
		c.fill(ellipse(px, py, 13, 8).turned(px, py, r.Float64()*180), flat(hex(0x3f7a4a).mix(hex(0x8ab468), r.Float64()*0.7).mul(k*0.8)))
	}
}
