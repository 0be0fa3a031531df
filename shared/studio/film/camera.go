package film

import (
	"image"
	"math"

	"castad/shared/media"
)

// A smart crop may cut this part of the subject's width and height, half of it
// on each side: without it a subject as large as the frame could not move.
const spare = 0.02

const (
	// reach is the longest way of a pan, in window sizes: further looks hurried.
	reach = 0.25
	// drift is the way of a pan across the bands above and below a photo.
	drift = 0.04
	// bandLeast is the largest zoom at which bands are shown: thinner ones look
	// like a mistake.
	bandLeast = 0.9
	// magnified is how many output pixels one pixel of a photo may become
	// before it is rather shown smaller, between bands.
	magnified = 3.0
	// softEdge is how wide a photo's edge fades into the bands, in windows.
	softEdge = 0.045
	// stir is how far a photo moves that leaves hardly any room, and stirLeast
	// the least change of size that counts as motion.
	stir, stirLeast = 0.03, 1.015
)

// aim is one end of a movement as the script asks for it: a zoom, 1 showing as
// much as covers the box, and where in what may be shown (0–1). A centred axis
// follows the subject.
type aim struct {
	z, x, y            float64
	centredX, centredY bool
}

// aims reads the movements of a photo in its box.
func aims(content []span) (from, to aim) {
	from = aim{1, 0.5, 0.5, true, true}
	to = from
	for i := range content {
		a := &content[i].animation
		from.z, to.z = from.z*max(1, a.from), to.z*max(1, a.to)
		if a.kind == "scale" {
			from.x, from.y, from.centredX, from.centredY = a.xa, a.ya, a.xa == 0.5, a.ya == 0.5
			to.x, to.y, to.centredX, to.centredY = from.x, from.y, from.centredX, from.centredY
			continue
		}
		stay := a.x0 == a.x1
		from.x, from.centredX, to.x, to.centredX = a.x0, stay && a.x0 == 0.5, a.x1, stay && a.x0 == 0.5
		stay = a.y0 == a.y1
		from.y, from.centredY, to.y, to.centredY = a.y0, stay && a.y0 == 0.5, a.y1, stay && a.y0 == 0.5
	}
	return from, to
}

// framing is what can be shown of a photo so that its subject is kept. Lengths
// are pixels of the photo.
type framing struct {
	w, h       float64 // the photo
	cw, ch     float64 // the largest window with the box's shape inside the photo
	subject    rect
	around     rect    // the subject with its margin
	zmin, zmax float64 // allowed zooms; below 1 the window is larger than the photo in one direction
}

// frameSubject finds the zooms at which a photo of w × h shows its subject in
// a box of bw × bh output pixels. A subject that fits without its margin fills
// the box; one that does not is shown with it, between bands.
func frameSubject(w, h, bw, bh float64, s media.Box) framing {
	a := s.Around()
	f := framing{w: w, h: h, cw: min(w, h*bw/bh), zmin: 1, subject: rect{s.X * w, s.Y * h, s.W * w, s.H * h}, around: rect{a.X * w, a.Y * h, a.W * w, a.H * h}}
	f.ch = f.cw * bh / bw
	tight, loose := f.fits(f.subject), f.fits(f.around)
	f.zmax = max(loose, min(tight, 1+stir))
	all := min(f.cw/f.w, f.ch/f.h) // the zoom that shows the whole photo
	limit := f.zmax
	if k := bw / f.cw; k > magnified && all < bandLeast {
		limit = min(limit, max(all, magnified/k))
	}
	if limit < 1+spare-1e-9 && all < 1 { // it does not fit, or could not move
		f.zmin = all
		f.zmax = max(min(loose, limit, bandLeast), min(loose, all*(1+spare)))
	}
	return f
}

// fits is the largest zoom at which a window can hold r but for the spare part.
func (f *framing) fits(r rect) float64 {
	return 1 / max((1-spare)*max(r.w/f.cw, r.h/f.ch), 1e-3)
}

// between maps the asked zooms into the allowed ones, keeping their ratio as
// far as there is room.
func (f *framing) between(from, to *aim) {
	lo, hi := min(from.z, to.z), max(from.z, to.z)
	top := min(hi, f.zmax)
	bottom := max(f.zmin, top*lo/hi)
	for _, a := range []*aim{from, to} {
		if hi == lo {
			a.z = top
		} else {
			a.z = bottom + (a.z-lo)/(hi-lo)*(top-bottom)
		}
	}
}

// window is what an aim shows.
func (f *framing) window(a aim) rect {
	r := rect{w: f.cw / a.z, h: f.ch / a.z}
	s := f.around
	if r.w < s.w {
		s.x, s.w = f.subject.x, f.subject.w
	}
	if r.h < s.h {
		s.y, s.h = f.subject.y, f.subject.h
	}
	r.x = begin(f.w, r.w, s.x, s.w, a.x, a.centredX)
	r.y = begin(f.h, r.h, s.y, s.h, a.y, a.centredY)
	return r
}

// begin is where a window of length n begins along a photo of length size, so
// that it holds the subject from s on, m long, at place u (0–1) of its play.
func begin(size, n, s, m, u float64, centred bool) float64 {
	if n > size {
		if centred {
			u = 0.5
		}
		return (size-n)/2 + (u-0.5)*min(drift*n, n-size)
	}
	lo, hi := max(0, s+m-n), min(size-n, s)
	middle := s + m/2 - n/2
	if lo > hi { // the spare part is cut
		lo = min(max(0, middle), size-n)
		hi = lo
	}
	way := min(hi-lo, reach*n)
	if centred {
		way = 0
	}
	return min(max(middle, lo+way/2), hi-way/2) - way/2 + u*way
}

// path is the first and the last window of the asked movement.
func (f *framing) path(content []span) (a, b rect) {
	from, to := aims(content)
	f.between(&from, &to)
	a, b = f.window(from), f.window(to)
	if len(content) > 0 && still(a, b) {
		from, to = aim{f.zmax / 1.06, 0.5, 0.5, true, true}, aim{f.zmax, 0.5, 0.5, true, true}
		from.z = max(f.zmin, from.z)
		a, b = f.window(from), f.window(to)
	}
	return a, b
}

// still reports whether two windows look the same.
func still(a, b rect) bool {
	return max(a.w/b.w, b.w/a.w) < stirLeast && math.Abs(a.x-b.x) < (stirLeast-1)*a.w && math.Abs(a.y-b.y) < (stirLeast-1)*a.h
}

// camera moves over a photo from one window to another, in the photo's pixels.
// Both hold the subject, so all between them do: edges move in straight lines.
type camera struct {
	a, b    rect
	photo   rect
	cover   rect // the part of the photo that the backdrop shows
	move    *span
	blurred *picture // what fills the box where the photo does not; nil when it always does
	soft    float64  // how much of the photo, at each edge towards the bands, fades into them
}

func (c *camera) backdrop() *picture {
	if c == nil {
		return nil
	}
	return c.blurred
}

// at returns the window of the photo, where in the box it is seen, and the
// window of the backdrop, which moves a little too.
func (c *camera) at(t float64, box rect) (win, dst, under rect) {
	p := 0.0
	if c.move != nil {
		p = c.move.progress(t)
	}
	mix := func(a, b float64) float64 { return a + (b-a)*p }
	w := rect{mix(c.a.x, c.b.x), mix(c.a.y, c.b.y), mix(c.a.w, c.b.w), mix(c.a.h, c.b.h)}
	win = w.and(c.photo)
	kx, ky := box.w/w.w, box.h/w.h
	dst = rect{box.x + (win.x-w.x)*kx, box.y + (win.y-w.y)*ky, win.w * kx, win.h * ky}
	if c.blurred != nil {
		under = rect{0, 0, float64(c.blurred.w), float64(c.blurred.h)}.inner(1/(1.02+0.06*p), 0.5, 0.5)
	}
	return win, dst, under
}

// aim makes the camera of a photo whose subject must be seen.
func (l *layer) aim(p *photo) {
	w, h := p.size()
	whole := rect{0, 0, float64(w), float64(h)}
	f := frameSubject(whole.w, whole.h, l.w, l.h, p.subject())
	a, b := f.path(l.content)
	l.camera = &camera{a: a, b: b, photo: whole, cover: f.window(aim{1, 0.5, 0.5, true, true})}
	if len(l.content) > 0 {
		l.camera.move = &l.content[0]
	}
}

// smart makes the pictures that the camera needs.
func (l *layer) smart(p *photo) {
	l.aim(p)
	c := l.camera
	l.keep(p, union(c.a, c.b).and(c.photo), min(l.w/min(c.a.w, c.b.w), maxZoom*l.w/max(c.a.w, c.b.w)))
	if c.photo.holds(c.a) && c.photo.holds(c.b) {
		return
	}
	c.blurred = p.blurred(c.cover, l.w, l.h)
	sides := max(c.a.w, c.b.w) > c.photo.w+bit
	c.soft = softEdge * max(c.a.h, c.b.h) / c.photo.h
	if sides {
		c.soft = softEdge * max(c.a.w, c.b.w) / c.photo.w
	}
	l.pic.soften(c.soft, sides)
}

// keep makes the layer's picture of a part of the photo, with k pixels for
// each of the photo's.
func (l *layer) keep(p *photo, part rect, k float64) {
	w, h := p.size()
	cut := image.Rect(int(part.x), int(part.y), min(w, int(math.Ceil(part.x+part.w))), min(h, int(math.Ceil(part.y+part.h))))
	l.pic = p.picture(cut, k)
	l.clear = l.pic.a != nil
	l.part = rect{float64(cut.Min.X), float64(cut.Min.Y), float64(cut.Dx()), float64(cut.Dy())}
}

// bit is more than what rounding adds to a length.
const bit = 1e-6

// holds reports whether s is inside r.
func (r rect) holds(s rect) bool {
	return s.x >= r.x-bit && s.y >= r.y-bit && s.x+s.w <= r.x+r.w+bit && s.y+s.h <= r.y+r.h+bit
}

func union(a, b rect) rect {
	x, y := min(a.x, b.x), min(a.y, b.y)
	return rect{x, y, max(a.x+a.w, b.x+b.w) - x, max(a.y+a.h, b.y+b.h) - y}
}
