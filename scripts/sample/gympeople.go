package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// drawLift is a lifter with the bar overhead, against the light.
func drawLift() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(52, 1))
	const floor = 1390.0
	c.each(func(x, y float64, _ rgb) rgb {
		p := hex(0x0c1018).mul(0.5)
		halo := math.Hypot(x-621, (y-640)*0.9)
		p = p.add(flame.mul(1.5 * bell(halo, 0, 520))).add(hex(0xffc890).mul(1.6 * bell(halo, 0, 250)))
		smoke := 0.62 + 0.75*fbm(x/230+0.6*fbm(x/320, y/320, 8), y/230, 3)
		return p.mul(max(0.12, smoke))
	})
	for _, x := range []float64{120, 430, 812, 1122} { // lamps and their beams
		c.soft(path{{x - 14, -20}, {x + 14, -20}, {x + 190 + (621-x)*0.5, floor}, {x - 190 + (621-x)*0.5, floor}}, 30, flat(hex(0xffc8a0)), 0.10)
		c.glow(x, 22, 46, hex(0xffe0c0).mul(1.6))
		c.fill(ellipse(x, 22, 22, 14), flat(rgb{4, 3.6, 3}))
	}
	c.fill(rectangle(0, floor, width, height-floor), func(x, y float64) (rgb, float64) {
		d := (y - floor) / (height - floor)
		p := hex(0x2a1c14).mul(0.5 + 0.2*fbm(x/90, y/6, 5))
		return p.add(flame.mul(0.55 * bell(x, 621, 420) * bell(d, 0, 0.55))), 1
	})
	c.fill(rectangle(0, floor-3, width, 6), flat(flame.mix(hex(0xffd0a0), 0.4).mul(0.9)))
	f := figure{head: point{621, 545}, neck: point{621, 600}, hips: point{621, 900},
		arms: [2][3]point{{{540, 640}, {455, 530}, {425, 385}}, {{702, 640}, {787, 530}, {817, 385}}},
		legs: [2][3]point{{{578, 920}, {520, 1130}, {490, 1365}}, {{664, 920}, {722, 1130}, {752, 1365}}}}
	shadow := ellipse(621, floor+8, 250, 30)
	c.soft(shadow, 16, flat(hex(0x020203)), 0.9)
	lifter(c, f)
	for range 420 { // chalk
		a, d := r.Float64()*2*math.Pi, math.Pow(r.Float64(), 0.6)*420
		x, y := 621+d*math.Cos(a)*1.2, 430+d*math.Sin(a)
		c.glow(x, y, 1.2+r.Float64()*3.4, hex(0xffe8d0).mul(0.10+0.30*r.Float64()))
	}
	mirror := c.clone()
	mirror.blur(6)
	c.each(func(x, y float64, p rgb) rgb {
		if y < floor+6 {
			return p
		}
		d := y - floor
		return p.mix(mirror.at(x+6*fbm(x/30, y/9, 4), floor-d*1.5), 0.34*(1-d/300))
	})
	return c.develop(1.3, 0.75, 52)
}

// lifter draws the body with the light on its edges, and the bar.
func lifter(c *canvas, f figure) {
	const size = 52.0
	body := hex(0x0a0c11)
	for _, p := range f.outline(size) {
		c.soft(p, 5, flat(flame.mix(hex(0xffd8b0), 0.45).mul(1.5)), 0.85)
	}
	for _, p := range f.outline(size * 0.95) {
		c.soft(p, 1, func(x, y float64) (rgb, float64) {
			return body.add(hex(0x6a3a24).mul(0.35 * bell(y, 700, 240))), 1
		}, 1)
	}
	for _, s := range []float64{-1, 1} { // feet, shorts and a belt
		foot := f.legs[int(s+1)/2][2]
		c.fill(rounded(foot.x-34+s*16, foot.y-6, 74, 30, 13), flat(body))
		c.soft(stroke(5, point{foot.x - 26 + s*16, foot.y - 4}, point{foot.x + 30 + s*16, foot.y - 2}), 1, flat(flame), 0.8)
	}
	c.fill(rounded(f.hips.x-50, f.hips.y-64, 100, 34, 10), flat(flame.mul(0.5)))
	y := f.arms[0][2].y - 4
	c.fill(rectangle(90, y-8, 1062, 16), func(_, py float64) (rgb, float64) { return steel.mul(0.25 + 1.1*bell(py, y-4, 4)), 1 })
	for _, s := range []float64{-1, 1} {
		for i := 3; i >= 0; i-- {
			x := 621 + s*(330+float64(i)*44)
			h := 178 - float64(i)*22
			col := coal.mul(1.1)
			if i == 1 {
				col = flame.mul(0.7)
			}
			c.soft(rounded(x-21, y-h-3, 42, 2*h+6, 14), 4, flat(hex(0xffb070).mul(1.2)), 0.5)
			c.fill(rounded(x-19, y-h, 38, 2*h, 12), func(px, py float64) (rgb, float64) {
				return col.mul(0.35 + 0.9*bell(px, x+s*-12, 9) + 0.3*bell(py, y, 80)), 1
			})
		}
		c.fill(rounded(621+s*508-13, y-18, 26, 36, 6), flat(steel.mul(0.6)))
		hand := f.arms[int(s+1)/2][2]
		c.fill(rounded(hand.x-22, y-20, 44, 42, 16), flat(body.add(hex(0x5a2a14).mul(0.4))))
	}
}

// drawRunners is the row of treadmills at the window as the sun rises.
func drawRunners() *image.RGBA {
	const w, h, floor = 1656.0, 1242.0, 1060.0
	c := newCanvas(height, width) // landscape
	r := rand.New(rand.NewPCG(53, 1))
	c.each(func(x, y float64, _ rgb) rgb {
		p := blend(y/900, hex(0x2a3f78), hex(0x7a5a96), hex(0xf08a5c), hex(0xffc070)).mul(0.95)
		d := math.Hypot(x-930, y-690)
		p = p.add(hex(0xffd080).mul(2.4 * bell(d, 0, 90))).add(hex(0xff9a50).mul(0.7 * bell(d, 0, 360)))
		cloud := max(0, fbm(x/330, y/60, 5)-0.05) * bell(y, 330, 300)
		return p.add(hex(0xff9a80).mul(cloud * 1.1))
	})
	for layer := range 3 { // the city
		col := blend(float64(layer)/2, hex(0xc87a6a), hex(0x7a4a62), hex(0x33284a)).mul(0.7)
		for x := -40.0; x < w; {
			bw, bh := 46+r.Float64()*80, (90+r.Float64()*210)*(1-0.12*float64(layer))
			top := 900 + float64(layer)*30 - bh
			c.fill(rectangle(x, top, bw, 400), flat(col))
			for range 6 {
				c.fill(rectangle(x+6+r.Float64()*(bw-16), top+10+r.Float64()*bh*0.7, 6, 8), flat(hex(0xffd890).mul(0.9*float64(layer)/2)))
			}
			x += bw + r.Float64()*12
		}
	}
	c.blur(4)
	for _, x := range []float64{-14, 536, 1092, 1642} {
		c.fill(rectangle(x, 0, 28, floor), flat(hex(0x120f18)))
		c.fill(rectangle(x+24, 0, 4, floor), flat(hex(0xff9a60).mul(0.6)))
	}
	c.fill(rectangle(0, 150, w, 16), flat(hex(0x120f18)))
	c.fill(rectangle(0, 0, w, 40), flat(hex(0x0c0a10)))
	c.fill(rectangle(0, floor-60, w, 300), func(x, y float64) (rgb, float64) {
		p := hex(0x1c1820).mul(0.6 + 0.15*fbm(x/50, y/8, 4))
		return p.add(hex(0xff9050).mul(0.9 * bell(x, 930, 300) * step(y, floor-60, h) * (0.5 + 0.3*fbm(x/70, y/12, 6)))), 1
	})
	for i, x := range []float64{300, 850, 1400} {
		runner(c, x, floor, i)
	}
	for range 70 {
		c.glow(r.Float64()*w, 200+r.Float64()*900, 2+r.Float64()*3, hex(0xffc890).mul(0.06+0.1*r.Float64()))
	}
	c.light(path{{760, 500}, {1100, 500}, {1500, h}, {300, h}}, 110, rgb{0.24, 0.12, 0.04})
	return c.develop(1.22, 0.6, 53)
}

// strides are three moments of a run to the right, around the hips.
var strides = []figure{
	{head: point{52, -318}, neck: point{36, -262},
		arms: [2][3]point{{{-2, -232}, {-76, -132}, {-14, -66}}, {{50, -232}, {92, -132}, {176, -178}}},
		legs: [2][3]point{{{4, 16}, {44, 176}, {16, 346}}, {{-4, 16}, {-26, 172}, {-160, 232}}}},
	{head: point{58, -316}, neck: point{40, -260},
		arms: [2][3]point{{{0, -230}, {60, -128}, {142, -190}}, {{50, -230}, {-40, -140}, {6, -60}}},
		legs: [2][3]point{{{4, 16}, {128, 106}, {86, 260}}, {{-4, 16}, {-22, 186}, {-92, 340}}}},
	{head: point{46, -320}, neck: point{32, -264},
		arms: [2][3]point{{{-6, -234}, {-64, -126}, {8, -78}}, {{46, -234}, {78, -126}, {164, -150}}},
		legs: [2][3]point{{{4, 16}, {74, 164}, {66, 342}}, {{-4, 16}, {-8, 176}, {-128, 280}}}},
}

// placed moves a figure that stands around the origin.
func (f figure) placed(x, y float64) figure {
	move := func(p point) point { return point{p.x + x, p.y + y} }
	f.head, f.neck, f.hips = move(f.head), move(f.neck), move(f.hips)
	for i := range 2 {
		for k := range 3 {
			f.arms[i][k], f.legs[i][k] = move(f.arms[i][k]), move(f.legs[i][k])
		}
	}
	return f
}

// runner is one treadmill with its runner, each in another stride.
func runner(c *canvas, x, floor float64, stride int) {
	dark, rim := hex(0x0c0a12), hex(0xffa860).mul(1.3)
	part := func(p path) {
		c.soft(p, 3, flat(rim), 0.75)
		c.fill(p.moved(-2.5, 2), flat(dark))
	}
	part(path{{x - 210, floor + 22}, {x + 170, floor - 14}, {x + 176, floor + 30}, {x - 206, floor + 62}})
	part(stroke(20, point{x + 150, floor + 10}, point{x + 172, floor - 160}, point{x + 180, floor - 330}))
	part(stroke(15, point{x + 178, floor - 240}, point{x + 100, floor - 232}, point{x + 40, floor - 226}))
	part(path{{x + 140, floor - 380}, {x + 216, floor - 350}, {x + 206, floor - 300}, {x + 130, floor - 330}})
	c.soft(path{{x + 146, floor - 370}, {x + 158, floor - 365}, {x + 146, floor - 330}, {x + 136, floor - 334}}, 2, flat(hex(0x7ad8ff).mul(1.6)), 0.9)
	f := strides[stride].placed(x-50, floor-372)
	shapes := f.outline(42)
	for _, p := range shapes {
		c.soft(p.moved(3, -1), 3, flat(rim), 0.85)
	}
	for _, p := range shapes {
		c.fill(p.moved(-2.5, 1.5), flat(dark))
	}
	if stride == 1 { // hair in a tail that swings
		tail := smooth(point{f.head.x - 26, f.head.y - 26}, point{f.head.x - 74, f.head.y - 30}, point{f.head.x - 118, f.head.y + 20}, point{f.head.x - 70, f.head.y + 4}, point{f.head.x - 28, f.head.y + 6})
		c.soft(tail.moved(2, -2), 2, flat(rim), 0.8)
		c.fill(tail.moved(-2, 2), flat(dark))
	}
	for i, leg := range f.legs { // shoes
		toe := smooth(point{leg[2].x - 18, leg[2].y - 14}, point{leg[2].x + 20, leg[2].y - 12}, point{leg[2].x + 52, leg[2].y + 12}, point{leg[2].x - 18, leg[2].y + 18})
		if i == 1 { // the foot that has left the belt
			toe = toe.turned(leg[2].x, leg[2].y, 46)
		}
		c.soft(toe.moved(2, -2), 2, flat(rim), 0.8)
		c.fill(toe, flat(flame.mul(0.45)))
	}
}
