package film

import (
	"math"
	"slices"
)

// brush draws pictures into frames: resampled between pixels, with soft edges
// where an edge lies between pixels, so that nothing that moves jumps. It
// keeps the scratch memory that this needs.
type brush struct {
	rows    []byte // sixteen source rows, resampled horizontally
	stride  int    // of rows: the frame's width rounded up to eight
	line    []byte // a sampled line
	mask    []byte // a sampled line of alpha
	columns []column
	strips  []strip
}

func newBrush(w int) brush {
	stride := (w + 7) / 8 * 8
	return brush{stride: stride, rows: make([]byte, 16*stride), line: make([]byte, w), mask: make([]byte, w), columns: make([]column, stride)}
}

// paint draws the window win of a picture at dst, as far as it is seen through
// all panes; f is its opacity in 1/256.
func (b *brush) paint(frame *planes, pic *picture, win, dst rect, panes []pane, f int) {
	seen := dst.and(rect{0, 0, float64(frame.w), float64(frame.h)})
	for _, p := range panes {
		seen = seen.and(p.rect)
	}
	if seen.w <= 0 || seen.h <= 0 {
		return
	}
	// Straight edges make one rectangle; only round panes are looked at one by one.
	hole := hole{all: seen}
	for _, p := range panes {
		if p.radius > 0 {
			hole.round = append(hole.round, p)
		}
	}
	full := place(frame.w, pic.w, pic.h, win, dst, seen, 1)
	full.lookup(b.columns)
	b.plane(frame.y, pic.wy, pic, full, full, &hole, f)
	half := place(frame.w/2, pic.w/2, pic.h/2, win, dst, seen, 2)
	half.lookup(b.columns)
	b.plane(frame.u, pic.wu, pic, half, full, &hole, f)
	b.plane(frame.v, pic.wv, pic, half, full, &hole, f)
}

// hole is where a layer is seen.
type hole struct {
	all   rect
	round []pane
}

// plane maps output pixels x0..x1, y0..y1 to source positions u + x·sx, v + y·sy.
// Pixels of a chroma plane are scale = 2 luma pixels wide and high.
type plane struct {
	stride, sw, sh, scale int
	x0, x1, y0, y1        int
	sx, sy, u, v          float64
}

func place(stride, sw, sh int, win, dst, seen rect, scale int) plane {
	k := float64(scale)
	p := plane{stride: stride, sw: sw, sh: sh, scale: scale, sx: win.w / dst.w, sy: win.h / dst.h,
		x0: int(seen.x / k), y0: int(seen.y / k), x1: int(math.Ceil((seen.x + seen.w) / k)), y1: int(math.Ceil((seen.y + seen.h) / k))}
	p.u = win.x/k + (float64(p.x0)+0.5-dst.x/k)*p.sx - 0.5
	p.v = win.y/k + (float64(p.y0)+0.5-dst.y/k)*p.sy - 0.5
	return p
}

// lookup fills the table of columns.
func (p *plane) lookup(columns []column) {
	for x := range p.x1 - p.x0 {
		columns[x] = split(p.u+float64(x)*p.sx, p.sw)
	}
	clear(columns[p.x1-p.x0 : (p.x1-p.x0+7)/8*8]) // sampleBlock works on whole groups
}

// split cuts a source position into a whole pixel and 1/256 of the way to the
// next; the only pixel of a line has no next.
func split(v float64, size int) column {
	if size == 1 {
		return column{}
	}
	v = min(float64(size-1), max(0, v))
	i := int32(v)
	f := int32(math.Round((v - float64(i)) * 256))
	if int(i) >= size-1 {
		return column{int32(size - 2), 256}
	}
	return column{i, f}
}

// plane draws one plane; the alpha of chroma is taken from the luma-sized mask.
func (b *brush) plane(dst []byte, src []uint64, pic *picture, p, full plane, at *hole, f int) {
	n := p.x1 - p.x0
	ready := [2]int{-1, -1} // which block of eight source rows each half of b.rows holds
	row := func(y int) []byte {
		if k := y / 8; ready[k&1] != k {
			ready[k&1] = k
			sampleBlock(b.rows[k&1*8*b.stride:], b.stride, src[k*p.sw:(k+1)*p.sw], b.columns, n)
		}
		return b.rows[y&15*b.stride:][:n]
	}
	for y := p.y0; y < p.y1; y++ {
		w, ok := b.across(at, y, &p)
		if !ok {
			continue
		}
		// Most masks are the same along a row (rectangles, vertical gradients): then no pixel needs its own.
		opacity, mask := f, -1
		if pic.a != nil {
			mask = full.maskRow(y, p.scale)
			if a := pic.rows[mask]; a >= 0 {
				opacity, mask = (f*a+127)/255, -1
			}
		}
		if opacity == 0 {
			continue
		}
		out := dst[y*p.stride+p.x0 : y*p.stride+p.x1]
		from := split(p.v+float64(y-p.y0)*p.sy, p.sh)
		up, down := row(int(from.i)), row(int(from.i)+1)
		if mask >= 0 {
			b.masked(out, up, down, int(from.f), pic.a[mask*pic.w:][:pic.w], &p, &full, w, opacity)
			continue
		}
		strength := float64(opacity) * w.cover
		b.edge(out, up, down, int(from.f), w.a, w.b, p.x0, strength)
		b.edge(out, up, down, int(from.f), w.c, w.d, p.x0, strength)
		o, up, down := out[w.b:w.c], up[w.b:w.c], down[w.b:w.c]
		if k := int(math.Round(strength)); k >= 256 {
			lerpBytes(o, up, down, int(from.f))
		} else {
			line := b.line[:len(o)]
			lerpBytes(line, up, down, int(from.f))
			lerpBytes(o, o, line, k)
		}
	}
}

// edge draws the columns from..to, each as far as it is covered.
func (b *brush) edge(out, up, down []byte, f, from, to, x0 int, opacity float64) {
	for x := from; x < to; x++ {
		k := int(math.Round(b.coverage(x+x0) * opacity))
		v := (int(up[x])*(256-f) + int(down[x])*f + 128) >> 8
		out[x] = byte((int(out[x])*(256-k) + v*k + 128) >> 8)
	}
}

// masked draws a row whose every pixel has an alpha of its own.
func (b *brush) masked(out, up, down []byte, f int, alpha []byte, p, full *plane, w stretch, opacity int) {
	line, mask := b.line[:len(out)], b.mask[:len(out)]
	lerpBytes(line, up, down, f)
	full.sampleMask(mask, alpha, p)
	for _, part := range [2][2]int{{w.a, w.b}, {w.c, w.d}} {
		for x := part[0]; x < part[1]; x++ {
			mask[x] = byte(float64(mask[x])*b.coverage(x+p.x0) + 0.5)
		}
	}
	blendRow(out[w.a:w.d], line[w.a:w.d], mask[w.a:w.d], int(math.Round(float64(opacity)*w.cover)))
}

// maskRow is the mask's row for an output row, nearest pixel: masks are drawn
// 1:1 or slightly scaled, and their edges are soft already.
func (p *plane) maskRow(y, scale int) int {
	v := p.v + (float64(y*scale-p.y0)+float64(scale-1)/2)*p.sy
	return min(p.sh-1, max(0, int(v+0.5)))
}

// sampleMask fills dst, the columns of the plane o, from a row of the mask.
func (p *plane) sampleMask(dst, row []byte, o *plane) {
	step := int(p.sx * float64(o.scale) * (1 << 16))
	at := int((p.u + (float64(o.x0*o.scale-p.x0)+float64(o.scale-1)/2)*p.sx + 0.5) * (1 << 16))
	for x := range dst {
		dst[x] = row[min(p.sw-1, max(0, at>>16))]
		at += step
	}
}

// strip is how a pane meets a row of pixels. A round corner is looked at in
// four lines within the row.
type strip struct {
	l, r [4]float64
	n    int // lines used
}

// stretch is what of a row is drawn, relative to the first column: nothing left
// of a and right of d, all between b and c, and soft edges in between.
type stretch struct {
	a, b, c, d int
	cover      float64 // of the row's height
}

// across looks at a row of a plane; ok is false when nothing of it is seen.
func (b *brush) across(h *hole, y int, p *plane) (w stretch, ok bool) {
	k := float64(p.scale)
	y0, y1 := max(float64(y), h.all.y/k), min(float64(y+1), (h.all.y+h.all.h)/k)
	if w.cover = y1 - y0; w.cover < 0.002 {
		return w, false
	}
	if w.cover > 1-bit {
		w.cover = 1
	}
	left, right := h.all.x/k, (h.all.x+h.all.w)/k
	b.strips = append(b.strips[:0], strip{l: [4]float64{left}, r: [4]float64{right}, n: 1})
	lo, hi, in, out := left, right, left, right
	for i := range h.round {
		s, all := h.round[i].strip(y0, y1, k)
		if all {
			continue
		}
		b.strips = append(b.strips, s)
		lo, hi = max(lo, slices.Min(s.l[:])), min(hi, slices.Max(s.r[:]))
		in, out = max(in, slices.Max(s.l[:])), min(out, slices.Min(s.r[:]))
	}
	n := p.x1 - p.x0
	w.a, w.d = max(0, int(math.Floor(lo+bit))-p.x0), min(n, int(math.Ceil(hi-bit))-p.x0)
	if w.a >= w.d {
		return w, false
	}
	w.b, w.c = max(w.a, int(math.Ceil(in-bit))-p.x0), min(w.d, int(math.Floor(out+bit))-p.x0)
	if w.b >= w.c { // all edge
		w.b, w.c = w.d, w.d
	}
	return w, true
}

// strip cuts a pane between y0 and y1, in pixels that are scale luma pixels
// high; all is true where its sides are straight, which hole.all has already.
func (q *pane) strip(y0, y1, scale float64) (s strip, all bool) {
	x, top, w, h := q.x/scale, q.y/scale, q.w/scale, q.h/scale
	radius := min(q.radius/scale, w/2, h/2)
	if min(y0-top, top+h-y1) >= radius {
		return s, true
	}
	s.n = len(s.l)
	for i := range s.n {
		line, inset := y0+(float64(i)+0.5)/float64(s.n)*(y1-y0), 0.0
		if d := radius - min(line-top, top+h-line); d > 0 {
			inset = radius - math.Sqrt(max(0, radius*radius-d*d))
		}
		s.l[i], s.r[i] = x+inset, x+w-inset
	}
	return s, false
}

// coverage is how much of column x of the row last looked at is seen, of the
// part of its height that is.
func (b *brush) coverage(x int) float64 {
	least := 1.0
	for i := range b.strips {
		s, sum := &b.strips[i], 0.0
		for k := range s.n {
			sum += max(0, min(float64(x+1), s.r[k])-max(float64(x), s.l[k]))
		}
		least = min(least, sum/float64(s.n))
	}
	return least
}
