package film

import (
	"math"
	"slices"
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
	// legible is the part of the frame's height below which a text that was made
	// smaller is reported: 42 pixels of 1920 are 2.5 mm on a phone.
	legible = 0.022
	// autoHeight bounds self-sizing text that has a width and no height: it may
	// fill this part of the frame's height.
	autoHeight = 0.22
	// gentle is how much smaller a text is made rather than leave one syllable
	// alone on a line.
	gentle = 0.85
)

// layout breaks, sizes and places a text; nil when nothing of it can be seen.
func (sc *scene) layout(v *visual, f *Fonts, p *problems) *lettering {
	st := &v.e.text
	text := plain(st.text)
	if text == "" {
		if st.text != "" {
			p.warnf(v.e.path+".text", "holds nothing that can be seen")
		}
		return nil
	}
	c, err := f.choose(st.family, st.weight, text)
	switch {
	case err != nil:
		p.errorf(v.e.path+".font_family", "%v", err)
		return nil
	case c.apart:
		p.errorf(v.e.path+".text", "no installed font has all its characters; the first to be asked lacks %s", spell(c.missing))
		return nil
	case len(c.missing) > 0:
		p.errorf(v.e.path+".text", "no installed font has a glyph for %s", spell(c.missing))
		return nil
	case c.warning != "":
		p.warnf(v.e.path+".font_family", "%s", c.warning)
	}
	l := &lettering{visual: v, face: c.face}
	w := v.w
	if w == 0 || !st.wrap {
		w = math.Inf(1)
	}
	words := c.face.prose(text)
	l.size = sc.textSize(st, &words, v, p)
	lines := sc.unwidow(l, &words, w)
	l.letter = sc.px(st.letter, l.size) / l.size
	for _, s := range lines {
		l.lines = append(l.lines, line{text: s, w: c.face.width(s, l.letter) * l.size})
	}
	if l.tooMany() {
		p.errorf(v.e.path+".animations", "more than %d pieces of a text cannot move", maxUnits)
		return nil
	}
	l.arrange(sc, sc.px(st.line, l.size))
	if l.bounds.x < -1 || l.bounds.y < -1 || l.bounds.x+l.bounds.w > sc.w+1 || l.bounds.y+l.bounds.h > sc.h+1 {
		p.warnf(v.e.path, "the text leaves the frame: it spans x %.0f to %.0f and y %.0f to %.0f of %.0f x %.0f",
			l.bounds.x, l.bounds.x+l.bounds.w, l.bounds.y, l.bounds.y+l.bounds.h, sc.w, sc.h)
	}
	return l
}

// unwidow breaks the text into lines w pixels wide. When that leaves one
// character alone on a line and a little less size would not, the size is
// made so much smaller.
func (sc *scene) unwidow(l *lettering, words *prose, w float64) []string {
	broken := func(size float64) []string {
		return words.wrap(w/size, sc.px(l.e.text.letter, size)/size)
	}
	lines := broken(l.size)
	if !words.widowed(lines) {
		return lines
	}
	for k := 0.97; k >= gentle; k -= 0.03 {
		if less := l.size * k; less >= smallest*sc.scale {
			if try := broken(less); !words.widowed(try) {
				l.size = less
				return try
			}
		}
	}
	return lines
}

// widowed reports whether a line holds a single character that is not a
// paragraph of its own.
func (p *prose) widowed(lines []string) bool {
	return slices.ContainsFunc(lines, func(s string) bool {
		return utf8.RuneCountInString(s) == 1 && !slices.ContainsFunc(p.paragraphs, func(words []word) bool { return len(words) == 1 && words[0].text == s })
	})
}

// textSize is the told font size, or the largest at which the text fits.
func (sc *scene) textSize(st *textStyle, words *prose, v *visual, p *problems) float64 {
	side, floor := min(sc.w, sc.h), smallest*sc.scale
	letter := func(size float64) float64 { return sc.px(st.letter, size) / size }
	var size float64
	if st.size != nil {
		size = max(floor, sc.px(*st.size, side))
	} else {
		size = sc.largest(st, words, v)
	}
	told := size
	// A word broken in its middle is worse than a smaller size, whatever was told.
	for range 3 { // the letter spacing changes with the size
		if longest := words.longest(letter(size)); st.wrap && v.w > 0 && longest*size > v.w {
			size = max(floor, math.Floor(v.w/longest*10)/10)
		}
	}
	if size < told {
		p.warnf(v.e.path, "the text is %.0f pixels high and not %.0f: a word of it is wider than its box", size, told)
	}
	if (st.size == nil || size < told) && size < legible*sc.h && (st.sizeMax == nil || size < sc.px(*st.sizeMax, side)) {
		p.warnf(v.e.path, "the text had to be made %.0f pixels high to fit its box, which is hard to read", size)
	}
	return size
}

// largest is the size of a text that has none: what fits its box, between the
// told bounds.
func (sc *scene) largest(st *textStyle, words *prose, v *visual) float64 {
	side := min(sc.w, sc.h)
	lo, hi := smallest*sc.scale, sc.h
	if st.sizeMin != nil {
		lo = max(lo, sc.px(*st.sizeMin, side))
	}
	if st.sizeMax != nil {
		hi = max(lo, sc.px(*st.sizeMax, side))
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
		} else if words.longest(letter) > limit {
			return false
		}
		lines, widest := words.fit(limit, letter)
		return float64(lines)*sc.px(st.line, size) <= h && widest*size <= w+0.001
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
func (l *lettering) arrange(sc *scene, height float64) {
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
