package storyboard

import "strings"

// cardLook is how a film ends: who, where, when, and where to look.
type cardLook struct {
	shade  float64 // of ink over the whole picture, 0–1
	ground rgb     // of the panel
	keep   box     // a strip that is not shaded
	// panel draws what is under the words; nil = nothing: the words are on the
	// shade, which must be dark enough.
	panel func(*board, span, cardPlan)
	mark  rgb  // call, rule and number
	rule  bool // a short line between name and facts
	serif bool
}

// Heights inside a card, in u: call and name above the rows, and the hint under a code.
const (
	cardHead = 19.4
	cardHint = 5.4
	cardPadX = 5.5
	cardPadY = 5
	cardText = 4.2 // size of the facts
)

// closing draws the card. The words for what the place did not tell are left out.
func (b *board) closing(look cardLook) {
	at := b.time.card
	if look.panel == nil {
		look.ground = b.pal.shaded(look.shade)
	}
	ink := readable(b.pal.on(look.ground), look.ground)
	name, text := heavy(9, ink).spaced(-3), bold(cardText, ink)
	if look.serif {
		name, text = heavySerif(9, ink).spaced(2), boldSerif(cardText, ink)
	}
	mark := text
	mark.color, mark.weight = readable(look.mark, look.ground), name.weight
	p := b.arrange()
	for _, area := range []box{b.all().top(look.keep.y), b.all().below(look.keep.bottom())} {
		if area.h > 0 {
			b.draw(shape{at: at, box: area, color: b.pal.ink.alpha(look.shade), moves: moves(fadeIn(0.4))})
		}
	}
	if look.panel != nil {
		look.panel(b, at, p)
	}
	b.write(at.later(0.1), p.words.top(5), b.say("지금 만나러 오세요", "Come and see us"), mark, rise()...)
	b.write(at.later(0.15), p.words.below(5.2).top(11), b.name, name, rise()...)
	if look.rule {
		b.draw(shape{at: at.later(0.2), box: p.words.below(17).top(0.5).left(10), color: look.mark.hex(), moves: moves(fadeIn(0.3))})
	}
	y := p.rows.y
	for i, r := range b.facts(p.rows.w) {
		l := text
		if r.number {
			l = mark
		}
		l.size = r.size
		b.write(at.later(0.3+0.1*float64(i)), box{p.rows.x, y, p.rows.w, r.height}, r.text, l, rise()...)
		y += r.height + rowGap
	}
	if b.code.path != "" {
		text.size = 4
		b.scan(at.later(0.3), p.code, text.centred())
	}
}

// cardPlan is where things are on a card: the panel, the column of words, the
// rows of facts below its head, the code with its hint.
type cardPlan struct{ panel, words, rows, code box }

// arrange divides the card's zone. The panel is as high as what is on it. The
// code stands beside the facts on a narrow card, beside everything on a wide one.
func (b *board) arrange() (p cardPlan) {
	in := b.card.inset(cardPadX, cardPadY)
	coded, wide := b.code.path != "", b.wide()
	column := in.w // of the facts
	if coded {
		column -= b.code.side + 4
	}
	need := cardHead + b.height(column)
	switch {
	case coded && wide:
		need = max(need, b.code.side+cardHint)
	case coded:
		need = max(need, cardHead+b.code.side+cardHint)
	}
	in = in.centred(in.w, min(need, in.h))
	p = cardPlan{panel: in.inset(-cardPadX, -cardPadY), words: in, rows: in.below(cardHead)}
	switch {
	case coded && wide:
		p.words, p.rows = p.words.left(column), p.rows.left(column)
		p.code = in.end(b.code.side).centred(b.code.side, b.code.side+cardHint)
	case coded:
		p.code = p.rows.left(b.code.side).top(b.code.side + cardHint)
		p.rows = p.rows.end(column)
	}
	return p
}

// wide says that the code stands beside everything, not below the head.
func (b *board) wide() bool { return b.card.w > 1.2*b.card.h }

// row is one fact on the card.
type row struct {
	text         string
	number       bool    // a telephone number: larger, and on one line
	size, height float64 // u
}

const rowGap = 1.8

// facts are address, hours and telephone number, each as high as its text needs
// in a column of the given width, and together not higher than the card.
func (b *board) facts(width float64) (out []row) {
	total := 0.0
	for _, r := range []row{{text: b.address, size: cardText}, {text: b.hours, size: cardText}, {text: b.phone, size: 1.2 * cardText, number: true}} {
		if r.text == "" {
			continue
		}
		r.height = r.size * 1.25
		if !r.number {
			r.height *= float64(min(3, lines(r.text, width/r.size)))
		}
		total += r.height + rowGap
		out = append(out, r)
	}
	room := b.card.h - 2*cardPadY - cardHead + rowGap
	for i := range out {
		if total > room {
			out[i].height = (out[i].height+rowGap)*room/total - rowGap
		}
	}
	return out
}

// height is that of the facts in a column of the given width.
func (b *board) height(width float64) (h float64) {
	for _, r := range b.facts(width) {
		h += r.height + rowGap
	}
	return max(0, h-rowGap)
}

// lines is about how many lines a text takes in a column of the given ems.
func lines(text string, width float64) int {
	n, at := 1, 0.0
	for word := range strings.FieldsSeq(text) {
		w := ems(word)
		if at > 0 && at+0.3+w > width {
			n, at = n+1, 0
		}
		if at > 0 {
			at += 0.3
		}
		at += w
	}
	return n
}

// ems is about how long a text is, in parts of its size.
func ems(text string) (n float64) {
	for _, r := range text {
		switch {
		case r == ' ':
			n += 0.3
		case r < 0x250:
			n += 0.58
		default:
			n += 0.95
		}
	}
	return n
}

// scan is the QR code on its white square, with a word below it.
func (b *board) scan(at span, in box, hint letters) {
	square := in.top(b.code.side)
	b.draw(shape{at: at, box: square, color: white.hex(), moves: moves(fadeIn(0.3))})
	b.draw(shape{at: at, box: square, color: black.hex(), path: b.code.path, name: "QR code", moves: moves(fadeIn(0.3))})
	b.write(at, in.below(b.code.side+0.9), b.say("QR로 더 보기", "Scan for more"), hint, fadeIn(0.3))
}
