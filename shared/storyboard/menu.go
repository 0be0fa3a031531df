package storyboard

import (
	"math"
	"strconv"
)

// menuBoard is a menu that comes to the table: paper cards with a price tag
// each, one dish at a time.
var menuBoard = template{
	colors:  palette{brand: must("#c8442b"), accent: must("#ffc94d"), ink: must("#2a1c14"), paper: must("#fff7e8")},
	pace:    2.6,
	changes: []change{{"slide", "left", 0.5}, {"fade", "", 0.4}},
	title:   menuTitle,
	middle:  menuItems,
	caption: func(b *board) captionLook {
		ground := b.pal.shaded(0.78)
		return captionLook{letters: heavy(6.8, white).centred().spaced(-2), sung: sung(white, ground, b.pal.accent, b.pal.brand),
			plate: b.pal.ink.alpha(0.78), radius: 2.4}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.5, ground: b.pal.paper, mark: b.pal.brand, panel: menuPanel, rule: true}
	},
}

// menuTitle is a paper card with the kind of place on a tab.
func menuTitle(b *board) {
	at, card := b.time.title, b.title
	b.draw(shape{at: at, box: card, color: b.pal.paper.hex(), radius: 3.2, moves: riseFall()})
	b.tab(at.later(0.15), card)
	in := card.inset(6, 0)
	b.write(at.later(0.2), in.below(7).top(card.h-19), b.name, heavy(12.5, b.pal.ink).spaced(-3).leaded(112), riseFall()...)
	b.draw(shape{at: at.later(0.3), box: box{in.x, card.bottom() - 11.4, 12, 0.9}, color: b.pal.brand.hex(), moves: riseFall()})
	b.write(at.later(0.35), box{in.x, card.bottom() - 9, in.w, 6}, b.where(), bold(4.8, readable(b.pal.ink.mix(b.pal.paper, 0.25), b.pal.paper)), riseFall()...)
}

// tab is the kind of place on a tab at the card's upper edge.
func (b *board) tab(at span, card box) {
	kind := b.category
	if kind == "" {
		kind = b.say("오늘의 메뉴", "On the menu")
	}
	in := box{card.x + 6, card.y - 4, 34, 8}
	b.draw(shape{at: at, box: in, color: b.pal.brand.hex(), radius: 1.6, moves: riseFall()})
	b.write(at, in.inset(2, 1), kind, bold(4.4, b.pal.on(b.pal.brand)).centred(), riseFall()...)
}

// menuPanel is the closing card: paper on a plate of the brand's colour.
func menuPanel(b *board, at span, p cardPlan) {
	in := p.panel
	b.draw(shape{at: at, box: box{in.x - 1.4, in.y - 1.4, in.w + 2.8, in.h + 2.8}, color: b.pal.brand.hex(), radius: 4.2, moves: lift()})
	b.draw(shape{at: at, box: in, color: b.pal.paper.hex(), radius: 3.2, moves: lift()})
}

// seen is the least time in which a small card can be read, in seconds.
const seen = 1.7

// menuItems are the dishes with their prices; a place without a menu shows what
// its customers praise, and one without either shows its pictures.
func menuItems(b *board) {
	b.signature(heavy(3.3, white))
	items := b.menu
	if len(items) == 0 {
		for _, p := range b.praise {
			items = append(items, item{name: p})
		}
	}
	for i, at := range b.shares(b.time.middle, len(items), seen) {
		b.dish(at, i+1, items[i])
	}
}

// dish is one dish on a card: number, name, price tag.
func (b *board) dish(at span, number int, d item) {
	card := b.stage.top(19)
	b.draw(shape{at: at, box: card.left(18), color: b.pal.brand.hex(), radius: 2.8, moves: riseFall()})
	b.draw(shape{at: at, box: card.after(13), color: b.pal.paper.hex(), radius: 2.8, moves: riseFall()})
	b.write(at, card.left(13), strconv.Itoa(number), heavy(8.4, b.pal.on(b.pal.brand)).centred(), riseFall()...)
	name := card.after(13).inset(4.5, 3)
	if d.price != "" {
		tag := card.inset(4, 4.2).end(25)
		name.w = tag.x - 2 - name.x
		b.draw(shape{at: at.later(0.15), box: tag, color: b.pal.accent.hex(), path: tagPath(tag), moves: popOff()})
		b.write(at.later(0.15), box{tag.x + 4.6, tag.y + 1.5, tag.w - 6.4, tag.h - 3}, d.price, heavy(5.4, b.pal.on(b.pal.accent)).centred().spaced(-2), popOff()...)
	}
	b.write(at, name, d.name, heavy(6.4, b.pal.ink).spaced(-2), riseFall()...)
}

// shares divides a time among n things, each seen for at least the given time:
// the first that fit. They change with the pictures where a picture changes near by.
func (b *board) shares(in span, n int, least float64) []span {
	n = min(n, int(in.length()/least))
	if n <= 0 {
		return nil
	}
	each, at := in.length()/float64(n), in.from
	var out []span
	for k := range n {
		to := in.from + each*float64(k+1)
		if k < n-1 {
			to = near(b.time.changes, to, math.Max(0, each-least), at+least, in.to-least*float64(n-1-k))
		}
		out = append(out, span{at, to})
		at = to
	}
	return out
}
