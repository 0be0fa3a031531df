package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// A landscape picture's size.
const (
	wide = float64(height)
	low  = float64(width)
)

var (
	timber = hex(0x6a3f22)
	paper  = hex(0xffd090) // of a door, with a lamp behind it
	tile   = hex(0x4a525e)
)

// roof is a tiled roof seen from the front: its ridge and its eaves curve up
// towards the ends.
type roof struct {
	x, ridge, eave float64 // the middle; heights of ridge and eave there
	half, span     float64 // half the ridge's and half the eave's width
	lift           float64 // how much higher the eave's ends are
}

func (f roof) top(u float64) point { return point{f.x + u*f.half, f.ridge - 0.35*f.lift*u*u} }
func (f roof) bottom(u float64) point {
	return point{f.x + u*f.span, f.eave - f.lift*math.Pow(math.Abs(u), 3)}
}

// paint draws the roof; light is the colour of the sky on its tiles.
func (f roof) paint(c *canvas, light rgb) {
	under := path{f.top(-1)}
	for i := range 41 {
		under = append(under, f.top(float64(i)/20-1))
	}
	for i := range 41 {
		under = append(under, f.bottom(1-float64(i)/20))
	}
	c.shade(under, 0, 34, 22, 0.6)
	c.fill(under, flat(tile.mul(0.28)))
	rows := int(f.span / 13)
	for i := range rows + 1 {
		u := 2*float64(i)/float64(rows) - 1
		a, b := f.top(u), f.bottom(u)
		mid := point{a.x + (b.x-a.x)*0.45, a.y + (b.y-a.y)*0.58}
		w := 2 * f.span / float64(rows)
		c.thread(w*0.66, func(t float64) (rgb, float64) {
			joint := math.Mod(t*13, 1)
			return tile.mul(0.42 + 0.2*joint + 0.22*bell(u, -0.3, 0.6)).add(light.mul(0.05 * joint)), 1
		}, a, mid, b)
		c.thread(w*0.2, func(t float64) (rgb, float64) {
			return tile.add(light.mul(0.5)).mul(0.5 + 0.4*math.Mod(t*13, 1)), 0.75
		}, path{a, mid, b}.moved(-w*0.12, 0)...)
		c.fill(ellipse(b.x, b.y+3, w*0.36, w*0.4), flat(tile.mul(0.7).add(light.mul(0.12))))
		c.fill(ellipse(b.x, b.y+3, w*0.2, w*0.22), flat(tile.mul(0.35)))
	}
	var ridge []point
	for i := range 11 {
		p := f.top(float64(i)/5 - 1)
		ridge = append(ridge, point{p.x, p.y - 8})
	}
	for k := range 4 {
		c.thread(9, even(tile.mul(0.9-0.13*float64(k)).add(light.mul(0.16-0.04*float64(k))), 1), path(ridge).moved(0, float64(k)*8-12)...)
	}
	for _, u := range []float64{-1, 1} {
		p := f.top(u)
		c.fill(smooth(point{p.x - u*34, p.y - 14}, point{p.x + u*12, p.y - 44}, point{p.x + u*22, p.y - 10}, point{p.x + u*6, p.y + 26}), flat(tile.mul(0.6)))
	}
}

// rafters are the round ends of timber below the eave.
func (f roof) rafters(c *canvas) {
	n := int(f.span / 22)
	for i := range n + 1 {
		u := (2*float64(i)/float64(n) - 1) * 0.95
		b := f.bottom(u)
		c.thread(15, func(t float64) (rgb, float64) { return timber.mul(0.35 + 0.5*t), 1 }, point{b.x - u*30, b.y + 52}, point{b.x, b.y + 20})
		c.fill(ellipse(b.x, b.y+19, 9, 9), orb(hex(0xc88a54), b.x, b.y+19, 11))
	}
}

// lattice is a paper door; lit is how bright the lamp behind it is.
func lattice(c *canvas, x, y, w, h, lit float64) {
	c.fill(rectangle(x, y, w, h), flat(timber.mul(0.55)))
	c.fill(rectangle(x+9, y+9, w-18, h-18), func(px, py float64) (rgb, float64) {
		u, v := (px-x)/w-0.5, (py-y)/h-0.45
		fibre := 0.95 + 0.08*fbm(px/9, py/30, 5)
		return paper.mul(lit * fibre * (0.62 + 0.6*math.Exp(-(u*u*3+v*v*4)))), 1
	})
	bar := timber.mul(0.62)
	n := int(w / 24)
	for i := 1; i < n; i++ {
		c.fill(rectangle(x+w*float64(i)/float64(n)-2, y+8, 4, h-16), flat(bar))
	}
	for _, band := range []float64{0.12, 0.46, 0.80} {
		for k := range 4 {
			c.fill(rectangle(x+8, y+h*(band+0.035*float64(k))-2, w-16, 4), flat(bar))
		}
	}
}

// drawHanok is the house and its yard under the moon.
func drawHanok() *image.RGBA {
	c := newCanvas(height, width)
	r := rand.New(rand.NewPCG(71, 1))
	dusk(c, 1330, 200, r)
	f := roof{x: 830, ridge: 318, eave: 545, half: 500, span: 770, lift: 74}
	const foot, base = 850.0, 925.0
	c.fill(rectangle(190, 540, 1280, foot-540), func(x, y float64) (rgb, float64) { // plaster
		return hex(0xe8d8bc).mul(0.42 + 0.4*bell(x, 830, 620) + 0.05*fbm(x/60, y/60, 3)), 1
	})
	for i, x := range []float64{232, 472, 712, 952, 1192} {
		for k := range 2 {
			lattice(c, x+4+float64(k)*102, 640, 98, foot-650, []float64{0.5, 0.8, 1.0, 0.8, 0.5}[i])
		}
		c.fill(rectangle(x, 596, 210, 34), flat(timber.mul(0.6)))
	}
	for i := range 6 {
		x := 206.0 + float64(i)*244
		c.fill(rectangle(x-17, 560, 34, foot-560), tube(timber.mul(1.15), x-17, x+17))
	}
	c.fill(rectangle(180, 570, 1300, 30), tube(timber, 0, 2600))
	c.light(rectangle(190, 600, 1280, foot-600), 60, rgb{0.32, 0.18, 0.05})
	c.soft(rectangle(150, 540, 1360, 56), 20, flat(hex(0x080506)), 0.75)
	f.rafters(c)
	f.paint(c, hex(0x8aa0e0).mul(0.6))
	yard(c, foot, base, r)
	for _, x := range []float64{450, 1182} {
		paperLamp(c, x, 660, 40, hex(0xffb050))
	}
	for i, p := range []point{{1370, 985}, {1480, 1000}, {1420, 1050}, {1545, 1060}} {
		jar(c, p.x, p.y, 50+float64(i)*9)
	}
	pine(c, 40, 930, r)
	return c.develop(1.32, 0.6, 71)
}

// dusk is an evening sky with a moon and hills.
func dusk(c *canvas, mx, my float64, r *rand.Rand) {
	c.each(func(x, y float64, _ rgb) rgb {
		p := blend(y/760, hex(0x16204e), hex(0x3a3f80), hex(0x8a6498), hex(0xf0a078), hex(0xffc890)).mul(0.8)
		cloud := max(0, fbm(x/380, y/70, 7)-0.08) * bell(y, 360, 240)
		return p.add(hex(0xffa890).mul(0.8 * cloud))
	})
	for range 130 {
		c.glow(r.Float64()*wide, r.Float64()*330, 1.1+r.Float64()*1.2, hex(0xfff4e0).mul(0.2+0.7*r.Float64()))
	}
	c.glow(mx, my, 170, hex(0xffe8b8).mul(0.35))
	c.fill(ellipse(mx, my, 74, 74), func(x, y float64) (rgb, float64) {
		return hex(0xfff0cc).mul(1.5 - 0.35*max(0, fbm(x/30, y/30, 4)+0.1)), 1
	})
	for k := range 3 {
		col := blend(float64(k)/2, hex(0x8a6a98), hex(0x54487a), hex(0x2a2a50)).mul(0.75)
		hill := path{{-20, 1000}}
		for i := range 60 {
			x := float64(i)/59*(wide+40) - 20
			hill = append(hill, point{x, 560 + 60*float64(k) - 150*math.Max(0, 0.4+fbm(x/(420-70*float64(k)), float64(k)*9, 11))})
		}
		c.fill(append(hill, point{wide + 20, 1000}), flat(col))
	}
}

// yard is the porch, the stone base and the swept ground with stepping stones.
func yard(c *canvas, foot, base float64, r *rand.Rand) {
	c.fill(path{{180, foot - 6}, {1480, foot - 6}, {1510, foot + 30}, {150, foot + 30}}, func(x, y float64) (rgb, float64) {
		return board0(x, y*9, 92, hex(0xb87a48), hex(0x6a3e20), 5).mul(0.7 + 0.7*bell(x, 830, 420)), 1
	})
	c.fill(rectangle(150, foot+28, 1360, 16), flat(timber.mul(0.35)))
	c.fill(rectangle(0, base-36, wide, low), func(x, y float64) (rgb, float64) {
		d := (y - base + 36) / (low - base)
		p := hex(0xb89c88).mul(0.17 + 0.07*fbm(x/50, y/22, 3) + 0.05*noise(x/3, y/2, 9))
		return p.add(hex(0xffa850).mul(0.34 * bell(x, 830, 480) * bell(d, 0, 0.6))), 1
	})
	for x := 120.0; x < 1540; {
		w := 90 + r.Float64()*90
		c.fill(rounded(x, foot+44, w-6, 46, 9), func(px, py float64) (rgb, float64) {
			return hex(0x8a8078).mul(0.42 + 0.3*bell(py, foot+46, 14) + 0.1*fbm(px/20, py/20, 7) + 0.35*bell(px, 830, 380)), 1
		})
		x += w
	}
	c.soft(rectangle(110, base+12, 1440, 16), 10, flat(hex(0x0a0606)), 0.6)
	for k, w := range []float64{150, 190} { // steps
		y := foot + 34 + float64(k)*46
		c.shade(rounded(830-w, y, 2*w, 50, 12), 0, 12, 10, 0.5)
		c.fill(rounded(830-w, y, 2*w, 50, 12), func(px, py float64) (rgb, float64) {
			return hex(0xa89c90).mul(0.5 + 0.5*bell(py, y, 16) + 0.1*fbm(px/24, py/18, 9)), 1
		})
	}
	for i := range 5 {
		t := float64(i) / 4
		x, y, s := 830+70*math.Sin(t*4+0.6), 1010+t*190, 66+t*56
		c.soft(ellipse(x+4, y+8, s, s*0.34), 6, flat(hex(0x0c0806)), 0.6)
		c.fill(blob(x, y, s, 0.07, uint64(i)).squashed(y, 0.36), func(px, py float64) (rgb, float64) {
			return hex(0x9c9288).mul(0.62 + 0.2*fbm(px/22, py/12, 5) + 0.2*bell(py, y-s*0.2, s*0.2)), 1
		})
	}
}

// squashed flattens a path about a height.
func (p path) squashed(y, k float64) path {
	out := make(path, len(p))
	for i, q := range p {
		out[i] = point{q.x, y + (q.y-y)*k}
	}
	return out
}

// jar is an earthenware jar with a lid.
func jar(c *canvas, x, y, s float64) {
	c.soft(ellipse(x+s*0.2, y+s*0.95, s, s*0.22), s*0.15, flat(hex(0x060404)), 0.75)
	body := smooth(point{x - s*0.5, y - s*0.9}, point{x + s*0.5, y - s*0.9}, point{x + s*1.02, y - s*0.2}, point{x + s*0.6, y + s}, point{x - s*0.6, y + s}, point{x - s*1.02, y - s*0.2})
	c.fill(body, func(px, py float64) (rgb, float64) {
		u := (px - x) / s
		p := hex(0x6a3a24).mul(0.25 + 0.75*bell(u, -0.4, 0.5) + 0.05*math.Sin(py/3.5))
		return p.add(hex(0xffe0b0).mul(0.4 * bell(math.Hypot(u+0.45, (py-y)/s+0.3), 0, 0.16))), 1
	})
	c.fill(ellipse(x, y-s*0.9, s*0.62, s*0.2), flat(hex(0x4a2818)))
	c.fill(ellipse(x, y-s*0.98, s*0.56, s*0.17), orb(hex(0x8a5034), x, y-s, s*0.8))
}

// paperLamp is a lit paper lantern on a cord.
func paperLamp(c *canvas, x, y, s float64, col rgb) {
	c.thread(3, even(hex(0x0c0808), 1), point{x, y - s*2.6}, point{x, y - s})
	c.glow(x, y, s*2.6, col.mul(0.5))
	c.fill(smooth(point{x - s*0.5, y - s*1.1}, point{x + s*0.5, y - s*1.1}, point{x + s, y}, point{x + s*0.5, y + s*1.1}, point{x - s*0.5, y + s*1.1}, point{x - s, y}), func(px, py float64) (rgb, float64) {
		u, v := (px-x)/s, (py-y)/s
		rib := 0.82 + 0.22*math.Abs(math.Sin(v*11))
		return col.mix(hex(0xfff0c8), 0.5*math.Exp(-(u*u*3+v*v*2))).mul(1.25 * rib * (1 - 0.35*u*u)), 1
	})
	for _, d := range []float64{-1.14, 1.06} {
		c.fill(rounded(x-s*0.42, y+s*d-4, s*0.84, 11, 5), flat(hex(0x2a140a)))
	}
	for k := range 3 {
		c.thread(2, even(hex(0xd83a2a), 0.9), point{x + float64(k-1)*4, y + s*1.14}, point{x + float64(k-1)*6, y + s*1.75})
	}
}

// pine is a leaning pine tree, dark against the sky.
func pine(c *canvas, x, y float64, r *rand.Rand) {
	trunk := []point{{x - 30, y + 420}, {x - 40, y + 60}, {x - 20, y - 300}, {x + 70, y - 540}, {x + 60, y - 700}}
	for k, w := range []float64{46, 22} {
		c.thread(w, func(t float64) (rgb, float64) { return hex(0x4a2c22).mul(0.35 + 0.3*float64(k) + 0.1*t), 1 }, path(trunk).moved(-float64(k)*8, 0)...)
	}
	for _, cloud := range []struct{ x, y, w float64 }{{60, -700, 190}, {150, -560, 170}, {-30, -470, 160}, {170, -390, 130}, {-20, -800, 120}} {
		for range 520 {
			a, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())
			px, py := x+cloud.x+cloud.w*d*math.Cos(a), y+cloud.y+cloud.w*0.36*d*math.Sin(a)
			lit := 0.3 + 0.55*step(-(py-y-cloud.y)/cloud.w, -0.3, 0.35)
			s, k := math.Sincos(-math.Pi/2 + (r.Float64()-0.5)*2.2)
			c.thread(2.2, even(hex(0x2f5a48).mul(lit*(0.7+0.6*r.Float64())), 0.9), point{px, py}, point{px + 20*k, py + 20*s})
		}
	}
}
