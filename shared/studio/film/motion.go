package film

import "math"

// rect is a rectangle in pixels, not necessarily whole ones.
type rect struct{ x, y, w, h float64 }

// inner returns the window that is f of r's size at anchor (ax, ay).
func (r rect) inner(f, ax, ay float64) rect {
	return rect{r.x + (1-f)*r.w*ax, r.y + (1-f)*r.h*ay, r.w * f, r.h * f}
}

// and is what two rectangles have in common; w or h is 0 when that is nothing.
func (r rect) and(s rect) rect {
	x, y := max(r.x, s.x), max(r.y, s.y)
	return rect{x, y, max(0, min(r.x+r.w, s.x+s.w)-x), max(0, min(r.y+r.h, s.y+s.h)-y)}
}

// pane is a hole through which a layer is seen: a rectangle with round
// corners, or a circle when the radius is half its side. In pixels.
type pane struct {
	rect
	radius float64
}

// shift maps a point at rest to where it is now: k·p + d.
type shift struct{ k, dx, dy float64 }

func (s shift) rect(r rect) rect { return rect{s.k*r.x + s.dx, s.k*r.y + s.dy, s.k * r.w, s.k * r.h} }

func (s shift) then(o shift) shift { return shift{o.k * s.k, o.k*s.dx + o.dx, o.k*s.dy + o.dy} }

// mover is a box that moves as a whole: an element, or a composition that
// carries its children.
type mover struct {
	box    rect
	radius float64 // of its corners, when it hides what is outside of it
	clips  bool
	moves  []span
}

// at returns how the box is shifted at time t, and what hides parts of it.
func (m *mover) at(t float64) (shift, []pane) {
	s := shift{k: 1}
	for i := range m.moves {
		s = s.then(m.moves[i].shift(m.box, t))
	}
	now := s.rect(m.box)
	var panes []pane
	if m.clips {
		panes = append(panes, pane{now, m.radius * s.k})
	}
	for i := range m.moves {
		if p, ok := m.moves[i].pane(now, t); ok {
			panes = append(panes, p)
		}
	}
	return s, panes
}

// carried adds what the compositions around the visual do, the innermost first.
func (v *visual) carried(t float64, s shift, panes []pane) (shift, []pane) {
	for i := len(v.within) - 1; i >= 0; i-- {
		o, more := v.within[i].at(t)
		for k, p := range panes {
			panes[k] = pane{o.rect(p.rect), p.radius * o.k}
		}
		s, panes = s.then(o), append(panes, more...)
	}
	return s, panes
}

// phase is the progress towards rest: an animation at the end runs backwards.
func (s *span) phase(t float64) float64 {
	p := s.progress(t)
	if s.atEnd {
		p = 1 - p
	}
	return p
}

// shift is what the animation does to a box as a whole at time t.
func (s *span) shift(box rect, t float64) shift {
	switch s.kind {
	case "slide":
		p := 1 - s.phase(t)
		return shift{1, s.animation.x0 * p * box.w, s.animation.y0 * p * box.h}
	case "scale":
		if s.content() {
			break
		}
		k := s.animation.from + (s.animation.to-s.animation.from)*s.phase(t)
		k = max(k, 0.001)
		return shift{k, (1 - k) * (box.x + box.w*s.xa), (1 - k) * (box.y + box.h*s.ya)}
	}
	return shift{k: 1}
}

// content reports whether the animation moves a photo inside its box.
func (a *animation) content() bool {
	return a.kind == "pan" || a.kind == "scale" && a.inside && a.from >= 1 && a.to >= 1
}

// pane is what a wipe still hides of the box: the rest is seen. ok is false
// when nothing is hidden.
func (s *span) pane(box rect, t float64) (p pane, ok bool) {
	if s.kind != "wipe" && s.kind != "circular-wipe" {
		return p, false
	}
	q := s.phase(t)
	if q >= 1 {
		return p, false
	}
	q = max(0, q)
	if s.kind == "wipe" {
		w, h := box.w, box.h
		if s.upright {
			h *= q
		} else {
			w *= q
		}
		return pane{rect: rect{box.x + (box.w-w)*s.xa, box.y + (box.h-h)*s.ya, w, h}}, true
	}
	// The circle grows until its edge has left the farthest corner.
	cx, cy := box.x+box.w*s.xa, box.y+box.h*s.ya
	r := q * math.Hypot(max(cx-box.x, box.x+box.w-cx), max(cy-box.y, box.y+box.h-cy))
	return pane{rect{cx - r, cy - r, 2 * r, 2 * r}, r}, true
}
