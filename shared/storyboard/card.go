package storyboard

import "math"

// cardLook is how a film ends: who, where, when, and where to look.
type cardLook struct {
	shade  float64 // of ink over the whole picture, 0–1
	ground rgb     // of the panel
	keep   box     // a strip that is not shaded
	bare   bool    // no panel: the words are on the shade, which must be dark enough
	radius float64 // u, of the panel
	name   letters // color is set by the ground
	text   letters
	mark   rgb // call, rule and number
}

// Heights inside a card, in u: call and name above the rows, and the hint under a code.
const (
	cardHead = 21.6
	cardHint = 5.4
	cardPadX = 5.5
	cardPadY = 5
)

// closing draws the card. The words for what the place did not tell are left out.
func (b *board) closing(look cardLook) {
	at := b.time.card
	if look.bare {
		look.ground = b.pal.shaded(look.shade)
	}
	look.name.color = readable(b.pal.on(look.ground), look.ground)
	look.text.color = look.name.color
	panel, words, rows, code := b.arrange(look.text)
	for _, area := range []box{b.all().top(look.keep.y), b.all().below(look.keep.bottom())} {
		if area.h > 0 {
			b.draw(shape{at: at, box: area, color: b.pal.ink.alpha(look.shade), moves: moves(fadeIn(0.4))})
		}
	}
	if !look.bare {
		b.draw(shape{at: at, box: panel, color: look.ground.hex(), radius: look.radius, moves: rise()})
	}
	mark := look.text
	mark.color, mark.weight = readable(look.mark, look.ground), 800
	b.write(at.later(0.1), words.top(5), b.say("지금 만나러 오세요", "Come and see us"), mark, rise()...)
	b.write(at.later(0.15), words.below(5.4).top(13), b.name, look.name, rise()...)
	b.draw(shape{at: at.later(0.2), box: words.below(19.2).top(0.5).left(10), color: look.mark.hex(), moves: moves(fadeIn(0.3))})
	y := rows.y
	for i, r := range b.facts(rows.w, look.text, mark) {
		b.write(at.later(0.3+0.1*float64(i)), box{rows.x, y, rows.w, r.height}, r.text, r.letters, rise()...)
		y += r.height + rowGap
	}
	if b.code.path != "" {
		b.scan(at.later(0.3), code, look)
	}
}

// arrange divides the card's zone: a panel as high as what is on it, the words'
// column, the rows below its head, and the code, which stands beside the rows on a
// card that is narrow and beside everything on one that is wide.
func (b *board) arrange(text letters) (panel, words, rows, code box) {
	in := b.card.inset(cardPadX, cardPadY)
	words = in
	width := words.w
	wide := b.card.w > 1.2*b.card.h
	if b.code.path != "" {
		width -= b.code.side + 4
		if wide {
			words.w = width
		}
	}
	need := cardHead + b.height(width, text)
	if b.code.path != "" {
		need = max(need, b.code.side+cardHint)
		if !wide {
			need = max(need, cardHead+b.code.side+cardHint)
		}
	}
	need = min(need, in.h)
	in = in.centred(in.w, need)
	words.y, words.h = in.y, need
	rows = words.below(cardHead)
	if b.code.path != "" {
		code = in.end(b.code.side).centred(b.code.side, b.code.side+cardHint)
		if !wide {
			code = in.below(cardHead).left(b.code.side).top(b.code.side + cardHint)
			rows = rows.after(b.code.side + 4)
		}
	}
	return in.inset(-cardPadX, -cardPadY), words, rows, code
}

// row is one fact on the card.
type row struct {
	letters
	text   string
	height float64 // u
}

const rowGap = 1.8

// facts are address, hours and telephone number, each as high as its text needs
// in a column of the given width, and together not higher than the card.
func (b *board) facts(width float64, text, mark letters) (out []row) {
	mark.size = text.size * 1.2
	total := 0.0
	for _, r := range []row{{letters: text, text: b.address}, {letters: text, text: b.hours}, {letters: mark, text: b.phone}} {
		if r.text == "" {
			continue
		}
		r.height = r.size * 1.25
		if r.text != b.phone { // a number stays on one line
			r.height *= min(3, math.Ceil(ems(r.text)*r.size/width))
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

func (b *board) height(width float64, text letters) (h float64) {
	for _, r := range b.facts(width, text, text) {
		h += r.height + rowGap
	}
	return max(0, h-rowGap)
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
func (b *board) scan(at span, in box, look cardLook) {
	square := in.top(b.code.side)
	b.draw(shape{at: at, box: square, color: white.hex(), moves: moves(fadeIn(0.3))})
	b.draw(shape{at: at, box: square, color: black.hex(), path: b.code.path, moves: moves(fadeIn(0.3))})
	hint := look.text
	hint.size, hint.x, hint.y, hint.color = 3.2, 0.5, 0.5, b.pal.on(look.ground)
	b.write(at, in.below(b.code.side+0.9), b.say("카메라로 스캔하세요", "Scan with your camera"), hint, fadeIn(0.3))
}
