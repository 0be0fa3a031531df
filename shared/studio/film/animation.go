package film

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

const maxAnimations = 8

// animations reads animations[] and the SDK's shorthands transition, enter and exit.
func (o object) animations() []animation {
	var out []animation
	if raw, ok := o.take("animations"); ok {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) > maxAnimations {
			o.errorf("animations", "must be a list of at most %d", maxAnimations)
		}
		for i, r := range list {
			if a, ok := newObject(r, fmt.Sprintf("%s[%d]", o.at("animations"), i), o.p); ok {
				out = append(out, a.animation())
			}
		}
	}
	for _, short := range [][2]string{{"transition", `"time":"start","transition":true`}, {"enter", `"time":"start"`}, {"exit", `"time":"end"`}} {
		name, more := short[0], short[1]
		raw, ok := o.take(name)
		if !ok {
			continue
		}
		a, ok := newObject(raw, o.at(name), o.p)
		if !ok {
			continue
		}
		_ = json.Unmarshal([]byte("{"+more+"}"), &a.fields)
		out = append(out, a.animation())
	}
	return out
}

func (o object) animation() animation {
	a := animation{path: o.path, kind: o.text("type", ""), from: 1, to: 1, xa: 0.5, ya: 0.5, x0: 0.5, y0: 0.5, x1: 0.5, y1: 0.5}
	switch t := strings.Trim(string(o.fields["time"]), `"`); t {
	case "end", "out":
		o.take("time")
		a.atEnd = true
	case "start", "in":
		o.take("time")
		a.start = new(float64)
	default:
		if a.start = o.seconds("time"); a.start == nil {
			a.start = new(float64)
		}
	}
	a.duration = o.seconds("duration")
	if a.duration != nil && *a.duration == 0 {
		a.duration = nil
	}
	a.easing = o.text("easing", "linear")
	if _, ok := ease(a.easing, 0); !ok {
		o.errorf("easing", "%q is not supported", clip(a.easing))
		a.easing = "linear"
	}
	a.reversed, a.transition, a.fade = o.flag("reversed", false), o.flag("transition", false), o.flag("fade", false)
	if a.ofText() {
		o.oneOf("scope", "element", "composition", "split")
	} else {
		a.inside = o.oneOf("scope", "element", "composition") == "element"
	}
	o.animationKind(&a)
	if a.transition && (a.atEnd || *a.start != 0 || a.kind == "pan" || a.ofText() || a.duration == nil) {
		o.errorf("transition", "a transition must be at the start and have a duration; pan is none")
		a.transition = false
	}
	o.done()
	return a
}

func (o object) animationKind(a *animation) {
	switch a.kind {
	case "fade":
		a.fade = true
		o.needDuration(a)
	case "scale":
		a.from, a.to = o.fraction("start_scale", 0), o.fraction("end_scale", 1)
		a.xa, a.ya = o.fraction("x_anchor", 0.5), o.fraction("y_anchor", 0.5)
		o.oneOf("axis", "both")
	case "pan":
		a.inside = true
		a.from, a.to = o.fraction("start_scale", 1.2), o.fraction("end_scale", 1.2)
		a.x0, a.y0 = o.fraction("start_x", 0.5), o.fraction("start_y", 0.5)
		a.x1, a.y1 = o.fraction("end_x", 0.5), o.fraction("end_y", 0.5)
	case "slide":
		o.slide(a)
	case "wipe":
		o.wipe(a)
	case "circular-wipe":
		o.needDuration(a)
		a.xa, a.ya = o.fraction("x_anchor", 0.5), o.fraction("y_anchor", 0.5)
	default:
		if a.ofText() {
			o.textMotion(a)
			return
		}
		o.errorf("type", "%q is not supported; known: fade, scale, pan, slide, wipe, circular-wipe", clip(a.kind))
	}
}

func (o object) needDuration(a *animation) {
	if a.duration == nil {
		o.errorf("duration", "is needed for a %s", a.kind)
	}
}

// slide moves an element in from outside the place where it rests. Angles are
// the vendor's: 0° is to the right, 90° up.
func (o object) slide(a *animation) {
	o.needDuration(a)
	way := o.fraction("distance", 1)
	a.x0, a.y0 = 0, 0
	switch o.oneOf("direction", "up", "down", "left", "right", "90°", "270°", "0°", "180°") {
	case "up", "90°":
		a.y0 = way
	case "down", "270°":
		a.y0 = -way
	case "left", "180°":
		a.x0 = way
	case "right", "0°":
		a.x0 = -way
	}
}

// wipe uncovers an element along an edge that runs from x_anchor towards the
// angle: the vendor's WipeRight is x_anchor 0 %, WipeLeft 100 %, WipeUp and
// WipeDown are 0 % at 90° and 270°. With 50 % it opens from the middle.
func (o object) wipe(a *animation) {
	o.needDuration(a)
	start := o.oneOf("start_angle", "0°", "90°", "180°", "270°")
	if end := o.text("end_angle", start); end != start {
		o.errorf("end_angle", "must be the start_angle: the edge of a wipe does not turn here")
	}
	anchor := min(1, o.fraction("x_anchor", 0))
	if start == "90°" || start == "180°" { // against the direction in which pixels are counted
		anchor = 1 - anchor
	}
	a.xa, a.ya = anchor, anchor
	a.upright = start == "90°" || start == "270°"
}

func upper(s string) string { return strings.Map(unicode.ToUpper, s) }
func lower(s string) string { return strings.Map(unicode.ToLower, s) }
