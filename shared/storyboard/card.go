package storyboard

// cardLook is how a film ends: who, where, when, and where to look.
type cardLook struct {
	shade  float64 // of ink over the whole picture, 0–1
	ground rgb     // of the panel
	bare   bool    // no panel: the words are on the shade, which must be dark enough
	radius float64 // u, of the panel
	name   letters // color is set by the ground
	text   letters
	mark   rgb // call, rule and number
}

// closing draws the card. The words for what the place did not tell are left out.
func (b *board) closing(look cardLook) {
	at := b.time.card
	b.draw(shape{at: at, box: b.all(), color: b.pal.ink.alpha(look.shade), moves: moves(fadeIn(0.4))})
	if look.bare {
		look.ground = b.pal.shaded(look.shade)
	} else {
		b.draw(shape{at: at, box: b.card, color: look.ground.hex(), radius: look.radius, moves: rise()})
	}
	in := b.card.inset(5.5, 5)
	words, code := in, in
	switch {
	case b.code.path == "":
	case b.card.w > b.card.h:
		words, code = in.left(in.w-b.code.side-5), in.end(b.code.side)
		b.scan(at.later(0.3), code.centred(b.code.side, b.code.side+5.4), look)
	default:
		code = in.below(21).left(b.code.side)
		b.scan(at.later(0.3), code.top(b.code.side+5.4), look)
	}
	look.name.color = readable(b.pal.on(look.ground), look.ground)
	look.text.color = look.name.color
	mark := look.text
	mark.color, mark.weight, mark.size = readable(look.mark, look.ground), 800, look.text.size*0.9
	b.write(at.later(0.1), words.top(5), b.say("지금 만나러 오세요", "Come and see us"), mark, rise()...)
	b.write(at.later(0.15), words.below(5.4).top(13), b.name, look.name, rise()...)
	b.draw(shape{at: at.later(0.2), box: words.below(19.2).top(0.5).left(10), color: look.mark.hex(), moves: moves(fadeIn(0.3))})
	rows := words.below(21.6)
	if b.code.path != "" && b.card.w <= b.card.h {
		rows = rows.after(b.code.side + 3.5)
	}
	b.rows(at, rows, look.text, mark)
}

// rows are address, hours and telephone number under each other.
func (b *board) rows(at span, in box, text, mark letters) {
	mark.size = text.size * 1.15
	list := []struct {
		text   string
		look   letters
		weight float64
	}{{b.address, text, 2}, {b.hours, text, 2}, {b.phone, mark, 1.1}}
	total := 0.0
	for _, r := range list {
		if r.text != "" {
			total += r.weight
		}
	}
	unit, y := min(in.h/max(total, 1), text.size*1.5), in.y
	for i, r := range list {
		if r.text == "" {
			continue
		}
		b.write(at.later(0.3+0.1*float64(i)), box{in.x, y, in.w, unit * r.weight}, r.text, r.look, rise()...)
		y += unit * r.weight
	}
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
