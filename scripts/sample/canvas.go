package main

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// Pictures are painted in linear light with three float channels, so that
// lamps add up, glow and are tone-mapped at the end as a camera does it.

// rgb is linear light; 1 is paper white.
type rgb struct{ r, g, b float64 }

func (c rgb) mul(k float64) rgb { return rgb{c.r * k, c.g * k, c.b * k} }
func (c rgb) add(d rgb) rgb     { return rgb{c.r + d.r, c.g + d.g, c.b + d.b} }
func (c rgb) tint(d rgb) rgb    { return rgb{c.r * d.r, c.g * d.g, c.b * d.b} }
func (c rgb) mix(d rgb, t float64) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// hex reads an sRGB colour.
func hex(v uint32) rgb {
	f := func(u uint32) float64 { return math.Pow(float64(u&255)/255, 2.2) }
	return rgb{f(v >> 16), f(v >> 8), f(v)}
}

type canvas struct {
	w, h int
	pix  []rgb
}

func newCanvas(w, h int) *canvas { return &canvas{w, h, make([]rgb, w*h)} }

func (c *canvas) clone() *canvas {
	return &canvas{c.w, c.h, append([]rgb(nil), c.pix...)}
}

// shader gives the colour and opacity of a point.
type shader func(x, y float64) (rgb, float64)

func flat(c rgb) shader { return func(_, _ float64) (rgb, float64) { return c, 1 } }

// each repaints every pixel.
func (c *canvas) each(f func(x, y float64, p rgb) rgb) {
	for y := range c.h {
		for x := range c.w {
			i := y*c.w + x
			c.pix[i] = f(float64(x)+0.5, float64(y)+0.5, c.pix[i])
		}
	}
}

type point struct{ x, y float64 }

// path is a closed outline of straight lines; curves are cut into lines.
type path []point

func rectangle(x, y, w, h float64) path {
	return path{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
}

func ellipse(cx, cy, rx, ry float64) path {
	var p path
	for i := range 96 {
		a := float64(i) / 96 * 2 * math.Pi
		p = append(p, point{cx + rx*math.Cos(a), cy + ry*math.Sin(a)})
	}
	return p
}

func rounded(x, y, w, h, r float64) path {
	var p path
	for k, c := range []point{{x + w - r, y + r}, {x + w - r, y + h - r}, {x + r, y + h - r}, {x + r, y + r}} {
		for i := range 9 {
			a := (float64(k) - 1 + float64(i)/8) * math.Pi / 2
			p = append(p, point{c.x + r*math.Cos(a), c.y + r*math.Sin(a)})
		}
	}
	return p
}

// smooth is a closed Catmull-Rom curve through the points.
func smooth(pts ...point) path {
	var out path
	n := len(pts)
	for i := range n {
		a, b, c, d := pts[(i+n-1)%n], pts[i], pts[(i+1)%n], pts[(i+2)%n]
		for k := range 12 {
			t := float64(k) / 12
			out = append(out, point{spline(a.x, b.x, c.x, d.x, t), spline(a.y, b.y, c.y, d.y, t)})
		}
	}
	return out
}

func spline(a, b, c, d, t float64) float64 {
	return b + 0.5*t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// stroke is a curve of the given width through open points.
func stroke(width float64, pts ...point) path {
	n := len(pts)
	var line []point
	for i := range n - 1 {
		a, b, c, d := pts[max(0, i-1)], pts[i], pts[i+1], pts[min(n-1, i+2)]
		for k := range 10 {
			t := float64(k) / 10
			line = append(line, point{spline(a.x, b.x, c.x, d.x, t), spline(a.y, b.y, c.y, d.y, t)})
		}
	}
	line = append(line, pts[n-1])
	var left, right path
	for i, p := range line {
		a, b := line[max(0, i-1)], line[min(len(line)-1, i+1)]
		l := math.Hypot(b.x-a.x, b.y-a.y)
		if l == 0 {
			continue
		}
		nx, ny := -(b.y-a.y)/l*width/2, (b.x-a.x)/l*width/2
		left = append(left, point{p.x + nx, p.y + ny})
		right = append(right, point{p.x - nx, p.y - ny})
	}
	for i := len(right) - 1; i >= 0; i-- {
		left = append(left, right[i])
	}
	return left
}

func (p path) moved(dx, dy float64) path {
	out := make(path, len(p))
	for i, q := range p {
		out[i] = point{q.x + dx, q.y + dy}
	}
	return out
}

// turned rotates about (cx, cy) by degrees.
func (p path) turned(cx, cy, degrees float64) path {
	s, c := math.Sincos(degrees * math.Pi / 180)
	out := make(path, len(p))
	for i, q := range p {
		x, y := q.x-cx, q.y-cy
		out[i] = point{cx + x*c - y*s, cy + x*s + y*c}
	}
	return out
}

// mask is the antialiased coverage of a path inside a window of the canvas.
type mask struct {
	x, y, w, h int
	a          []float64
}

func (c *canvas) mask(p path, margin int) mask {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p {
		x0, y0, x1, y1 = min(x0, q.x), min(y0, q.y), max(x1, q.x), max(y1, q.y)
	}
	m := mask{x: max(0, int(math.Floor(x0))-margin), y: max(0, int(math.Floor(y0))-margin)}
	m.w, m.h = min(c.w, int(math.Ceil(x1))+margin)-m.x, min(c.h, int(math.Ceil(y1))+margin)-m.y
	if m.w <= 0 || m.h <= 0 {
		return mask{}
	}
	r := vector.NewRasterizer(m.w, m.h)
	for i, q := range p {
		x, y := float32(q.x-float64(m.x)), float32(q.y-float64(m.y))
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	img := image.NewAlpha(image.Rect(0, 0, m.w, m.h))
	r.Draw(img, img.Rect, image.Opaque, image.Point{})
	m.a = make([]float64, m.w*m.h)
	for i, v := range img.Pix {
		m.a[i] = float64(v) / 255
	}
	return m
}

// paint draws a mask.
func (c *canvas) paint(m mask, s shader, opacity float64) {
	for y := range m.h {
		for x := range m.w {
			if a := m.a[y*m.w+x]; a > 0 {
				col, b := s(float64(m.x+x)+0.5, float64(m.y+y)+0.5)
				i := (m.y+y)*c.w + m.x + x
				c.pix[i] = c.pix[i].mix(col, min(1, a*b*opacity))
			}
		}
	}
}

func (c *canvas) fill(p path, s shader) { c.paint(c.mask(p, 1), s, 1) }

// soft draws a path with blurred edges.
func (c *canvas) soft(p path, radius float64, s shader, opacity float64) {
	m := c.mask(p, int(radius*3)+2)
	if m.w > 0 {
		blurPlane(m.a, m.w, m.h, radius)
		c.paint(m, s, opacity)
	}
}

// glow adds light that falls off around a point.
func (c *canvas) glow(x, y, radius float64, light rgb) {
	r := radius * 3
	for py := max(0, int(y-r)); py < min(c.h, int(y+r)); py++ {
		for px := max(0, int(x-r)); px < min(c.w, int(x+r)); px++ {
			d := math.Hypot(float64(px)-x, float64(py)-y) / radius
			c.pix[py*c.w+px] = c.pix[py*c.w+px].add(light.mul(math.Exp(-d*d) * (1 - d/3)))
		}
	}
}

// disc adds a disc of out-of-focus light with a slightly brighter rim.
func (c *canvas) disc(x, y, radius float64, light rgb) {
	for py := max(0, int(y-radius-2)); py < min(c.h, int(y+radius+2)); py++ {
		for px := max(0, int(x-radius-2)); px < min(c.w, int(x+radius+2)); px++ {
			d := math.Hypot(float64(px)-x, float64(py)-y)
			k := min(1, max(0, radius-d)) * (0.75 + 0.25*math.Pow(d/radius, 4))
			c.pix[py*c.w+px] = c.pix[py*c.w+px].add(light.mul(k))
		}
	}
}

// blur blurs the whole canvas (three box passes, near to a Gaussian).
func (c *canvas) blur(radius float64) {
	for k := range 3 {
		plane := make([]float64, len(c.pix))
		for i, p := range c.pix {
			plane[i] = [3]float64{p.r, p.g, p.b}[k]
		}
		blurPlane(plane, c.w, c.h, radius)
		for i, v := range plane {
			switch k {
			case 0:
				c.pix[i].r = v
			case 1:
				c.pix[i].g = v
			case 2:
				c.pix[i].b = v
			}
		}
	}
}

func blurPlane(a []float64, w, h int, radius float64) {
	n := int(math.Round(radius))
	if n < 1 {
		return
	}
	line := make([]float64, max(w, h)+2*n+1)
	for range 3 {
		for y := range h {
			box(a[y*w:], line, w, 1, n)
		}
		for x := range w {
			box(a[x:], line, h, w, n)
		}
	}
}

// box averages 2n+1 neighbours along one line; line has room for n more at
// both ends, where the first and last value are repeated.
func box(a, line []float64, count, step, n int) {
	line = line[:count+2*n+1]
	for i := range n {
		line[i], line[n+count+i] = a[0], a[(count-1)*step]
	}
	line[2*n+count] = a[(count-1)*step]
	for i := range count {
		line[n+i] = a[i*step]
	}
	var sum float64
	for _, v := range line[:2*n+1] {
		sum += v
	}
	size := float64(2*n + 1)
	for i := range count {
		a[i*step] = sum / size
		sum += line[i+2*n+1] - line[i]
	}
}

// noise is smooth value noise of one period per unit, -1 to 1.
func noise(x, y float64, seed uint64) float64 {
	ix, iy := math.Floor(x), math.Floor(y)
	fx, fy := x-ix, y-iy
	fx, fy = fx*fx*(3-2*fx), fy*fy*(3-2*fy)
	v := func(i, j float64) float64 {
		h := uint64(int64(ix+i))*0x9e3779b97f4a7c15 ^ uint64(int64(iy+j))*0xc2b2ae3d27d4eb4f ^ seed*0x165667b19e3779f9
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
		h *= 0x94d049bb133111eb
		h ^= h >> 29
		return float64(h>>11)/(1<<52) - 1
	}
	a, b := v(0, 0)+(v(1, 0)-v(0, 0))*fx, v(0, 1)+(v(1, 1)-v(0, 1))*fx
	return a + (b-a)*fy
}

// fbm is four octaves of noise.
func fbm(x, y float64, seed uint64) float64 {
	var sum float64
	amp := 0.5
	for k := range 4 {
		sum += amp * noise(x, y, seed+uint64(k))
		x, y, amp = x*2.03, y*2.03, amp/2
	}
	return sum
}

// develop turns light into a picture: bloom, vignette, tone curve, grain.
func (c *canvas) develop(exposure, bloom float64, seed uint64) *image.RGBA {
	halo := c.clone()
	halo.each(func(_, _ float64, p rgb) rgb {
		l := max(p.r, p.g, p.b)
		return p.mul(max(0, l-0.8) / max(l, 0.001))
	})
	halo.blur(14)
	wide := halo.clone()
	wide.blur(50)
	img := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	grain := rand.New(rand.NewPCG(seed, 7))
	cx, cy := float64(c.w)/2, float64(c.h)/2
	for y := range c.h {
		for x := range c.w {
			i := y*c.w + x
			p := c.pix[i].add(halo.pix[i].mul(bloom)).add(wide.pix[i].mul(bloom))
			d := math.Hypot((float64(x)-cx)/cx, (float64(y)-cy)/cy)
			p = p.mul(exposure * (1 - 0.16*d*d))
			g := grain.Float64()*0.012 - 0.006
			img.SetRGBA(x, y, color.RGBA{tone(p.r, g), tone(p.g, g), tone(p.b, g), 255})
		}
	}
	return img
}

// tone is a filmic curve (Narkowicz's fit of ACES) and sRGB gamma.
func tone(v, grain float64) uint8 {
	v = max(0, v) * 0.8
	v = v * (2.51*v + 0.03) / (v*(2.43*v+0.59) + 0.14)
	v = math.Pow(min(1, max(0, v)), 1/2.2) + grain
	return uint8(math.Round(min(1, max(0, v)) * 255))
}
