package storyboard

import cm "castad/shared/provider/creatomate"

// opening is a party: bunting along the upper edge, confetti, a ribbon with the news.
var opening = template{
	colors:  palette{brand: must("#cf1f5b"), accent: must("#ffcf3f"), ink: must("#1d1826"), paper: must("#fffdf7")},
	pace:    2.6,
	changes: []change{{"circular-wipe", "", 0.6}, {"fade", "", 0.4}},
	zones:   openingZones,
	title:   openingTitle,
	middle:  openingRibbon,
	caption: func(b *board) captionLook {
		return captionLook{letters: heavy(6.6, b.pal.ink).centred().spaced(-2), sung: sung(b.pal.ink, b.pal.paper, b.pal.brand, b.pal.accent),
			plate: b.pal.paper.hex(), radius: 3.6}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.55, ground: b.pal.paper, mark: b.pal.brand, panel: openingPanel, rule: true}
	},
}

// openingZones make room for the bunting above the label and for the ribbon above the card.
func openingZones(f frame) frame {
	if low := 13.0; f.label.y < low {
		f.label.y = low
		f.title.y += 6
		f.stage.y += 7
	}
	f.card.y, f.card.h = f.card.y+6, f.card.h-5
	return f
}

// openingPanel is paper under the ribbon.
func openingPanel(b *board, at span, p cardPlan) {
	in := p.panel
	b.draw(shape{at: at, box: in, color: b.pal.paper.hex(), radius: 3.2, moves: lift()})
	b.ribbon(at, box{in.x + in.w*0.3, in.y - 5.4, in.w * 0.4, 7}, pop())
}

// openingTitle is the name under the ribbon.
func openingTitle(b *board) {
	b.decorate()
	at, in := b.time.title, b.title
	b.draw(shape{at: at, box: in.below(7), color: b.pal.paper.hex(), radius: 3.2, moves: popOff()})
	b.ribbon(at, box{in.x + in.w*0.1, in.y, in.w * 0.8, 13}, popOff())
	text := in.below(14).inset(6, 3)
	b.write(at.later(0.2), text.top(text.h-7), b.name, heavy(12, b.pal.ink).centred().spaced(-3).leaded(112), popOff()...)
	b.write(at.later(0.3), text.low(6), b.where(), bold(4.6, readable(b.pal.brand, b.pal.paper)).centred(), popOff()...)
}

// openingRibbon keeps the news in sight, and tells the opening's offer.
func openingRibbon(b *board) {
	b.signature(heavy(3.3, white))
	at := b.time.middle
	in := b.stage.top(22)
	b.ribbon(at, box{in.x + 3, in.y, in.w - 6, 11}, popOff())
	if b.offer == "" {
		return
	}
	tag := box{in.x + 2, in.y + 12.4, in.w - 4, 9}
	b.draw(shape{at: at.later(0.3), box: tag, color: b.pal.accent.hex(), radius: 4.5, moves: popOff()})
	b.write(at.later(0.3), tag.inset(3.4, 1.4), b.offer, heavy(4.6, b.pal.on(b.pal.accent)).centred(), popOff()...)
}

// ribbon is a band with two folded tails and the news on it.
func (b *board) ribbon(at span, in box, how []cm.Animation) {
	dark := b.pal.brand.mix(black, 0.35)
	b.draw(shape{at: at, box: box{in.x - 5, in.y + 2.2, in.w + 10, in.h}, color: dark.hex(), path: tailsPath(box{in.x - 5, 0, in.w + 10, in.h}), moves: how})
	b.draw(shape{at: at, box: in, color: b.pal.brand.hex(), moves: how})
	b.write(at, in.inset(4, in.h*0.12), b.say("그랜드 오픈", "GRAND OPENING"), heavy(in.h*0.56, b.pal.on(b.pal.brand)).centred().spaced(4), how...)
}

// decorate hangs the bunting for the whole film and throws confetti over the title.
func (b *board) decorate() {
	colors := []rgb{b.pal.brand, b.pal.accent, b.pal.paper}
	for i, c := range colors {
		flags := box{0, 0, b.w, 12}
		b.draw(shape{at: span{0, b.time.length}, box: flags, color: c.hex(), path: buntingPath(flags, i, len(colors)), moves: moves(slideIn("down", 1, 0.7))})
	}
	for i, c := range colors {
		rain := moves(fadeOut(0.4))
		rain = append(rain, slideIn("down", 0.2, b.time.title.length()))
		sky := b.all().top(b.sung.y - 6) // none behind a sung line
		b.draw(shape{at: b.time.title, box: sky, color: c.hex(), path: confettiPath(sky, uint64(i)), moves: rain})
	}
}
