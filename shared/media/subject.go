package media

import (
	"image"
	"math"
	"slices"
)

// SubjectSide is the longer side, in pixels, at which Subject is asked: more
// changes nothing it looks at, and costs more than a few milliseconds.
const SubjectSide = 192

// Box is a part of a picture, in fractions of its width and height.
type Box struct{ X, Y, W, H float64 }

// Chosen by trying many values on the 50 marked photos of the film's tests, so
// that no marked box is cut by more than 5 % in any frame and as few photos as
// possible have to be shown smaller than the frame.
const (
	contrastWeight, borderWeight, edgeWeight = 0.70, 1.33, 0.87
	// Sizes of the middle, and where it is: people and tables stand on
	// something, so it lies below the centre.
	middleX, middleY, middleAt = 0.348, 0.403, 0.562
	// groundLevel times the mean is background.
	groundLevel = 0.855
	// What the box holds of all that stands out: less is lost at the sides.
	massX, massY = 0.971, 0.982
	// subjectEdge is what is added on every side because edges are soft, and
	// subjectMargin what Around adds, as fractions of the picture.
	subjectEdge, subjectMargin = 0.026, 0.046
	// subjectWhole is the width or height from which Around takes all of it.
	subjectWhole = 0.8
)

// Subject is the part of a picture that a viewer looks at first, and that a
// crop should keep. There is no model in it that knows things: what stands out
// from its surroundings in colour and brightness, at several sizes, differs
// from the picture's border, is sharp, and is not at the edge, is the subject.
// A picture in which nothing stands out has its middle as its subject. The box
// rather holds too much than too little.
//
// It is deterministic. The picture should be about SubjectSide pixels long.
func Subject(img *image.RGBA) Box {
	s := newSaliency(img)
	if s.w < 4 || s.h < 4 {
		return Box{0, 0, 1, 1}
	}
	return s.box()
}

// saliency is how much each pixel of a small picture stands out.
type saliency struct {
	w, h int
	lab  [3][]float64 // lightness and two colours, all on one scale
	out  []float64
}

func newSaliency(img *image.RGBA) *saliency {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	s := &saliency{w: w, h: h, out: make([]float64, w*h)}
	for c := range s.lab {
		s.lab[c] = make([]float64, w*h)
	}
	for y := range h {
		for x := range w {
			p := img.Pix[img.PixOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y):]
			l, a, b := lab(p[0], p[1], p[2])
			s.lab[0][y*w+x], s.lab[1][y*w+x], s.lab[2][y*w+x] = l, a, b
		}
	}
	if w < 4 || h < 4 {
		return s
	}
	s.add(s.contrast(), contrastWeight)
	s.add(s.border(), borderWeight)
	s.add(s.edges(), edgeWeight)
	s.centre()
	return s
}

// add mixes one view of the picture in, scaled so that its strongest twentieth
// counts as 1: a few glaring pixels must not silence the rest.
func (s *saliency) add(m []float64, weight float64) {
	sorted := slices.Sorted(slices.Values(m))
	top := sorted[len(sorted)*19/20]
	if top <= 1e-9 {
		return
	}
	for i, v := range m {
		s.out[i] += weight * min(1, v/top)
	}
}

// contrast is how a pixel's neighbourhood differs from a larger one, in four sizes.
func (s *saliency) contrast() []float64 {
	out := make([]float64, s.w*s.h)
	side := float64(max(s.w, s.h))
	for _, size := range []float64{0.015, 0.03, 0.06} {
		small, large := int(math.Round(side*size)), int(math.Round(side*size*5))
		for _, c := range s.lab {
			in, around := s.blur(c, max(1, small)), s.blur(c, large)
			for i := range out {
				out[i] += math.Abs(in[i] - around[i])
			}
		}
	}
	return s.blur(out, int(side*0.02)+1)
}

// border is how a pixel's colour differs from what is at the picture's edges:
// of each side only the likest counts, so that a subject that touches one
// side, a bowl at the lower edge, still differs from the others.
func (s *saliency) border() []float64 {
	var mean [4][3]float64
	n := max(1, min(s.w, s.h)/16)
	sides := [4]image.Rectangle{image.Rect(0, 0, s.w, n), image.Rect(0, s.h-n, s.w, s.h), image.Rect(0, 0, n, s.h), image.Rect(s.w-n, 0, s.w, s.h)}
	for k, r := range sides {
		for c := range s.lab {
			sum := 0.0
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					sum += s.lab[c][y*s.w+x]
				}
			}
			mean[k][c] = sum / float64(r.Dx()*r.Dy())
		}
	}
	out := make([]float64, s.w*s.h)
	for i := range out {
		all := 0.0
		for _, m := range mean {
			all += math.Sqrt(sq(s.lab[0][i]-m[0]) + sq(s.lab[1][i]-m[1]) + sq(s.lab[2][i]-m[2]))
		}
		out[i] = all
	}
	return s.blur(out, 2)
}

func sq(v float64) float64 { return v * v }

// edges is where the picture is sharp: lenses and painters blur what does not matter.
func (s *saliency) edges() []float64 {
	out := make([]float64, s.w*s.h)
	l := s.lab[0]
	for y := 1; y < s.h-1; y++ {
		for x := 1; x < s.w-1; x++ {
			i := y*s.w + x
			out[i] = math.Sqrt(math.Abs(l[i+1]-l[i-1]) + math.Abs(l[i+s.w]-l[i-s.w]))
		}
	}
	return s.blur(out, max(2, max(s.w, s.h)/24))
}

// centre lowers what is near the edges, the lower one least.
func (s *saliency) centre() {
	for y := range s.h {
		for x := range s.w {
			dx, dy := (float64(x)+0.5)/float64(s.w)-0.5, (float64(y)+0.5)/float64(s.h)-middleAt
			s.out[y*s.w+x] *= math.Exp(-sq(dx/middleX)/2 - sq(dy/middleY)/2)
		}
	}
}

// box is the narrowest and the lowest stretch that hold what stands out.
func (s *saliency) box() Box {
	mean := 0.0
	for _, v := range s.out {
		mean += v / float64(len(s.out))
	}
	cols, rows := make([]float64, s.w), make([]float64, s.h)
	for y := range s.h {
		for x := range s.w {
			v := max(0, s.out[y*s.w+x]-mean*groundLevel)
			cols[x] += v
			rows[y] += v
		}
	}
	x0, x1 := narrowest(cols, massX)
	y0, y1 := narrowest(rows, massY)
	return Box{x0, y0, x1 - x0, y1 - y0}.grow(subjectEdge)
}

// narrowest is the shortest stretch that holds the share of all, in fractions.
func narrowest(v []float64, share float64) (from, to float64) {
	total := 0.0
	for _, x := range v {
		total += x
	}
	if total <= 0 {
		return 0.2, 0.8
	}
	best, sum, j := len(v)+1, 0.0, 0
	a := 0
	for i := range v {
		for j < len(v) && sum < total*share {
			sum += v[j]
			j++
		}
		if sum >= total*share && j-i < best {
			best, a = j-i, i
		}
		sum -= v[i]
	}
	return float64(a) / float64(len(v)), float64(a+best) / float64(len(v))
}

// Around is the box with the margin that a subject should have where there is
// room for it. One that is then nearly as wide or high as the picture reaches
// the edges: there is nothing to win, and the ends of a wide thing to lose.
func (b Box) Around() Box {
	a := b.grow(subjectMargin)
	if a.W > subjectWhole {
		a.X, a.W = 0, 1
	}
	if a.H > subjectWhole {
		a.Y, a.H = 0, 1
	}
	return a
}

// grow adds d on every side, as far as the picture goes.
func (b Box) grow(d float64) Box {
	x, y := max(0, b.X-d), max(0, b.Y-d)
	return Box{x, y, min(1, b.X+b.W+d) - x, min(1, b.Y+b.H+d) - y}
}

// blur averages over a square that reaches r pixels to each side.
func (s *saliency) blur(v []float64, r int) []float64 {
	out, tmp := make([]float64, len(v)), make([]float64, len(v))
	for y := range s.h {
		box1(tmp[y*s.w:], v[y*s.w:], s.w, 1, r)
	}
	for x := range s.w {
		box1(out[x:], tmp[x:], s.h, s.w, r)
	}
	return out
}

// box1 is a running mean over n values that lie step apart.
func box1(dst, src []float64, n, step, r int) {
	sum := 0.0
	for i := -r; i <= r; i++ {
		sum += src[min(n-1, max(0, i))*step]
	}
	for i := range n {
		dst[i*step] = sum / float64(2*r+1)
		sum += src[min(n-1, i+r+1)*step] - src[max(0, i-r)*step]
	}
}

// lab is a colour as seen: CIE L*a*b* of an sRGB pixel, from the D65 white.
func lab(r, g, b uint8) (l, a, bb float64) {
	lin := func(v uint8) float64 {
		c := float64(v) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	R, G, B := lin(r), lin(g), lin(b)
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x, y, z := f((0.4124*R+0.3576*G+0.1805*B)/0.95047), f(0.2126*R+0.7152*G+0.0722*B), f((0.0193*R+0.1192*G+0.9505*B)/1.08883)
	return 116*y - 16, 500 * (x - y), 200 * (y - z)
}
