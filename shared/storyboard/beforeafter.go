package storyboard

// beforeAfter compares two pictures: the first of three or more photos is the
// place, the next two are before and after; of two photos the first is before.
// Further photos follow without a tag, because nothing is known about them.
var beforeAfter = template{
	colors:  palette{brand: must("#0a7a6b"), accent: must("#ffe08a"), ink: must("#10201f"), paper: must("#ffffff")},
	pace:    2.6,
	changes: []change{{"wipe", "right", 0.7}},
	title:   compareTitle,
	middle:  compareTags,
	caption: func(b *board) captionLook {
		return captionLook{letters: letters{family: gothic, weight: 800, size: 6.6, color: b.pal.ink, x: 0.5, y: 0.5, track: -2},
			sung: readable(b.pal.brand, b.pal.paper), plate: b.pal.paper.hex(), radius: 1.2}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.45, ground: b.pal.paper, radius: 1.2, mark: b.pal.brand,
			name: letters{family: gothic, weight: 800, size: 9, y: 0.5, track: -3}, text: letters{family: gothic, weight: 700, size: 4.2}}
	},
}

// compareTitle is two blocks that come from both sides and meet.
func compareTitle(b *board) {
	at, in := b.time.title, b.title
	upper, lower := box{0, in.y, in.right(), in.h * 0.62}, box{0, in.y + in.h*0.62, in.x + in.w*0.7, in.h * 0.24}
	b.draw(shape{at: at, box: upper, color: b.pal.brand.hex(), moves: moves(slideIn("right", 1, 0.5), fadeOut(0.25))})
	b.draw(shape{at: at.later(0.15), box: lower, color: b.pal.paper.hex(), moves: moves(slideIn("right", 1, 0.5), fadeOut(0.25))})
	on := b.pal.on(b.pal.brand)
	b.write(at.later(0.25), box{in.x, upper.y + 3, in.w - 5, 5}, b.category, letters{family: gothic, weight: 700, size: 4.6, color: on, y: 0.5}, riseFall()...)
	b.write(at.later(0.25), box{in.x, upper.y + 8.5, in.w - 5, upper.h - 11}, b.name, letters{family: gothic, weight: 800, size: 12.5, color: on, y: 0.5, track: -3, line: 112}, riseFall()...)
	b.write(at.later(0.4), box{in.x, lower.y + 1.5, lower.right() - in.x - 4, lower.h - 3}, b.area, letters{family: gothic, weight: 800, size: 5.4, color: b.pal.ink, y: 0.5}, riseFall()...)
}

// compareTags name the two pictures.
func compareTags(b *board) {
	first := 0
	if b.photos > 2 {
		first = 1
	}
	for i, word := range []string{"BEFORE", "AFTER"} {
		n := first + i
		if b.photos < 2 || n > len(b.time.changes) {
			return
		}
		at := b.picture(n)
		at.from = max(at.from, b.time.title.to)
		at.to = min(at.to, b.time.middle.to)
		ground := []rgb{b.pal.ink, b.pal.brand}[i]
		tag := b.stage.low(9.5).left(34)
		b.draw(shape{at: at, box: tag, color: ground.hex(), radius: 1.2, moves: popOff()})
		b.write(at, tag.inset(2, 1.4), word, letters{family: gothic, weight: 800, size: 5.6, color: b.pal.on(ground), x: 0.5, y: 0.5, track: 6}, popOff()...)
	}
}

// picture is when the n-th picture is seen.
func (b *board) picture(n int) span {
	at := span{0, b.time.length}
	if n > 0 {
		at.from = b.time.changes[n-1]
	}
	if n < len(b.time.changes) {
		at.to = b.time.changes[n]
	}
	return at
}
