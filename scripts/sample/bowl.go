package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// table paints planks of wood, lit from the upper left.
func table(c *canvas, light, dark rgb, plank float64, seed uint64) {
	c.each(func(x, y float64, _ rgb) rgb {
		n := math.Floor(x / plank)
		shift := noise(n*7.3, 1, seed) * 40
		grain := fbm((x+shift*9)/14, (y+shift*50)/260, seed+uint64(int64(n)&31))
		rings := math.Sin((x+shift)/9 + 6*fbm((x+shift*3)/90, y/420, seed+3))
		t := 0.5 + 0.42*grain + 0.1*rings
		p := dark.mix(light, min(1, max(0, t)))
		p = p.mul(0.9 + 0.12*noise(n*3.1, 4, seed))
		if edge := math.Abs(x - math.Round(x/plank)*plank); edge < 2.5 {
			p = p.mul(0.35 + 0.2*edge)
		}
		return p
	})
}

// drawBowl is a bowl of noodle soup on a wooden table, steaming.
func drawBowl() *image.RGBA {
	c := newCanvas(width, height)
	table(c, hex(0x9a6236), hex(0x4a2a16), 207, 11)
	// Light falls in from the upper left and dies towards the lower right; the far end is out of focus.
	c.each(func(x, y float64, p rgb) rgb {
		k := 1.15 - 0.55*x/width - 0.25*y/height
		return p.tint(rgb{1.1 * k, 0.95 * k, 0.8 * k})
	})
	far := c.clone()
	far.blur(9)
	r := rand.New(rand.NewPCG(4, 4))
	for range 15 {
		warm := hex(0xffb055).mix(hex(0xff6a3a), r.Float64())
		far.disc(r.Float64()*width, r.Float64()*300-40, 30+r.Float64()*60, warm.mul(0.05+0.16*r.Float64()))
	}
	c.each(func(x, y float64, p rgb) rgb {
		t := min(1, max(0, (y-60)/560))
		t *= t * (3 - 2*t)
		return far.pix[int(y)*c.w+int(x)].mul(0.45+0.55*t).mix(p, t)
	})
	const cx, cy, rx, ry = 621, 900, 440, 352
	chopsticks(c, 985, 520, 1120, 1440)
	// The shadow on the table, then the outside of the bowl.
	c.soft(ellipse(cx+60, cy+175, rx*0.98, ry*0.88), 46, flat(hex(0x0c0502)), 0.85)
	var body path // round shoulders that narrow to the foot
	for i := range 41 {
		t := float64(i)/20 - 1
		body = append(body, point{cx + rx*t*(1-0.02*t*t), cy + 450*math.Pow(1-math.Pow(math.Abs(t), 2.6), 0.62)})
	}
	c.fill(body, func(x, y float64) (rgb, float64) {
		u := (x - cx) / rx
		shade := 0.28 + 0.62*math.Exp(-math.Pow((u+0.45)/0.42, 2)) + 0.10*math.Exp(-math.Pow((u-0.85)/0.1, 2))
		p := hex(0x3a5a78).mul(1.5 * shade * (1 - 0.4*(y-cy)/480))
		// A band of paler glaze with brushed edges.
		if v := y - cy - 352*math.Sqrt(max(0, 1-u*u)) - 32 + 7*fbm(x/60, y/20, 8); math.Abs(v) < 9 {
			p = p.mix(hex(0xc9bfa8).mul(shade), 0.55)
		}
		return p.mul(0.94 + 0.12*fbm(x/7, y/7, 5)), 1
	})
	rim(c, cx, cy, rx, ry)
	const bx, by = rx - 38, ry - 34
	c.fill(ellipse(cx, cy, bx, by), func(x, y float64) (rgb, float64) {
		u, v := (x-cx)/bx, (y-cy)/by
		d := math.Hypot(u, v)
		p := hex(0xd9782c).mix(hex(0xa83a12), 0.5+0.6*fbm(x/70, y/60, 21)).mul(1.05 - 0.28*u - 0.18*v)
		p = p.mul(1 - 0.5*math.Exp(-(1-d)*9)) // the wall's shadow
		return p, 1
	})
	noodles(c, cx, cy, bx*0.86, by*0.84, r)
	oil(c, cx, cy, bx, by, r)
	toppings(c, cx, cy, r)
	steam(c, cx, 470, 31)
	return c.develop(1.25, 0.55, 2)
}

// rim is the bowl's lip, brighter where the light meets it.
func rim(c *canvas, cx, cy, rx, ry float64) {
	c.fill(ellipse(cx, cy, rx, ry), func(x, y float64) (rgb, float64) {
		a := math.Atan2((y-cy)/ry, (x-cx)/rx)
		lit := 0.42 + 0.75*math.Pow(max(0, math.Cos(a+2.3)), 2) + 0.25*math.Pow(max(0, math.Cos(a-0.6)), 6)
		return hex(0xd8cdb8).mul(lit), 1
	})
	c.fill(ellipse(cx+2, cy+5, rx-20, ry-18), func(x, y float64) (rgb, float64) {
		a := math.Atan2((y-cy)/ry, (x-cx)/rx)
		lit := 0.22 + 0.5*math.Pow(max(0, math.Cos(a-0.8)), 2)
		return hex(0xb8ab94).mul(lit), 1
	})
}

func noodles(c *canvas, cx, cy, rx, ry float64, r *rand.Rand) {
	for i := range 190 {
		depth := float64(i) / 190
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.8
		x, y := cx+rx*d*math.Cos(a), cy+ry*d*math.Sin(a)
		dir := a + math.Pi/2 + (r.Float64()-0.5)*1.6
		bend := (r.Float64() - 0.5) * 1.5
		var pts []point
		for range 6 {
			if u, v := (x-cx)/rx, (y-cy)/ry; u*u+v*v > 1 {
				dir = math.Atan2(cy-y, cx-x) + (r.Float64()-0.5)*0.8
			}
			pts = append(pts, point{x, y})
			x += math.Cos(dir) * 46
			y += math.Sin(dir) * 38
			dir += bend * 0.5
		}
		w := 13 + r.Float64()*6
		c.soft(stroke(w+3, pts...).moved(4, 8), 4, flat(hex(0x4a1a06)), 0.55)
		base := hex(0xf3d9a0).mix(hex(0xd9a860), r.Float64()*0.6).mul(0.62 + 0.42*depth)
		c.fill(stroke(w, pts...), func(x, y float64) (rgb, float64) { return base.mul(1.08 - 0.32*(x-cx)/rx - 0.15*(y-cy)/ry), 0.96 })
		c.soft(stroke(w*0.28, pts...).moved(-2.2, -2.6), 1, flat(hex(0xfff3d0).mul(1.15)), 0.5)
	}
}

// oil is drops of chili oil that catch the light.
func oil(c *canvas, cx, cy, rx, ry float64, r *rand.Rand) {
	for range 120 {
		a, d := r.Float64()*2*math.Pi, 0.62+0.34*math.Sqrt(r.Float64())
		x, y, s := cx+rx*d*math.Cos(a), cy+ry*d*math.Sin(a), 4+r.Float64()*12
		c.fill(ellipse(x, y, s, s*0.8), flatA(hex(0xe25a12).mul(0.9), 0.5))
		c.fill(ellipse(x-s*0.25, y-s*0.3, s*0.3, s*0.2), flatA(hex(0xfff0c8).mul(1.5), 0.8))
	}
}

func flatA(c rgb, a float64) shader { return func(_, _ float64) (rgb, float64) { return c, a } }

func toppings(c *canvas, cx, cy float64, r *rand.Rand) {
	egg(c, cx-160, cy-80, -18)
	egg(c, cx-30, cy-150, 14)
	for i, p := range []point{{165, 45}, {235, -30}, {105, 125}, {205, 130}} {
		clam(c, cx+p.x, cy+p.y, float64(i)*47-60)
	}
	for i := range 7 { // zucchini
		t := float64(i)
		x, y := cx-245+t*44, cy+75+t*13+8*math.Sin(t*2)
		slice := rounded(x, y, 78, 24, 11).turned(x+39, y+12, 58+9*t)
		c.soft(slice.moved(5, 9), 6, flat(hex(0x381405)), 0.6)
		c.fill(slice, func(px, py float64) (rgb, float64) {
			edge := math.Abs(noise(px/30, py/30, 3))
			return hex(0xbcd873).mix(hex(0x4f8a2c), edge*0.9).mul(0.95), 1
		})
	}
	for range 46 { // spring onion rings
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.72
		x, y, s := cx+290*d*math.Cos(a), cy+220*d*math.Sin(a), 11+r.Float64()*9
		green := hex(0x57a630).mix(hex(0xb4dc6a), r.Float64())
		c.soft(ellipse(x+3, y+6, s, s*0.8), 4, flat(hex(0x3a1406)), 0.5)
		c.fill(ellipse(x, y, s, s*0.78), flat(green))
		c.fill(ellipse(x-1, y-1, s*0.55, s*0.42), flat(hex(0xe7f2b8).mul(0.75)))
		c.fill(ellipse(x-s*0.35, y-s*0.42, s*0.26, s*0.16), flatA(hex(0xffffff).mul(1.3), 0.8))
	}
	for range 16 { // red chili
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.7
		x, y := cx+290*d*math.Cos(a), cy+220*d*math.Sin(a)
		p := ellipse(x, y, 18, 8).turned(x, y, r.Float64()*180)
		c.soft(p.moved(3, 5), 3, flat(hex(0x2a0a04)), 0.5)
		c.fill(p, flat(hex(0xd8200f)))
		c.fill(ellipse(x-3, y-3, 6, 2.2), flatA(hex(0xffd0b0).mul(1.4), 0.8))
	}
	for range 150 { // sesame
		a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.8
		x, y := cx+335*d*math.Cos(a), cy+260*d*math.Sin(a)
		c.fill(ellipse(x, y, 5, 3).turned(x, y, r.Float64()*180), flat(hex(0xfbe7b5)))
	}
}

// egg is half a boiled egg.
func egg(c *canvas, x, y, turn float64) {
	c.soft(ellipse(x+10, y+16, 100, 76).turned(x, y, turn), 10, flat(hex(0x2a0d04)), 0.7)
	c.fill(ellipse(x, y, 100, 76).turned(x, y, turn), func(px, py float64) (rgb, float64) {
		return hex(0xfdf6e8).mul(1.02 - 0.0028*(px-x) - 0.0022*(py-y)), 1
	})
	c.fill(ellipse(x+8, y+4, 55, 45).turned(x, y, turn), func(px, py float64) (rgb, float64) {
		d := math.Hypot((px-x-8)/55, (py-y-4)/45)
		return hex(0xffb01c).mix(hex(0xe0680a), d*d*0.8).mul(1.12 - 0.002*(px-x)), 1
	})
	c.soft(ellipse(x-14, y-16, 22, 10).turned(x, y, -24), 4, flat(hex(0xfff6d8).mul(1.6)), 0.75)
}

// clam is an open shell.
func clam(c *canvas, x, y, turn float64) {
	shell := smooth(point{x - 62, y + 10}, point{x - 44, y - 38}, point{x, y - 54}, point{x + 44, y - 38}, point{x + 62, y + 10}, point{x, y + 36}).turned(x, y, turn)
	c.soft(shell.moved(8, 12), 8, flat(hex(0x240a04)), 0.7)
	s, k := math.Sincos(turn * math.Pi / 180)
	c.fill(shell, func(px, py float64) (rgb, float64) {
		dx, dy := px-x, py-y
		lx, ly := dx*k+dy*s, -dx*s+dy*k
		d := math.Hypot(lx/62, (ly-36)/90)
		ring := 0.5 + 0.5*math.Sin(d*34+2*noise(lx/20, ly/20, 9))
		return hex(0xd8c3a4).mix(hex(0x7c5a40), 0.75*ring*d).mul(1.0 - 0.004*dx - 0.003*dy), 1
	})
	c.fill(ellipse(x, y+4, 44, 24).turned(x, y, turn), flat(hex(0xf2e6d6).mul(0.8)))
	c.soft(ellipse(x+4, y+6, 30, 15).turned(x, y, turn), 3, flat(hex(0xe89a4c)), 0.95)
	c.soft(ellipse(x-8, y-1, 12, 5).turned(x, y, turn), 2, flat(hex(0xffffff).mul(1.3)), 0.7)
}

// chopsticks lie on a stone rest.
func chopsticks(c *canvas, x0, y0, x1, y1 float64) {
	for i := range 2 {
		dx := float64(i) * 46
		p := path{{x0 + dx - 6, y0}, {x0 + dx + 6, y0}, {x1 + dx*0.6 + 13, y1}, {x1 + dx*0.6 - 13, y1}}
		c.soft(p.moved(20, 26), 10, flat(hex(0x0a0402)), 0.7)
		c.fill(p, func(x, y float64) (rgb, float64) {
			t := (y - y0) / (y1 - y0)
			mid := x0 + dx + (x1+dx*0.6-x0-dx)*t
			round := 1 - math.Pow((x-mid+3)/(7+7*t), 2)
			p := hex(0x6d1f16).mix(hex(0x2a0a08), t)
			if t > 0.86 {
				p = hex(0xd6a84a)
			}
			return p.mul(0.35 + 0.95*max(0, round)), 1
		})
	}
}

// steam adds warm wisps that rise and thin out.
func steam(c *canvas, cx, top float64, seed uint64) {
	c.each(func(x, y float64, p rgb) rgb {
		if y > 1080 {
			return p
		}
		rise := (1080 - y) / (1080 - top + 300)
		u := (x - cx + 70*math.Sin(y/130)*rise) / (260 + 130*rise)
		spread := math.Exp(-u * u)
		w := fbm(x/150+0.8*fbm(x/210, y/260, seed), y/300+1.2*rise, seed+5)
		fine := fbm(x/52, y/120, seed+9)
		k := max(0, w*1.3+0.28+0.3*fine) * spread * math.Sin(math.Pi*min(1, max(0, rise)))
		return p.mix(rgb{1.0, 0.94, 0.86}, min(0.62, k*0.62))
	})
}
