package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawDumbbells is the rack, from light to heavy.
func drawDumbbells() *image.RGBA {
	c := newCanvas(height, width) // landscape
	r := rand.New(rand.NewPCG(54, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		p := hex(0x3a404a).mul(0.34 + 0.12*fbm(x/120, y/120, 3) + 0.04*fbm(x/7, y/7, 4))
		p = p.add(flame.mul(0.34 * bell(math.Hypot((x-1250)/1.5, y-60), 0, 330)))
		return p.add(hex(0x9cc0ff).mul(0.16 * bell(math.Hypot(x-240, y), 0, 420)))
	})
	neon(c, flame, 8, point{980, 64}, point{1280, 64}, point{1620, 64})
	c.blur(4)
	rows := []struct{ y, radius, gap float64 }{{350, 66, 172}, {660, 86, 216}, {1040, 114, 282}}
	for i, row := range rows {
		shelf(c, row.y, row.radius)
		for x := 20 + float64(i)*26; x < height+60; x += row.gap {
			dumbbell(c, x, row.y-row.radius*0.92, row.radius, r)
		}
		if i == 0 {
			c.defocus(3, func(_, y float64) float64 { return step(y, 380, 470) })
		}
	}
	c.fill(rectangle(0, 1130, height, 120), func(x, y float64) (rgb, float64) {
		return hex(0x14171d).mul(0.8 + 0.2*noise(x/3, y/3, 5)).add(flame.mul(0.12 * bell(x, 1100, 420))), 1
	})
	c.light(ellipse(900, 860, 700, 330), 170, rgb{0.45, 0.38, 0.32})
	return c.develop(1.5, 0.6, 54)
}

// shelf is one rail of the rack under dumbbells of the given size.
func shelf(c *canvas, y, radius float64) {
	c.soft(rectangle(-20, y+10, height+40, radius*0.9), radius*0.3, flat(hex(0x030405)), 0.8)
	c.fill(rectangle(-10, y-radius*0.1, height+20, radius*0.34), func(x, py float64) (rgb, float64) {
		t := (py - y + radius*0.1) / (radius * 0.34)
		return hex(0x4a5362).mul(0.35 + 0.8*bell(t, 0.18, 0.2) + 0.12*bell(x, 900, 500)), 1
	})
	c.fill(rectangle(-10, y-radius*0.1, height+20, 3), flat(hex(0xb8c8e0).mul(0.7)))
}

// dumbbell is a hexagonal one seen from its end, a little from the side.
func dumbbell(c *canvas, x, y, s float64, r *rand.Rand) {
	hexagon := func(k, dx, dy float64) path {
		var p []point
		for i := range 6 {
			a := math.Pi/6 + float64(i)*math.Pi/3
			q := point{x + dx + s*k*math.Cos(a)*1.02, y + dy + s*k*math.Sin(a)*0.96}
			n := point{x + dx + s*k*math.Cos(a+math.Pi/3)*1.02, y + dy + s*k*math.Sin(a+math.Pi/3)*0.96}
			for _, t := range []float64{0.14, 0.5, 0.86} { // corners are rounded by the curve
				p = append(p, point{q.x + (n.x-q.x)*t, q.y + (n.y-q.y)*t})
			}
		}
		return smooth(p...)
	}
	c.shade(hexagon(1, 0, 0), s*0.2, s*0.16, s*0.22, 0.8)
	c.fill(hexagon(0.96, s*0.16, -s*0.06), flat(hex(0x0b0d11))) // the far head
	c.fill(hexagon(1, 0, 0), func(px, py float64) (rgb, float64) {
		a := math.Atan2(py-y, px-x)
		face := math.Floor((a + math.Pi/6 + math.Pi*2) / (math.Pi / 3)) // each bevel takes the light its own way
		k := 0.5 + 0.5*math.Cos((face-math.Pi/6)*math.Pi/3+math.Pi/3*0.5+2.2)
		return hex(0x3a404b).mul(0.35 + 1.5*k*k + 0.1*noise(px/2, py/2, 3)), 1
	})
	c.fill(hexagon(0.80, 0, 0), func(px, py float64) (rgb, float64) {
		return hex(0x20242c).mul(0.75 + 0.9*bell(math.Hypot(px-x+s*0.4, py-y+s*0.5), 0, s*0.6) + 0.12*noise(px/2, py/2, 7)), 1
	})
	ring := closed(ellipse(x, y, s*0.52, s*0.5))
	c.thread(s*0.09, func(t float64) (rgb, float64) { return flame.mul(0.55 + 0.75*bell(t, 0.62, 0.2)), 0.97 }, ring...)
	c.fill(ellipse(x, y, s*0.26, s*0.25), func(px, py float64) (rgb, float64) {
		a := math.Atan2(py-y, px-x)
		return steel.mul(0.4 + 0.55*math.Abs(math.Sin(a*2+0.6)) + 0.1*r.Float64()), 1
	})
	c.fill(ellipse(x, y, s*0.12, s*0.115), flat(hex(0x0e1014)))
}

// drawKettlebells is three kettlebells on the floor in a beam of light.
func drawKettlebells() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(55, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		p := hex(0x20262f).mul(0.5 + 0.25*fbm(x/170, y/170, 3))
		p = p.add(flame.mul(0.9 * bell(math.Hypot(x-880, y-380), 0, 430) * (0.7 + 0.6*fbm(x/200, y/200, 9))))
		return p.add(hex(0x88b0ff).mul(0.22 * bell(math.Hypot(x-180, y-300), 0, 420)))
	})
	for i := range 9 { // weights on a rack far behind
		c.fill(ellipse(90+float64(i)*140, 400+float64(i%2)*140, 52, 52), orb(hex(0x14181f), 90+float64(i)*140, 400+float64(i%2)*140, 60))
	}
	c.blur(16)
	c.bokeh(20, 0, 40, width, 480, 18, 56, 0.32, r, flame, hex(0xffc080), hex(0x9cc8ff))
	c.fill(rectangle(0, 800, width, height-800), func(x, y float64) (rgb, float64) {
		speck := 0.0
		if noise(x/3.1, y/2.2, 21) > 0.83 {
			speck = 0.35
		}
		d := (y - 800) / (height - 800)
		p := hex(0x262b33).mul(0.4 + 0.25*noise(x/4, y/3, 5) + speck)
		return p.add(flame.mul(0.26 * bell(x, 880, 420) * (1 - d))).mul(0.7 + 0.6*bell(math.Hypot((x-560)/1.3, y-1120), 0, 360)), 1
	})
	c.defocus(7, func(_, y float64) float64 { return step(y, 830, 1020) })
	kettlebell(c, 985, 805, 165, hex(0x2a303a))
	kettlebell(c, 225, 840, 180, hex(0x2a303a))
	c.defocus(5, func(_, y float64) float64 { return step(y, 1020, 1090) })
	kettlebell(c, 610, 950, 285, hex(0x333a46))
	for range 240 {
		c.glow(r.Float64()*width, 200+r.Float64()*1000, 1.2+r.Float64()*3, hex(0xffe0c8).mul(0.05+0.14*r.Float64()))
	}
	c.light(path{{520, -40}, {760, -40}, {1010, 1290}, {250, 1290}}, 90, rgb{0.55, 0.48, 0.42})
	return c.develop(1.35, 0.6, 55)
}

// kettlebell stands with its ball around (x, y).
func kettlebell(c *canvas, x, y, s float64, col rgb) {
	c.soft(ellipse(x+s*0.2, y+s*0.94, s*1.1, s*0.2), s*0.12, flat(hex(0x020304)), 0.9)
	grip := []point{{x - s*0.52, y - s*0.62}, {x - s*0.64, y - s*1.15}, {x - s*0.40, y - s*1.52}, {x, y - s*1.58}, {x + s*0.40, y - s*1.52}, {x + s*0.64, y - s*1.15}, {x + s*0.52, y - s*0.62}}
	c.fill(stroke(s*0.27, grip...), flat(col.mul(0.32)))
	c.soft(stroke(s*0.15, grip...).moved(-s*0.03, -s*0.035), s*0.03, flat(col.mul(1.2)), 0.9)
	c.soft(stroke(s*0.035, grip...).moved(-s*0.05, -s*0.075), s*0.02, flat(hex(0xfff4e8).mul(1.3)), 0.75)
	c.soft(stroke(s*0.04, grip...).moved(s*0.1, s*0.02), s*0.02, flat(flame.mul(1.1)), 0.55)
	ball := ellipse(x, y, s, s*0.98)
	c.fill(ball, func(px, py float64) (rgb, float64) {
		u, v := (px-x)/s, (py-y)/s
		d := math.Hypot(u, v)
		k := 0.18 + 1.1*math.Exp(-((u+0.38)*(u+0.38)+(v+0.45)*(v+0.45))*2.2)
		p := col.mul(k * (0.94 + 0.12*noise(px/2.4, py/2.4, 7)))
		rim := math.Pow(d, 7) * max(0, u*0.9-v*0.1+0.2)
		return p.add(flame.mul(0.95 * rim)).add(rgb{1, 1, 1}.mul(0.55 * bell(math.Hypot(u+0.4, v+0.48), 0, 0.15))), 1
	})
	band := func(k float64) []point {
		var p []point
		for i := range 15 {
			a := math.Pi * (0.04 + 0.92*float64(i)/14)
			p = append(p, point{x - s*0.99*math.Cos(a)*math.Sqrt(1-k*k*0.2), y + s*k + s*0.16*math.Sin(a)})
		}
		return p
	}
	c.thread(s*0.13, func(t float64) (rgb, float64) { return flame.mul(0.25 + 0.85*bell(t, 0.3, 0.26)), 0.95 }, band(0.06)...)
	c.fill(path{{x - s*0.52, y + s*0.84}, {x + s*0.52, y + s*0.84}, {x + s*0.46, y + s*0.99}, {x - s*0.46, y + s*0.99}}, flat(col.mul(0.2)))
}
