package film

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is what is highlighted at once: a character of a karaoke text, a word
// of the other effects; spaces stay with the piece before them.
type piece struct {
	text     string
	line     int
	from, to float64 // seconds of the film
	x, w     float64 // pixels from the line's left edge
}

// pieces shares the element's time out by letters and digits over all its
// lines: in Korean one is one sung syllable, and a comma is not sung.
func (l *lettering) pieces() []piece {
	var out []piece
	total := 0
	for i, n := range l.lines {
		for _, s := range chop(n.text, l.e.text.effect == "karaoke") {
			out = append(out, piece{text: s, line: i})
			total += letters(s)
		}
	}
	each, at := (l.end-l.start)/float64(max(1, total)), l.start
	x, line := 0.0, 0
	for i := range out {
		p := &out[i]
		if p.line != line {
			x, line = 0, p.line
		}
		p.from, p.to = at, at+each*float64(letters(p.text))
		p.x, p.w = x, l.face.width(strings.TrimRight(p.text, " "), l.letter)*l.size
		at, x = p.to, x+l.face.width(p.text, l.letter)*l.size
	}
	return out
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// chop splits a line into characters or words.
func chop(line string, characters bool) []string {
	var out []string
	for _, r := range line {
		s := string(r)
		switch {
		case len(out) > 0 && r == ' ':
			out[len(out)-1] += s
		case !characters && len(out) > 0 && !strings.HasSuffix(out[len(out)-1], " "):
			out[len(out)-1] += s
		default:
			out = append(out, s)
		}
	}
	return out
}

// sung is the escaped text of a line with the karaoke times of its pieces. An
// event that starts in the middle skips what has been sung.
func (l *lettering) sung(index int, ev event) string {
	now := ev.from
	var b strings.Builder
	first := true
	for _, p := range l.pieces() {
		if p.line != index {
			continue
		}
		if first {
			wait := math.Max(0, p.from-now)
			fmt.Fprintf(&b, `{\k%d}`, int(math.Round(wait*100)))
			now, first = now+wait, false
		}
		tag := `\kf`
		if l.e.text.effect == "color" || p.from < now-(p.to-p.from)/2 {
			tag = `\k`
		}
		d := math.Max(0, p.to-now)
		fmt.Fprintf(&b, `{%s%d}%s`, tag, int(math.Round(d*100)), escape(p.text))
		now += d
	}
	return b.String()
}

// sungTo is how many pixels of a line have been sung at time t. Events of a
// moving text are one frame long, and the highlight is cut there.
func (l *lettering) sungTo(index int, t float64) (x float64) {
	for _, p := range l.pieces() {
		switch {
		case p.line != index || t < p.from:
		case t >= p.to || l.e.text.effect == "color":
			x = p.x + p.w
		default:
			x = p.x + p.w*(t-p.from)/(p.to-p.from)
		}
	}
	return x
}

// The box behind the word that is being sung, in em.
const (
	markPadX, markPadY = 0.16, 0.08
	markRadius         = 0.2
)

// marks writes the boxes of transcript_effect highlight.
func (a *assFile) marks(l *lettering, layer int, ev event) {
	for _, p := range l.pieces() {
		word := event{max(ev.from, p.from), min(ev.to, p.to), ev.pose}
		if word.to-word.from < 0.005 || utf8.RuneCountInString(p.text) == 0 {
			continue
		}
		n := l.lines[p.line]
		half := l.size * (0.5 + markPadY)
		r := rect{n.x + p.x - markPadX*l.size, n.y - half, p.w + 2*markPadX*l.size, 2 * half}
		a.rectangle(layer, word, r, markRadius*l.size, l.e.text.effectColor, l.bounds)
	}
}
