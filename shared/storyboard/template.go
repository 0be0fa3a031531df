package storyboard

import (
	"math"

	"castad/shared/fault"
	cm "castad/shared/provider/creatomate"
)

// template is one storyboard: data, and what it draws into the zones.
type template struct {
	colors  palette // when neither the place nor its photos have any
	pace    float64 // seconds that a picture is seen
	changes []change
	// order is the photo of the n-th picture; nil = one after the other. Numbers
	// beyond the last photo begin again with the first.
	order   func(b *board, n int) int
	zones   func(frame) frame // nil = the frame's own
	title   func(*board)
	middle  func(*board)
	caption func(*board) captionLook
	card    func(*board) cardLook
}

var templates = map[string]template{
	"menu": menuBoard, "mood": mood, "news-flash": newsFlash, "before-after": beforeAfter, "coupon": coupon, "opening": opening,
}

func templateOf(name string) (template, error) {
	t, ok := templates[name]
	if !ok {
		return template{}, fault.Newf(fault.CodeBadValue, "cut a film: template %q is not known", clip(name)).In("template")
	}
	return t, nil
}

func moves(list ...cm.Animation) []cm.Animation { return list }

// shadeBelow darkens the picture from a height on downwards, softly over the last
// 16 u before it.
func (b *board) shadeBelow(at span, from float64, alpha float64) {
	const soft = 16
	area := b.all().below(from - soft)
	stops := cm.Fill{{Offset: cm.Percent(0), Color: b.pal.ink.alpha(0)}, {Offset: cm.Percent(math.Round(soft / area.h * 100)), Color: b.pal.ink.alpha(alpha)},
		{Offset: cm.Percent(100), Color: b.pal.ink.alpha(alpha)}}
	b.draw(shape{at: at, box: area, shade: stops})
}
