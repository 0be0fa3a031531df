package musictest

import (
	"math"
	"math/rand/v2"
	"testing"
)

const rate = 44100

// stereo makes four seconds and more of a signal, the same on both sides.
func stereo(seconds float64, f func(t float64) float64) []int16 {
	out := make([]int16, 2*int(seconds*rate))
	for i := range len(out) / 2 {
		v := int16(32767 * f(float64(i)/rate))
		out[2*i], out[2*i+1] = v, v
	}
	return out
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.3f, want %.3f ± %.3f", what, got, want, within)
	}
}

func TestAToneIsHeardWhereItIs(t *testing.T) {
	t.Parallel()
	s := Hear(stereo(4, func(x float64) float64 { return .5 * math.Sin(2*math.Pi*1000*x) }), rate)
	near(t, "centroid", s.Centroid, 1000, 60)
	near(t, "crest", s.Crest, 3.01, .05)
	near(t, "correlation", s.Correlation, 1, 1e-9)
	near(t, "level between 120 and 2000 Hz", s.Mid, 0, .1)
	near(t, "swing", s.Swing, 0, .1)
	if s.Flatness > .05 || s.Low > -40 || s.High > -40 {
		t.Errorf("a tone has flatness %.3f, low %.1f, high %.1f", s.Flatness, s.Low, s.High)
	}
}

func TestNoiseIsFlat(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	s := Hear(stereo(4, func(float64) float64 { return .4 * (2*rng.Float64() - 1) }), rate)
	if s.Flatness < .5 {
		t.Errorf("white noise has flatness %.3f", s.Flatness)
	}
	near(t, "centroid", s.Centroid, 11025, 300)
}

func TestClicksAreCountedAndTheirTempoFound(t *testing.T) {
	t.Parallel()
	for _, bpm := range []float64{72, 96, 120, 144} {
		rng := rand.New(rand.NewPCG(3, 4))
		beat := 60 / bpm
		s := Hear(stereo(12, func(x float64) float64 {
			return .8 * (2*rng.Float64() - 1) * math.Exp(-80*math.Mod(x, beat))
		}), rate)
		near(t, "tempo", s.Tempo, bpm, .02*bpm)
		near(t, "attacks", s.Attacks, bpm/60, .15)
		if s.Pulse < .5 {
			t.Errorf("the pulse of a click at %.0f is %.2f", bpm, s.Pulse)
		}
	}
}

func TestSidesMakeWidth(t *testing.T) {
	t.Parallel()
	pcm := stereo(4, func(x float64) float64 { return .5 * math.Sin(2*math.Pi*500*x) })
	for i := 1; i < len(pcm); i += 2 {
		pcm[i] = -pcm[i] / 2
	}
	s := Hear(pcm, rate)
	near(t, "correlation", s.Correlation, -1, .001)
	near(t, "width", s.Width, 20*math.Log10(1.5/.5), .05)
}

func TestTheNearestCentroidIsFoundInUnitsOfSpread(t *testing.T) {
	t.Parallel()
	// The second measure is a thousand times as wide and says nothing.
	c := Learn([]string{"a", "a", "b", "b"}, [][]float64{{0, 1000}, {.2, -1000}, {1, 1000}, {1.2, -1000}})
	if got := c.Nearest([]float64{.3, 900}); got != "a" {
		t.Errorf("nearest is %q", got)
	}
	if got := c.Nearest([]float64{.9, -900}); got != "b" {
		t.Errorf("nearest is %q", got)
	}
	if d := c.Distance("a", "b"); d < 1 || d != c.Distance("b", "a") {
		t.Errorf("distance %.2f", d)
	}
}
