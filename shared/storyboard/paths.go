package storyboard

import (
	"math"
	"math/rand/v2"
	"strings"
)

// Paths are written with straight lines in percents of their box, the part of
// SVG that both renderers share beyond doubt; an arc is a chain of short ones.

// outline writes a closed path through points given in u from the box's corner.
func outline(in box, points [][2]float64) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteString(map[bool]string{true: "M ", false: " L "}[i == 0] + point(p[0]/in.w*100, p[1]/in.h*100))
	}
	return b.String() + " Z"
}

// arc are points on a circle from angle a to angle z, in degrees, clockwise from the right.
func arc(cx, cy, r, a, z float64) (out [][2]float64) {
	const steps = 12
	for i := range steps + 1 {
		s, c := math.Sincos((a + (z-a)*float64(i)/steps) * math.Pi / 180)
		out = append(out, [2]float64{cx + r*c, cy + r*s})
	}
	return out
}

// tagPath is a price tag: a point to the left.
func tagPath(in box) string {
	return outline(in, [][2]float64{{0, in.h / 2}, {in.h * 0.36, 0}, {in.w, 0}, {in.w, in.h}, {in.h * 0.36, in.h}})
}

// ticketPath is a ticket with a half round notch of radius r above and below x.
func ticketPath(in box, x, r float64) string {
	p := [][2]float64{{0, 0}}
	p = append(p, arc(x, 0, r, 180, 0)...)
	p = append(p, [2]float64{in.w, 0}, [2]float64{in.w, in.h})
	p = append(p, arc(x, in.h, r, 0, -180)...)
	return outline(in, append(p, [2]float64{0, in.h}))
}

// slipPath is a ticket with the notches on its sides, at y.
func slipPath(in box, y, r float64) string {
	p := [][2]float64{{0, 0}, {in.w, 0}}
	p = append(p, arc(in.w, y, r, -90, -270)...)
	p = append(p, [2]float64{in.w, in.h}, [2]float64{0, in.h})
	return outline(in, append(p, arc(0, y, r, 90, -90)...))
}

// dashesPath is the dashed line between the notches at y.
func dashesPath(in box, y, from float64) string {
	var out []string
	for x := from; x+1.2 <= in.w-from; x += 2.2 {
		out = append(out, outline(in, [][2]float64{{x, y - 0.25}, {x + 1.2, y - 0.25}, {x + 1.2, y + 0.25}, {x, y + 0.25}}))
	}
	return strings.Join(out, " ")
}

// perforationPath is the dashed line between the notches at x.
func perforationPath(in box, x, from float64) string {
	var out []string
	for y := from; y+1.2 <= in.h-from; y += 2.2 {
		out = append(out, outline(in, [][2]float64{{x - 0.25, y}, {x + 0.25, y}, {x + 0.25, y + 1.2}, {x - 0.25, y + 1.2}}))
	}
	return strings.Join(out, " ")
}

// stampPath is a rectangle whose edge is bitten into half circles of radius r, like a stamp's.
func stampPath(in box, r float64) string {
	var p [][2]float64
	side := func(length float64, at func(d float64) (x, y, turn float64)) {
		n := math.Floor(length / (3.2 * r))
		for i := range int(n) {
			x, y, turn := at((float64(i) + 0.5) * length / n)
			p = append(p, arc(x, y, r, turn+180, turn)...)
		}
	}
	p = append(p, [2]float64{0, 0})
	side(in.w, func(d float64) (float64, float64, float64) { return d, 0, 0 })
	p = append(p, [2]float64{in.w, 0})
	side(in.h, func(d float64) (float64, float64, float64) { return in.w, d, 90 })
	p = append(p, [2]float64{in.w, in.h})
	side(in.w, func(d float64) (float64, float64, float64) { return in.w - d, in.h, 180 })
	p = append(p, [2]float64{0, in.h})
	side(in.h, func(d float64) (float64, float64, float64) { return 0, in.h - d, 270 })
	return outline(in, p)
}

// starPath is a seal of n points; inner is the radius between them, 1 = outer.
func starPath(n int, inner float64) string {
	in := box{0, 0, 2, 2}
	var p [][2]float64
	for i := range 2 * n {
		r := 1.0
		if i%2 == 1 {
			r = inner
		}
		s, c := math.Sincos(float64(i) * math.Pi / float64(n))
		p = append(p, [2]float64{1 + r*c, 1 + r*s})
	}
	return outline(in, p)
}

// tailsPath are the two swallow tails that look out at the ends of a ribbon.
func tailsPath(in box) string {
	h, d := in.h, 9.0
	return outline(in, [][2]float64{{0, 0}, {d, 0}, {d, h}, {0, h}, {3, h / 2}}) + " " +
		outline(in, [][2]float64{{in.w, 0}, {in.w - d, 0}, {in.w - d, h}, {in.w, h}, {in.w - 3, h / 2}})
}

// buntingPath are every n-th of the flags on a line, from the k-th on.
func buntingPath(in box, k, n int) string {
	count := int(in.w / 9)
	each := in.w / float64(count)
	var out []string
	for i := k; i < count; i += n {
		x := float64(i) * each
		sag := func(x float64) float64 { return 3 * math.Sin(math.Pi*math.Mod(x/in.w*2, 1)) }
		out = append(out, outline(in, [][2]float64{{x, sag(x)}, {x + each, sag(x + each)}, {x + each/2, sag(x+each/2) + 8}}))
	}
	return strings.Join(out, " ")
}

// confettiPath are small turned scraps, the same for the same seed, dense above and few below.
func confettiPath(in box, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 7)) // #nosec G404 -- the same film for the same order; no secret
	var out []string
	for range int(in.w * in.h / 500) {
		x, y, a := rng.Float64()*in.w, math.Pow(rng.Float64(), 1.4)*in.h, rng.Float64()*180
		s, c := math.Sincos(a * math.Pi / 180)
		w, h := 1.1+rng.Float64(), 0.5+rng.Float64()*0.5
		turn := func(dx, dy float64) [2]float64 { return [2]float64{x + dx*c - dy*s, y + dx*s + dy*c} }
		out = append(out, outline(in, [][2]float64{turn(-w, -h), turn(w, -h), turn(w, h), turn(-w, h)}))
	}
	return strings.Join(out, " ")
}
