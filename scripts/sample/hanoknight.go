package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawYardNight is the yard under the stars: lanterns, a fire, two guests.
func drawYardNight() *image.RGBA {
	c := newCanvas(height, width)
	r := rand.New(rand.NewPCG(72, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		p := blend(y/900, hex(0x080d28), hex(0x16205a), hex(0x2f3a7c), hex(0x6a5a8c)).mul(0.62)
		way := (y - 330) + 0.42*(x-830) // the Milky Way
		dust := bell(way, 60*noise(x/200, 1, 3), 130) * (0.55 + 0.9*fbm(x/120, y/120, 5))
		p = p.add(hex(0x9aa8ff).mul(0.22 * max(0, dust)))
		return p.add(hex(0xffc8e0).mul(0.10 * max(0, dust*fbm(x/50, y/50, 8))))
	})
	for range 900 {
		x, y := r.Float64()*wide, r.Float64()*800
		k := math.Pow(r.Float64(), 5)
		if bell((y-330)+0.42*(x-830), 0, 190) > r.Float64()*1.6 {
			k += 0.10
		}
		c.glow(x, y, 0.8+1.5*k, hex(0xfff6e8).mix(hex(0xa8c8ff), r.Float64()).mul(0.25+1.6*k))
	}
	for k := range 2 {
		hill := path{{-20, 1000}}
		for i := range 60 {
			x := float64(i)/59*(wide+40) - 20
			hill = append(hill, point{x, 760 + 50*float64(k) - 130*math.Max(0, 0.35+fbm(x/(380-90*float64(k)), float64(k)*9, 21))})
		}
		c.fill(append(hill, point{wide + 20, 1000}), flat(hex(0x141a38).mul(0.8-0.3*float64(k))))
	}
	for _, house := range []struct{ x, k float64 }{{330, 1}, {1420, 0.8}} { // two wings of the house
		for i := range 4 {
			lattice(c, house.x-210*house.k+float64(i)*105*house.k, 745, 100*house.k, 170*house.k, 0.6)
		}
		c.soft(rectangle(house.x-260*house.k, 690, 520*house.k, 60), 14, flat(hex(0x050408)), 0.8)
		roof{x: house.x, ridge: 600, eave: 705, half: 200 * house.k, span: 330 * house.k, lift: 44}.paint(c, hex(0x6a80d0).mul(0.35))
	}
	c.fill(rectangle(0, 915, wide, 400), func(x, y float64) (rgb, float64) {
		p := hex(0x8a7660).mul(0.16 + 0.05*fbm(x/40, y/16, 3) + 0.03*noise(x/3, y/2, 9))
		d := math.Hypot((x-850)/1.7, y-1080)
		return p.add(hex(0xff8a38).mul(0.55 * bell(d, 0, 250))).add(hex(0xffb060).mul(0.10 * bell(d, 0, 520))), 1
	})
	c.defocus(2.5, func(_, y float64) float64 { return step(y, 880, 980) + step(-y, -560, -440) })
	lanternLine(c, r)
	platform(c)
	guests(c)
	fire(c, 850, 1080, r)
	return c.develop(1.5, 0.8, 72)
}

// lanternLine is a cord with paper lanterns in five colours.
func lanternLine(c *canvas, r *rand.Rand) {
	at := func(t float64) point { return point{-60 + t*(wide+120), 210 + 190*math.Sin(t*math.Pi)} }
	var cord []point
	for i := range 17 {
		cord = append(cord, at(float64(i)/16))
	}
	c.thread(4, even(hex(0x0a0a12), 1), cord...)
	colors := []rgb{hex(0xff5a4a), hex(0x4a8aff), hex(0xffc04a), hex(0xff7ab0), hex(0x58c890)}
	for i := range 9 {
		p := at((float64(i) + 0.5) / 9)
		paperLamp(c, p.x, p.y+86, 50, colors[i%5])
	}
}

// platform is the low wooden platform where guests sit.
func platform(c *canvas) {
	top := path{{1040, 1010}, {1470, 1010}, {1540, 1100}, {1030, 1100}}
	c.soft(path{{1030, 1100}, {1540, 1100}, {1560, 1190}, {1080, 1190}}, 20, flat(hex(0x040306)), 0.8)
	c.fill(top, func(x, y float64) (rgb, float64) {
		return board0(x, y*6, 62, hex(0xb07844), hex(0x6a4022), 5).mul(0.35 + 0.5*bell(x, 1030, 260)), 1
	})
	c.fill(rectangle(1030, 1100, 510, 22), func(x, _ float64) (rgb, float64) { return timber.mul(0.25 + 0.9*bell(x, 1030, 220)), 1 })
	for _, x := range []float64{1050, 1500} {
		c.fill(rectangle(x, 1122, 26, 56), flat(timber.mul(0.25)))
	}
}

// guests are two people who sit and look up, the fire on their faces.
func guests(c *canvas) {
	for i, x := range []float64{1170, 1310} {
		coat := []rgb{hex(0xa83a3a), hex(0x3a5aa0)}[i]
		lit := 0.75 - 0.22*float64(i)
		body := smooth(point{x - 66, 1046}, point{x - 58, 930}, point{x - 10, 880}, point{x + 46, 920}, point{x + 70, 1046})
		c.soft(ellipse(x+40, 1050, 110, 20), 12, flat(hex(0x040306)), 0.7)
		c.fill(body, func(px, py float64) (rgb, float64) {
			return coat.mul(lit * (0.22 + 1.1*bell(px, x-60, 46) + 0.08*fbm(px/12, py/12, 4))), 1
		})
		knees := smooth(point{x - 90, 1052}, point{x - 96, 1000}, point{x - 40, 985}, point{x + 60, 1030}, point{x + 70, 1056})
		c.fill(knees, func(px, _ float64) (rgb, float64) { return hex(0x3a3440).mul(lit * (0.3 + 1.2*bell(px, x-96, 60))), 1 })
		hx, hy := x-8.0, 838.0
		c.fill(ellipse(hx, hy, 36, 42), func(px, _ float64) (rgb, float64) {
			return hex(0xf0b890).mul(lit * (0.25 + 1.25*bell(px, hx-36, 36))), 1
		})
		hairCap := smooth(point{hx - 26, hy - 40}, point{hx + 22, hy - 48}, point{hx + 46, hy - 4}, point{hx + 38 + 8*float64(i), hy + 44 + 30*float64(i)}, point{hx + 12, hy + 30}, point{hx + 4, hy - 16})
		c.fill(hairCap, func(px, _ float64) (rgb, float64) { return hex(0x2a1810).mul(0.35 + 0.9*bell(px, hx-30, 30)), 1 })
		c.thread(20, func(t float64) (rgb, float64) { return coat.mul(lit * (0.9 - 0.3*t)), 1 }, point{x - 34, 930}, point{x - 66, 990}, point{x - 92, 968})
		cup := point{x - 98, 956}
		c.fill(rounded(cup.x-15, cup.y-16, 30, 32, 6), tube(hex(0xf4e8d8).mul(lit), cup.x-22, cup.x+24))
	}
}

// fire burns in an iron bowl.
func fire(c *canvas, x, y float64, r *rand.Rand) {
	c.soft(ellipse(x, y+52, 150, 30), 14, flat(hex(0x050304)), 0.7)
	for i := range 5 {
		a := -0.5 + 0.25*float64(i)
		c.thread(24, even(hex(0x3a2014).mul(0.7), 1), point{x - 80*math.Cos(a), y + 10 - 40*a}, point{x + 80*math.Cos(a), y - 16 + 50*a})
	}
	c.glow(x, y-70, 190, hex(0xff7a28).mul(0.7))
	for i := range 26 {
		t := float64(i) / 26
		px := x + (r.Float64()-0.5)*150*(1-0.3*t)
		h := 70 + r.Float64()*150*(1-math.Abs(px-x)/110)
		sway := (r.Float64() - 0.5) * 40
		flameShape := smooth(point{px - 22*(1-0.5*t), y + 4}, point{px - 18*(1-0.5*t) + sway*0.3, y - h*0.45}, point{px + sway, y - h}, point{px + 20*(1-0.5*t) + sway*0.4, y - h*0.4}, point{px + 20*(1-0.5*t), y + 4})
		c.soft(flameShape, 6, flat(blend(t, hex(0xff4a10).mul(1.3), hex(0xff9a2a).mul(2), hex(0xfff0b0).mul(2.6))), 0.55)
	}
	bowl := path{}
	for i := range 25 {
		a := float64(i) / 24 * math.Pi
		bowl = append(bowl, point{x + 128*math.Cos(a), y + 4 + 60*math.Sin(a)})
	}
	c.fill(bowl, func(px, py float64) (rgb, float64) {
		return hex(0x22262c).mul(0.5 + 0.9*bell(px, x-70, 40)).add(hex(0xff7a30).mul(0.5 * bell(py, y+4, 12))), 1
	})
	for range 90 { // sparks
		h := r.Float64()
		c.glow(x+(r.Float64()-0.5)*(90+260*h), y-60-h*520, 1.4+r.Float64()*1.8, hex(0xffa040).mul((1-h)*1.8*r.Float64()))
	}
}
