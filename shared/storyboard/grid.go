package storyboard

import (
	"fmt"
	"math"

	"castad/shared/fault"
	cm "castad/shared/provider/creatomate"
)

// box is a rectangle of the frame in u, from the left top corner.
type box struct{ x, y, w, h float64 }

func (b box) inset(dx, dy float64) box { return box{b.x + dx, b.y + dy, b.w - 2*dx, b.h - 2*dy} }
func (b box) right() float64           { return b.x + b.w }
func (b box) bottom() float64          { return b.y + b.h }

// top and low cut h off; left and end cut w off.
func (b box) top(h float64) box  { return box{b.x, b.y, b.w, h} }
func (b box) low(h float64) box  { return box{b.x, b.bottom() - h, b.w, h} }
func (b box) left(w float64) box { return box{b.x, b.y, w, b.h} }
func (b box) end(w float64) box  { return box{b.right() - w, b.y, w, b.h} }

// below and after are what is left of b under its first h and right of its first w.
func (b box) below(h float64) box { return box{b.x, b.y + h, b.w, b.h - h} }
func (b box) after(w float64) box { return box{b.x + w, b.y, b.w - w, b.h} }

// centred is a box of w × h in the middle of b.
func (b box) centred(w, h float64) box { return box{b.x + (b.w-w)/2, b.y + (b.h-h)/2, w, h} }

// frame is one aspect's size and zones.
type frame struct {
	px, py int     // pixels
	w, h   float64 // u
	// safe holds every text.
	safe box
	// label is the disclosure's, title the opening's, stage the template's own
	// between title and card, sung the line's that is sung, card the ending's.
	// sung is apart from all others, label from title, stage and card.
	label, title, stage, sung, card box
}

// all is the whole frame.
func (f frame) all() box { return box{0, 0, f.w, f.h} }

// u is a length in pixels as u.
func (f frame) u(pixels float64) float64 {
	return pixels * 100 / math.Min(float64(f.px), float64(f.py))
}

func frameOf(aspect string) (frame, error) {
	switch aspect {
	case "9:16", "":
		return frame{px: 1080, py: 1920, w: 100, h: 1920 / 10.8, safe: box{5, 21.4, 82, 111.9},
			label: box{6, 22, 30, 5.4}, title: box{6, 32, 81, 43}, stage: box{6, 31, 81, 25}, sung: box{14, 105, 72, 25}, card: box{13, 30, 74, 72}}, nil
	case "1:1":
		return frame{px: 1080, py: 1080, w: 100, h: 100, safe: box{5, 5, 90, 90},
			label: box{6, 6, 30, 5.4}, title: box{6, 15, 88, 42}, stage: box{6, 14, 88, 24}, sung: box{11, 76, 78, 17}, card: box{8, 12.5, 84, 61.5}}, nil
	case "16:9":
		return frame{px: 1920, py: 1080, w: 1920 / 10.8, h: 100, safe: box{8.9, 5, 160, 90},
			label: box{10, 6, 30, 5.4}, title: box{10, 20, 92, 47}, stage: box{98, 14, 70, 25}, sung: box{36, 76, 106, 17}, card: box{24, 12.5, 130, 61.5}}, nil
	}
	return frame{}, fault.Newf(fault.CodeBadValue, "cut a film: aspect %q is not known", clip(aspect)).In("aspect")
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// put places an element on a box.
func (f frame) put(e *cm.Element, b box) {
	part := func(v, of float64) cm.Value { return cm.Percent(math.Round(v/of*1e5) / 1e3) }
	e.X, e.Y = part(b.x+b.w/2, f.w), part(b.y+b.h/2, f.h)
	e.Width, e.Height = part(b.w, f.w), part(b.h, f.h)
}

// point writes a point of a path in percents of a box.
func point(x, y float64) string {
	return fmt.Sprintf("%g%% %g%%", math.Round(x*1e3)/1e3, math.Round(y*1e3)/1e3)
}
