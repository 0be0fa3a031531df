package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawMap is a model of the neighbourhood in evening light, with a pin at the shop.
func drawMap() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(12, 5))
	c.each(func(x, y float64, _ rgb) rgb {
		return hex(0xe9d7b8).mul(0.82 + 0.10*fbm(x/200, y/200, 2) + 0.02*fbm(x/5, y/5, 3))
	})
	river := func(x float64) float64 { return 230 + 70*math.Sin(x/330) - 0.12*x }
	c.each(func(x, y float64, p rgb) rgb {
		d := math.Abs(y-river(x)) - 74
		if d > 14 {
			return p
		}
		if d > 0 {
			return hex(0xc9b48c).mul(0.85)
		}
		w := hex(0x4f9aa8).mix(hex(0x2c6b86), 0.5+0.9*fbm(x/60, y/14, 8))
		return w.add(hex(0xffe0b0).mul(max(0, fbm(x/34, y/6, 9)-0.28) * 1.6))
	})
	roads(c)
	blocks(c, r)
	park(c, 250, 1180, 190, 150, r)
	park(c, 1020, 1430, 150, 110, r)
	route(c)
	c.each(func(x, y float64, p rgb) rgb { // low sun from the upper left
		k := 1.16 - 0.30*x/width - 0.22*y/height
		return p.tint(rgb{1.10 * k, 0.98 * k, 0.84 * k})
	})
	near, tilt := c.clone(), c.clone()
	near.blur(3)
	tilt.blur(10)
	c.each(func(x, y float64, p rgb) rgb { // a model is photographed with little depth of field
		d := math.Abs(y-840) / 700
		i := int(y)*c.w + int(x)
		if d < 0.5 {
			return p.mix(near.pix[i], min(1, max(0, d*4-1)))
		}
		return near.pix[i].mix(tilt.pix[i], min(1, (d-0.5)*2.4))
	})
	pin(c, 640, 800)
	return c.develop(1.12, 0.5, 5)
}

// street lines of the model, as x of y and back.
var streetsX = []float64{150, 420, 640, 880, 1110}
var streetsY = []float64{420, 620, 800, 1010, 1250, 1500}

func roads(c *canvas) {
	lane := func(pts ...point) {
		c.soft(stroke(66, pts...), 5, flat(hex(0x6a5c4c)), 0.35)
		c.fill(stroke(58, pts...), flat(hex(0x8d8276).mul(0.8)))
		c.fill(stroke(50, pts...), func(x, y float64) (rgb, float64) { return hex(0x77706a).mul(0.92 + 0.1*fbm(x/12, y/12, 4)), 1 })
	}
	for _, x := range streetsX {
		lane(point{x - 50, 330}, point{x, 800}, point{x + 34, 1260}, point{x + 10, 1720})
	}
	for _, y := range streetsY {
		lane(point{-60, y + 26}, point{420, y}, point{860, y - 8}, point{1310, y + 22})
	}
	for _, x := range []float64{420, 880} { // bridges
		c.fill(stroke(70, point{x - 76, 40}, point{x - 50, 330}), flat(hex(0xb9a88e).mul(0.8)))
		c.fill(stroke(50, point{x - 76, 40}, point{x - 50, 340}), flat(hex(0x77706a).mul(0.92)))
	}
}

// blocks fills the squares between the streets with houses that cast shadows.
func blocks(c *canvas, r *rand.Rand) {
	roofs := []rgb{hex(0xb5583a), hex(0xd08a52), hex(0x7c8a94), hex(0xe3d3b4), hex(0x9a4a36), hex(0x5f7f86), hex(0xcfae78)}
	xs := append([]float64{-120}, append(streetsX, 1360)...)
	for j := range len(streetsY) {
		for i := range len(xs) - 1 {
			y0 := streetsY[j] + 44
			y1 := 1760.0
			if j+1 < len(streetsY) {
				y1 = streetsY[j+1] - 40
			}
			x0, x1 := xs[i]+46, xs[i+1]-40
			if j == 3 && i == 1 || j == 3 && i == 0 || j == 4 && i == 4 {
				continue // parks
			}
			for y := y0; y < y1-34; {
				h := min(y1-y, 52+r.Float64()*46)
				for x := x0; x < x1-34; {
					w := min(x1-x, 48+r.Float64()*52)
					if r.Float64() < 0.9 {
						house3(c, x+3, y+3, w-9, h-9, 16+r.Float64()*46, roofs[r.IntN(len(roofs))], r)
					} else {
						tree(c, x+w/2, y+h/2, 22, r)
					}
					x += w
				}
				y += h
			}
		}
	}
}

// house3 is a box seen from above with its front wall and a ridge roof.
func house3(c *canvas, x, y, w, h, tall float64, roof rgb, r *rand.Rand) {
	lift := tall * 0.55
	c.soft(path{{x, y + h}, {x + w, y + h}, {x + w + tall*0.9, y + h + tall*0.35}, {x + w + tall*0.9, y + tall*0.35}, {x + w, y}}, 5, flat(hex(0x241a20)), 0.5)
	wall := hex(0xf0e2c6).mix(roof, 0.25)
	c.fill(rectangle(x, y+h-lift, w, lift), flat(wall.mul(0.62)))
	for wx := x + 7; wx < x+w-10; wx += 14 {
		for wy := y + h - lift + 6; wy < y+h-8; wy += 14 {
			lit := hex(0x5a4a44)
			if r.Float64() < 0.45 {
				lit = hex(0xffd27a).mul(1.7)
			}
			c.fill(rectangle(wx, wy, 7, 8), flat(lit))
		}
	}
	ridge := y - lift + h/2
	c.fill(rectangle(x, y-lift, w, h/2), func(px, py float64) (rgb, float64) {
		return roof.mul(1.08 + 0.10*math.Sin(px*0.9)), 1
	})
	c.fill(rectangle(x, ridge, w, h/2), func(px, py float64) (rgb, float64) {
		return roof.mul(0.72 + 0.08*math.Sin(px*0.9)), 1
	})
	c.fill(rectangle(x, ridge-1.5, w, 3), flat(roof.mul(1.4)))
}

func tree(c *canvas, x, y, s float64, r *rand.Rand) {
	c.soft(ellipse(x+s*0.7, y+s*0.6, s, s*0.7), 4, flat(hex(0x1c2418)), 0.5)
	for range 16 {
		a, d := r.Float64()*2*math.Pi, r.Float64()*s*0.6
		px, py := x+d*math.Cos(a), y+d*math.Sin(a)
		k := 0.75 + 0.5*(s-(px-x)-(py-y))/(2*s)
		c.fill(ellipse(px, py, s*0.5, s*0.46), flat(hex(0x4f7f3a).mix(hex(0x8fa84e), r.Float64()*0.6).mul(0.8*k)))
	}
}

func park(c *canvas, x, y, rx, ry float64, r *rand.Rand) {
	c.soft(ellipse(x, y, rx, ry), 8, func(px, py float64) (rgb, float64) { return hex(0x8fae5c).mul(0.82 + 0.25*fbm(px/24, py/24, 6)), 1 }, 1)
	c.fill(stroke(14, point{x - rx*0.9, y + 20}, point{x - 30, y - 24}, point{x + 40, y + 30}, point{x + rx*0.9, y - 10}), flat(hex(0xe2d0a4).mul(0.9)))
	c.fill(ellipse(x+rx*0.3, y+ry*0.32, 52, 30), flat(hex(0x4f9aa8)))
	for range 26 {
		a := r.Float64() * 2 * math.Pi
		d := 0.55 + 0.42*r.Float64()
		tree(c, x+rx*d*math.Cos(a), y+ry*d*math.Sin(a), 16+r.Float64()*12, r)
	}
}

// route is the way from the station to the pin.
func route(c *canvas) {
	way := []point{{1112, 1300}, {1116, 1262}, {1000, 1250}, {892, 1246}, {884, 1130}, {880, 1010}, {762, 1004}, {650, 1006}, {642, 900}, {640, 806}}
	c.soft(stroke(26, way...), 6, flat(hex(0xff7a3c).mul(1.2)), 0.6)
	c.fill(stroke(15, way...), flat(hex(0xff5a28).mul(1.7)))
	for i := range len(way) - 1 {
		a, b := way[i], way[i+1]
		n := int(math.Hypot(b.x-a.x, b.y-a.y) / 30)
		for k := range n {
			t := (float64(k) + 0.5) / float64(n)
			c.fill(ellipse(a.x+(b.x-a.x)*t, a.y+(b.y-a.y)*t, 3.4, 3.4), flat(hex(0xfff4e0).mul(1.4)))
		}
	}
	c.fill(ellipse(way[0].x, way[0].y, 20, 20), flat(hex(0xffffff).mul(1.2)))
	c.fill(ellipse(way[0].x, way[0].y, 12, 12), flat(hex(0x2c6bc8)))
}

// pin marks the shop.
func pin(c *canvas, x, y float64) {
	c.soft(ellipse(x+34, y+10, 70, 22), 12, flat(hex(0x100808)), 0.7)
	c.glow(x, y, 150, hex(0xff8a3c).mul(0.55))
	const s = 1.5
	drop := smooth(point{x, y}, point{x - 44*s, y - 96*s}, point{x - 62*s, y - 142*s}, point{x - 44*s, y - 194*s}, point{x, y - 214*s}, point{x + 44*s, y - 194*s}, point{x + 62*s, y - 142*s}, point{x + 44*s, y - 96*s})
	c.soft(drop.moved(10, 8), 12, flat(hex(0x1a0606)), 0.6)
	c.fill(drop, func(px, py float64) (rgb, float64) {
		u := (px - x) / (62 * s)
		return hex(0xe8321c).mul(1.05 - 0.5*u + 0.25*math.Exp(-math.Pow((u+0.45)/0.2, 2))), 1
	})
	c.fill(ellipse(x, y-144*s, 40*s, 40*s), flat(hex(0xfff6e6).mul(1.25)))
	cx, cy := x, y-142*s
	ink := flat(hex(0xc8281a))
	var bowl path
	for i := range 25 {
		a := float64(i) / 24 * math.Pi
		bowl = append(bowl, point{cx + 34*math.Cos(a), cy + 24*math.Sin(a)})
	}
	c.fill(bowl, ink)
	c.fill(rounded(cx-40, cy-5, 80, 7, 3), ink)
	for i := range 3 {
		sx := cx - 15 + float64(i)*15
		c.fill(stroke(4.4, point{sx, cy - 10}, point{sx + 5, cy - 18}, point{sx - 3, cy - 26}, point{sx + 3, cy - 34}), ink)
	}
}
