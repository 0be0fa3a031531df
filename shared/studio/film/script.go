package film

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
)

// Limits of a script. They bound the work that one request can ask for.
const (
	maxSeconds  = 180     // YouTube Shorts and Instagram reels end at three minutes
	maxElements = 400     // 60 seconds of captions need below 60
	maxDepth    = 4       // of nested compositions
	maxText     = 2000    // runes in one text element
	maxPixels   = 4 << 20 // width × height: 4K portrait is 8 M and would take four times real time
	minSide     = 64      // pixels
	maxSide     = 2560    // pixels
	maxAudio    = 8       // audio elements
	emptyLength = 5.0     // seconds of a script that says nothing about its length (Creatomate's default)
	maxBody     = 2 << 20 // bytes of a request
	defaultFont = "NanumSquareRound"
)

type kind string

const (
	kindText        kind = "text"
	kindImage       kind = "image"
	kindAudio       kind = "audio"
	kindShape       kind = "shape"
	kindComposition kind = "composition"
)

// script is a RenderScript whose every field is understood.
type script struct {
	width, height int // output pixels, render_scale applied
	scale         float64
	rate          float64
	duration      *float64
	snapshot      *float64
	fill          fill
	elements      []element
}

func (s *script) canvas() canvas {
	return canvas{float64(s.width), float64(s.height), s.scale}
}

// element is one element; fields of other kinds stay zero.
type element struct {
	path     string
	kind     kind
	track    *float64
	time     *float64
	duration *float64 // nil: to the next element of the track, or the end
	z        *float64
	box      box
	opacity  float64
	radius   length
	clips    bool // hides what is outside of it
	moves    []animation
	fill     fill
	text     textStyle
	source   string
	fit      string
	// smart keeps the photo's subject in view (smart_crop); align is where a
	// plain crop or a contained photo lies, 0–1.
	smart          bool
	alignX, alignY float64
	ellipse        bool
	outline        *outline // a shape with a path of its own
	stroke         stroke
	sound          sound
	children       []element
}

// box is an element's place in its parent.
type box struct {
	x, y, w, h, xAnchor, yAnchor, xPad, yPad length
	autoW, autoH                             bool // text whose box follows the text
}

// animation changes an element over a part of its time.
type animation struct {
	path       string
	kind       string   // fade, scale, pan, slide, wipe, circular-wipe
	start      *float64 // seconds from the element's start; nil with atEnd
	atEnd      bool
	duration   *float64 // nil: as long as the element
	easing     string
	reversed   bool
	transition bool
	fade       bool
	from, to   float64 // scale, 1 = 100 %
	x0, y0     float64 // pan: where the window is at the start, 0–1 of what is hidden
	x1, y1     float64 // … and at the end; slide: distance in element sizes
	xa, ya     float64 // anchor 0–1
	inside     bool    // scope element: the content moves inside the box
	upright    bool    // a wipe's edge moves up or down
	// Of an animation that moves a text piece by piece:
	split     string  // line, word, letter
	overlap   float64 // of two neighbours' times, 0–1
	backwards bool    // the last piece begins
	soft      bool    // each piece fades
}

type sound struct {
	trimStart       float64
	trimDuration    *float64
	volume          float64
	fadeIn, fadeOut float64
	media           bool // duration "media": as long as the file
}

// parseScript reads the script's fields from a request body that holds them at
// its top level; what else belongs to the request must have been taken out.
func parseScript(o object, count *int) *script {
	s := &script{scale: 1, rate: 30}
	if f := o.oneOf("output_format", "mp4", "jpg", "png", "gif"); f != "mp4" {
		o.errorf("output_format", "this renderer makes mp4 only")
	}
	w, h := o.number("width", minSide, maxSide), o.number("height", minSide, maxSide)
	if w == nil || h == nil {
		o.errorf("width", "width and height are needed: %d to %d pixels", minSide, maxSide)
		w, h = new(float64), new(float64)
		*w, *h = minSide, minSide
	}
	if v := o.number("render_scale", 0.1, 10); v != nil {
		s.scale = *v
	}
	for name, side := range map[string]float64{"max_width": *w, "max_height": *h} {
		if v := o.number(name, minSide, maxSide); v != nil {
			s.scale = min(s.scale, *v/side)
		}
	}
	s.width, s.height = even(*w*s.scale), even(*h*s.scale)
	if s.width*s.height > maxPixels {
		o.errorf("width", "%d x %d has more than %d pixels", s.width, s.height, maxPixels)
	}
	if s.width < 16 || s.height < 16 {
		o.errorf("render_scale", "makes the film smaller than 16 pixels")
	}
	if v := o.number("frame_rate", 1, 60); v != nil {
		s.rate = *v
	}
	if v := o.seconds("duration"); v != nil {
		if *v < 1/s.rate {
			o.errorf("duration", "is shorter than one frame")
		} else {
			s.duration = v
		}
	}
	s.snapshot = o.seconds("snapshot_time")
	s.fill = o.fill(color.NRGBA{A: 255})
	o.take("fonts") // fonts come from this machine; a family that is missing is a warning at its element
	o.take("crf")   // the quality is fixed: see encodeOptions
	s.elements = o.elements(1, count)
	if len(s.elements) == 0 {
		o.errorf("elements", "at least one element is needed")
	}
	o.done()
	return s
}

func even(v float64) int { return int(math.Round(v/2)) * 2 }

func (o object) elements(depth int, count *int) []element {
	raw, ok := o.take("elements")
	if !ok {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		o.errorf("elements", "must be a list")
		return nil
	}
	if depth > maxDepth {
		o.errorf("elements", "compositions are nested deeper than %d", maxDepth)
		return nil
	}
	var out []element
	for i, r := range list {
		if *count++; *count > maxElements {
			o.errorf("elements", "more than %d elements", maxElements)
			return out
		}
		if e, ok := newObject(r, fmt.Sprintf("%s[%d]", o.at("elements"), i), o.p); ok {
			out = append(out, e.element(depth, count))
		}
	}
	return out
}

func (o object) element(depth int, count *int) element {
	e := element{path: o.path, kind: kind(o.text("type", ""))}
	switch e.kind {
	case kindText, kindImage, kindAudio, kindShape, kindComposition:
	default:
		o.errorf("type", "%q is not supported; known: text, image, audio, shape, composition", clip(string(e.kind)))
		return e
	}
	e.track, e.time = o.number("track", 1, 1000), o.seconds("time")
	if string(o.fields["duration"]) == `"media"` && e.kind == kindAudio {
		o.take("duration")
		e.sound.media = true
	} else if e.duration = o.seconds("duration"); e.duration != nil && *e.duration == 0 {
		o.errorf("duration", "must be more than 0")
	}
	if e.kind == kindAudio {
		o.audio(&e)
		o.done()
		return e
	}
	e.z = o.number("z_index", -1000, 1000)
	e.opacity = min(1, o.fraction("opacity", 1))
	e.box = o.box(e.kind)
	e.moves = o.animations()
	switch e.kind {
	case kindText:
		e.text = o.textStyle()
	case kindImage:
		e.source = o.source()
		e.fit = o.oneOf("fit", "cover", "contain", "fill")
		e.smart = o.flag("smart_crop", false)
		e.alignX, e.alignY = min(1, o.fraction("x_alignment", 0.5)), min(1, o.fraction("y_alignment", 0.5))
		e.radius = o.lengthOr("border_radius", length{})
	case kindShape:
		e.fill = o.fill(color.NRGBA{})
		e.radius = o.lengthOr("border_radius", length{})
		o.shapePath(&e)
	case kindComposition:
		e.fill = o.fill(color.NRGBA{})
		e.radius = o.lengthOr("border_radius", length{})
		e.clips = o.flag("clip", false)
		e.children = o.elements(depth+1, count)
	}
	o.checkTextMotions(&e)
	e.settleMoves(o.p)
	o.done()
	return e
}

// settleMoves checks that the animations suit the element.
func (e *element) settleMoves(p *problems) {
	if e.kind == kindImage {
		e.clips = e.radius.v > 0
		return
	}
	for i := range e.moves {
		a := &e.moves[i]
		a.inside = false // only a photo moves inside its box
		if a.kind == "pan" || a.kind == "circular-wipe" && e.kind == kindText {
			p.errorf(a.path, "%s does not suit a %s", a.kind, e.kind)
		}
	}
}

func (o object) box(k kind) box {
	b := box{x: o.lengthOr("x", percent(50)), y: o.lengthOr("y", percent(50)),
		xAnchor: o.lengthOr("x_anchor", percent(50)), yAnchor: o.lengthOr("y_anchor", percent(50)),
		xPad: o.lengthOr("x_padding", length{}), yPad: o.lengthOr("y_padding", length{})}
	w, h := o.length("width"), o.length("height")
	b.autoW, b.autoH = w == nil && k == kindText, h == nil && k == kindText
	b.w, b.h = percent(100), percent(100)
	if w != nil {
		b.w = *w
	}
	if h != nil {
		b.h = *h
	}
	if b.w.v <= 0 || b.h.v <= 0 {
		o.errorf("width", "width and height must be more than 0")
	}
	return b
}

func (o object) source() string {
	s := o.text("source", "")
	if s == "" || len(s) > 4096 {
		o.errorf("source", "must be an http or https address of at most 4096 bytes")
	}
	return s
}

func (o object) audio(e *element) {
	e.source = o.source()
	s := &e.sound
	if v := o.seconds("trim_start"); v != nil {
		s.trimStart = *v
	}
	s.trimDuration = o.seconds("trim_duration")
	s.volume = o.fraction("volume", 1)
	if v := o.seconds("audio_fade_in"); v != nil {
		s.fadeIn = *v
	}
	if v := o.seconds("audio_fade_out"); v != nil {
		s.fadeOut = *v
	}
}
