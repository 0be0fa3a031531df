package film

import (
	"math"
	"strings"
	"unicode/utf8"
)

// lettering is a text element with its lines broken, sized and placed.
type lettering struct {
	*visual
	face   *face
	size   float64 // em in output pixels
	letter float64 // letter spacing in em
	lines  []line
	bounds rect // of the box, background included
	ground rect // the background box; empty when there is none
}

type line struct {
	text string
	w    float64 // pixels
	x, y float64 // left edge and middle, pixels
}

const (
	smallest = 8.0 // pixels; smaller text is not readable on a phone
	// autoHeight bounds self-sizing text that has a width and no height: it may
	// fill this part of the frame's height.
	autoHeight = 0.22
)

// layout breaks, sizes and places a text; nil when nothing of it can be seen.
func (sc *scene) layout(v *visual, f fonts, p *problems) *lettering {
	st := &v.e.text
	face, ok := f.face(st.family, st.bold)
	if !ok {
		p.warnf(v.e.path+".font_family", "%q is not installed here; %s stands in", clip(st.family), face.family)
	}
	text, missing := face.clean(st.text)
	if len(missing) > 0 {
		p.warnf(v.e.path+".text", "left out, because %s has no glyph: %s", face.family, clip(string(missing)))
	}
	text = strings.Trim(text, " \n")
	if text == "" {
		return nil
	}
	l := &lettering{visual: v, face: face}
	w, h := v.w, v.h
	if w == 0 {
		w = math.Inf(1)
	}
	if !st.wrap {
		w = math.Inf(1)
	}
	l.size = sc.textSize(st, face, text, v)
	l.letter = sc.px(st.letter, l.size) / l.size
	height := sc.px(st.line, l.size)
	for _, s := range face.wrap(text, w/l.size, l.letter, st.alignX == 0.5) {
		l.lines = append(l.lines, line{text: s, w: face.width(s, l.letter) * l.size})
	}
	l.arrange(sc, height, w, h)
	if l.bounds.x < -1 || l.bounds.y < -1 || l.bounds.x+l.bounds.w > sc.w+1 || l.bounds.y+l.bounds.h > sc.h+1 {
		p.warnf(v.e.path, "the text leaves the frame: it spans x %.0f to %.0f and y %.0f to %.0f of %.0f x %.0f",
			l.bounds.x, l.bounds.x+l.bounds.w, l.bounds.y, l.bounds.y+l.bounds.h, sc.w, sc.h)
	}
	return l
}

// textSize is the told font size, or the largest at which the text fits.
func (sc *scene) textSize(st *textStyle, face *face, text string, v *visual) float64 {
	if st.size != nil {
		return max(smallest*sc.scale, sc.px(*st.size, min(sc.w, sc.h)))
	}
	lo, hi := smallest*sc.scale, sc.h
	if st.sizeMin != nil {
		lo = max(lo, sc.px(*st.sizeMin, min(sc.w, sc.h)))
	}
	if st.sizeMax != nil {
		hi = max(lo, sc.px(*st.sizeMax, min(sc.w, sc.h)))
	}
	w, h := v.w, v.h
	if w == 0 {
		w = sc.w * 0.92
	}
	if h == 0 {
		h = sc.h * autoHeight
	}
	fits := func(size float64) bool {
		letter := sc.px(st.letter, size) / size
		limit := w / size
		if !st.wrap {
			limit = math.Inf(1)
		}
		lines := face.wrap(text, limit, letter, false)
		if float64(len(lines))*sc.px(st.line, size) > h {
			return false
		}
		for _, s := range lines {
			if face.width(s, letter)*size > w {
				return false
			}
		}
		// A word broken in its middle is worse than a smaller size.
		return !st.wrap || face.longestWord(text, letter)*size <= w
	}
	if fits(hi) {
		return hi
	}
	for hi-lo > 0.5 {
		if mid := (lo + hi) / 2; fits(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Floor(lo)
}

// arrange places the lines in the box.
func (l *lettering) arrange(sc *scene, height, w, h float64) {
	st := &l.e.text
	var widest float64
	for _, n := range l.lines {
		widest = max(widest, n.w)
	}
	block := float64(len(l.lines)) * height
	b := rect{l.x, l.y, l.w, l.h}
	if l.w == 0 {
		b.w = widest
		b.x = l.ax - sc.px(l.e.box.xAnchor, b.w)
	}
	if l.h == 0 {
		b.h = block
		b.y = l.ay - sc.px(l.e.box.yAnchor, b.h)
	}
	left, right := math.Inf(1), math.Inf(-1)
	top := b.y + (b.h-block)*st.alignY
	for i := range l.lines {
		n := &l.lines[i]
		n.x, n.y = b.x+(b.w-n.w)*st.alignX, top+(float64(i)+0.5)*height
		left, right = min(left, n.x), max(right, n.x+n.w)
	}
	l.bounds = rect{left, top, right - left, block}
	if st.background.A > 0 {
		padX, padY := sc.px(st.padX, l.size), sc.px(st.padY, l.size)
		slack := (height - l.size) / 2 // the box hugs the letters, not the line height
		l.ground = rect{left - padX, top + slack - padY, right - left + 2*padX, block - 2*slack + 2*padY}
		l.bounds = l.ground
	}
}

// wrap breaks text at newlines and spaces so that no line is wider than limit
// (em). Balanced lines are as even as the same number of lines allows.
func (f *face) wrap(text string, limit, letter float64, balanced bool) []string {
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		words := strings.Fields(paragraph)
		if len(words) == 0 {
			out = append(out, "")
			continue
		}
		lines := f.fill(words, limit, letter)
		if balanced && len(lines) > 1 {
			lo, hi := 0.0, limit
			for range 12 {
				mid := (lo + hi) / 2
				if try := f.fill(words, mid, letter); len(try) <= len(lines) && !f.splits(words, mid, letter) {
					hi, lines = mid, try
				} else {
					lo = mid
				}
			}
		}
		out = append(out, lines...)
	}
	return out
}

func (f *face) splits(words []string, limit, letter float64) bool {
	for _, w := range words {
		if f.width(w, letter) > limit {
			return true
		}
	}
	return false
}

// fill packs words greedily; a word wider than the limit is cut between characters.
func (f *face) fill(words []string, limit, letter float64) []string {
	var lines []string
	current := ""
	for _, w := range words {
		try := w
		if current != "" {
			try = current + " " + w
		}
		if f.width(try, letter) <= limit {
			current = try
			continue
		}
		if current != "" {
			lines = append(lines, current)
		}
		for f.width(w, letter) > limit && utf8.RuneCountInString(w) > 1 {
			n := 0
			for i, r := range w {
				if i > 0 && f.width(w[:i+utf8.RuneLen(r)], letter) > limit {
					break
				}
				n = i + utf8.RuneLen(r)
			}
			lines = append(lines, w[:n])
			w = w[n:]
		}
		current = w
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}

func (f *face) longestWord(text string, letter float64) float64 {
	var longest float64
	for w := range strings.FieldsSeq(text) {
		longest = max(longest, f.width(w, letter))
	}
	return longest
}
