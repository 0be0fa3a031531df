package film

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// script of Advanced SubStation Alpha, drawn by libass: all text goes this way,
// because libass shapes Hangul correctly and never sees a command line.
type assFile struct {
	sc     *scene
	events strings.Builder
	// layer rises with every element, so that later elements are on top.
	layer int
	texts []*lettering
}

// String is the whole file.
func (a *assFile) String() string {
	name := ""
	if len(a.texts) > 0 {
		name = a.texts[0].face.name
	}
	return fmt.Sprintf("[Script Info]\nScriptType: v4.00+\nPlayResX: %.0f\nPlayResY: %.0f\nWrapStyle: 2\nScaledBorderAndShadow: yes\nKerning: no\nYCbCr Matrix: None\n\n", a.sc.w, a.sc.h) +
		"[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n" +
		"Style: D," + name + ",40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,5,0,0,0,1\n\n" +
		"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n" + a.events.String()
}

// pose is how an element is shown during one event.
type pose struct {
	alpha, scale, dx, dy float64
	seen                 rect // the part of the frame in which it is seen, when clipped
	clipped              bool
}

// event is one stretch of time in one pose.
type event struct {
	from, to float64
	pose
}

// within is the event seen through r only.
func (ev event) within(r rect) event {
	if ev.clipped {
		r = r.and(ev.seen)
	}
	ev.seen, ev.clipped = r, true
	return ev
}

// escape makes text plain for ASS: braces are escaped, and a word joiner after
// a backslash keeps it from starting a command.
func escape(s string) string {
	return strings.NewReplacer(`\`, "\\\u2060", "{", `\{`, "}", `\}`, "\n", " ", string(noBreak), " ").Replace(s)
}

// text writes a text element: its box, what marks the sung word, its shadow
// and its letters, each above the one before.
func (a *assFile) text(l *lettering) {
	a.texts = append(a.texts, l)
	for _, u := range l.units() {
		a.unit(u)
	}
	a.layer += 4
}

func (a *assFile) unit(l *lettering) {
	sc, st, ground := a.sc, &l.e.text, a.layer
	for _, ev := range a.poses(l.visual, l.bounds) {
		if l.ground.w > 0 {
			a.rectangle(ground, ev, l.ground, sc.px(st.radius, l.size), st.background, l.bounds)
		}
		if st.effect == "highlight" {
			a.marks(l, ground+1, ev)
		}
		for i, n := range l.lines {
			if n.text == "" {
				continue
			}
			if tags := sc.shadow(l, ev); tags != "" {
				a.event(ground+2, ev, "{"+l.place(n, ev)+tags+"}"+escape(n.text))
			}
			a.line(l, i, ground+3, ev)
		}
	}
}

// place are the tags that say where and how large a line is.
func (l *lettering) place(n line, ev event) string {
	st := &l.e.text
	anchor, x := 4, n.x
	switch st.alignX {
	case 0.5:
		anchor, x = 5, n.x+n.w/2
	case 1:
		anchor, x = 6, n.x+n.w
	}
	x, y := l.at(x, n.y+l.face.drop*l.size, ev)
	return fmt.Sprintf(`\an%d\pos(%.2f,%.2f)\fn%s\fs%.2f\b0\i%d\fsp%.2f`, anchor, x, y, l.face.name,
		l.size*l.face.assScale*ev.scale, flag(st.italic), l.letter*l.size*ev.scale)
}

// at moves a point as the event's pose does: scaling is about the middle of
// the whole element, not of the line.
func (l *lettering) at(x, y float64, ev event) (float64, float64) {
	cx, cy := l.bounds.x+l.bounds.w/2, l.bounds.y+l.bounds.h/2
	return cx + (x-cx)*ev.scale + ev.dx, cy + (y-cy)*ev.scale + ev.dy
}

func (a *assFile) line(l *lettering, index, layer int, ev event) {
	sc, st := a.sc, &l.e.text
	n := l.lines[index]
	tags := l.place(n, ev)
	if w := sc.px(st.strokeWidth, l.size); st.stroke.A > 0 && w > 0 {
		tags += fmt.Sprintf(`\bord%.2f`, w*ev.scale) + paint(3, st.stroke, ev.alpha)
	}
	plain := paint(1, st.fill, ev.alpha)
	switch {
	case st.effect == "" || st.effect == "highlight":
		a.event(layer, ev, "{"+tags+plain+"}"+escape(n.text))
	case ev.to-ev.from < 1.5/a.sc.rate: // one frame of a text that moves or fades
		x, _ := l.at(n.x+l.sungTo(index, (ev.from+ev.to)/2), 0, ev)
		a.event(layer, ev.within(rect{x, 0, sc.w, sc.h}), "{"+tags+plain+"}"+escape(n.text))
		a.event(layer, ev.within(rect{0, 0, x, sc.h}), "{"+tags+paint(1, st.effectColor, ev.alpha)+"}"+escape(n.text))
	default:
		a.event(layer, ev, "{"+tags+paint(1, st.effectColor, ev.alpha)+paint(2, st.fill, ev.alpha)+"}"+l.sung(index, ev))
	}
}

// shadow are the tags of a text's shadow, "" when it has none. Letters and
// stroke are all but transparent (FE, not FF: with FF libass cuts them out of
// the shadow too), so what is left is the shadow of both. The canvas's blur
// radius is two standard deviations; libass's is 0.849 of one.
func (sc *scene) shadow(l *lettering, ev event) string {
	st := &l.e.text
	dx, dy, blur := sc.px(st.shadowX, l.size), sc.px(st.shadowY, l.size), sc.px(st.shadowBlur, l.size)
	if st.shadow.A == 0 || dx == 0 && dy == 0 && blur <= 0 {
		return ""
	}
	if dx == 0 && dy == 0 {
		dy = 0.01 // libass draws no shadow that lies exactly under its letters
	}
	tags := `\1a&HFE&\3a&HFE&` + paint(4, st.shadow, ev.alpha) + fmt.Sprintf(`\xshad%.2f\yshad%.2f\blur%.2f`, dx*ev.scale, dy*ev.scale, min(100, blur/2/0.849*ev.scale))
	if w := sc.px(st.strokeWidth, l.size); st.stroke.A > 0 && w > 0 {
		tags += fmt.Sprintf(`\bord%.2f`, w*ev.scale)
	}
	return tags
}

// rectangle writes a filled box with round corners.
func (a *assFile) rectangle(layer int, ev event, r rect, radius float64, c color.NRGBA, about rect) {
	cx, cy := about.x+about.w/2, about.y+about.h/2
	x, y := cx+(r.x-cx)*ev.scale+ev.dx, cy+(r.y-cy)*ev.scale+ev.dy
	w, h := r.w*ev.scale, r.h*ev.scale
	radius = min(radius*ev.scale, w/2, h/2)
	k := radius * 0.4477 // 1 - 0.5523: the handle of a quarter circle
	d := fmt.Sprintf("m %.1f 0 l %.1f 0 b %.1f 0 %.1f %.1f %.1f %.1f l %.1f %.1f b %.1f %.1f %.1f %.1f %.1f %.1f l %.1f %.1f b %.1f %.1f 0 %.1f 0 %.1f l 0 %.1f b 0 %.1f %.1f 0 %.1f 0",
		radius, w-radius, w-k, w, k, w, radius, w, h-radius, w, h-k, w-k, h, w-radius, h, radius, h, k, h, h-k, h-radius, radius, k, k, radius)
	a.event(layer, ev, fmt.Sprintf(`{\an7\pos(%.2f,%.2f)\bord0\shad0%s\p1}%s{\p0}`, x, y, paint(1, c, ev.alpha), d))
}

// keep writes the file into the work folder, and beside it the fonts that it
// may use: links to the files that the text was measured with, and a fontconfig
// configuration that knows no other font. So libass cannot draw with anything
// that was not checked.
func (a *assFile) keep(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, fontsDir), 0o700); err != nil {
		return fmt.Errorf("make font folder: %w", err)
	}
	for _, l := range a.texts {
		if err := os.Symlink(l.face.path, filepath.Join(dir, fontsDir, l.face.file)); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("link font: %w", err)
		}
	}
	for name, content := range map[string]string{assName: a.String(), fontconfigName: noFonts} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("write captions: %w", err)
		}
	}
	return nil
}

// Names in the work folder; a filter names them without escaping (ffmpeg.Spec.Dir).
const (
	assName        = "text.ass"
	fontsDir       = "fonts"
	fontconfigName = "fonts.conf"
	noFonts        = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>` + "\n"
)

// textFilter draws the kept file.
const textFilter = "ass=filename=" + assName + ":fontsdir=" + fontsDir

// fontsFound fails when libass did not find a font or a glyph, of which it only
// warns: the film would lack the text.
func fontsFound(report string) error {
	for line := range strings.Lines(report) {
		if _, what, ok := strings.Cut(line, "fontselect: failed to"); ok {
			return fmt.Errorf("draw text:%s", strings.TrimRight(what, "\n"))
		}
	}
	return nil
}

// shape writes a plain shape that must lie above text.
func (a *assFile) shape(v *visual) {
	layer := a.layer
	a.layer++
	box := rect{v.x, v.y, v.w, v.h}
	radius := a.sc.px(v.e.radius, min(v.w, v.h))
	if v.e.ellipse {
		radius = min(v.w, v.h) / 2
	}
	for _, ev := range a.poses(v, box) {
		if v.e.outline != nil {
			a.outline(layer, ev, v.e.outline, box, v.e.fill.stops[0].c)
			continue
		}
		a.rectangle(layer, ev, box, radius, v.e.fill.stops[0].c, box)
	}
}

// outline writes a shape with a path of its own.
func (a *assFile) outline(layer int, ev event, o *outline, box rect, c color.NRGBA) {
	var d strings.Builder
	cx, cy := box.x+box.w/2, box.y+box.h/2
	at := func(p point) string {
		return fmt.Sprintf(" %.2f %.2f", cx+(p.x-cx)*ev.scale+ev.dx, cy+(p.y-cy)*ev.scale+ev.dy)
	}
	for _, s := range o.in(box) {
		switch s.op {
		case 'M':
			d.WriteString(" m" + at(s.p[2]))
		case 'L':
			d.WriteString(" l" + at(s.p[2]))
		case 'C':
			d.WriteString(" b" + at(s.p[0]) + at(s.p[1]) + at(s.p[2]))
		}
	}
	a.event(layer, ev, fmt.Sprintf(`{\an7\pos(0,0)\bord0\shad0%s\p1}%s{\p0}`, paint(1, c, ev.alpha), d.String()))
}

// poses cuts a visual's time into stretches of one pose: the still part is
// one event, the moving parts are one event per frame. So every easing and
// every combination is exact, and libass draws a still text only once.
func (a *assFile) poses(v *visual, about rect) []event {
	var out []event
	first, last := int(math.Ceil(v.start*a.sc.rate-0.01)), int(math.Ceil(v.hold*a.sc.rate-0.01))
	for n := first; n < last; n++ {
		t := (float64(n) + 0.5) / a.sc.rate
		p := v.pose(t, about)
		from, to := float64(n)/a.sc.rate, float64(n+1)/a.sc.rate
		if k := len(out) - 1; k >= 0 && out[k].pose == p && out[k].to == from {
			out[k].to = to
			continue
		}
		if p.alpha > 0 && p.scale > 0 && (!p.clipped || p.seen.w > 0 && p.seen.h > 0) {
			out = append(out, event{from, to, p})
		}
	}
	return out
}

// pose is the visual's opacity, size, displacement and visible part at time t,
// rounded to what can be seen, so that a text at rest is one event.
func (v *visual) pose(t float64, about rect) pose {
	own := mover{box: about}
	for _, m := range v.e.moves {
		if m.kind != "fade" {
			own.moves = append(own.moves, v.spanOf(m))
		}
	}
	own.moves = append(own.moves, v.shares...)
	s, panes := own.at(t)
	s, panes = v.carried(t, s, panes)
	cx, cy := about.x+about.w/2, about.y+about.h/2
	to := func(v, unit float64) float64 { return math.Round(v/unit) * unit }
	p := pose{alpha: to(v.alpha(t), 1.0/255), scale: to(s.k, 1e-6), dx: to(s.k*cx+s.dx-cx, 1e-3), dy: to(s.k*cy+s.dy-cy, 1e-3)}
	for _, q := range panes {
		if !p.clipped {
			p.seen, p.clipped = q.rect, true
		}
		p.seen = p.seen.and(q.rect)
	}
	for _, v := range []*float64{&p.seen.x, &p.seen.y, &p.seen.w, &p.seen.h} {
		*v = math.Round(*v)
	}
	return p
}

// event writes one line; times are rounded down to ASS's hundredths, so that
// the first frame at or after them is included.
func (a *assFile) event(layer int, ev event, text string) {
	hide := ""
	if ev.clipped && (ev.seen.w <= 0 || ev.seen.h <= 0) {
		return
	}
	if ev.clipped {
		hide = fmt.Sprintf(`{\clip(%.0f,%.0f,%.0f,%.0f)}`, ev.seen.x, ev.seen.y, ev.seen.x+ev.seen.w, ev.seen.y+ev.seen.h)
	}
	fmt.Fprintf(&a.events, "Dialogue: %d,%s,%s,D,,0,0,0,,%s%s\n", layer, assTime(ev.from), assTime(ev.to), hide, text)
}

func assTime(t float64) string {
	c := int(math.Floor(t*100 + 0.001))
	return fmt.Sprintf("%d:%02d:%02d.%02d", c/360000, c/6000%60, c/100%60, c%100)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// paint sets colour n (1 fill, 2 not yet sung, 3 outline, 4 shadow) and its transparency.
func paint(n int, c color.NRGBA, alpha float64) string {
	r, g, b := forLibass(c)
	return fmt.Sprintf(`\%dc&H%02X%02X%02X&\%da&H%02X&`, n, b, g, r, n, 255-int(math.Round(float64(c.A)*alpha)))
}

// forLibass changes a colour so that ffmpeg's subtitle filter, which converts
// with BT.601 whatever the video says, produces its BT.709 value.
func forLibass(c color.NRGBA) (r, g, b uint8) {
	R, G, B := float64(c.R), float64(c.G), float64(c.B)
	y := 0.2126*R + 0.7152*G + 0.0722*B
	cb, cr := (B-y)/1.8556, (R-y)/1.5748
	r2, b2 := y+1.402*cr, y+1.772*cb
	g2 := (y - 0.299*r2 - 0.114*b2) / 0.587
	f := func(v float64) uint8 { return uint8(math.Round(min(255, max(0, v)))) }
	return f(r2), f(g2), f(b2)
}
