//go:build !race

// Fifty photos in eighteen films each, one goroutine and nothing shared.

package film

import (
	"fmt"
	"math"
	"testing"
)

var filmShapes = map[string]canvas{"9:16": {180, 320, 1}, "1:1": {240, 240, 1}, "16:9": {320, 180, 1}}

// seenShare is how much of a marked box, in the photo's pixels, a window shows.
func seenShare(win, marked rect) float64 {
	s := win.and(marked)
	return s.w * s.h / (marked.w * marked.h)
}

func TestEveryFrameKeepsTheSubject(t *testing.T) {
	t.Parallel()
	photos := append(paintedPhotos(), sampled(t)...)
	for _, p := range photos {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w, h := p.size()
			marked := rect{p.marked.X * float64(w), p.marked.Y * float64(h), p.marked.W * float64(w), p.marked.H * float64(h)}
			for shape, c := range filmShapes {
				for name, move := range motions {
					l, _ := filming(c, move)
					l.aim(p.photo)
					label := fmt.Sprintf("%s in %s", name, shape)
					checkPath(t, label, l, c, marked)
					if name == "pan right" || name == "zoom out" {
						_, comp := filmed(p.photo, c, move)
						checkFrames(t, label, comp)
					}
				}
			}
		})
	}
}

// checkPath looks at the windows of all frames, from the code that draws them.
func checkPath(t *testing.T, label string, l *layer, c canvas, marked rect) {
	t.Helper()
	worst, at := 1.0, 0.0
	var before view
	for n := range 90 {
		s := (float64(n) + 0.5) / 30
		v := l.at(s)
		if share := seenShare(v.win, marked); share < worst {
			worst, at = share, s
		}
		if shape, drawn := v.win.w/v.win.h, v.dst.w/v.dst.h; math.Abs(shape/drawn-1) > 0.01 {
			t.Fatalf("%s: stretched at %.2f s: %v is drawn as %v", label, s, v.win, v.dst)
		}
		if l.camera.photo.holds(l.camera.a) && l.camera.photo.holds(l.camera.b) && v.dst != (rect{0, 0, c.w, c.h}) && !v.dst.holds(rect{0, 0, c.w, c.h}) {
			t.Fatalf("%s: bare at %.2f s: %v of %v", label, s, v.dst, c)
		}
		if step := math.Abs(v.win.x-before.win.x)/v.win.w + math.Abs(v.win.y-before.win.y)/v.win.h; n > 0 && step > 0.02 {
			t.Fatalf("%s: jumps by %.3f of the picture at %.2f s", label, step, s)
		}
		before = v
	}
	if worst < 0.95 {
		t.Errorf("%s: only %.3f of the subject is seen at %.2f s in %v, marked %v", label, worst, at, l.camera.b, marked)
	}
	a, b := l.at(0), l.at(2.99)
	if moved := max(math.Abs(a.win.w/a.dst.w-b.win.w/b.dst.w)/(a.win.w/a.dst.w), math.Abs(a.win.x-b.win.x)/a.win.w, math.Abs(a.win.y-b.win.y)/a.win.h,
		math.Abs(a.dst.y-b.dst.y)/c.h, math.Abs(a.dst.x-b.dst.x)/c.w); moved < 0.01 || moved > 0.26 {
		t.Errorf("%s: moves by %.3f", label, moved)
	}
}

// checkFrames draws the first, a middle and the last frame: nothing of the
// magenta ground may be seen.
func checkFrames(t *testing.T, label string, c *composer) {
	t.Helper()
	f := newPlanes(c.w, c.h)
	ground := c.ground
	for _, s := range []float64{0.01, 1.4, 2.99} {
		flood(f.u, ground[1]) // what is not drawn at all keeps it
		flood(f.v, ground[2])
		c.draw(f, s)
		for i, u := range f.u {
			if u == ground[1] && f.v[i] == ground[2] {
				t.Errorf("%s: the ground shows at %d, %d", label, i%(c.w/2)*2, i/(c.w/2)*2)
				return
			}
		}
	}
}
