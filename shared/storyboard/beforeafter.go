package storyboard

import cm "castad/shared/provider/creatomate"

// beforeAfter compares two pictures. Of three or more photos the first is the
// place, the second before and the third after; of two the first is before. Further
// photos have no tag, because nothing is known about them, nor has a single one.
var beforeAfter = template{
	colors:  palette{brand: must("#0a7a6b"), accent: must("#ffe08a"), ink: must("#10201f"), paper: must("#ffffff")},
	pace:    2.6,
	changes: []change{{"wipe", "right", 0.7}},
	order:   compareOrder,
	title:   compareTitle,
	middle:  compareTags,
	caption: func(b *board) captionLook {
		return captionLook{letters: heavy(6.6, b.pal.ink).centred().spaced(-2),
			sung: sung(b.pal.ink, b.pal.paper, b.pal.brand, b.pal.accent), plate: b.pal.paper.hex(), radius: 1.2}
	},
	card: func(b *board) cardLook {
		return cardLook{shade: 0.45, ground: b.pal.paper, mark: b.pal.brand, panel: comparePanel, rule: true}
	},
}

// comparePanel is paper on a block of the brand's colour that looks out on one side.
func comparePanel(b *board, at span, p cardPlan) {
	in := p.panel
	b.draw(shape{at: at, box: box{in.x - 2.4, in.y + 3, in.w - 20, in.h - 0.6}, color: b.pal.brand.hex(), moves: lift()})
	b.draw(shape{at: at, box: in, color: b.pal.paper.hex(), moves: lift()})
}

// compareTitle is two blocks that come from both sides and meet.
func compareTitle(b *board) {
	at, in := b.time.title, b.title
	upper, lower := box{0, in.y, in.right(), in.h * 0.62}, box{0, in.y + in.h*0.62, in.x + in.w*0.7, in.h * 0.24}
	b.draw(shape{at: at, box: upper, color: b.pal.brand.hex(), moves: moves(slideIn("right", 1, 0.5), fadeOut(0.25))})
	if b.where() != "" {
		b.draw(shape{at: at.later(0.15), box: lower, color: b.pal.paper.hex(), moves: moves(slideIn("right", 1, 0.5), fadeOut(0.25))})
	}
	on := b.pal.on(b.pal.brand)
	b.write(at.later(0.25), box{in.x, upper.y + 3, in.w - 5, 5}, b.category, bold(4.6, on), riseFall()...)
	b.write(at.later(0.25), box{in.x, upper.y + 8.5, in.w - 5, upper.h - 11}, b.name, heavy(12.5, on).spaced(-3).leaded(112), riseFall()...)
	b.write(at.later(0.4), box{in.x, lower.y + 1.5, lower.right() - in.x - 4, lower.h - 3}, b.where(), heavy(5.4, b.pal.ink), riseFall()...)
}

// The pictures of a comparison: the title's, before, after, and both at once
// when there is room for a fourth before the card.
const (
	pictureBefore = 1
	pictureAfter  = 2
	pictureBoth   = 3
)

func compareOrder(b *board, n int) int {
	if b.photos < 2 {
		return n
	}
	if n >= pictureBoth && b.both() {
		n-- // both at once lie over a picture that is not seen
	}
	if b.photos == 2 {
		n = max(0, n-1) // before stands behind the title too
	}
	return n
}

// both says that there is room for the two at once.
func (b *board) both() bool { return b.photos > 1 && len(b.time.changes) > pictureBoth }

// compareTags name the two pictures and put them beside each other.
func compareTags(b *board) {
	b.signature(heavy(3.3, white))
	if b.photos < 2 {
		return
	}
	for i, n := range []int{pictureBefore, pictureAfter} {
		if n < len(b.time.changes) || n == len(b.time.changes) && b.time.card.length() == 0 {
			at := b.picture(n)
			b.compareTag(span{max(at.from, b.time.title.to), at.to}, b.stage.top(9.5).left(34), i)
		}
	}
	if !b.both() {
		return
	}
	at := b.picture(pictureBoth)
	halves := [2]box{b.all().top(b.h / 2), b.all().below(b.h / 2)}
	tags := [2]box{{b.label.x, b.label.bottom() + 4, 34, 9.5}, {b.label.x, b.h/2 + 3, 34, 9.5}}
	rule := box{0, b.h/2 - 0.4, b.w, 0.8}
	if b.w >= b.h {
		halves = [2]box{b.all().left(b.w / 2), b.all().after(b.w / 2)}
		tags[1] = box{b.w/2 + b.label.x - 2, tags[0].y, 34, 9.5}
		rule = box{b.w/2 - 0.4, 0, 0.8, b.h}
	}
	for i, in := range halves {
		b.half(at, in, b.sources[compareOrder(b, pictureBefore+i)%len(b.sources)])
		b.compareTag(at, tags[i], i)
	}
	b.draw(shape{at: at, box: rule, color: b.pal.paper.hex()})
}

// half is a photo in a half of the frame.
func (b *board) half(at span, in box, source string) {
	e := cm.Element{Type: cm.TypeImage, Source: source, Fit: "cover", SmartCrop: true, Animations: []cm.Animation{{Type: "scale", Time: cm.Num(0),
		Duration: cm.Num(round(at.length())), Easing: "linear", Scope: "element", StartScale: cm.Percent(100), EndScale: cm.Percent(106)}}}
	b.put(&e, in)
	b.images = append(b.images, during(e, at))
}

func (b *board) compareTag(at span, in box, i int) {
	ground := []rgb{b.pal.ink, b.pal.brand}[i]
	b.draw(shape{at: at, box: in, color: ground.hex(), radius: 1.2, moves: popOff()})
	b.write(at, in.inset(2, 1.4), []string{"BEFORE", "AFTER"}[i], heavy(5.6, b.pal.on(ground)).centred().spaced(6), popOff()...)
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
