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
	// part is what pic shows of the photo (or shape), and base the window that
	// is seen at rest when nothing moves, both in the photo's own pixels.
	part, base, rest rect
	clear            bool   // what is under it shines through pic
	own              mover  // what moves the box
	content          []span // what moves pic inside the box
	camera           *camera
}

// view is how a layer is shown at one time: the window win of its photo, in
// the photo's pixels, is drawn at dst and seen through panes.
type view struct {
	win, dst rect
	panes    []pane
	under    rect // the window of the camera's backdrop, which fills the box
	box      rect
}

// at returns what of the picture is seen where at time t.
func (l *layer) at(t float64) view {
	v := view{win: l.base, dst: l.rest, box: l.rest}
	if l.camera != nil {
		v.win, v.dst, v.under = l.camera.at(t, l.rest)
	} else {
		for i := range l.content {
			v.win = l.moved(v.win, &l.content[i], t)
		}
	}
	s, panes := l.own.at(t)
	s, v.panes = l.carried(t, s, panes)
	v.dst, v.box = s.rect(v.dst), s.rect(v.box)
	return v
}

// moved is the window after one movement of the photo in its box.
func (l *layer) moved(win rect, m *span, t float64) rect {
	p := m.progress(t)
	z := m.animation.from + (m.animation.to-m.animation.from)*p
	if m.kind == "scale" {
		return win.inner(1/max(1, z), m.xa, m.ya)
	}
	w, h := l.base.w/max(1, z), l.base.h/max(1, z)
	x, y := m.x0+(m.x1-m.x0)*p, m.y0+(m.y1-m.y0)*p
	return rect{(l.part.w - w) * x, (l.part.h - h) * y, w, h}
}

// pixels turns a window of the photo into one of the picture.
func (l *layer) pixels(r rect) rect {
	kx, ky := float64(l.pic.w)/l.part.w, float64(l.pic.h)/l.part.h
	return rect{(r.x - l.part.x) * kx, (r.y - l.part.y) * ky, r.w * kx, r.h * ky}
}

// covers reports whether a view of the layer hides all of a w × h frame.
func (l *layer) covers(v *view, alpha, w, h float64) bool {
	if l.clear || alpha < 0.999 {
		return false
	}
	whole := v.dst
	if l.camera.backdrop() != nil {
		whole = v.box
	}
	for _, p := range v.panes {
		if p.radius > 0 {
			return false
		}
		whole = whole.and(p.rect)
	}
	return whole.x <= bit && whole.y <= bit && whole.x+whole.w >= w-bit && whole.y+whole.h >= h-bit
}

// composer draws frames.
type composer struct {
	w, h   int
	rate   float64
	frames int
	ground [3]byte // Y, U, V of the background
	layers []*layer
	brush
}

func newComposer(sc *scene, ground fill, layers []*layer) *composer {
	c := &composer{w: int(sc.w), h: int(sc.h), rate: sc.rate, frames: sc.frames, layers: layers, ground: [3]byte{16, 128, 128}, brush: newBrush(int(sc.w))}
	if len(ground.stops) == 1 {
		c.ground[0], c.ground[1], c.ground[2] = colorPlanes(ground.stops[0].c)
	}
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
	type seen struct {
		*layer
		view
		alpha float64
	}
	var stack []seen // the topmost first, down to one that hides the rest
	covered := false
	for i := len(c.layers) - 1; i >= 0 && !covered; i-- {
		l := c.layers[i]
		if alpha := min(1, l.alpha(t)); l.start <= t && t < l.hold && alpha > 0 {
			s := seen{l, l.at(t), alpha}
			covered = l.covers(&s.view, alpha, float64(c.w), float64(c.h))
			stack = append(stack, s)
		}
	}
	if !covered {
		flood(f.y, c.ground[0])
		flood(f.u, c.ground[1])
		flood(f.v, c.ground[2])
	}
	for i := len(stack) - 1; i >= 0; i-- {
		s := &stack[i]
		opacity := int(math.Round(s.alpha * 256))
		if s.camera.backdrop() != nil {
			c.surround(f, s.layer, &s.view, opacity)
		}
		c.paint(f, s.pic, s.pixels(s.win), s.dst, s.panes, opacity)
	}
}

// surround draws the backdrop where the photo does not cover its box: in two
// bands, so that a photo that fades in does not shine through itself. The
// bands reach under the photo's soft edges.
func (c *composer) surround(f *planes, l *layer, v *view, opacity int) {
	box, dst := v.box, v.dst
	var bands [2]rect
	if dst.w < box.w-0.01 { // it stands between bands at its sides
		soft := l.camera.soft * dst.w
		left, right := math.Ceil((dst.x+soft)/2)*2, math.Floor((dst.x+dst.w-soft)/2)*2
		bands = [2]rect{{box.x, box.y, left - box.x, box.h}, {right, box.y, box.x + box.w - right, box.h}}
	} else {
		soft := l.camera.soft * dst.h
		top, bottom := math.Ceil((dst.y+soft)/2)*2, math.Floor((dst.y+dst.h-soft)/2)*2
		bands = [2]rect{{box.x, box.y, box.w, top - box.y}, {box.x, bottom, box.w, box.y + box.h - bottom}}
	}
	for _, band := range bands {
		if band.w > 0 && band.h > 0 {
			c.paint(f, l.camera.blurred, v.under, box, append(v.panes[:len(v.panes):len(v.panes)], pane{rect: band}), opacity)
		}
	}
}

func flood(b []byte, v byte) {
	b[0] = v
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}
