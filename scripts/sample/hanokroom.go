package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawOndol is a room with bedding laid out, the morning sun in the paper doors.
func drawOndol() *image.RGBA {
	c := newCanvas(height, width)
	r := rand.New(rand.NewPCG(73, 1))
	const floor = 730.0
	c.each(func(x, y float64, _ rgb) rgb { // papered walls
		return hex(0xf2e4cc).mul(0.55 + 0.35*bell(x, 800, 700) + 0.03*fbm(x/50, y/50, 3))
	})
	c.fill(rectangle(0, 0, wide, 130), flat(hex(0xe8dcc4).mul(0.5)))
	for i := range 15 { // rafters
		x := 40 + float64(i)*112
		c.thread(44, func(t float64) (rgb, float64) { return timber.mul(0.8 - 0.25*t), 1 }, point{x + (x-828)*0.25, -20}, point{x, 116})
		c.thread(12, even(timber.mul(1.4), 0.5), point{x + (x-828)*0.25 - 10, -20}, point{x - 10, 116})
	}
	c.fill(rectangle(0, 108, wide, 50), tube(timber.mul(1.1), -900, 2600))
	for _, x := range []float64{120, 1536} {
		c.fill(rectangle(x-30, 120, 60, floor-120), tube(timber.mul(1.1), x-30, x+30))
	}
	for i := range 4 {
		lattice(c, 300+float64(i)*250, 210, 244, floor-222, []float64{0.85, 1.15, 1.3, 1.05}[i])
	}
	c.fill(rectangle(270, 176, 1056, 34), tube(timber, -300, 2000))
	c.fill(rectangle(0, floor-14, wide, 20), flat(timber.mul(0.7)))
	ondolFloor(c, floor)
	chest(c, 1400, floor+36, r)
	bedding(c)
	teaTable(c, 300, 960, 1)
	c.light(path{{520, 200}, {1300, 200}, {1120, low}, {100, low}}, 120, rgb{0.22, 0.16, 0.06})
	for range 60 { // dust in the sun
		c.glow(300+r.Float64()*1000, 250+r.Float64()*800, 1.5+r.Float64()*2, hex(0xfff0c8).mul(0.10+0.12*r.Float64()))
	}
	return c.develop(1.22, 0.5, 73)
}

// ondolFloor is oiled paper with the doors' pattern of sun on it.
func ondolFloor(c *canvas, top float64) {
	c.fill(rectangle(0, top+4, wide, low-top), func(x, y float64) (rgb, float64) {
		d := (y - top) / (low - top)
		p := hex(0xd8a458).mul(0.62 + 0.06*fbm(x/120, y/40, 5))
		depth := 1 + 1.3*d
		u, v := (x-828)/depth/210, math.Log(depth)*4.2
		if math.Abs(u-math.Round(u)) < 0.008 || math.Abs(v-math.Round(v)) < 0.014 {
			p = p.mul(0.8)
		}
		sx := (x - 60*d*4) / (1 + 0.35*d) // the sun comes in slanting
		bar := math.Abs(math.Mod(sx/27+40, 1)-0.5) * 2
		lit := bell(sx, 740, 420) * step(d, 0.02, 0.12) * (1 - step(d, 0.55, 0.95)) * step(bar, 0.12, 0.4)
		return p.add(hex(0xffd890).mul(0.55 * lit)).add(hex(0xfff4e0).mul(0.35 * bell(d, 0, 0.12) * bell(x, 800, 520))), 1
	})
}

// bedding is a mattress, a quilt with a patchwork hem, and two pillows.
func bedding(c *canvas) {
	at := func(u, v, lift float64) point { // u to the right, v towards the viewer, in the bed's own 0 to 1
		l, r := 600-130*v, 1090+170*v
		return point{l + (r-l)*u, 800 + 330*v - lift}
	}
	quad := func(u0, v0, u1, v1, lift float64) path {
		return path{at(u0, v0, lift), at(u1, v0, lift), at(u1, v1, lift), at(u0, v1, lift)}
	}
	c.soft(quad(-0.02, 0, 1.03, 1.06, 0), 22, flat(hex(0x2a1606)), 0.6)
	c.fill(quad(-0.01, -0.02, 1.01, 1.03, 0), flat(hex(0xd8c8b0).mul(0.6)))
	c.fill(quad(-0.01, -0.02, 1.01, 1.0, 26), func(x, y float64) (rgb, float64) { return hex(0xfaf2e4).mul(0.9 + 0.05*fbm(x/30, y/14, 3)), 1 })
	for i, u := range []float64{0.09, 0.53} { // pillows
		col := []rgb{hex(0xe89a90), hex(0x7ab8a4)}[i]
		l, r := at(u, 0.2, 0), at(u+0.36, 0.2, 0)
		p := rounded(l.x, l.y-92, r.x-l.x, 76, 36)
		c.shade(p, 6, 22, 12, 0.5)
		c.fill(p, func(x, y float64) (rgb, float64) {
			v := (y - l.y + 92) / 76
			q := col
			if t := (x - l.x) / (r.x - l.x); t > 0.2 && t < 0.8 {
				q = hex(0xf8f0e2)
			}
			return q.mul(0.5 + 0.5*bell(v, 0.3, 0.4) + 0.05*fbm(x/24, y/16, 7)), 1
		})
	}
	patch := []rgb{hex(0xd86a7a), hex(0xf0b85a), hex(0x6aa890), hex(0x6a8ac0), hex(0xe8a0b0), hex(0xa888c0)}
	c.soft(quad(-0.04, 0.36, 1.05, 1.1, 6), 16, flat(hex(0x4a3018)), 0.55)
	silk := func(col rgb) shader {
		return func(x, y float64) (rgb, float64) {
			return col.mul(0.74 + 0.22*math.Sin(x/58+1.2*noise(x/90, y/50, 4))*bell(y, 1000, 160) + 0.16*fbm(x/60, y/24, 6) + 0.12*bell(x, 760, 200)), 1
		}
	}
	c.fill(quad(-0.03, 0.34, 1.03, 1.07, 40), silk(hex(0x7ab0a0)))
	c.fill(path{at(-0.03, 1.07, 40), at(1.03, 1.07, 40), at(1.035, 1.07, 4), at(-0.035, 1.07, 4)}, silk(hex(0x3f6a5e)))
	for i := range 12 {
		u := -0.03 + 1.06*float64(i)/12
		c.fill(quad(u, 0.84, u+1.06/12, 0.96, 40), silk(patch[i%6]))
	}
	c.fill(quad(-0.03, 0.34, 1.03, 0.46, 46), silk(hex(0xfdf6ea)))
	c.shade(quad(-0.03, 0.455, 1.03, 0.47, 44), 0, 2, 4, 0.3)
}

// chest is a low chest with brass fittings and folded quilts on it.
func chest(c *canvas, x, base float64, r *rand.Rand) {
	c.soft(rectangle(x-150, base-16, 320, 40), 16, flat(hex(0x1a0c04)), 0.6)
	c.fill(rectangle(x-150, base-220, 300, 220), func(px, py float64) (rgb, float64) {
		return board0(py*1.4, px*2, 110, hex(0x8a4a24), hex(0x4a2410), 9).mul(0.95), 1
	})
	for _, dx := range []float64{-118, 118} {
		for _, dy := range []float64{-196, -24} {
			c.fill(rounded(x+dx-24, base+dy-18, 48, 36, 4), tube(brass, x+dx-24, x+dx+24))
		}
	}
	c.fill(ellipse(x, base-112, 44, 44), orb(brass.mul(0.9), x, base-112, 60))
	c.fill(rounded(x-10, base-122, 20, 36, 4), flat(hex(0x4a2410)))
	for i, col := range []rgb{hex(0xd86a7a), hex(0xf4e8d4), hex(0x6a8ac0), hex(0xf0b85a)} {
		y := base - 262 - float64(i)*44
		w := 128 - float64(i)*5 + 4*r.Float64()
		c.shade(rounded(x-w, y, 2*w, 44, 20), 3, 8, 8, 0.4)
		c.fill(rounded(x-w, y, 2*w, 44, 20), func(px, py float64) (rgb, float64) {
			return col.mul(0.62 + 0.45*bell(py, y+14, 16) + 0.05*noise(px/5, py/5, 3)), 1
		})
	}
}

// teaTable is a low table with a pot and cups; (x, y) is the middle of its top.
func teaTable(c *canvas, x, y, s float64) {
	c.soft(ellipse(x+14*s, y+128*s, 220*s, 44*s), 18*s, flat(hex(0x1a0c04)), 0.6)
	for _, dx := range []float64{-150, 150} {
		c.fill(path{{x + dx*s - 14*s, y}, {x + dx*s + 14*s, y}, {x + dx*0.92*s + 16*s, y + 130*s}, {x + dx*0.92*s - 16*s, y + 130*s}}, tube(timber.mul(0.9), x+dx*s-20*s, x+dx*s+20*s))
	}
	c.fill(ellipse(x, y+16*s, 210*s, 66*s), flat(timber.mul(0.4)))
	c.fill(ellipse(x, y, 210*s, 64*s), func(px, py float64) (rgb, float64) {
		return board0(px, py*5, 70*s, hex(0xb06a38), hex(0x6a3818), 13).mul(0.75 + 0.5*bell(px, x+60*s, 90*s)), 1
	})
	pot := hex(0x8fb0a0) // celadon
	px, py := x-46*s, y-66*s
	c.soft(ellipse(px+8*s, y+4*s, 76*s, 18*s), 8*s, flat(hex(0x1a0c04)), 0.6)
	c.thread(15*s, even(pot.mul(0.75), 1), point{px - 58*s, py + 10*s}, point{px - 104*s, py - 22*s}, point{px - 112*s, py - 40*s})
	c.thread(11*s, even(pot.mul(0.6), 1), point{px + 56*s, py - 30*s}, point{px + 104*s, py - 26*s}, point{px + 96*s, py + 28*s}, point{px + 56*s, py + 32*s})
	c.fill(smooth(point{px - 40*s, py - 56*s}, point{px + 40*s, py - 56*s}, point{px + 76*s, py + 10*s}, point{px + 44*s, py + 64*s}, point{px - 44*s, py + 64*s}, point{px - 76*s, py + 10*s}), orb(pot, px, py, 80*s))
	c.fill(ellipse(px, py-56*s, 42*s, 11*s), flat(pot.mul(0.55)))
	c.fill(ellipse(px, py-61*s, 36*s, 10*s), flat(pot.mul(0.95)))
	c.fill(ellipse(px, py-74*s, 10*s, 9*s), orb(pot, px, py-74*s, 11*s))
	for _, d := range []point{{84, -6}, {130, 14}} {
		cx, cy := x+d.x*s, y+d.y*s
		c.soft(ellipse(cx+4*s, cy+20*s, 34*s, 9*s), 4*s, flat(hex(0x1a0c04)), 0.6)
		c.fill(path{{cx - 32*s, cy - 22*s}, {cx + 32*s, cy - 22*s}, {cx + 20*s, cy + 20*s}, {cx - 20*s, cy + 20*s}}, tube(pot.mul(1.1), cx-32*s, cx+32*s))
		c.fill(ellipse(cx, cy-22*s, 32*s, 9*s), flat(pot.mul(1.25)))
		c.fill(ellipse(cx, cy-20*s, 26*s, 6.5*s), flat(hex(0xb87a2c)))
		for k := range 4 { // steam
			h := float64(k) * 34 * s
			c.soft(ellipse(cx+10*s*math.Sin(float64(k)*1.7), cy-48*s-h, 14*s+float64(k)*3*s, 20*s), 9*s, flat(hex(0xfff8f0)), 0.16)
		}
	}
}

// drawSea is the view from the room to the sea as the sun comes up.
func drawSea() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(74, 1))
	const horizon, sunX, sunY = 640.0, 690.0, 560.0
	c.each(func(x, y float64, _ rgb) rgb {
		if y < horizon {
			p := blend((y-150)/(horizon-150), hex(0x5a86c8), hex(0xb0a8d0), hex(0xffc09a), hex(0xffd890))
			d := math.Hypot(x-sunX, y-sunY)
			cloud := max(0, fbm(x/260, y/46, 5)-0.06)
			p = p.add(hex(0xffb8a0).mul(0.7 * cloud)).add(hex(0xffdc90).mul(0.8 * bell(d, 0, 210)))
			return p.add(hex(0xfff4d0).mul(3 * step(-d, -47, -44)))
		}
		d := (y - horizon) / 420
		p := blend(d, hex(0xe8a88c), hex(0x5a8ab0), hex(0x1f5a86), hex(0x174668)).mul(0.85)
		wave := fbm(x/(20+120*d), y/(3+16*d), 9)
		path := bell(x, sunX, 36+240*d)
		return p.mul(0.92 + 0.35*wave).add(hex(0xffe0a0).mul(1.5 * path * max(0, wave*1.6+0.12) * (1 - 0.4*d)))
	})
	for k, isle := range []struct{ x, w, h float64 }{{330, 190, 74}, {980, 150, 54}, {210, 90, 36}} {
		var p path
		for i := range 25 {
			t := float64(i) / 24
			p = append(p, point{isle.x + isle.w*(2*t-1), horizon + 4 - isle.h*math.Pow(math.Sin(math.Pi*t), 0.7)*(0.8+0.3*noise(t*7, float64(k), 3))})
		}
		c.fill(p, func(_, y float64) (rgb, float64) {
			return hex(0x5a5a80).mix(hex(0xd89a98), step(y, horizon-60, horizon+4)*0.6).mul(0.7), 1
		})
	}
	for range 7 { // gulls
		x, y, s := 300+r.Float64()*620, 330+r.Float64()*170, 10+r.Float64()*12
		c.thread(3, even(hex(0x4a4a68), 0.9), point{x - s, y - s*0.35}, point{x - s*0.4, y - s*0.3}, point{x, y}, point{x + s*0.4, y - s*0.3}, point{x + s, y - s*0.35})
	}
	pine(c, 120, 1050, r)
	c.defocus(1.6, func(_, _ float64) float64 { return 0.3 })
	seaRoom(c)
	teaTable(c, 640, 1330, 1.35)
	c.light(path{{420, 1080}, {900, 1080}, {1160, height}, {180, height}}, 80, rgb{0.5, 0.3, 0.1})
	return c.develop(1.18, 0.5, 74)
}

// seaRoom is the dark room around the opening, its doors folded back.
func seaRoom(c *canvas) {
	const x0, x1, top, sill = 168.0, 1074.0, 190.0, 1060.0
	wood := func(k float64) shader {
		return func(x, y float64) (rgb, float64) {
			return board0(x, y*1.5, 84, hex(0x8a5430), hex(0x4a2a16), 3).mul(k), 1
		}
	}
	for _, p := range []path{rectangle(0, 0, width, top), rectangle(0, 0, x0, height), rectangle(x1, 0, width-x1, height)} {
		c.fill(p, wood(0.32))
	}
	c.fill(rectangle(0, sill, width, height-sill), func(x, y float64) (rgb, float64) {
		d := (y - sill) / (height - sill)
		p := board0((x-690)/(1+1.1*d)+900, 420/(1+d), 58, hex(0xa86a3c), hex(0x6a3c1e), 5).mul(0.42)
		return p.add(hex(0xffc890).mul(0.62 * bell((x-690)/(1+1.2*d), 0, 190) * (1 - 0.75*d))), 1
	})
	for _, s := range []float64{-1, 1} { // the doors stand open, seen at an angle
		a, b := x0, x0-150
		if s > 0 {
			a, b = x1, x1+150
		}
		leaf := path{{a, top}, {b, top - 90}, {b, sill + 130}, {a, sill}}
		c.fill(leaf, func(x, y float64) (rgb, float64) {
			t := (x - a) / (b - a)
			u, v := math.Mod(t*5, 1), math.Mod((y-top+90*t)/(sill-top+220*t)*15, 1)
			if u < 0.12 || v < 0.10 || t > 0.93 || t < 0.05 {
				return timber.mul(0.42), 1
			}
			return hex(0xffe4c0).mul(0.62 - 0.25*t), 1
		})
	}
	for _, p := range []path{rectangle(x0-14, top-40, x1-x0+28, 44), rectangle(x0-16, top-20, 26, sill-top+30), rectangle(x1-10, top-20, 26, sill-top+30)} {
		c.fill(p, wood(0.5))
	}
	c.fill(rectangle(x0-30, sill-12, x1-x0+60, 30), flat(timber.mul(0.8).add(hex(0xffb070).mul(0.12))))
	c.fill(rectangle(x0-30, sill-12, x1-x0+60, 5), flat(hex(0xffd8a0).mul(0.9)))
}
