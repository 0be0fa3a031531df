package storyboard

import cm "castad/shared/provider/creatomate"

// newsFlash is a breaking report about a shop: red tag, headline, a lower third
// that carries the sung lines and a line of facts that turns over under it.
var newsFlash = template{
	colors:  palette{brand: must("#d7102a"), accent: must("#ffd21f"), ink: must("#0b1526"), paper: must("#ffffff")},
	pace:    2.1,
	changes: []change{{"wipe", "left", 0.35}, {}, {"slide", "up", 0.35}, {}},
	zones:   newsZones,
	title:   newsTitle,
	middle:  newsFacts,
	caption: newsCaption,
	card: func(b *board) cardLook {
		bar := b.bar()
		bar.h += b.ticker().h
		return cardLook{shade: 0.6, keep: bar, ground: b.pal.ink, panel: newsPanel, mark: b.pal.accent, rule: true}
	},
}

// newsZones put the sung line into the bar of the lower third.
func newsZones(f frame) frame {
	y := f.safe.bottom() - 9.4 - 15
	f.sung = box{f.safe.x + 3, y + 1.5, f.safe.w - 4, 12}
	f.card.h = min(f.card.h, y-1-f.card.y)
	return f
}

// bar and ticker are the two strips of the lower third; both reach both edges.
func (b *board) bar() box    { return box{0, b.sung.y - 1.5, b.w, b.sung.h + 3} }
func (b *board) ticker() box { return box{0, b.bar().bottom(), b.w, 8.4} }

func newsTitle(b *board) {
	at, in := b.time.title, b.title
	head := box{0, in.y + 9, in.right(), in.h - 18}
	fromLeft := func(d float64) []cm.Animation { return moves(slideIn("right", d, 0.45), fadeIn(0.2), fadeOut(0.2)) }
	b.draw(shape{at: at, box: box{0, in.y, in.x + 30, 9}, color: b.pal.brand.hex(), moves: fromLeft(1)})
	b.write(at.later(0.1), box{in.x, in.y + 1, 28, 7}, b.say("속보", "BREAKING"), heavy(6, b.pal.on(b.pal.brand)), fromLeft(0.3)...)
	b.draw(shape{at: at.later(0.1), box: head, color: b.pal.ink.alpha(0.94), moves: fromLeft(1)})
	b.write(at.later(0.25), box{in.x, head.y + 2, head.right() - in.x - 4, head.h - 4}, b.name, heavy(12.5, white).spaced(-3).leaded(112), fromLeft(0.1)...)
	where := b.where()
	if where == "" {
		where = b.category
	}
	if where == "" {
		return
	}
	foot := box{0, head.bottom(), in.x + in.w*0.72, 9}
	b.draw(shape{at: at.later(0.2), box: foot, color: b.pal.accent.hex(), moves: fromLeft(1)})
	b.write(at.later(0.35), box{in.x, foot.y + 1.5, foot.right() - in.x - 3, 6}, where, heavy(4.8, b.pal.on(b.pal.accent)), fromLeft(0.1)...)
}

// newsCaption draws the lower third, which is there from the first frame to the
// last, because a line may be sung at once.
func newsCaption(b *board) captionLook {
	all, bar, ticker := span{0, b.time.length}, b.bar(), b.ticker()
	b.draw(shape{at: all, box: bar, color: b.pal.paper.hex()})
	b.draw(shape{at: all, box: box{0, bar.y, b.safe.x, bar.h}, color: b.pal.brand.hex()})
	b.draw(shape{at: all, box: ticker, color: b.pal.ink.hex()})
	return captionLook{letters: heavy(5.8, b.pal.ink).spaced(-2), sung: sung(b.pal.ink, b.pal.paper, b.pal.brand, b.pal.accent), rest: b.restOf()}
}

// restOf is what stands in the bar while nothing is sung.
func (b *board) restOf() string {
	if b.area == "" {
		return b.short
	}
	return b.short + " · " + b.area
}

// newsPanel is a plain dark field with a red edge.
func newsPanel(b *board, at span, p cardPlan) {
	in := p.panel
	b.draw(shape{at: at, box: in, color: b.pal.ink.hex(), moves: lift()})
	b.draw(shape{at: at, box: in.left(1.8), color: b.pal.brand.hex(), moves: lift()})
}

// newsFacts turns the facts over in the ticker and keeps the tag above the bar.
func newsFacts(b *board) {
	tag := box{b.safe.x, b.bar().y - 7.4, 24, 7.4}
	b.draw(shape{at: b.time.middle, box: tag, color: b.pal.brand.hex(), moves: moves(fadeIn(0.2), fadeOut(0.2))})
	b.write(b.time.middle, tag.inset(2, 1), b.say("속보", "BREAKING"), heavy(4.4, b.pal.on(b.pal.brand)).centred(), fadeIn(0.2), fadeOut(0.2))
	var facts []string
	for _, t := range append([]string{b.offer}, b.praise...) {
		if t != "" {
			facts = append(facts, t)
		}
	}
	for _, m := range b.menu {
		facts = append(facts, m.name+" "+m.price)
	}
	if b.hours != "" {
		facts = append(facts, b.hours)
	}
	in := b.ticker()
	in.x, in.w = b.sung.x, b.sung.w
	for i, at := range b.shares(span{b.time.title.to, b.time.length}, len(facts), seen) {
		b.write(at, in.inset(0, 1.2), facts[i], bold(4.2, white), slideIn("up", 0.8, 0.3), fadeIn(0.2), fadeOut(0.15))
	}
}
