package media

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// disc is a textured disc on a noisy ground; x, y and r are fractions.
func disc(w, h int, x, y, r float64, seed uint64) *image.RGBA {
	img, rnd := image.NewRGBA(image.Rect(0, 0, w, h)), rand.New(rand.NewPCG(seed, 1))
	for j := range h {
		for i := range w {
			n := uint8(rnd.UintN(12))
			c := color.RGBA{150 + n, 140 + n, 120 + n, 255}
			if math.Hypot((float64(i)+0.5)/float64(w)-x, ((float64(j)+0.5)/float64(h)-y)*float64(h)/float64(w)) < r {
				c = color.RGBA{200, uint8(60 + 8*rnd.UintN(8)), 30, 255}
			}
			img.SetRGBA(i, j, c)
		}
	}
	return img
}

func TestTheSubjectIsWhatStandsOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y, r := rapid.Float64Range(0.25, 0.75).Draw(t, "x"), rapid.Float64Range(0.3, 0.7).Draw(t, "y"), rapid.Float64Range(0.08, 0.18).Draw(t, "r")
		h := rapid.SampledFrom([]int{90, 120, 160}).Draw(t, "h")
		img := disc(120, h, x, y, r, rapid.Uint64().Draw(t, "seed"))
		b := Subject(img)
		ry := r * 120 / float64(h)
		seen := max(0, min(b.X+b.W, x+r)-max(b.X, x-r)) * max(0, min(b.Y+b.H, y+ry)-max(b.Y, y-ry)) / (4 * r * ry)
		if seen < 0.97 {
			t.Errorf("%.2f of the disc at %.2f, %.2f is in %+v", seen, x, y, b)
		}
		if b.W > 0.8 || b.H > 0.85 { // it may hold too much, but then nothing would be gained
			t.Errorf("a disc of %.2f x %.2f at %.2f, %.2f has the box %+v", 2*r, 2*ry, x, y, b)
		}
		if again := Subject(img); again != b {
			t.Errorf("once %+v, then %+v", b, again)
		}
		a := b.Around()
		if a.X > b.X || a.Y > b.Y || a.X+a.W < b.X+b.W-1e-9 || a.Y+a.H < b.Y+b.H-1e-9 || a.X < 0 || a.X+a.W > 1+1e-9 || a.Y < 0 || a.Y+a.H > 1+1e-9 {
			t.Errorf("around %+v is %+v", b, a)
		}
	})
}

func TestWhereNothingStandsOutTheMiddleIsTheSubject(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{120, 90}, {64, 192}, {4, 4}} {
		b := Subject(image.NewRGBA(image.Rect(0, 0, size.X, size.Y)))
		if math.Abs(b.X+b.W/2-0.5) > 0.01 || b.W < 0.5 || b.H < 0.5 {
			t.Errorf("%v has the subject %+v", size, b)
		}
	}
	if b := Subject(image.NewRGBA(image.Rect(0, 0, 2, 3))); b != (Box{0, 0, 1, 1}) {
		t.Errorf("of a picture too small to look at, %+v", b)
	}
}
