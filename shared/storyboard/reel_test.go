package storyboard

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	cm "castad/shared/provider/creatomate"
)

// seenElement is an element as a renderer reads it from the JSON, in percents of
// the frame and milliseconds. It is read from the script alone, never from the package's own zones.
type seenElement struct {
	cm.Element
	from, to               int
	left, top, right, foot float64 // of the box, a plate included
	polygons               [][][2]float64
	fill                   []tint
	plate                  tint
}

// tint is a colour that covers what is under it as far as a says.
type tint struct {
	rgb
	a, at float64 // at: percent of the way of a gradient
}

// reel is a script as its renderer reads it.
type reel struct {
	script   cm.Script
	end      int
	elements []seenElement
}

func read(s cm.Script) (reel, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return reel{}, err
	}
	var back cm.Script
	if err := json.Unmarshal(data, &back); err != nil {
		return reel{}, err
	}
	f := reel{script: back, end: ms(back.Duration, -1)}
	vmin := math.Min(float64(s.Width), float64(s.Height)) / 100
	for _, e := range back.Elements {
		v := seenElement{Element: e, from: ms(e.Time, 0)}
		v.to = v.from + ms(e.Duration, f.end-v.from)
		x, y, w, h := number(e.X, 50), number(e.Y, 50), number(e.Width, 100), number(e.Height, 100)
		padX, padY := number(e.BackgroundXPadding, 0)*vmin/float64(s.Width)*100, number(e.BackgroundYPadding, 0)*vmin/float64(s.Height)*100
		v.left, v.right, v.top, v.foot = x-w/2-padX, x+w/2+padX, y-h/2-padY, y+h/2+padY
		if v.polygons, err = polygons(e.Path); err != nil {
			return reel{}, err
		}
		for _, s := range e.FillColor {
			v.fill = append(v.fill, paint(s.Color, number(s.Offset, 0)))
		}
		v.plate = paint(e.BackgroundColor, 0)
		f.elements = append(f.elements, v)
	}
	return f, nil
}

// ms is a time of the script in whole milliseconds; end when it is null.
func ms(v cm.Value, end int) int {
	if t := text(v); t != "null" && t != "" {
		return int(math.Round(number(v, math.NaN()) * 1000))
	}
	return end
}

func text(v cm.Value) string {
	if v.IsZero() {
		return ""
	}
	b, _ := json.Marshal(v) // it was encoded before
	return strings.Trim(string(b), `"`)
}

// number is a value without its unit; def when it is absent.
func number(v cm.Value, def float64) float64 {
	t := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text(v), "%"), "vmin"))
	if t == "" {
		return def
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// polygons reads a path of straight lines in percents: what this package writes.
func polygons(path string) (out [][][2]float64, err error) {
	if path == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(path, "Z"), "Z") {
		var p [][2]float64
		for pair := range strings.SplitSeq(strings.NewReplacer("M", "", "L", ";").Replace(part), ";") {
			f := strings.Fields(strings.ReplaceAll(pair, "%", ""))
			if len(f) != 2 {
				return nil, fmt.Errorf("the path has the point %q", pair)
			}
			x, errX := strconv.ParseFloat(f[0], 64)
			y, errY := strconv.ParseFloat(f[1], 64)
			if errX != nil || errY != nil {
				return nil, fmt.Errorf("the path has the point %q", pair)
			}
			p = append(p, [2]float64{x, y})
		}
		out = append(out, p)
	}
	return out, nil
}

// covers says that a shape is at a point of the frame.
func (e *seenElement) covers(x, y float64) bool {
	if x < e.left || x > e.right || y < e.top || y > e.foot {
		return false
	}
	if e.polygons == nil {
		return true
	}
	px, py := (x-e.left)/(e.right-e.left)*100, (y-e.top)/(e.foot-e.top)*100
	return slices.ContainsFunc(e.polygons, func(p [][2]float64) bool { return surrounds(p, px, py) })
}

// surrounds says whether a point is in a polygon.
func surrounds(p [][2]float64, x, y float64) bool {
	in := false
	for i, j := 0, len(p)-1; i < len(p); j, i = i, i+1 {
		a, b := p[i], p[j]
		if (a[1] > y) != (b[1] > y) && x < (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

// drawn draws an element's polygons in black on a white square. Each is looked for only
// in the pixels around it: a code has more than a thousand.
func (e *seenElement) drawn(side int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	scale := float64(side) / 100
	for _, p := range e.polygons {
		left, top, right, foot := p[0][0], p[0][1], p[0][0], p[0][1]
		for _, c := range p {
			left, top, right, foot = min(left, c[0]), min(top, c[1]), max(right, c[0]), max(foot, c[1])
		}
		around := image.Rect(int(left*scale), int(top*scale), int(right*scale)+1, int(foot*scale)+1).Intersect(img.Rect)
		for y := around.Min.Y; y < around.Max.Y; y++ {
			for x := around.Min.X; x < around.Max.X; x++ {
				if surrounds(p, (float64(x)+0.5)/scale, (float64(y)+0.5)/scale) {
					img.SetGray(x, y, color.Gray{})
				}
			}
		}
	}
	return img
}

func (f reel) texts() (out []seenElement) {
	for _, e := range f.elements {
		if e.Type == cm.TypeText {
			out = append(out, e)
		}
	}
	return out
}

func (f reel) captions() (out []seenElement) {
	for _, e := range f.texts() {
		if e.TranscriptEffect != "" {
			out = append(out, e)
		}
	}
	return out
}

// pictures are the full pictures, which share the lowest track.
func (f reel) pictures() (out []seenElement) {
	for _, e := range f.elements {
		if e.Track == 1 {
			out = append(out, e)
		}
	}
	return out
}

// under are the shapes that are drawn before element i where and while it is shown.
func (f reel) under(i int) (out []*seenElement) {
	e := f.elements[i]
	for j := range f.elements[:i] {
		s := &f.elements[j]
		if s.Type == cm.TypeShape && s.from < e.to && e.from < s.to && s.left < e.right && e.left < s.right && s.top < e.foot && e.top < s.foot {
			out = append(out, s)
		}
	}
	return out
}

// ground is the colour at a point under element i.
func (f reel) ground(under []*seenElement, i, t int, x, y float64, photo rgb) rgb {
	c := photo
	for _, e := range under {
		if t < e.from || t >= e.to || !e.covers(x, y) {
			continue
		}
		p := e.fill[0]
		for k := 1; k < len(e.fill); k++ { // from top to bottom
			a, b := e.fill[k-1], e.fill[k]
			if q := ((y-e.top)/(e.foot-e.top)*100 - a.at) / (b.at - a.at); q >= 0 && q <= 1 {
				p.a = a.a + (b.a-a.a)*q
			}
		}
		c = c.mix(p.rgb, p.a)
	}
	return c.mix(f.elements[i].plate.rgb, f.elements[i].plate.a)
}
