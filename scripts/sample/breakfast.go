package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawBreakfast is a small round table set for breakfast, from above.
func drawBreakfast() *image.RGBA {
	c := newCanvas(square, square)
	r := rand.New(rand.NewPCG(75, 1))
	c.planks(hex(0xd8a868), hex(0xa87038), 176, false, 5)
	c.each(func(x, y float64, p rgb) rgb { return p.mul(0.92 - 0.25*(x+y)/2800) })
	const cx, cy, tray = 700.0, 700.0, 640.0
	c.soft(ellipse(cx+26, cy+40, tray, tray), 34, flat(hex(0x1a0c04)), 0.75)
	c.fill(ellipse(cx, cy, tray, tray), func(x, y float64) (rgb, float64) {
		d, a := math.Hypot(x-cx, y-cy)/tray, math.Atan2(y-cy, x-cx)
		k := 0.62 + 0.3*math.Cos(a+2.4)*step(d, 0.93, 0.97)
		p := hex(0x5a1f14).mul(k + 0.12*fbm(x/9, y/160, 3))
		return p.add(hex(0xffe0c8).mul(0.10 * bell(math.Hypot(x-420, y-380), 0, 300))), 1
	})
	for _, k := range []float64{0.955, 0.90} {
		c.thread(4, even(hex(0xc88a4a).mul(0.6), 0.7), closed(ellipse(cx, cy, tray*k, tray*k))...)
	}
	plate(c, 700, 330, 220, hex(0xe9e2d4), 1)
	grilled(c, 700, 330, r)
	for i, p := range []point{{330, 520}, {1070, 520}, {300, 860}, {1100, 860}} {
		plate(c, p.x, p.y, 150, []rgb{hex(0xf2ede2), hex(0x8fb0a0), hex(0x9fb8a8), hex(0xe9e2d4)}[i], uint64(i)+3)
	}
	kimchi(c, 330, 520, 100, r)
	greens(c, 1070, 520, 100, r)
	eggRoll(c, 300, 860)
	radish(c, 1100, 860, 92, r)
	plate(c, 700, 610, 82, hex(0x8a5a3a), 9)
	sauce(c, 700, 610, 58, r)
	deepBowl(c, 530, 1040, 188, hex(0xf4efe6), func() { rice(c, 530, 1040, 150, r) })
	deepBowl(c, 900, 1040, 188, hex(0x3a4a54), func() { soup(c, 900, 1040, 150, r) })
	for i := range 2 { // chopsticks and a spoon
		x := 1198 + float64(i)*26
		c.soft(stroke(12, point{x + 6, 650}, point{x - 40, 1180}).moved(9, 12), 6, flat(hex(0x0a0402)), 0.6)
		c.thread(12, func(t float64) (rgb, float64) { return brass.mul(0.75 + 0.5*bell(t, 0.3, 0.2)), 1 }, point{x + 6, 650}, point{x - 40, 1180})
	}
	c.light(ellipse(360, 300, 620, 520), 180, rgb{0.45, 0.36, 0.2})
	return c.develop(1.3, 0.4, 75)
}

// deepBowl is a bowl from above, its inside painted by fill.
func deepBowl(c *canvas, x, y, radius float64, glaze rgb, fill func()) {
	c.soft(ellipse(x+22, y+32, radius*1.02, radius*1.02), 24, flat(hex(0x050302)), 0.75)
	c.fill(ellipse(x, y, radius, radius), func(px, py float64) (rgb, float64) {
		a := math.Atan2(py-y, px-x)
		return glaze.mul(0.78 + 0.3*math.Cos(a+2.35)), 1
	})
	c.fill(ellipse(x, y, radius*0.93, radius*0.93), func(px, py float64) (rgb, float64) {
		a := math.Atan2(py-y, px-x)
		return glaze.mul(0.52 - 0.26*math.Cos(a+2.35)), 1
	})
	fill()
	c.soft(stroke(5, arc(x, y, radius*0.965, -2.8, -1.8)...), 2, flat(rgb{1.5, 1.45, 1.4}), 0.7)
}

// rice is a heap of steamed rice with black sesame.
func rice(c *canvas, x, y, radius float64, r *rand.Rand) {
	c.fill(ellipse(x, y, radius, radius), orb(hex(0xe8e2d6).mul(0.8), x, y, radius*1.15))
	for range 1500 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.99
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		k := 0.72 + 0.42*math.Exp(-(math.Pow((px-x)/radius+0.35, 2)+math.Pow((py-y)/radius+0.4, 2)))
		g := ellipse(px, py, 9.5, 4.6).turned(px, py, r.Float64()*180)
		c.fill(g.moved(1.2, 2), flatA(hex(0x8a8070), 0.4))
		c.fill(g, flat(hex(0xfffaf0).mul(k*(0.92+0.14*r.Float64()))))
	}
	for range 16 {
		px, py := x+(r.Float64()-0.5)*70, y+(r.Float64()-0.5)*60
		c.fill(ellipse(px, py, 5, 3).turned(px, py, r.Float64()*180), flat(hex(0x1a1410)))
	}
}

// soup is soybean soup with tofu and green onion.
func soup(c *canvas, x, y, radius float64, r *rand.Rand) {
	c.fill(ellipse(x, y, radius, radius), func(px, py float64) (rgb, float64) {
		d := math.Hypot(px-x, py-y) / radius
		p := hex(0xc08a44).mix(hex(0x8a5624), 0.5+0.7*fbm(px/40, py/40, 5))
		return p.mul(1.05 - 0.5*math.Exp(-(1-d)*10)), 1
	})
	for i := range 9 {
		a := float64(i)*2.4 + 0.4
		d := radius * (0.18 + 0.062*float64(i))
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		cube := rounded(px-25, py-25, 50, 50, 9).turned(px, py, float64(i)*37)
		c.shade(cube, 5, 8, 7, 0.5)
		c.fill(cube, func(qx, qy float64) (rgb, float64) { return hex(0xfdf4e0).mul(0.98 - 0.004*(qx-px) - 0.004*(qy-py)), 1 })
	}
	for range 40 {
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*radius*0.86
		px, py, s := x+d*math.Cos(a), y+d*math.Sin(a), 8+r.Float64()*6
		c.fill(ellipse(px, py, s, s*0.85), flat(hex(0x57a630).mix(hex(0xb4dc6a), r.Float64())))
		c.fill(ellipse(px, py, s*0.5, s*0.42), flat(hex(0xdfeab0).mul(0.75)))
	}
}

// eggRoll is a rolled omelette, cut into slices.
func eggRoll(c *canvas, x, y float64) {
	for i := range 5 {
		px, py := x-84+float64(i)*42, y+26-float64(i)*13
		slice := rounded(px-30, py-44, 56, 88, 22).turned(px, py, 14)
		c.shade(slice, 6, 9, 7, 0.5)
		c.fill(slice, func(qx, qy float64) (rgb, float64) {
			dx, dy := (qx-px)/28, (qy-py)/44
			turn := math.Mod(math.Hypot(dx, dy)*2.6+math.Atan2(dy, dx)/(2*math.Pi)+10, 1)
			p := hex(0xffd25a).mul(0.86 + 0.24*math.Sin(turn*math.Pi))
			return p.mix(hex(0xd88a20), 0.55*bell(turn, 0, 0.1)), 1
		})
		for k := range 3 {
			c.fill(ellipse(px-10+float64(k)*11, py-18+float64(k*k)*9, 4.5, 4), flat([]rgb{hex(0x5a9a34), hex(0xe2622a), hex(0x5a9a34)}[k]))
		}
	}
}

// grilled is a grilled fish with crisp skin on perilla leaves.
func grilled(c *canvas, x, y float64, r *rand.Rand) {
	for i := range 3 {
		c.leaf(x-150+float64(i)*90, y+20-float64(i%2)*30, -20+float64(i)*30, 150, 110, 0.2, hex(0x4a8a3c))
	}
	body := smooth(point{x - 172, y}, point{x - 110, y - 58}, point{x + 10, y - 70}, point{x + 110, y - 30}, point{x + 142, y}, point{x + 110, y + 30}, point{x + 10, y + 62}, point{x - 110, y + 52})
	tail := smooth(point{x + 128, y - 6}, point{x + 186, y - 46}, point{x + 172, y}, point{x + 186, y + 48}, point{x + 128, y + 8})
	skin := func(px, py float64) (rgb, float64) {
		v := (py - y) / 66
		crisp := min(1, max(0, 0.45+0.8*fbm(px/26, py/18, 5)-0.5*v))
		p := hex(0xe8b060).mix(hex(0x6a3612), crisp)
		scale := 0.92 + 0.10*math.Sin(px/5.5)*math.Sin(py/5.5)
		return p.mul(scale * (0.9 + 0.35*bell(v, -0.45, 0.35))), 1
	}
	for _, p := range []path{tail, body} {
		c.shade(p, 8, 14, 10, 0.6)
		c.fill(p, skin)
	}
	for i := range 3 {
		c.thread(9, even(hex(0x3a1a08), 0.75), point{x - 60 + float64(i)*62, y - 44}, point{x - 82 + float64(i)*62, y + 38})
	}
	c.fill(ellipse(x-136, y-14, 9, 9), flat(hex(0xf4ead8)))
	c.fill(ellipse(x-136, y-14, 5, 5), flat(hex(0x1a120c)))
	c.fill(ellipse(x+60, y+92, 48, 44), func(px, py float64) (rgb, float64) { // lemon
		d := math.Hypot(px-x-60, (py-y-92)*1.08) / 48
		a := math.Mod(math.Atan2(py-y-92, px-x-60)/(math.Pi/4)+8, 1)
		if d > 0.84 {
			return hex(0xf6cc20), 1
		}
		return hex(0xffec8a).mul(0.95 - 0.3*bell(a, 0, 0.1)*step(d, 0.1, 0.3) + 0.05*r.Float64()), 1
	})
}
