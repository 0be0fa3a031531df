package storyboard

// coupon puts the offer on a ticket that is torn off along a perforation.
var coupon = template{
	colors:  palette{brand: must("#c91f4d"), accent: must("#ffd84d"), ink: must("#2b1220"), paper: must("#fffaf0")},
	pace:    2.6,
	changes: []change{{"slide", "up", 0.45}, {"fade", "", 0.4}},
	title:   couponTitle,
	middle:  couponTicket,
	caption: func(b *board) captionLook {
		deep := b.pal.brand.deep()
		return captionLook{letters: heavy(6.6, white).centred().spaced(-2),
			sung: sung(white, deep, b.pal.accent, b.pal.brand), plate: deep.hex(), radius: 2.4}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.5, ground: b.pal.paper, mark: b.pal.brand, panel: couponPanel}
	},
}

// couponPanel is a ticket whose stub carries the code.
func couponPanel(b *board, at span, p cardPlan) {
	in := p.panel
	y := p.rows.y - 2.2 - in.y // under the head, where other cards have a rule
	path, line := slipPath(in, y, 2.4), dashesPath(in, y, 4)
	if b.code.path != "" && b.wide() {
		x := (p.words.right()+p.code.x)/2 - in.x
		path, line = ticketPath(in, x, 2.4), perforationPath(in, x, 4)
	}
	b.draw(shape{at: at, box: in, color: b.pal.paper.hex(), path: path, moves: lift()})
	b.draw(shape{at: at, box: in, color: b.pal.brand.hex(), path: line, moves: lift()})
}

// couponTitle is a stamp.
func couponTitle(b *board) {
	at, in := b.time.title, b.title
	b.draw(shape{at: at, box: in, color: b.pal.brand.hex(), path: stampPath(in, 1.7), moves: popOff()})
	b.draw(shape{at: at, box: in.inset(4, 4), color: b.pal.paper.hex(), radius: 1.6, moves: popOff()})
	text := in.inset(9, 7)
	b.write(at.later(0.2), text.top(5.5), b.category, bold(4.6, readable(b.pal.brand, b.pal.paper)).centred(), popOff()...)
	b.write(at.later(0.2), text.below(6).top(text.h-12), b.name, heavy(12, b.pal.ink).centred().spaced(-3).leaded(112), popOff()...)
	b.write(at.later(0.2), text.low(5.5), b.where(), bold(4.6, b.pal.ink).centred(), popOff()...)
}

// couponTicket is the offer's ticket. A place without an offer invites instead:
// a coupon for nothing would be a promise that nobody made.
func couponTicket(b *board) {
	head, text := b.say("쿠폰", "COUPON"), b.offer
	if text == "" {
		head, text = b.say("초대", "INVITATION"), b.say("지금 만나러 오세요", "Come and see us")
	}
	b.signature(heavy(3.3, white))
	at, in := b.time.middle, b.stage
	stub := max(in.w*0.24, 22)
	b.draw(shape{at: at, box: in, color: b.pal.paper.hex(), path: ticketPath(in, in.w-stub, 2.6), moves: riseFall()})
	b.draw(shape{at: at, box: in, color: b.pal.brand.hex(), path: perforationPath(in, in.w-stub, 4), moves: riseFall()})
	b.draw(shape{at: at, box: in.left(2.4), color: b.pal.brand.hex(), moves: riseFall()})
	main := in.left(in.w-stub).inset(6, 2.8)
	b.write(at, main.top(4.8), head, heavy(4.4, readable(b.pal.brand, b.pal.paper)).spaced(4), riseFall()...)
	b.write(at, main.below(5), text, heavy(7, b.pal.ink).spaced(-2), riseFall()...)
	mark := in.end(stub).centred(stub-6, stub-6)
	b.draw(shape{at: at.later(0.2), box: mark, color: b.pal.accent.hex(), path: starPath(12, 0.8), moves: popOff()})
	b.write(at.later(0.2), mark.inset(2.4, 3.6), b.say("혜택", "DEAL"), heavy(5, b.pal.on(b.pal.accent)).centred(), popOff()...)
}
