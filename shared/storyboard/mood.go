package storyboard

// dusk is how dark the picture is under the captions, 0–1: dark enough for gold.
const dusk = 0.75

// mood is a quiet film: large pictures, long dissolves, few words in a serif.
var mood = template{
	colors:  palette{brand: must("#d8b98a"), accent: must("#f0b954"), ink: must("#12100e"), paper: must("#f7f1e6")},
	pace:    4,
	changes: []change{{"fade", "", 1.1}},
	title:   moodTitle,
	middle:  func(b *board) { b.signature(heavySerif(3.3, white)) },
	caption: func(b *board) captionLook {
		b.shadeBelow(span{0, b.time.length}, b.sung.y, dusk)
		return captionLook{letters: heavySerif(6.4, white).centred().leaded(130),
			sung: sung(white, b.pal.shaded(dusk), b.pal.accent, b.pal.brand), soft: true}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.82, mark: b.pal.accent, serif: true, rule: true}
	},
}

// moodTitle is the name alone, between two hairlines, on a darkened picture.
func moodTitle(b *board) {
	at, in := b.time.title, b.title
	b.draw(shape{at: at, box: b.all(), color: b.pal.ink.alpha(thinnest), moves: moves(fadeOut(0.6))})
	ground := b.pal.shaded(thinnest)
	line := readable(b.pal.accent, ground)
	mid := in.centred(in.w, 17)
	for _, y := range []float64{mid.y - 2.5, mid.bottom() + 2.2} {
		b.draw(shape{at: at.later(0.2), box: box{in.x + in.w/2 - 8, y, 16, 0.3}, color: line.hex(), moves: moves(fadeIn(0.6), fadeOut(0.3))})
	}
	b.write(at.later(0.2), box{in.x, mid.y - 9.5, in.w, 5.5}, b.category, boldSerif(4.2, line).centred().spaced(12), fadeIn(0.6), fadeOut(0.3))
	b.write(at.later(0.3), mid, b.name, heavySerif(12, white).centred().spaced(4), fadeIn(0.7), fadeOut(0.3))
	b.write(at.later(0.5), box{in.x, mid.bottom() + 4.5, in.w, 5.5}, b.where(), boldSerif(4.4, white).centred().spaced(12), fadeIn(0.6), fadeOut(0.3))
}

// signature is the name in small letters in the upper corner opposite the label,
// between title and card, so that who only sees the middle knows whose film it is.
func (b *board) signature(l letters) {
	in := box{b.label.right() + 4, b.label.y, b.safe.right() - 1 - b.label.right() - 4, b.label.h}
	l.x = 1
	if b.time.middle.length() <= 0 {
		return
	}
	e := b.text(b.time.middle, in.inset(1, 0.7), b.short, l, fadeIn(0.5), fadeOut(0.3))
	plateOn(&e.Element, b.pal.ink.alpha(thinnest), 1, 1, 0.7)
	b.words = append(b.words, e)
}
