package storyboard

import (
	"math"
	"strings"
	"unicode"

	"castad/shared/message"
	"castad/shared/pattern"
	cm "castad/shared/provider/creatomate"
)

// How fast may be read; see the package comment.
const (
	hangulRate = 12.0 // syllables (Hangul, Hanja, kana) a second
	latinRate  = 20.0 // other characters a second
	linger     = 0.2  // seconds that a caption stays after its line, where there is a rest
	lead       = 0.5  // seconds that it may come before it
)

// captionLook is how sung lines look.
type captionLook struct {
	letters
	sung rgb // what has been sung
	// plate is the ground of the words, hugging them; "" on a shade or a bar of the template's.
	plate  string
	radius float64 // u, of the plate
	// soft is a shadow under words that have no plate but a shade.
	soft bool
	// rest is shown where a pause is long enough to look empty; "" = nothing.
	rest string
}

// platePad is how far a plate reaches beyond its words, in u.
const platePadX, platePadY = 2.6, 1.5

// pause is a rest between lines in which a bar looks empty, in seconds.
const pause = 1.2

// captions show each sung line while it is sung; what is not sung is not shown.
func (b *board) captions(lines []message.LineTime, look captionLook) {
	before := 0.0
	rest := func(at span) {
		if at.length() >= pause {
			b.write(at, b.sung, look.rest, look.letters, fadeIn(0.2))
		}
	}
	for i, l := range lines {
		after := b.time.length
		if i+1 < len(lines) {
			after = math.Min(after, lines[i+1].Start)
		}
		text := subtitle(l.Text)
		at, ok := readTime(l, text, span{before, after})
		if !ok {
			continue
		}
		rest(span{before, at.from})
		before = at.to
		b.words = append(b.words, b.caption(at, text, look))
	}
	rest(span{before, b.time.length})
}

// price finds a spelled price: 이만 오천 원.
var price = pattern.New(`(?:^| )[0-9,일이삼사오육칠팔구십백천만억]+(?: [0-9,일이삼사오육칠팔구십백천만억]+)* 원`)

// subtitle is a sung line as it is shown. It keeps a telephone number, which is
// the place's own: the line has passed claim.Check. The words of a price are
// joined by spaces that do not break.
func subtitle(line string) string {
	return price.ReplaceAllStringFunc(glyphs(line), func(s string) string {
		rest := strings.TrimPrefix(s, " ")
		return s[:len(s)-len(rest)] + strings.ReplaceAll(rest, " ", "\u00a0")
	})
}

func (b *board) caption(at span, text string, look captionLook) placed {
	in := b.sung
	if look.plate != "" {
		in = in.inset(platePadX, platePadY)
	}
	e := b.text(at, in, text, look.letters)
	e.TranscriptEffect, e.TranscriptColor = "karaoke", look.sung.hex()
	if look.plate != "" {
		plateOn(&e.Element, look.plate, look.radius, platePadX, platePadY)
	}
	if look.soft {
		e.ShadowColor, e.ShadowBlur = b.pal.ink.alpha(0.8), cm.Vmin(1.2)
	}
	return e
}

// readTime is when a line's caption is shown inside the room between its
// neighbours; not ok when there is nothing to show, the line begins after the
// film, or it is too fast to be read even with the rests around it.
func readTime(l message.LineTime, text string, room span) (at span, ok bool) {
	const whole = 0.002 // is lost when both ends become whole milliseconds
	need := reading(text)
	at = span{math.Max(l.Start, room.from), math.Min(room.to, math.Max(l.End+linger, l.Start+need+whole))}
	if short := need + whole - at.length(); short > 0 {
		at.from = math.Max(room.from, at.from-math.Min(short, lead))
	}
	// Milliseconds, start and end each rounded to the inside.
	at = span{math.Ceil(at.from*1000-1e-6) / 1000, math.Floor(at.to*1000+1e-6) / 1000}
	return at, text != "" && l.Start < room.to && at.length() >= need
}

// reading is how many seconds a text needs to be read.
func reading(text string) float64 {
	var syllables, others, spaces float64
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
			syllables++
		case r == ' ':
			spaces++
		default:
			others++
		}
	}
	if syllables == 0 {
		others += spaces
	}
	return math.Max(syllables/hangulRate+others/latinRate, 0.3)
}
