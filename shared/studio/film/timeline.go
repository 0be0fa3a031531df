package film

import (
	"cmp"
	"math"
	"slices"
)

// scene is a script whose every element has its time and its place.
type scene struct {
	canvas
	rate    float64
	frames  int
	total   float64 // seconds: frames / rate
	visuals []*visual
	sounds  []placedSound
}

// visual is something seen, in drawing order.
type visual struct {
	e          *element
	x, y, w, h float64 // the box in output pixels; w or h is 0 for text that follows its content
	ax, ay     float64 // the point of the parent that the box's anchor is on
	start, end float64 // seconds; end is exclusive
	// hold is when it really disappears: after end when the next element of
	// the track fades in over it.
	hold    float64
	opacity float64
	// lettered is set when libass draws it, because it lies above text.
	lettered bool
	fades    []span // its own and those of the compositions around it
	parent   *visual
	within   []*mover // the compositions around it that move or hide, the outermost first
	shares   []span   // a text piece's parts of the text's animations
}

// span is an animation with its times resolved.
type span struct {
	animation
	from, to float64 // seconds of the film
}

type placedSound struct {
	e          *element
	start, end float64
}

// resolve gives every element its time and place. media tells how long audio
// files are (by source); nil while they are not known, which is not an error:
// a length that depends on them is then the script's default.
func (s *script) resolve(media map[string]float64, p *problems) *scene {
	sc := &scene{canvas: s.canvas(), rate: s.rate}
	total := s.length(media)
	if total > maxSeconds {
		p.errorf("duration", "the film would last %.1f s; the limit is %d s", total, maxSeconds)
		total = maxSeconds
	}
	sc.frames = max(1, int(math.Round(total*s.rate)))
	sc.total = float64(sc.frames) / s.rate
	sc.place(s.elements, area{w: sc.w, h: sc.h, end: sc.total, opacity: 1}, media, p)
	for _, v := range sc.visuals {
		v.nest(sc)
	}
	slices.SortStableFunc(sc.visuals, func(a, b *visual) int { return cmp.Compare(deref(a.e.z, 0), deref(b.e.z, 0)) })
	if len(sc.sounds) > maxAudio {
		p.errorf("elements", "more than %d audio elements", maxAudio)
	}
	return sc
}

func deref(v *float64, def float64) float64 {
	if v == nil {
		return def
	}
	return *v
}

// length is the film's length in seconds: told, or the end of the last element
// whose end is known.
func (s *script) length(media map[string]float64) float64 {
	if s.duration != nil {
		return *s.duration
	}
	end, tracks := 0.0, map[float64]float64{}
	for i := range s.elements {
		e := &s.elements[i]
		start := e.startAfter(tracks)
		d := e.length(media)
		if d == nil && e.kind == kindAudio && len(s.elements) > 0 {
			if m, ok := media[e.source]; ok {
				m = max(0, m-e.sound.trimStart)
				d = &m
			}
		}
		if d == nil {
			continue
		}
		end = max(end, start+*d)
		if e.track != nil {
			tracks[*e.track] = start + *d
		}
	}
	if end == 0 {
		return emptyLength
	}
	return end
}

// length is the element's own length when it is told, else nil.
func (e *element) length(media map[string]float64) *float64 {
	switch {
	case e.duration != nil:
		return e.duration
	case e.sound.trimDuration != nil:
		return e.sound.trimDuration
	case e.sound.media:
		if m, ok := media[e.source]; ok {
			m = max(0, m-e.sound.trimStart)
			return &m
		}
	}
	return nil
}

// startAfter is when the element starts: told, or after its track's last element.
func (e *element) startAfter(tracks map[float64]float64) float64 {
	if e.time != nil || e.track == nil {
		return deref(e.time, 0)
	}
	return max(0, tracks[*e.track]-e.overlap())
}

// overlap is how long the element fades in over the one before it.
func (e *element) overlap() float64 {
	for _, a := range e.moves {
		if a.transition {
			return *a.duration
		}
	}
	return 0
}

// area is what elements are placed in: the frame, or a composition.
type area struct {
	x, y, w, h, start, end, opacity float64
	fades                           []span
	parent                          *visual
}

func (sc *scene) place(list []element, in area, media map[string]float64, p *problems) {
	tracks, last := map[float64]float64{}, map[float64]*visual{}
	for i := range list {
		e := &list[i]
		start := in.start + e.startAfter(tracks)
		end := in.end
		if d := e.length(media); d != nil {
			end = start + *d
		} else if next := nextOnTrack(list, i); next != nil {
			if next.time == nil {
				p.errorf(e.path, "needs a duration: another element follows on its track")
			} else {
				end = in.start + *next.time
			}
		}
		if e.track != nil {
			tracks[*e.track] = end - in.start
		}
		end = min(end, in.end)
		if start >= end {
			p.warnf(e.path, "starts at %.2f s, when nothing of it can be seen or heard any more", start)
			continue
		}
		if e.kind == kindAudio {
			sc.sounds = append(sc.sounds, placedSound{e, start, end})
			continue
		}
		v := sc.visual(e, in, start, end)
		if e.track != nil {
			if before := last[*e.track]; before != nil && e.overlap() > 0 && before.end >= start-0.05 {
				before.hold = max(before.hold, start+e.overlap())
			}
			last[*e.track] = v
		}
		sc.add(v, media, p)
	}
}

func nextOnTrack(list []element, i int) *element {
	if list[i].track == nil {
		return nil
	}
	for j := i + 1; j < len(list); j++ {
		if n := &list[j]; n.track != nil && *n.track == *list[i].track {
			return n
		}
	}
	return nil
}

// visual places an element in its area.
func (sc *scene) visual(e *element, in area, start, end float64) *visual {
	b, v := e.box, &visual{e: e, start: start, end: end, hold: end, opacity: in.opacity * e.opacity, parent: in.parent}
	padX, padY := sc.px(b.xPad, in.w), sc.px(b.yPad, in.h)
	v.ax, v.ay = in.x+sc.px(b.x, in.w), in.y+sc.px(b.y, in.h)
	v.w, v.h = max(1, sc.px(b.w, in.w)-2*padX), max(1, sc.px(b.h, in.h)-2*padY)
	v.x, v.y = v.ax-sc.px(b.xAnchor, v.w), v.ay-sc.px(b.yAnchor, v.h)
	if b.autoW {
		v.w = 0
	}
	if b.autoH {
		v.h = 0
	}
	v.fades = slices.Clone(in.fades)
	for _, a := range e.moves {
		if a.fade {
			v.fades = append(v.fades, v.spanOf(a))
		}
	}
	return v
}

// add keeps a visual; a composition becomes its background and its children.
func (sc *scene) add(v *visual, media map[string]float64, p *problems) {
	e := v.e
	if e.kind != kindComposition {
		sc.visuals = append(sc.visuals, v)
		return
	}
	if len(e.fill.stops) > 0 {
		ground := *e
		ground.kind, ground.children = kindShape, nil
		v.e = &ground
		sc.visuals = append(sc.visuals, v)
	}
	sc.place(e.children, area{v.x, v.y, v.w, v.h, v.start, v.end, v.opacity, v.fades, v}, media, p)
}

// nest works out what the compositions around v do to it, now that all times
// are known: what ends with its composition is held as long as that.
func (v *visual) nest(sc *scene) {
	v.within = nil
	for p := v.parent; p != nil; p = p.parent {
		if v.end >= p.end-0.001 {
			v.hold = max(v.hold, p.hold)
		}
		if m := p.mover(sc); len(m.moves) > 0 || m.clips {
			v.within = append([]*mover{m}, v.within...)
		}
	}
}

// mover is what moves the visual's box as a whole.
func (v *visual) mover(sc *scene) *mover {
	m := &mover{box: rect{v.x, v.y, v.w, v.h}, clips: v.e.clips, radius: sc.px(v.e.radius, min(v.w, v.h))}
	for _, a := range v.e.moves {
		if a.kind != "fade" && !a.content() {
			m.moves = append(m.moves, v.spanOf(a))
		}
	}
	return m
}

// spanOf resolves an animation's times. One that lasts as long as the element
// goes on while the element is held under its successor, so motion never
// stops in the middle of a crossfade.
func (v *visual) spanOf(a animation) span {
	whole := v.end - v.start
	d := deref(a.duration, whole)
	if a.atEnd {
		return span{a, max(v.start, v.end-d), v.end}
	}
	from := v.start + deref(a.start, 0)
	if d >= whole-0.001 && a.kind != "fade" {
		return span{a, from, max(v.hold, from+d)}
	}
	return span{a, from, from + d}
}

// progress is the eased progress of the animation at time t, 0–1.
func (s *span) progress(t float64) float64 {
	p := 1.0
	if s.to > s.from {
		p = min(1, max(0, (t-s.from)/(s.to-s.from)))
	}
	if s.reversed {
		p = 1 - p
	}
	p, _ = ease(s.easing, p)
	return p
}

// alpha is how opaque the visual is at time t, 0–1.
func (v *visual) alpha(t float64) float64 {
	a := v.opacity
	for i := range v.fades {
		p := v.fades[i].progress(t)
		if v.fades[i].atEnd {
			p = 1 - p
		}
		a *= min(1, max(0, p))
	}
	return a
}
