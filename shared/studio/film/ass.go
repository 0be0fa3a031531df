package film

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"unicode/utf8"
)

// script of Advanced SubStation Alpha, drawn by libass: all text goes this way,
// because libass shapes Hangul correctly and never sees a command line.
type assFile struct {
	b    strings.Builder
	rate float64
	// layer rises with every element, so that later elements are on top.
	layer int
}

func newASS(sc *scene) *assFile {
	a := &assFile{rate: sc.rate}
	fmt.Fprintf(&a.b, "[Script Info]\nScriptType: v4.00+\nPlayResX: %.0f\nPlayResY: %.0f\nWrapStyle: 2\nScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\n", sc.w, sc.h)
	a.b.WriteString("[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n")
	fmt.Fprintf(&a.b, "Style: D,%s,40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,5,0,0,0,1\n\n", defaultFont)
	a.b.WriteString("[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n")
	return a
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

// escape makes text plain for ASS: braces are escaped, and a word joiner after
// a backslash keeps it from starting a command.
func escape(s string) string {
	return strings.NewReplacer(`\`, "\\\u2060", "{", `\{`, "}", `\}`, "\n", " ").Replace(s)
}

// text writes a text element.
func (a *assFile) text(sc *scene, l *lettering) {
	st := &l.e.text
	ground := a.layer
	a.layer += 2
	for _, ev := range a.events(l.visual, l.bounds) {
		if l.ground.w > 0 {
			a.rectangle(ground, ev, l.ground, sc.px(st.radius, l.size), st.background, l.bounds)
		}
		for i, n := range l.lines {
			if n.text != "" {
				a.line(sc, l, n, ground+1, ev, i)
			}
		}
	}
}

func (a *assFile) line(sc *scene, l *lettering, n line, layer int, ev event, index int) {
	st := &l.e.text
	anchor, x := 4, n.x
	switch st.alignX {
	case 0.5:
		anchor, x = 5, n.x+n.w/2
	case 1:
		anchor, x = 6, n.x+n.w
	}
	y := n.y + l.face.drop*l.size
	// Scaling is about the middle of the whole element, not of the line.
	cx, cy := l.bounds.x+l.bounds.w/2, l.bounds.y+l.bounds.h/2
	x, y = cx+(x-cx)*ev.scale+ev.dx, cy+(y-cy)*ev.scale+ev.dy
	fill, second := st.fill, st.fill
	if st.effect != "" {
		fill = st.effectColor
	}
	var t strings.Builder
	fmt.Fprintf(&t, `{\an%d\pos(%.2f,%.2f)\fn%s\fs%.2f\b%d\i%d\fsp%.2f`, anchor, x, y, l.face.family,
		l.size*l.face.assScale*ev.scale, flag(l.face.bold), flag(st.italic), l.letter*l.size*ev.scale)
	t.WriteString(paint(1, fill, ev.alpha) + paint(2, second, ev.alpha))
	if w := sc.px(st.strokeWidth, l.size); st.stroke.A > 0 && w > 0 {
		fmt.Fprintf(&t, `\bord%.2f`, w*ev.scale)
		t.WriteString(paint(3, st.stroke, ev.alpha))
	}
	if dx, dy := sc.px(st.shadowX, l.size), sc.px(st.shadowY, l.size); st.shadow.A > 0 && (dx != 0 || dy != 0) {
		fmt.Fprintf(&t, `\xshad%.2f\yshad%.2f`, dx, dy)
		t.WriteString(paint(4, st.shadow, ev.alpha))
	}
	t.WriteString("}")
	a.event(layer, ev, t.String()+a.sung(l, n.text, index, ev))
}

// sung is the escaped text with the karaoke times of its syllables or words.
// The element's time is shared out by characters over all its lines; an event
// that starts in the middle skips what has been sung.
func (a *assFile) sung(l *lettering, text string, index int, ev event) string {
	if l.e.text.effect == "" {
		return escape(text)
	}
	total, before := 0, 0
	for i, n := range l.lines {
		c := utf8.RuneCountInString(strings.ReplaceAll(n.text, " ", ""))
		total += c
		if i < index {
			before += c
		}
	}
	each := (l.end - l.start) / float64(total)
	at := l.start + each*float64(before)
	now := ev.from
	var b strings.Builder
	wait := math.Max(0, at-now)
	fmt.Fprintf(&b, `{\k%d}`, int(math.Round(wait*100)))
	now += wait
	for _, piece := range pieces(text, l.e.text.effect) {
		end := at + each*float64(utf8.RuneCountInString(strings.TrimSpace(piece)))
		tag := `\kf`
		if l.e.text.effect == "color" || at < now-each/2 {
			tag = `\k`
		}
		d := math.Max(0, end-now)
		fmt.Fprintf(&b, `{%s%d}%s`, tag, int(math.Round(d*100)), escape(piece))
		now, at = now+d, end
	}
	return b.String()
}

// pieces splits a line into what is highlighted at once: characters for
// karaoke, words for color; spaces stay with the piece before them.
func pieces(text, effect string) []string {
	var out []string
	for _, r := range text {
		s := string(r)
		switch {
		case len(out) > 0 && r == ' ':
			out[len(out)-1] += s
		case effect == "color" && len(out) > 0 && !strings.HasSuffix(out[len(out)-1], " "):
			out[len(out)-1] += s
		default:
			out = append(out, s)
		}
	}
	return out
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

// shape writes a plain shape that must lie above text.
func (a *assFile) shape(sc *scene, v *visual) {
	layer := a.layer
	a.layer++
	box := rect{v.x, v.y, v.w, v.h}
	radius := sc.px(v.e.radius, min(v.w, v.h))
	if v.e.ellipse {
		radius = min(v.w, v.h) / 2
	}
	for _, ev := range a.events(v, box) {
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

// events cuts a visual's time into stretches of one pose: the still part is
// one event, the moving parts are one event per frame. So every easing and
// every combination is exact, and libass draws a still text only once.
func (a *assFile) events(v *visual, about rect) []event {
	var out []event
	first, last := int(math.Ceil(v.start*a.rate-0.01)), int(math.Ceil(v.hold*a.rate-0.01))
	for n := first; n < last; n++ {
		t := (float64(n) + 0.5) / a.rate
		p := v.pose(t, about)
		from, to := float64(n)/a.rate, float64(n+1)/a.rate
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
	if ev.clipped {
		hide = fmt.Sprintf(`{\clip(%.0f,%.0f,%.0f,%.0f)}`, ev.seen.x, ev.seen.y, ev.seen.x+ev.seen.w, ev.seen.y+ev.seen.h)
	}
	fmt.Fprintf(&a.b, "Dialogue: %d,%s,%s,D,,0,0,0,,%s%s\n", layer, assTime(ev.from), assTime(ev.to), hide, text)
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
