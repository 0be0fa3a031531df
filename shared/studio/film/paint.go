package film

import (
	"encoding/json"
	"fmt"
	"image/color"
)

// fill is a plain colour or a linear gradient between two points of the box.
type fill struct {
	stops          []stop // one for a plain colour; none for nothing
	x0, y0, x1, y1 float64
}

type stop struct {
	at float64 // 0–1
	c  color.NRGBA
}

// fill reads fill_color with its gradient fields; def is used when there is none.
func (o object) fill(def color.NRGBA) fill {
	f := fill{y1: 1}
	mode := o.oneOf("fill_mode", "solid", "linear")
	for name, v := range map[string]*float64{"fill_x0": &f.x0, "fill_y0": &f.y0, "fill_x1": &f.x1, "fill_y1": &f.y1} {
		*v = o.fraction(name, *v)
	}
	if mode == "solid" {
		if c := o.color("fill_color", def); c.A > 0 {
			f.stops = []stop{{0, c}}
		}
		return f
	}
	raw, _ := o.take("fill_color")
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) < 2 || len(list) > 16 {
		o.errorf("fill_color", "a linear fill needs a list of 2 to 16 {offset, color}")
		return f
	}
	for i, r := range list {
		s, ok := newObject(r, fmt.Sprintf("%s[%d]", o.at("fill_color"), i), o.p)
		if !ok {
			return f
		}
		f.stops = append(f.stops, stop{min(1, s.fraction("offset", float64(i)/float64(len(list)-1))), s.color("color", color.NRGBA{})})
		s.done()
		if i > 0 && f.stops[i].at < f.stops[i-1].at {
			s.errorf("offset", "must not be smaller than the one before")
		}
	}
	return f
}

// stroke is the line along a shape's outline, half of it on either side.
type stroke struct {
	c     color.NRGBA
	width length
}

// The paths that Creatomate's SDK writes for Rectangle and Ellipse.
const (
	rectanglePath  = "M 0 0 L 100 0 L 100 100 L 0 100 L 0 0 Z"
	rectanglePath2 = "M 0 0 L 100% 0 L 100% 100% L 0 100% L 0 0 Z"
	ellipsePath    = "M 50 0 C 77.61 0 100 22.39 100 50 C 100 77.61 77.61 100 50 100 C 22.39 100 0 77.61 0 50 C 0 22.39 22.39 0 50 0 Z"
)

// shapePath reads what a shape looks like beside its fill.
func (o object) shapePath(e *element) {
	e.stroke = stroke{o.color("stroke_color", color.NRGBA{}), o.lengthOr("stroke_width", length{0.35, "vmin"})}
	path := o.text("path", rectanglePath)
	switch path {
	case rectanglePath, rectanglePath2:
		return
	case ellipsePath:
		e.ellipse = true
		return
	}
	var err error
	if e.outline, err = parsePath(path); err != nil {
		o.errorf("path", "%v", err)
	}
	if e.stroke.c.A > 0 || e.radius.v != 0 {
		o.errorf("path", "a path of its own has neither stroke nor border_radius here; only the SDK's Rectangle and Ellipse have")
	}
}
