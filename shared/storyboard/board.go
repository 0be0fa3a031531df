package storyboard

import (
	"math"

	cm "castad/shared/provider/creatomate"
)

// board is one film while a template draws it. Shapes lie under all words, so
// no card can hide a caption; the label, added last, lies above everything.
type board struct {
	content
	frame
	pal     palette
	time    timeline
	photos  int      // how many there are
	code    code     // of the link; empty without one
	sources []string // addresses of the photos
	images  []placed // over the pictures, under the shapes
	shapes  []placed
	words   []placed
}

// placed is an element and when it is shown.
type placed struct {
	cm.Element
	at span
}

// shape is a block of colour.
type shape struct {
	at     span
	box    box
	color  string
	shade  cm.Fill // instead of color: from the box's top to its bottom
	path   string  // "" = rectangle
	radius float64 // u
	moves  []cm.Animation
	name   string // for who reads the script; "" mostly
}

func (b *board) draw(s shape) {
	if s.at.length() <= 0 {
		return
	}
	e := cm.Element{Type: cm.TypeShape, Name: s.name, Path: s.path, FillColor: cm.Solid(s.color), Animations: s.moves}
	if s.shade != nil {
		e.FillColor, e.FillMode = s.shade, "linear"
		e.FillX0, e.FillY0, e.FillX1, e.FillY1 = cm.Percent(0), cm.Percent(0), cm.Percent(0), cm.Percent(100)
	}
	if s.radius > 0 {
		e.BorderRadius = cm.Vmin(s.radius)
	}
	b.put(&e, s.box)
	b.shapes = append(b.shapes, during(e, s.at))
}

// write adds a text that is kept inside its box; nothing for an empty one.
func (b *board) write(at span, in box, text string, l letters, moves ...cm.Animation) {
	if text == "" || at.length() <= 0 {
		return
	}
	b.words = append(b.words, b.text(at, in, text, l, moves...))
}

func (b *board) text(at span, in box, text string, l letters, moves ...cm.Animation) placed {
	e := cm.Element{Type: cm.TypeText, Text: text, FontFamily: l.family, FontWeight: cm.Num(l.weight), FontSizeMaximum: cm.Vmin(l.size),
		FillColor: cm.Solid(l.color.hex()), XAlignment: cm.Percent(l.x * 100), YAlignment: cm.Percent(l.y * 100), LineHeight: cm.Percent(l.line),
		Animations: moves}
	if l.track != 0 {
		e.LetterSpacing = cm.Percent(l.track)
	}
	b.put(&e, in)
	return during(e, at)
}

// during gives an element its time. Start and end are rounded, and the length is
// what lies between: two that touch do not overlap.
func during(e cm.Element, at span) placed {
	at = span{round(at.from), math.Floor(at.to*1000+0.001) / 1000}
	e.Time, e.Duration = cm.Num(at.from), cm.Num(round(at.length()))
	return placed{e, at}
}

// later is a span that begins d later, for things that come one after another;
// not later than its middle.
func (s span) later(d float64) span { return span{s.from + math.Min(d, s.length()/2), s.to} }

// How things come and go.

func fadeIn(seconds float64) cm.Animation {
	return cm.Animation{Type: "fade", Time: cm.Text("start"), Duration: cm.Num(seconds), Easing: "sinusoid-out"}
}

func fadeOut(seconds float64) cm.Animation {
	return cm.Animation{Type: "fade", Time: cm.Text("end"), Duration: cm.Num(seconds)}
}

// slideIn comes from a distance, in parts of the element's size; direction is
// where it moves to: up, down, left, right.
func slideIn(direction string, distance, seconds float64) cm.Animation {
	return cm.Animation{Type: "slide", Time: cm.Text("start"), Duration: cm.Num(seconds), Easing: "cubic-out", Direction: direction, Distance: cm.Percent(distance * 100)}
}

// rise is the quiet entrance: a little upwards out of nothing.
func rise() []cm.Animation { return []cm.Animation{slideIn("up", 0.4, 0.5), fadeIn(0.35)} }

// lift is the entrance of a card: a few units upwards, quickly opaque, so that what
// is under its paper does not shine through.
func lift() []cm.Animation { return []cm.Animation{slideIn("up", 0.06, 0.5), fadeIn(0.2)} }

// riseFall is rise, with a fade at the end.
func riseFall() []cm.Animation { return append(rise(), fadeOut(0.25)) }

// pop grows out of its middle.
func pop() []cm.Animation {
	return []cm.Animation{{Type: "scale", Time: cm.Text("start"), Duration: cm.Num(0.4), Easing: "back-out", StartScale: cm.Percent(60), EndScale: cm.Percent(100)}, fadeIn(0.2)}
}

// popOff is pop, with a fade at the end.
func popOff() []cm.Animation { return append(pop(), fadeOut(0.25)) }

// stack puts the pictures on the first track, where they change into each other,
// and everything else on the lowest track above what is seen at the same time.
// Creatomate draws higher tracks in front, the studio draws in order: so both draw
// the same.
func stack(pictures, over []placed) []cm.Element {
	var out []cm.Element
	for _, e := range pictures {
		e.Track = 1
		out = append(out, e.Element)
	}
	for i, e := range over {
		e.Track = 2
		for j, o := range over[:i] {
			if o.at.from < e.at.to && e.at.from < o.at.to {
				e.Track = max(e.Track, out[len(pictures)+j].Track+1)
			}
		}
		out = append(out, e.Element)
	}
	return out
}

// plateOn puts a ground with round corners behind a text, hugging it.
func plateOn(e *cm.Element, color string, radius, padX, padY float64) {
	e.BackgroundColor, e.BackgroundBorderRadius = color, cm.Vmin(radius)
	e.BackgroundXPadding, e.BackgroundYPadding = cm.Vmin(padX), cm.Vmin(padY)
}
