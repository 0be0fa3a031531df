package film

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxUnits bounds how many pieces a text may move in.
const maxUnits = 200

// textMotion reads an animation that moves a text piece by piece: by lines,
// words or letters, one after the other and overlapping.
func (o object) textMotion(a *animation) {
	a.soft, a.fade = a.fade, false // each piece fades, not the whole
	a.split, a.overlap = o.oneOf("split", "word", "line", "letter"), min(0.95, o.fraction("overlap", 0.5))
	a.backwards = o.oneOf("order", "default", "reversed") == "reversed"
	o.oneOf("background_effect", "disabled") // the box stays where it is
	switch a.kind {
	case "text-appear":
		a.soft = true
	case "text-slide":
		a.soft = true
		o.slide(a)
	case "text-scale":
		a.from, a.to = 0, 1
		o.oneOf("axis", "both")
	case "text-typewriter":
		a.split, a.overlap, a.soft = "letter", 0, true
		o.take("cursor_frequency") // no cursor is drawn
		if v := o.seconds("typing_start"); v != nil && !a.atEnd {
			a.start = v
		}
		if v := o.seconds("typing_duration"); v != nil && *v > 0 {
			a.duration = v
		}
	default:
		o.errorf("type", "%q is not supported; known: text-appear, text-slide, text-scale, text-typewriter", clip(a.kind))
	}
	o.needDuration(a)
}

// ofText reports whether an animation moves a text piece by piece.
func (a *animation) ofText() bool { return strings.HasPrefix(a.kind, "text-") }

// checkTextMotions refuses what cannot be combined.
func (o object) checkTextMotions(e *element) {
	split, whole := "", false
	for i := range e.moves {
		m := &e.moves[i]
		switch {
		case !m.ofText():
			whole = whole || m.kind != "fade"
			continue
		case e.kind != kindText:
			o.p.errorf(m.path, "is for texts")
		case e.text.effect != "":
			o.p.errorf(m.path, "cannot be used together with a transcript_effect")
		case split != "" && split != m.split:
			o.p.errorf(m.path, "must have the same split as the element's other text animation")
		}
		split = m.split
	}
	if split != "" && whole {
		o.errorf("animations", "a text animation can be combined with fades only")
	}
}

// units are what is drawn of a text: itself, or, when it moves piece by piece,
// its box and its pieces, each with its own share of the animation's time.
func (l *lettering) units() []*lettering {
	var pieces []animation
	e := *l.e
	e.moves = nil
	for _, m := range l.e.moves {
		if m.ofText() {
			pieces = append(pieces, m)
		} else {
			e.moves = append(e.moves, m)
		}
	}
	if len(pieces) == 0 {
		return []*lettering{l}
	}
	// unit is the text with other lines and the same time and fades.
	unit := func(ground, bounds rect, lines ...line) *lettering {
		v, u := *l.visual, *l
		v.e, v.fades = &e, slices.Clone(l.fades)
		u.visual, u.ground, u.bounds, u.lines = &v, ground, bounds, lines
		return &u
	}
	out := []*lettering{unit(l.ground, l.bounds)}
	half := l.size * 0.6
	for _, n := range l.lines {
		x := n.x
		for _, s := range splitLine(n.text, pieces[0].split) {
			w := l.face.width(s, l.letter) * l.size
			out = append(out, unit(rect{}, rect{x, n.y - half, w, 2 * half}, line{text: strings.TrimRight(s, " "), w: l.face.width(strings.TrimRight(s, " "), l.letter) * l.size, x: x, y: n.y}))
			x += w
		}
	}
	for _, m := range pieces {
		l.share(m, out[1:])
	}
	return out
}

// share gives each unit its part of an animation.
func (l *lettering) share(m animation, units []*lettering) {
	whole := l.spanOf(m)
	n := float64(len(units))
	each := (whole.to - whole.from) / (1 + (n-1)*(1-m.overlap))
	for i, u := range units {
		if m.backwards {
			i = len(units) - 1 - i
		}
		from := whole.from + float64(i)*(1-m.overlap)*each
		s := span{m, from, from + each}
		if m.kind == "text-typewriter" { // a letter is there at once
			s.to = s.from + 0.001
		}
		if m.soft {
			u.fades = append(u.fades, s)
		}
		switch m.kind {
		case "text-slide":
			s.kind = "slide"
			u.shares = append(u.shares, s)
		case "text-scale":
			s.kind = "scale"
			u.shares = append(u.shares, s)
		}
	}
}

// splitLine cuts a line into what moves at once; spaces stay with the piece before them.
func splitLine(s, split string) []string {
	if split == "line" {
		return []string{s}
	}
	return chop(s, split == "letter")
}

// tooMany reports whether a text has more pieces than may move.
func (l *lettering) tooMany() bool {
	n := 0
	for _, s := range l.lines {
		n += utf8.RuneCountInString(s.text)
	}
	return n > maxUnits && slices.ContainsFunc(l.e.moves, func(m animation) bool { return m.ofText() && m.split != "line" })
}
