package film

import (
	"errors"
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/vector"
)

// maxPathSteps bounds one shape: a QR code of version 10 has about 1,600
// modules, which is 8,000 steps when every one is its own square.
const maxPathSteps = 20_000

// point is a place in a box, 0–1 of its width and height.
type point struct{ x, y float64 }

// step is one command of an outline: 'M' and 'L' use p[2], 'C' all three
// points, 'Z' none.
type step struct {
	op byte
	p  [3]point
}

// outline is a shape's SVG path. What is inside follows SVG's default, the
// non-zero rule.
type outline struct {
	steps []step
	// square is set when every line is horizontal or vertical. Such a shape is
	// drawn on whole pixels: a QR code's modules stay crisp at every size.
	square bool
}

// parsePath reads SVG path data with the commands M L H V C Q Z, absolute or
// relative. A coordinate is a percentage of the box, with or without its sign.
func parsePath(data string) (*outline, error) {
	s := pathScanner{rest: data}
	o := &outline{square: true}
	var at, first, from point
	for s.next() {
		if len(o.steps) >= maxPathSteps {
			return nil, fmt.Errorf("has more than %d steps", maxPathSteps)
		}
		if len(o.steps) == 0 && s.up() != 'M' {
			return nil, errors.New("must begin with M")
		}
		from = at
		st := step{op: s.up()}
		switch st.op {
		case 'M', 'L':
			at = s.point(at)
			st.p[2] = at
		case 'H', 'V':
			at = s.along(at)
			st.op, st.p[2] = 'L', at
		case 'C':
			st.p[0], st.p[1] = s.point(from), s.point(from)
			at = s.point(from)
			st.p[2] = at
		case 'Q': // the cubic that is the same curve
			q, end := s.point(from), s.point(from)
			st.op, at = 'C', end
			st.p = [3]point{mix2(from, q, 2.0/3), mix2(end, q, 2.0/3), end}
		case 'Z':
			at = first
		default:
			return nil, fmt.Errorf("command %q is not supported; known: M L H V C Q Z", string(rune(s.command)))
		}
		if s.err != nil {
			return nil, s.err
		}
		if st.op == 'M' {
			first = at
		}
		o.square = o.square && st.op != 'C' && (st.op == 'M' || at.x == from.x || at.y == from.y)
		o.steps = append(o.steps, st)
	}
	if s.err == nil && len(o.steps) == 0 {
		s.err = errors.New("is empty")
	}
	return o, s.err
}

func mix2(a, b point, f float64) point { return point{a.x + (b.x-a.x)*f, a.y + (b.y-a.y)*f} }

// pathScanner cuts path data into commands and numbers.
type pathScanner struct {
	rest    string
	command byte // as written; repeated for further coordinates
	err     error
}

func (s *pathScanner) up() byte { return s.command &^ 0x20 }

func (s *pathScanner) space() { s.rest = strings.TrimLeft(s.rest, " \t\r\n,") }

// next moves to the next command, or stays at one whose coordinates go on.
func (s *pathScanner) next() bool {
	s.space()
	if s.rest == "" || s.err != nil {
		return false
	}
	c := s.rest[0]
	switch {
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		s.command, s.rest = c, s.rest[1:]
	case s.up() == 'Z':
		s.err = fmt.Errorf("a command is missing before %q", clip(s.rest))
		return false
	case s.up() == 'M': // further coordinates of M are lines
		s.command -= 'M' - 'L'
	}
	return true
}

// number reads one coordinate as a fraction of the box.
func (s *pathScanner) number() float64 {
	s.space()
	n := 0
	for n < len(s.rest) && (s.rest[n] >= '0' && s.rest[n] <= '9' || strings.IndexByte(".eE", s.rest[n]) >= 0 ||
		strings.IndexByte("+-", s.rest[n]) >= 0 && (n == 0 || s.rest[n-1]|0x20 == 'e')) {
		n++
	}
	v, err := strconv.ParseFloat(s.rest[:n], 64)
	if (err != nil || math.Abs(v) > 1e4) && s.err == nil {
		s.err = fmt.Errorf("%q is not a coordinate", clip(s.rest))
	}
	s.rest = strings.TrimPrefix(s.rest[n:], "%")
	return v / 100
}

func (s *pathScanner) point(from point) point {
	p := point{s.number(), s.number()}
	if s.command != s.up() {
		p.x, p.y = p.x+from.x, p.y+from.y
	}
	return p
}

// along reads the one coordinate of H or V.
func (s *pathScanner) along(from point) point {
	v, p := s.number(), from
	switch s.command {
	case 'H':
		p.x = v
	case 'h':
		p.x += v
	case 'V':
		p.y = v
	case 'v':
		p.y += v
	}
	return p
}

// in returns the steps in pixels, for a shape whose box is r.
func (o *outline) in(r rect) []step {
	out := make([]step, len(o.steps))
	for i, s := range o.steps {
		for k, p := range s.p {
			q := point{r.x + p.x*r.w, r.y + p.y*r.h}
			if o.square {
				q = point{math.Round(q.x), math.Round(q.y)}
			}
			s.p[k] = q
		}
		out[i] = s
	}
	return out
}

// bounds is the part of the w × h frame that the steps can touch, with even
// edges, because a pixel of colour is two of brightness wide and high.
func bounds(steps []step, w, h int) image.Rectangle {
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, s := range steps {
		points := s.p[:]
		switch s.op {
		case 'Z':
			continue
		case 'M', 'L':
			points = s.p[2:]
		}
		for _, p := range points {
			lo, hi = point{min(lo.x, p.x), min(lo.y, p.y)}, point{max(hi.x, p.x), max(hi.y, p.y)}
		}
	}
	// As much again around the frame is kept, for shapes that move in from outside.
	frame := image.Rect(-w, -h, 2*w, 2*h)
	r := image.Rect(int(math.Floor(lo.x)), int(math.Floor(lo.y)), int(math.Ceil(hi.x)), int(math.Ceil(hi.y))).Intersect(frame)
	r.Min = image.Pt(r.Min.X&^1, r.Min.Y&^1)
	return image.Rect(r.Min.X, r.Min.Y, r.Max.X+r.Max.X&1, r.Max.Y+r.Max.Y&1)
}

// mask fills the steps into a mask of the pixels in r.
func mask(steps []step, r image.Rectangle) *image.Alpha {
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	at := func(p point) (float32, float32) {
		return float32(p.x - float64(r.Min.X)), float32(p.y - float64(r.Min.Y))
	}
	for _, s := range steps {
		x, y := at(s.p[2])
		switch s.op {
		case 'M':
			z.ClosePath() // a fill closes every part
			z.MoveTo(x, y)
		case 'L':
			z.LineTo(x, y)
		case 'C':
			bx, by := at(s.p[0])
			cx, cy := at(s.p[1])
			z.CubeTo(bx, by, cx, cy, x, y)
		case 'Z':
			z.ClosePath()
		}
	}
	z.ClosePath()
	out := image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy()))
	z.Draw(out, out.Rect, image.Opaque, image.Point{})
	return out
}
