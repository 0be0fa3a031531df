package storyboard

// mood is a quiet film: large pictures, long dissolves, few words in a serif.
var mood = template{
	colors:  palette{brand: must("#d8b98a"), accent: must("#f0b954"), ink: must("#12100e"), paper: must("#f7f1e6")},
	pace:    4,
	changes: []change{{"fade", "", 1.1}},
	title:   moodTitle,
	middle:  func(b *board) { b.signature(myeongjo) },
	caption: func(b *board) captionLook {
		b.shadeBelow(span{0, b.time.length}, b.sung.y, 0.66)
		return captionLook{letters: letters{family: myeongjo, weight: 800, size: 6.4, color: white, x: 0.5, y: 0.5, line: 130},
			sung: sung(white, b.pal.shaded(0.66), b.pal.accent, b.pal.brand)}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.82, mark: b.pal.accent,
			name: letters{family: myeongjo, weight: 800, size: 9, y: 0.5, track: 2}, text: letters{family: myeongjo, weight: 700, size: 4.2}, rule: true}
	},
}

// moodTitle is the name alone, between two hairlines, on a darkened picture.
func moodTitle(b *board) {
	at, in := b.time.title, b.title
	b.draw(shape{at: at, box: b.all(), color: b.pal.ink.alpha(0.62), moves: moves(fadeOut(0.6))})
	ground := b.pal.shaded(0.62)
	line := readable(b.pal.accent, ground)
	mid := in.centred(in.w, 17)
	for _, y := range []float64{mid.y - 2.5, mid.bottom() + 2.2} {
		b.draw(shape{at: at.later(0.2), box: box{in.x + in.w/2 - 8, y, 16, 0.3}, color: line.hex(), moves: moves(fadeIn(0.6), fadeOut(0.3))})
	}
	b.write(at.later(0.2), box{in.x, mid.y - 9.5, in.w, 5.5}, b.category, letters{family: myeongjo, weight: 700, size: 4.2, color: line, x: 0.5, y: 0.5, track: 12}, fadeIn(0.6), fadeOut(0.3))
	b.write(at.later(0.3), mid, b.name, letters{family: myeongjo, weight: 800, size: 12, color: white, x: 0.5, y: 0.5, track: 4}, fadeIn(0.7), fadeOut(0.3))
	b.write(at.later(0.5), box{in.x, mid.bottom() + 4.5, in.w, 5.5}, b.area, letters{family: myeongjo, weight: 700, size: 4.4, color: white, x: 0.5, y: 0.5, track: 12}, fadeIn(0.6), fadeOut(0.3))
}

// signature is the name in small letters in the upper corner opposite the label,
// between title and card, so that who only sees the middle knows whose film it is.
func (b *board) signature(family string) {
	in := box{b.label.right() + 4, b.label.y, b.safe.right() - 1 - b.label.right() - 4, b.label.h}
	if b.time.middle.length() <= 0 {
		return
	}
	e := b.text(b.time.middle, in.inset(1, 0.7), b.name, letters{family: family, weight: 800, size: 3.3, color: white, x: 1, y: 0.5}, fadeIn(0.5), fadeOut(0.3))
	plateOn(&e.Element, b.pal.ink.alpha(0.62), 1, 1, 0.7)
	b.words = append(b.words, e)
}
