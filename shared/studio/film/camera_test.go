package film

import (
	"image"
	"image/color"
	"testing"
)

// motions are the movements of photos that storyboards use, in Creatomate's words.
var motions = map[string]animation{
	"zoom in":   {kind: "scale", from: 1, to: 1.12, xa: 0.5, ya: 0.5},
	"zoom out":  {kind: "scale", from: 1.12, to: 1, xa: 0.5, ya: 0.5},
	"pan left":  {kind: "pan", from: 1.12, to: 1.12, x0: 1, x1: 0, y0: 0.5, y1: 0.5},
	"pan right": {kind: "pan", from: 1.12, to: 1.12, x0: 0, x1: 1, y0: 0.5, y1: 0.5},
	"pan up":    {kind: "pan", from: 1.12, to: 1.12, x0: 0.5, x1: 0.5, y0: 1, y1: 0},
	"pan down":  {kind: "pan", from: 1.12, to: 1.12, x0: 0.5, x1: 0.5, y0: 0, y1: 1},
}

// filming is one photo as the only element of a film of three seconds.
func filming(c canvas, move animation) (*layer, *scene) {
	move.inside, move.easing = true, "sinusoid-in-out"
	e := &element{kind: kindImage, fit: "cover", smart: true, alignX: 0.5, alignY: 0.5, moves: []animation{move}}
	v := &visual{e: e, w: c.w, h: c.h, end: 3, hold: 3, opacity: 1}
	return &layer{visual: v, rest: rect{0, 0, c.w, c.h}, content: []span{v.spanOf(move)}}, &scene{canvas: c, rate: 30, frames: 90, total: 3}
}

// filmed is the same with its pictures, on a magenta ground.
func filmed(p *photo, c canvas, move animation) (*layer, *composer) {
	l, sc := filming(c, move)
	sc.photoLayer(l, p)
	return l, newComposer(sc, fill{stops: []stop{{0, color.NRGBA{255, 0, 255, 255}}}}, []*layer{l})
}

func TestAClearPhotoShowsWhatIsUnderIt(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 300, 100)) // much wider than the frame: shown between bands
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := 40; y < 60; y++ {
		for x := 140; x < 160; x++ {
			img.SetNRGBA(x, y, color.NRGBA{})
		}
	}
	l, c := filmed(&photo{img: img, turn: 1}, canvas{90, 160, 1}, motions["zoom in"])
	if l.camera.backdrop() == nil {
		t.Fatal("no bands")
	}
	f := newPlanes(90, 160)
	flood(f.y, 99) // what an earlier frame left must not be seen
	c.draw(f, 1)
	v := l.at(1)
	x := int(v.dst.x + (150-v.win.x)/v.win.w*v.dst.w)
	y := int(v.dst.y + (50-v.win.y)/v.win.h*v.dst.h)
	if got := f.y[y*90+x]; got != c.ground[0] {
		t.Errorf("in the hole at %d, %d is %d, not the ground %d", x, y, got, c.ground[0])
	}
}
