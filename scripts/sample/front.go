package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// streetY is where the shop meets the street.
const streetY = 1225

// drawFront is a small noodle shop in an alley on a rainy night.
func drawFront() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(9, 1))
	c.each(func(x, y float64, _ rgb) rgb { // the sky's last light
		t := y / 700
		p := hex(0x141c3c).mix(hex(0x5a3560), min(1, max(0, t))).mix(hex(0xd0603c), 0.35*math.Exp(-math.Pow((y-620)/160, 2)))
		return p.mul(0.75 + 0.35*fbm(x/300, y/120, 3))
	})
	neighbours(c, r)
	far := c.clone()
	far.blur(7)
	copy(c.pix, far.pix)
	for range 34 {
		col := []rgb{hex(0xffb14d), hex(0xff5a48), hex(0x4fb0ff), hex(0xffe2a0)}[r.IntN(4)]
		x := r.Float64() * 170
		if r.IntN(2) == 0 {
			x = width - x
		}
		c.disc(x, 560+r.Float64()*560, 10+r.Float64()*24, col.mul(0.12+0.35*r.Float64()))
	}
	house(c)
	window(c, 250, 760, 330, 300, r)
	door(c, 640, 690, 330, streetY-690, r)
	eaves(c)
	lamp := []point{{232, 640}, {392, 652}, {552, 640}, {708, 652}, {868, 640}, {1008, 652}}
	for i, p := range lamp {
		c.glow(p.x, p.y, 150, hex(0xff5a1c).mul(0.16))
		lantern(c, p.x, p.y, 54, 66, i)
	}
	bulbs(c)
	board(c)
	plants(c, r)
	street(c, r)
	for range 520 { // rain, only where light catches it
		x, y, l := r.Float64()*width, r.Float64()*height, 16+r.Float64()*34
		c.soft(stroke(1.6, point{x, y}, point{x - l*0.12, y + l}), 0, flat(hex(0xffdcb4)), 0.05+0.10*r.Float64())
	}
	return c.develop(1.3, 0.8, 1)
}

// neighbours are dim buildings at both sides with a few lit windows.
func neighbours(c *canvas, r *rand.Rand) {
	for _, b := range []struct{ x, y, w float64 }{{-40, 260, 250}, {120, 420, 160}, {1010, 200, 290}, {930, 380, 160}} {
		c.fill(rectangle(b.x, b.y, b.w, 1000), func(x, y float64) (rgb, float64) {
			return hex(0x1d1a2c).mul(0.8 + 0.3*fbm(x/40, y/40, 8)).add(hex(0xff8040).mul(0.03 * y / 1000)), 1
		})
		for y := b.y + 50; y < 1000; y += 96 {
			for x := b.x + 26; x < b.x+b.w-50; x += 78 {
				lit := hex(0x12131f)
				if r.Float64() < 0.42 {
					lit = hex(0xffc878).mix(hex(0xff9a50), r.Float64()).mul(0.5 + 0.9*r.Float64())
				}
				c.fill(rectangle(x, y, 44, 56), flat(lit))
			}
		}
	}
	for i := range 5 { // wires
		y := 90 + float64(i)*52
		c.fill(stroke(3.4, point{-20, y}, point{400, y + 92}, point{820, y + 66}, point{1270, y - 40}), flat(hex(0x07080f)))
	}
}

// house is the shop's wall: dark timber above, brick below.
func house(c *canvas) {
	c.fill(path{{110, 470}, {1130, 470}, {1130, streetY}, {110, streetY}}, func(x, y float64) (rgb, float64) {
		plank := math.Floor(x / 51)
		p := hex(0x4a2c1a).mix(hex(0x2a170d), 0.5+0.5*fbm((x+plank*37)/9, (y+plank*91)/170, 12)).mul(1 + 0.25*noise(plank*3.7, 2, 4))
		if d := math.Mod(x, 51); d < 3 {
			p = p.mul(0.4)
		}
		if y > 1085 {
			row := math.Floor((y - 1085) / 28)
			bx := math.Mod(x+row*37, 74)
			p = hex(0x7a3d2a).mul(0.75 + 0.45*noise(math.Floor((x+row*37)/74)*5.1, row*3.3, 6) + 0.2*fbm(x/6, y/6, 5))
			if bx < 4 || math.Mod(y-1085, 28) < 4 {
				p = hex(0x2e2420)
			}
		}
		lit := 0.16 // lanterns light the wall under the eaves
		for _, lx := range []float64{232, 392, 552, 708, 868, 1008} {
			lit += 0.75 * math.Exp(-math.Pow((x-lx)/150, 2)-math.Pow((y-690)/190, 2))
		}
		lit += 0.35 * math.Exp(-math.Pow((y-1130)/160, 2))
		return p.tint(rgb{1.5 * lit, 1.05 * lit, 0.68 * lit}), 1
	})
}

// room is what one sees through glass: warm light, shelves, lamps, people.
func room(c *canvas, p path, cx, base float64, r *rand.Rand) {
	inside := newCanvas(c.w, c.h)
	inside.each(func(x, y float64, _ rgb) rgb {
		k := 1.0 - 0.35*math.Abs(x-cx)/300
		return hex(0xffb45a).mix(hex(0xd9722c), min(1, max(0, (y-700)/420))).mul(1.15 * k)
	})
	for i := range 3 {
		y := 790 + float64(i)*58
		inside.fill(rectangle(cx-200, y, 400, 9), flat(hex(0x5a2c10)))
		for range 12 {
			x := cx - 180 + r.Float64()*360
			h := 16 + r.Float64()*22
			inside.fill(rounded(x, y-h, 20+r.Float64()*14, h, 7), flat(hex(0xe8cfa0).mix(hex(0x8a4a28), r.Float64()).mul(0.8)))
		}
	}
	for i := range 3 {
		inside.glow(cx-130+float64(i)*130, 770, 42, hex(0xffd890).mul(2.2))
	}
	for i := range 4 { // guests
		x := cx - 165 + float64(i)*105 + r.Float64()*22
		y := base - 118 - r.Float64()*34
		inside.fill(ellipse(x, y, 28, 34), flat(hex(0x38180a)))
		inside.fill(smooth(point{x - 62, base + 40}, point{x - 50, y + 62}, point{x, y + 36}, point{x + 50, y + 62}, point{x + 62, base + 40}), flat(hex(0x2e1308).mix(hex(0x6a2418), r.Float64()*0.6)))
	}
	inside.fill(rectangle(cx-260, base-36, 520, 60), flat(hex(0x7a3e18).mul(1.0)))
	inside.blur(4)
	c.fill(p, func(x, y float64) (rgb, float64) { return inside.pix[int(y)*c.w+int(x)].mul(1.0), 1 })
}

func window(c *canvas, x, y, w, h float64, r *rand.Rand) {
	c.fill(rectangle(x-16, y-16, w+32, h+32), flat(hex(0x2a1408)))
	room(c, rectangle(x, y, w, h), x+w/2, y+h, r)
	for i := 1; i < 4; i++ {
		c.fill(rectangle(x+w*float64(i)/4-4, y, 8, h), flat(hex(0x2a1408)))
	}
	c.fill(rectangle(x, y+h*0.36, w, 8), flat(hex(0x2a1408)))
	c.fill(rectangle(x-34, y+h+12, w+68, 22), flat(hex(0x6a3a1c).mul(0.8)))
	c.soft(path{{x + 30, y}, {x + 110, y}, {x + 20, y + h}, {x - 0, y + h}}, 6, flat(hex(0xffffff)), 0.06)
}

// door is a sliding door with a curtain (noren) of four cloths.
func door(c *canvas, x, y, w, h float64, r *rand.Rand) {
	c.fill(rectangle(x-18, y-18, w+36, h+18), flat(hex(0x26110a)))
	room(c, rectangle(x, y, w, h), x+w/2, y+h-40, r)
	for i := range 3 {
		c.fill(rectangle(x+w*float64(i)/2-5, y, 10, h), flat(hex(0x26110a)))
	}
	c.fill(rectangle(x, y+h*0.62, w, 10), flat(hex(0x26110a)))
	c.fill(rectangle(x, y+h-70, w, 70), func(px, py float64) (rgb, float64) { return hex(0x4a2412).mul(0.8 + 0.4*fbm(px/8, py/60, 3)), 1 })
	c.fill(rounded(x-30, y+6, w+60, 12, 6), flat(hex(0x8a5a2c)))
	for i := range 4 {
		cw := w / 4
		cx := x + cw*float64(i)
		sway := 6 * math.Sin(float64(i)*1.9)
		cloth := path{{cx + 2, y + 14}, {cx + cw - 2, y + 14}, {cx + cw - 4 + sway, y + 190}, {cx + 4 + sway, y + 196}}
		c.fill(cloth, func(px, py float64) (rgb, float64) {
			fold := 0.75 + 0.35*math.Sin((px-cx)/cw*9+py/80+float64(i))
			p := hex(0x1d3f7a).mul(1.15 * fold)
			if d := math.Hypot(px-x-w/2, py-y-108); d < 62 && d > 50 || d < 34 { // a ring and a dot: no letters
				p = hex(0xf2e6cf).mul(0.85 * fold)
			}
			return p.mix(hex(0xff9a40), 0.18*(py-y)/200), 0.97
		})
	}
	c.glow(x+w/2, y+h*0.7, 260, hex(0xff9a40).mul(0.10))
}

// eaves is the tiled roof over the front.
func eaves(c *canvas) {
	c.soft(rectangle(110, 560, 1020, 60), 22, flat(hex(0x040308)), 0.75)
	roof := path{{30, 585}, {1212, 585}, {1120, 400}, {122, 400}}
	c.fill(roof, func(x, y float64) (rgb, float64) {
		row := math.Floor((y - 400) / 31)
		v := math.Mod(y-400, 31) / 31
		u := math.Mod(x+row*21+2000, 42)/42 - 0.5
		p := hex(0x39424f).mul(0.35 + 0.8*(1-4*u*u)*0.7 + 0.25*v)
		p = p.mul(0.85 + 0.3*noise(math.Floor((x+row*21)/42)*2.3, row*5, 7))
		return p.add(hex(0xff7a30).mul(0.05 * v)), 1
	})
	c.fill(rounded(24, 578, 1194, 22, 10), flat(hex(0x1a1210)))
	c.fill(rounded(112, 388, 1018, 26, 12), flat(hex(0x2c323c)))
}

// lantern is a lit paper lantern with ribs.
func lantern(c *canvas, x, y, rx, ry float64, i int) {
	c.fill(stroke(4, point{x, 596}, point{x, y - ry}), flat(hex(0x0c0706)))
	c.soft(ellipse(x, y, rx*1.05, ry*1.05), 20, flat(hex(0xff5a20).mul(1.4)), 0.55)
	c.fill(ellipse(x, y, rx, ry), func(px, py float64) (rgb, float64) {
		u, v := (px-x)/rx, (py-y)/ry
		core := math.Exp(-(u*u*1.7 + (v-0.1)*(v-0.1)*1.2))
		p := hex(0xd81408).mul(0.8).mix(hex(0xff5a14).mul(1.9), core*core*0.9)
		rib := math.Abs(math.Mod((v+1)*6.0, 1) - 0.5)
		p = p.mul(0.72 + 0.42*min(1, rib*3.2))
		return p.mul(1 - 0.25*u*u), 1
	})
	c.fill(rounded(x-rx*0.5, y-ry-7, rx, 15, 6), flat(hex(0x120a08)))
	c.fill(rounded(x-rx*0.5, y+ry-8, rx, 15, 6), flat(hex(0x120a08)))
	for k := range 5 {
		tx := x + (float64(k)-2)*5
		c.fill(stroke(2.2, point{tx, y + ry + 6}, point{tx + 2*math.Sin(float64(i+k)), y + ry + 36}), flat(hex(0xc8240f).mul(0.8)))
	}
}

// bulbs is a string of small lights above the roof.
func bulbs(c *canvas) {
	at := func(t float64) point { return point{-20 + t*1290, 250 + 150*math.Sin(t*math.Pi) - 60*t} }
	var line []point
	for i := range 15 {
		line = append(line, at(float64(i)/14))
	}
	c.fill(stroke(3, line...), flat(hex(0x080608)))
	for i := range 22 {
		p := at((float64(i) + 0.5) / 22)
		c.glow(p.x, p.y+14, 30, hex(0xffb860).mul(0.55))
		c.fill(ellipse(p.x, p.y+14, 8, 11), flat(hex(0xfff0c8).mul(2.4)))
	}
}

// board is the sign over the roof: a bowl and its steam, no letters.
func board(c *canvas) {
	x, y, w, h := 400.0, 410.0, 440.0, 132.0
	c.soft(rounded(x, y+10, w, h, 14), 16, flat(hex(0x000000)), 0.8)
	c.fill(rounded(x, y, w, h, 14), func(px, py float64) (rgb, float64) {
		return hex(0x8a5426).mul(0.8 + 0.35*fbm(px/90, py/7, 15) + 0.35*math.Exp(-math.Pow((py-y-h)/60, 2))), 1
	})
	c.fill(rounded(x+12, y+12, w-24, h-24, 8), func(px, py float64) (rgb, float64) {
		return hex(0xf6e2b4).mul(0.95 - 0.0012*math.Abs(px-x-w/2)), 1
	})
	cx, cy := x+w/2, y+72
	ink := flat(hex(0x8a1c10))
	var bowl path
	for i := range 25 {
		a := float64(i) / 24 * math.Pi
		bowl = append(bowl, point{cx + 62*math.Cos(a), cy + 40*math.Sin(a)})
	}
	c.fill(bowl, ink)
	c.fill(rounded(cx-70, cy-7, 140, 10, 5), ink)
	c.fill(rounded(cx-24, cy+34, 48, 10, 4), ink)
	for i := range 3 {
		sx := cx - 28 + float64(i)*28
		c.fill(stroke(6, point{sx, cy - 14}, point{sx + 7, cy - 27}, point{sx - 5, cy - 38}, point{sx + 4, cy - 52}), ink)
	}
	for _, s := range []float64{-1, 1} {
		for k := range 3 {
			c.fill(ellipse(cx+s*(118+float64(k)*32), cy, 8-float64(k)*1.5, 8-float64(k)*1.5), ink)
		}
	}
	c.glow(cx, y+h/2, 190, hex(0xffc070).mul(0.16))
}

// plants stand in pots beside the door.
func plants(c *canvas, r *rand.Rand) {
	for _, p := range []point{{186, streetY}, {606, streetY}, {1046, streetY}} {
		c.soft(ellipse(p.x, p.y+4, 74, 16), 8, flat(hex(0x000000)), 0.7)
		for range 46 {
			a := -math.Pi/2 + (r.Float64()-0.5)*2.3
			l := 60 + r.Float64()*100
			mx, my := p.x+math.Cos(a)*l*0.6, p.y-72+math.Sin(a)*l*0.7
			leaf := hex(0x2f6a2a).mix(hex(0x9ab04a), r.Float64()*0.7).mul(0.35 + 0.5*r.Float64())
			c.fill(stroke(9, point{p.x + (r.Float64()-0.5)*40, p.y - 60}, point{mx, my}, point{p.x + math.Cos(a)*l, p.y - 60 + math.Sin(a)*l}), flat(leaf))
		}
		c.fill(path{{p.x - 56, p.y - 84}, {p.x + 56, p.y - 84}, {p.x + 40, p.y + 6}, {p.x - 40, p.y + 6}}, func(x, y float64) (rgb, float64) {
			u := (x - p.x) / 56
			return hex(0x8a4a30).mul(0.65 - 0.4*u*u + 0.25*u), 1
		})
	}
}

// street mirrors the front in wet stone.
func street(c *canvas, r *rand.Rand) {
	mirror := c.clone()
	mirror.blur(5)
	c.each(func(x, y float64, p rgb) rgb {
		if y < streetY {
			return p
		}
		d := y - streetY
		depth := 1 + d/150 // stones get larger towards the viewer
		row := math.Floor(math.Log(depth) * 13)
		sx := (x-621)/depth/34 + row*0.5
		edge := min(math.Abs(sx-math.Round(sx)), math.Abs(math.Mod(math.Log(depth)*13, 1)-0.5)*0.9)
		stone := hex(0x2c2a33).mul(0.7 + 0.5*noise(math.Floor(sx+0.5)*3.1, row*7.7, 17))
		if edge < 0.07 {
			stone = stone.mul(0.4)
		}
		wave := 16 * fbm(x/46, y/13, 23) * (0.4 + d/300)
		bump := (edge - 0.25) * 30
		my := streetY - d*1.55 + wave + bump
		mx := x + wave*0.5
		m := mirror.pix[int(min(streetY-1, max(0, my)))*c.w+int(min(width-1, max(0, mx)))]
		wet := 0.62 + 0.35*fbm(x/130, y/44, 29)
		if edge < 0.07 {
			wet *= 0.45
		}
		return stone.mul(0.6).add(m.mul(min(0.95, max(0.12, wet)) * (0.95 - d/900)))
	})
	c.soft(rectangle(0, streetY-4, width, 14), 4, flat(hex(0x040306)), 0.8)
	for range 70 { // drops
		x, y := r.Float64()*width, streetY+30+r.Float64()*380
		s := 6 + (y-streetY)/24
		c.soft(stroke(1.8, ellipse(x, y, s, s*0.3)...), 0.6, flat(hex(0xffd0a0)), 0.14)
	}
}
