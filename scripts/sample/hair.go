package main

import (
	"image"
	"math"
	"math/rand/v2"
)

// hair is a head of long hair seen from behind.
type hair struct {
	root, middle, tip rgb
	gloss             float64 // how bright the bands of light are
	wave              float64 // pixels that curls swing to the side
	frizz             float64 // pixels that single hairs stray
	even              float64 // 1 = all ends at one height
	length            float64 // below the head, in pixels
}

const (
	headX, crownY      = 621.0, 330.0
	skullW, skullH     = 205.0, 270.0
	skullShare         = 0.26 // of a strand that lies on the skull
	strands, knots     = 5200, 26
	shoulderY, capeTop = 1010.0, 930.0
)

// strand is the way of one hair: u is its place from left to right (-1 to 1).
func (h hair) strand(u, length float64, r *rand.Rand) []point {
	phase, stray := 0.3*r.NormFloat64()+clump(u), r.Uint64N(1<<20)
	var pts []point
	for i := range knots + 1 {
		t := float64(i) / knots
		theta := min(1, t/skullShare) * math.Pi / 2
		x := headX + u*skullW*math.Sin(theta)
		y := crownY + skullH*(1-math.Cos(theta))
		if t > skullShare {
			fall := (t - skullShare) / (1 - skullShare)
			y += fall * length
			x += u * (95*step(fall, 0.05, 0.7) - 40*step(fall, 0.7, 1)) // over the shoulders, in again at the ends
			x += h.wave * step(fall, 0.1, 0.5) * math.Sin(fall*19+u*2.2+phase)
		}
		x += h.frizz * t * noise(t*7, float64(stray), 5)
		pts = append(pts, point{x, y + h.frizz*0.3*noise(t*6, float64(stray), 9)})
	}
	return pts
}

// clump is how far the curl at u is ahead of the others: hairs curl in locks.
func clump(u float64) float64 { return 1.5 * noise(u*3.2, 0.5, 77) }

// paint draws the hair over the back of a head and a cape.
func (h hair) paint(c *canvas, r *rand.Rand) {
	var back path
	for i := range 41 {
		u := float64(i)/20 - 1
		theta := math.Acos(math.Abs(u)) // the skull from the left over the top to the right
		back = append(back, point{headX + u*skullW*0.98, crownY + skullH*(1-math.Sin(theta)) + 6})
	}
	back = append(back, point{headX + 255, crownY + skullH + h.length*0.6}, point{headX + 225, crownY + skullH + h.length*0.86},
		point{headX - 225, crownY + skullH + h.length*0.86}, point{headX - 255, crownY + skullH + h.length*0.6})
	c.soft(back.moved(26, 34), 30, flat(hex(0x0c0606)), 0.5)
	c.soft(back, 8, flat(h.root.mul(0.35)), 1)
	for i := range strands {
		layer := float64(i) / strands
		u := r.Float64()*2 - 1
		u = u*0.75 + 0.25*u*u*u
		length := h.length * (h.even + (1-h.even)*r.Float64())
		shine := 0.72 + 0.5*layer + 0.3*(r.Float64()-0.5)
		width := 2.2 + 2.6*r.Float64()
		c.thread(width, func(t float64) (rgb, float64) {
			fall := (t - skullShare) / (1 - skullShare)
			col := blend(t*1.15, h.root, h.middle, h.tip)
			round := 0.42 + 0.72*bell(u, -0.22, 0.62)
			band := bell(t, 0.15+0.03*u*u, 0.05) + 0.35*bell(t, 0.2, 0.1)
			if h.wave > 0 && fall > 0 { // the outside of every curl
				band += 0.75 * step(fall, 0.1, 0.4) * math.Pow(0.5+0.5*math.Sin(fall*19+u*2.2+clump(u)-1.1), 4)
			}
			return col.mul(round * shine * (1 + h.gloss*band)).add(hex(0xffe6c8).mul(0.10 * h.gloss * band * round)), 0.9 * step(1-t, 0, 0.05)
		}, h.strand(u, length, r)...)
	}
	for range int(h.frizz * 7) { // hairs that fly away
		u := 1.0
		if r.Float64() < 0.5 {
			u = -1
		}
		pts := h.strand(u*(0.9+0.12*r.Float64()), h.length*(0.6+0.5*r.Float64()), r)
		for k := range pts {
			t := float64(k) / knots
			pts[k].x += u * t * (20 + h.frizz*2*noise(t*5, pts[0].x+float64(k)*0.01, 3) + 40*r.Float64()*t)
		}
		c.thread(1.4, func(t float64) (rgb, float64) {
			return blend(t*1.15, h.root, h.middle, h.tip), 0.6 * step(t, skullShare, skullShare+0.1)
		}, pts...)
	}
}

// cape is the shoulders under a salon's cape.
func cape(c *canvas, col rgb) {
	neck := path{{headX - 88, 780}, {headX + 88, 780}, {headX + 100, 1010}, {headX - 100, 1010}}
	c.fill(neck, tube(hex(0xd8a888), headX-110, headX+100))
	body := smooth(point{headX - 110, capeTop}, point{headX, capeTop + 24}, point{headX + 110, capeTop}, point{headX + 330, shoulderY + 40}, point{headX + 470, 1260},
		point{headX + 560, 1760}, point{headX - 560, 1760}, point{headX - 470, 1260}, point{headX - 330, shoulderY + 40})
	c.shade(body, 20, 20, 30, 0.4)
	c.fill(body, func(x, y float64) (rgb, float64) {
		a := math.Atan2(y-capeTop+200, x-headX)
		fold := noise(a*9, 0.3, 5)*0.5 + noise(a*23, 0.7, 8)*0.25
		return col.mul((0.75 + 0.5*fold*step(y, 1050, 1400)) * (1.15 - 0.5*step(x, headX-400, headX+500))), 1
	})
}

// salonHaze is the salon behind the customer, out of focus.
func salonHaze(c *canvas, top, bottom, lamp rgb, strength float64, r *rand.Rand) {
	c.gradient(top, top.mix(bottom, 0.4), bottom)
	for _, x := range []float64{150, 1090} { // mirrors
		c.fill(rounded(x-130, 260, 260, 620, 120), flat(top.mix(rgb{1, 1, 1}, 0.3).mul(0.9)))
	}
	c.fill(rectangle(0, 980, width, 70), flat(bottom.mul(0.7)))
	for range 16 {
		x := r.Float64() * width
		c.fill(rounded(x, 880, 40, 100, 10), flat([]rgb{hex(0x0f766e), hex(0xf4c7b5), hex(0xf0e8dc), hex(0xb87a4a)}[r.IntN(4)].mul(0.7)))
	}
	c.blur(24)
	c.bokeh(22, 0, 60, width, 820, 26, 76, strength, r, lamp, lamp.mix(rgb{1, 1, 1}, 0.4))
}

// drawBefore is dry, dull hair before the cut.
func drawBefore() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(61, 1))
	salonHaze(c, hex(0x9aa6ac).mul(0.8), hex(0x5c666c).mul(0.7), hex(0xd0dce4), 0.06, r)
	cape(c, hex(0x30363c))
	hair{root: hex(0x352a22), middle: hex(0x5a4838), tip: hex(0x8a745c), gloss: 0.10, frizz: 46, even: 0.62, length: 760}.paint(c, r)
	return c.develop(1.12, 0.2, 61)
}

// drawAfter is the same head with shining waves.
func drawAfter() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(62, 1))
	salonHaze(c, hex(0xf6d2c0), hex(0x9c6a58), hex(0xffdcb0), 0.22, r)
	c.glow(300, 330, 330, hex(0xffd0a8).mul(0.4))
	cape(c, hex(0x0f766e).mul(0.9))
	hair{root: hex(0x4a2414), middle: hex(0x9c5428), tip: hex(0xc8844a), gloss: 0.8, wave: 30, frizz: 3, even: 0.93, length: 800}.paint(c, r)
	for range 26 { // sparkle
		x, y := headX+(r.Float64()-0.5)*420, 420+r.Float64()*820
		c.glow(x, y, 3+5*r.Float64(), hex(0xfff0d8).mul(0.35*r.Float64()))
	}
	return c.develop(1.2, 0.55, 62)
}
