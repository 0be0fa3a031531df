package film

import (
	"fmt"
	"io"
	"math"
)

// layer is a picture that is drawn into frames.
type layer struct {
	*visual
	pic *picture
	// base is the part of pic that fills the box when nothing moves, in luma
	// pixels; cover-fit makes it smaller than pic.
	base  rect
	moves []span
}

// rect is a rectangle in pixels, not necessarily whole ones.
type rect struct{ x, y, w, h float64 }

// inner returns the window that is f of r's size at anchor (ax, ay).
func (r rect) inner(f, ax, ay float64) rect {
	return rect{r.x + (1-f)*r.w*ax, r.y + (1-f)*r.h*ay, r.w * f, r.h * f}
}

// at returns what of the picture is seen where at time t.
func (l *layer) at(t float64) (win, dst rect) {
	win, dst = l.base, rect{l.x, l.y, l.w, l.h}
	for i := range l.moves {
		m := &l.moves[i]
		p := m.progress(t)
		z := m.animation.from + (m.animation.to-m.animation.from)*p
		switch {
		case m.kind == "pan":
			w, h := l.base.w/max(1, z), l.base.h/max(1, z)
			x, y := m.x0+(m.x1-m.x0)*p, m.y0+(m.y1-m.y0)*p
			win = rect{(float64(l.pic.w) - w) * x, (float64(l.pic.h) - h) * y, w, h}
		case m.kind == "slide":
			if m.atEnd {
				p = 1 - p
			}
			dst.x += m.x0 * (1 - p) * l.w
			dst.y += m.y0 * (1 - p) * l.h
		case m.kind == "scale" && m.inside && z >= 1:
			win = win.inner(1/z, m.xa, m.ya)
		case m.kind == "scale":
			dst = dst.inner(max(z, 0.001), m.xa, m.ya)
		}
	}
	return win, dst
}

// covers reports whether the layer hides everything under it at time t.
func (l *layer) covers(t, w, h float64) bool {
	_, d := l.at(t)
	return l.pic.a == nil && l.alpha(t) >= 0.999 && d.x <= 0.5 && d.y <= 0.5 && d.x+d.w >= w-0.5 && d.y+d.h >= h-0.5
}

// composer draws frames.
type composer struct {
	w, h    int
	rate    float64
	frames  int
	ground  [3]byte // Y, U, V of the background
	layers  []*layer
	rows    []byte // sixteen source rows, resampled horizontally
	stride  int    // of rows: the frame's width rounded up to eight
	line    []byte // a sampled line
	mask    []byte // a sampled line of alpha
	columns []column
}

func newComposer(sc *scene, ground fill, layers []*layer) *composer {
	c := &composer{w: int(sc.w), h: int(sc.h), rate: sc.rate, frames: sc.frames, layers: layers, ground: [3]byte{16, 128, 128}}
	if len(ground.stops) == 1 {
		c.ground[0], c.ground[1], c.ground[2] = colorPlanes(ground.stops[0].c)
	}
	c.stride = (c.w + 7) / 8 * 8
	c.rows, c.line, c.mask = make([]byte, 16*c.stride), make([]byte, c.w), make([]byte, c.w)
	c.columns = make([]column, c.stride)
	return c
}

// write draws all frames into w. Two buffers are used in turn, so that a frame
// is drawn while the one before it is taken by the encoder.
func (c *composer) write(w io.Writer) error {
	ready, free := make(chan *planes), make(chan *planes, 2)
	free <- newPlanes(c.w, c.h)
	free <- newPlanes(c.w, c.h)
	stop := make(chan struct{})
	go func() {
		defer close(ready)
		for n := range c.frames {
			select {
			case f := <-free:
				c.draw(f, (float64(n)+0.5)/c.rate)
				select {
				case ready <- f:
				case <-stop:
					return
				}
			case <-stop:
				return
			}
		}
	}()
	var failed error
	for f := range ready {
		if failed == nil {
			if _, err := w.Write(f.y[:c.w*c.h*3/2]); err != nil { // y, u and v share one array
				failed = fmt.Errorf("write frame: %w", err)
				close(stop)
			}
		}
		free <- f
	}
	return failed
}

// draw draws the frame of time t.
func (c *composer) draw(f *planes, t float64) {
	first, covered := 0, false
	for i := len(c.layers) - 1; i >= 0 && !covered; i-- {
		if l := c.layers[i]; l.start <= t && t < l.hold && l.covers(t, float64(c.w), float64(c.h)) {
			first, covered = i, true
		}
	}
	if !covered {
		flood(f.y, c.ground[0])
		flood(f.u, c.ground[1])
		flood(f.v, c.ground[2])
	}
	for _, l := range c.layers[first:] {
		if alpha := l.alpha(t); l.start <= t && t < l.hold && alpha > 0 {
			win, dst := l.at(t)
			c.layer(f, l.pic, win, dst, int(math.Round(min(1, alpha)*256)))
		}
	}
}

func flood(b []byte, v byte) {
	b[0] = v
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// layer draws one picture; f is its opacity in 1/256.
func (c *composer) layer(frame *planes, pic *picture, win, dst rect, f int) {
	// Whole even edges, so that luma and chroma cover the same area.
	x0, y0 := even(dst.x), even(dst.y)
	x1, y1 := even(dst.x+dst.w), even(dst.y+dst.h)
	cx0, cy0, cx1, cy1 := max(0, x0), max(0, y0), min(c.w, x1), min(c.h, y1)
	if cx0 >= cx1 || cy0 >= cy1 {
		return
	}
	sx, sy := win.w/float64(x1-x0), win.h/float64(y1-y0)
	full := plane{stride: c.w, sstride: pic.w, sw: pic.w, sh: pic.h, x0: cx0, x1: cx1, y0: cy0, y1: cy1, sx: sx, sy: sy,
		u: win.x + (float64(cx0-x0)+0.5)*sx - 0.5, v: win.y + (float64(cy0-y0)+0.5)*sy - 0.5}
	chroma := plane{stride: c.w / 2, sstride: pic.w / 2, sw: pic.w / 2, sh: pic.h / 2, x0: cx0 / 2, x1: cx1 / 2, y0: cy0 / 2, y1: cy1 / 2,
		sx: sx, sy: sy, u: win.x/2 + (float64(cx0-x0)/2+0.5)*sx - 0.5, v: win.y/2 + (float64(cy0-y0)/2+0.5)*sy - 0.5}
	full.lookup(c.columns)
	c.plane(frame.y, pic.wy, pic, full, full, f, 1)
	chroma.lookup(c.columns)
	c.plane(frame.u, pic.wu, pic, chroma, full, f, 2)
	c.plane(frame.v, pic.wv, pic, chroma, full, f, 2)
}

// plane maps output pixels x0..x1, y0..y1 to source positions u + x·sx, v + y·sy.
type plane struct {
	stride, sstride, sw, sh int
	x0, x1, y0, y1          int
	sx, sy, u, v            float64
}

// lookup fills the table of columns.
func (p *plane) lookup(columns []column) {
	for x := range p.x1 - p.x0 {
		columns[x] = split(p.u+float64(x)*p.sx, p.sw)
	}
	clear(columns[p.x1-p.x0:]) // sampleBlock works on whole groups
}

// split cuts a source position into a whole pixel and 1/256 of the way to the next.
func split(v float64, size int) column {
	v = min(float64(size-1), max(0, v))
	i := int32(v)
	f := int32(math.Round((v - float64(i)) * 256))
	if int(i) >= size-1 {
		return column{int32(size - 2), 256}
	}
	return column{i, f}
}

// plane draws one plane. scale is 2 for chroma, whose alpha is taken from the
// luma-sized mask at every second pixel.
func (c *composer) plane(dst []byte, src []uint64, pic *picture, p, full plane, f, scale int) {
	n := p.x1 - p.x0
	ready := [2]int{-1, -1} // which block of eight source rows each half of c.rows holds
	row := func(y int) []byte {
		if b := y / 8; ready[b&1] != b {
			ready[b&1] = b
			sampleBlock(c.rows[b&1*8*c.stride:], c.stride, src[b*p.sw:(b+1)*p.sw], c.columns, n)
		}
		return c.rows[y&15*c.stride:][:n]
	}
	for y := p.y0; y < p.y1; y++ {
		// Most masks are the same along a row (rectangles, vertical gradients): then no pixel needs its own.
		opacity, mask := f, -1
		if pic.a != nil {
			mask = full.maskRow(y-p.y0, scale)
			if a := pic.rows[mask]; a >= 0 {
				opacity, mask = (f*a+127)/255, -1
			}
		}
		if opacity == 0 {
			continue
		}
		out := dst[y*p.stride+p.x0 : y*p.stride+p.x1]
		at := split(p.v+float64(y-p.y0)*p.sy, p.sh)
		up, down := row(int(at.i)), row(int(at.i)+1)
		switch {
		case mask < 0 && opacity == 256:
			lerpBytes(out, up, down, int(at.f))
		case mask < 0:
			lerpBytes(c.line[:n], up, down, int(at.f))
			lerpBytes(out, out, c.line[:n], opacity)
		default:
			lerpBytes(c.line[:n], up, down, int(at.f))
			full.sampleMask(c.mask[:n], pic.a[mask*pic.w:][:pic.w], scale)
			blendRow(out, c.line[:n], c.mask[:n], f)
		}
	}
}

// maskRow is the mask's row for an output row, nearest pixel: masks are drawn
// 1:1 or slightly scaled, and their edges are soft already.
func (p *plane) maskRow(y, scale int) int {
	return min(p.sh-1, max(0, int(p.v+(float64(y*scale)+float64(scale-1)/2)*p.sy+0.5)))
}

func (p *plane) sampleMask(dst, row []byte, scale int) {
	step := int(p.sx * float64(scale) * (1 << 16))
	at := int((p.u + float64(scale-1)/2*p.sx + 0.5) * (1 << 16))
	for x := range dst {
		dst[x] = row[min(p.sw-1, max(0, at>>16))]
		at += step
	}
}
