package main

import (
	"image"
	"math"
	"math/rand/v2"
)

var (
	flame = hex(0xff5a1f) // the gym's own orange
	steel = hex(0xb8c0c8)
	coal  = hex(0x1a1e26)
)

// lens is a camera that looks along z: a point (x right, y down, z away, in
// metres) lands on the canvas around the vanishing point.
type lens struct{ vx, vy, f float64 }

func (l lens) at(x, y, z float64) point { return point{l.vx + x*l.f/z, l.vy + y*l.f/z} }

func (l lens) quad(a, b, c, d [3]float64) path {
	return path{l.at(a[0], a[1], a[2]), l.at(b[0], b[1], b[2]), l.at(c[0], c[1], c[2]), l.at(d[0], d[1], d[2])}
}

// beam is a bar between two points of the room, as thick as its distance allows.
func (l lens) beam(c *canvas, a, b [3]float64, thick float64, col rgb) {
	p, q := l.at(a[0], a[1], a[2]), l.at(b[0], b[1], b[2])
	wp, wq := thick*l.f/a[2]/2, thick*l.f/b[2]/2
	d := math.Hypot(q.x-p.x, q.y-p.y)
	nx, ny := -(q.y-p.y)/d, (q.x-p.x)/d
	c.fill(path{{p.x + nx*wp, p.y + ny*wp}, {q.x + nx*wq, q.y + ny*wq}, {q.x - nx*wq, q.y - ny*wq}, {p.x - nx*wp, p.y - ny*wp}}, func(x, y float64) (rgb, float64) {
		u := ((x-p.x)*nx + (y-p.y)*ny) / max(1, wp)
		return col.mul(0.55 + 0.9*bell(u, -0.3, 0.45)), 1
	})
}

// neon is a lit tube: a glow around a white-hot line.
func neon(c *canvas, col rgb, width float64, pts ...point) {
	c.soft(stroke(width*7, pts...), width*5, flat(col.mul(0.9)), 0.30)
	c.soft(stroke(width*2.4, pts...), width, flat(col.mul(2.2)), 0.85)
	c.fill(stroke(width*0.9, pts...), flat(col.mul(1.6).mix(rgb{3, 3, 3}, 0.45)))
}

// Half the hall's width, its floor and its ceiling, in metres from the eye.
const (
	hallX, hallFloor, hallTop, hallEnd = 3.1, 1.35, -2.3, 12.0
)

// drawHall is the hall of the gym, down its middle.
func drawHall() *image.RGBA {
	c := newCanvas(width, height)
	r := rand.New(rand.NewPCG(51, 1))
	l := lens{621, 760, 1180}
	hall(c, l)
	sunSign(c, l)
	c.blur(2.2)
	for _, z := range []float64{9.5, 7, 5} {
		rack(c, l, -2.35, z)
		machine(c, l, 2.3, z)
	}
	for _, x := range []float64{-hallX, hallX} {
		neon(c, flame, 7, l.at(x, hallTop, hallEnd), l.at(x, hallTop, 5), l.at(x, hallTop, 2.4))
		neon(c, flame, 4, l.at(x, hallFloor, hallEnd), l.at(x, hallFloor, 6), l.at(x, hallFloor, 3.2))
	}
	for _, x := range []float64{-1.1, 1.1} {
		neon(c, hex(0xdfeaff), 5, l.at(x, hallTop, hallEnd), l.at(x, hallTop, 5.5), l.at(x, hallTop, 2.7))
	}
	bench(c, l)
	for range 90 { // chalk in the air
		c.glow(r.Float64()*width, 300+r.Float64()*1100, 2+r.Float64()*3, hex(0xffd8c0).mul(0.05+0.08*r.Float64()))
	}
	return c.develop(1.45, 0.8, 51)
}

// hall paints the walls, the ceiling and a floor that mirrors.
func hall(c *canvas, l lens) {
	c.each(func(x, y float64, _ rgb) rgb {
		dx, dy := (x-l.vx)/l.f, (y-l.vy)/l.f
		side := math.Abs(dx) / hallX
		up := dy / hallFloor
		if dy < 0 {
			up = dy / hallTop
		}
		z := min(hallEnd, 1/max(side, up, 1e-9))
		near := 1.15 - 0.6*z/hallEnd
		px, py := dx*z, dy*z
		switch {
		case z >= hallEnd: // end wall: concrete
			return hex(0x39404c).mul(0.5 + 0.22*fbm(px*1.4, py*1.4, 3) + 0.5*bell(math.Hypot(px, py+0.4), 0, 1.8))
		case side >= up: // side walls: concrete with a rail of light above
			p := hex(0x2c323d).mul((0.5+0.16*fbm(z*1.3, py*1.5, 5))*near + 0.02)
			return p.add(flame.mul(0.5 * bell(py, hallTop, 0.55))).add(flame.mul(0.14 * bell(py, hallFloor, 0.3)))
		case dy > 0: // rubber tiles
			p := hex(0x1e222a).mul(0.5 + 0.1*noise(px*40, z*40, 7))
			if math.Abs(px-math.Round(px)) < 0.012 || math.Abs(z-math.Round(z)) < 0.02 {
				p = p.mul(0.5)
			}
			shine := bell(math.Abs(px), 1.1, 0.30) * 0.13 * step(z, 1.6, 7)
			p = p.add(hex(0xcfe0ff).mul(shine))
			return p.add(flame.mul(0.35 * bell(math.Abs(px), hallX, 0.7)))
		default:
			p := hex(0x15181e).mul(0.6)
			if math.Mod(z, 1.5) < 0.16 {
				p = hex(0x2a2e36).mul(0.6)
			}
			return p.add(hex(0xcfe0ff).mul(0.10 * bell(math.Abs(px), 1.1, 0.4)))
		}
	})
}

// sunSign is the sign on the end wall: a sun that rises, without letters.
func sunSign(c *canvas, l lens) {
	mid := l.at(0, -0.35, hallEnd)
	c.glow(mid.x, mid.y, 200, flame.mul(0.5))
	var arc []point
	for i := range 17 {
		a := math.Pi * (1 + float64(i)/16)
		arc = append(arc, point{mid.x + 70*math.Cos(a), mid.y + 70*math.Sin(a)})
	}
	neon(c, flame, 8, arc...)
	neon(c, flame, 7, point{mid.x - 135, mid.y + 6}, point{mid.x, mid.y + 6}, point{mid.x + 135, mid.y + 6})
	for i := range 5 {
		a := math.Pi * (1.14 + 0.18*float64(i))
		s, k := math.Sincos(a)
		neon(c, hex(0xffb070), 6, point{mid.x + 92*k, mid.y + 92*s}, point{mid.x + 108*k, mid.y + 108*s}, point{mid.x + 124*k, mid.y + 124*s})
	}
}

// plates are discs on a bar's end, seen almost from the side.
func plates(c *canvas, l lens, x, y, z, radius, dir float64, n int) {
	for i := n - 1; i >= 0; i-- {
		rad := radius * (1 - 0.16*float64(i))
		p := l.at(x+dir*float64(i)*0.07, y, z)
		k := l.f / z * rad
		col := coal.mul(1.6)
		if i == 0 {
			col = flame.mul(0.75)
		}
		c.fill(ellipse(p.x, p.y, k*0.32, k), func(px, py float64) (rgb, float64) {
			return col.mul(0.6 + 0.9*bell(py, p.y-k*0.55, k*0.5)), 1
		})
		c.fill(ellipse(p.x, p.y, k*0.06, k*0.18), flat(steel.mul(0.8)))
	}
}

// rack is a squat rack with a loaded bar.
func rack(c *canvas, l lens, x, z float64) {
	foot := l.at(x, hallFloor, z)
	c.soft(ellipse(foot.x, foot.y, l.f/z*0.9, l.f/z*0.14), 12, flat(hex(0x040506)), 0.7)
	for _, dz := range []float64{0.7, 0} {
		for _, dx := range []float64{-0.5, 0.5} {
			l.beam(c, [3]float64{x + dx, hallFloor, z + dz}, [3]float64{x + dx, -1.05, z + dz}, 0.09, hex(0x3a414e))
		}
		l.beam(c, [3]float64{x - 0.5, -1.05, z + dz}, [3]float64{x + 0.5, -1.05, z + dz}, 0.09, flame.mul(0.8))
	}
	l.beam(c, [3]float64{x - 0.95, -0.15, z}, [3]float64{x + 0.95, -0.15, z}, 0.04, steel)
	plates(c, l, x-0.72, -0.15, z, 0.30, -1, 3)
	plates(c, l, x+0.72, -0.15, z, 0.30, 1, 3)
}

// machine is a treadmill beside the right wall.
func machine(c *canvas, l lens, x, z float64) {
	foot := l.at(x, hallFloor, z)
	c.soft(ellipse(foot.x, foot.y, l.f/z*0.8, l.f/z*0.14), 12, flat(hex(0x040506)), 0.7)
	c.fill(l.quad([3]float64{x - 0.4, hallFloor - 0.16, z + 1}, [3]float64{x + 0.4, hallFloor - 0.16, z + 1}, [3]float64{x + 0.42, hallFloor - 0.1, z - 0.6}, [3]float64{x - 0.42, hallFloor - 0.1, z - 0.6}), flat(hex(0x14171c)))
	c.fill(l.quad([3]float64{x - 0.42, hallFloor - 0.1, z - 0.6}, [3]float64{x + 0.42, hallFloor - 0.1, z - 0.6}, [3]float64{x + 0.42, hallFloor, z - 0.6}, [3]float64{x - 0.42, hallFloor, z - 0.6}), flat(hex(0x4a515e)))
	for _, dx := range []float64{-0.4, 0.4} {
		l.beam(c, [3]float64{x + dx, hallFloor - 0.1, z + 0.8}, [3]float64{x + dx, 0.1, z + 0.9}, 0.08, hex(0x5a6270))
		l.beam(c, [3]float64{x + dx, 0.12, z + 0.9}, [3]float64{x + dx, 0.3, z + 0.2}, 0.06, hex(0x5a6270))
	}
	panel := l.quad([3]float64{x - 0.42, -0.22, z + 0.95}, [3]float64{x + 0.42, -0.22, z + 0.95}, [3]float64{x + 0.42, 0.14, z + 0.85}, [3]float64{x - 0.42, 0.14, z + 0.85})
	c.fill(panel, flat(hex(0x20252e)))
	screen := l.quad([3]float64{x - 0.3, -0.17, z + 0.93}, [3]float64{x + 0.3, -0.17, z + 0.93}, [3]float64{x + 0.3, 0.04, z + 0.87}, [3]float64{x - 0.3, 0.04, z + 0.87})
	c.fill(screen, flat(hex(0x58c8ff).mul(0.9)))
}

// bench stands in the middle with a bar across: the subject.
func bench(c *canvas, l lens) {
	const z = 3.5
	foot := l.at(0, hallFloor, z)
	c.soft(ellipse(foot.x, foot.y+10, 380, 60), 26, flat(hex(0x020304)), 0.85)
	for _, x := range []float64{-0.56, 0.56} {
		l.beam(c, [3]float64{x, hallFloor, z + 0.3}, [3]float64{x, 0.18, z + 0.3}, 0.09, hex(0x4a515e))
		l.beam(c, [3]float64{x - 0.2, hallFloor - 0.03, z + 0.3}, [3]float64{x + 0.2, hallFloor - 0.03, z + 0.3}, 0.08, hex(0x4a515e))
	}
	l.beam(c, [3]float64{0, hallFloor, z - 0.5}, [3]float64{0, 0.85, z - 0.5}, 0.12, hex(0x4a515e))
	l.beam(c, [3]float64{-0.25, hallFloor - 0.03, z - 0.6}, [3]float64{0.25, hallFloor - 0.03, z - 0.6}, 0.08, hex(0x4a515e))
	pad := l.quad([3]float64{-0.17, 0.78, z + 0.6}, [3]float64{0.17, 0.78, z + 0.6}, [3]float64{0.2, 0.78, z - 0.65}, [3]float64{-0.2, 0.78, z - 0.65})
	c.fill(pad, func(x, y float64) (rgb, float64) {
		return flame.mul(0.62).mul(0.8 + 0.5*bell(x, 621, 60)), 1
	})
	c.fill(l.quad([3]float64{-0.2, 0.78, z - 0.65}, [3]float64{0.2, 0.78, z - 0.65}, [3]float64{0.2, 0.88, z - 0.65}, [3]float64{-0.2, 0.88, z - 0.65}), flat(flame.mul(0.3)))
	l.beam(c, [3]float64{-1.15, 0.12, z + 0.25}, [3]float64{1.15, 0.12, z + 0.25}, 0.045, steel.mul(1.2))
	plates(c, l, -0.82, 0.12, z+0.25, 0.34, -1, 4)
	plates(c, l, 0.82, 0.12, z+0.25, 0.34, 1, 4)
}
