package loudness

import (
	"math"
	"math/rand/v2"
	"testing"
)

const rate = 44100

// tone is a sine of so many seconds.
func tone(hz, amplitude, phase, seconds float64) []float32 {
	x := make([]float32, int(seconds*rate))
	for i := range x {
		x[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/rate+phase))
	}
	return x
}

func measured(channels ...[]float32) (lufs, peak float64) {
	m := New(rate, len(channels))
	m.Add(channels...)
	return m.Integrated(), m.TruePeak()
}

func TestKnownTones(t *testing.T) {
	t.Parallel()
	full, silent := tone(997, 1, 0, 5), make([]float32, 5*rate)
	for name, c := range map[string]struct {
		channels [][]float32
		want     float64
	}{
		"BS.1770: 997 Hz at 0 dBFS in one of two channels": {[][]float32{full, silent}, -3.01},
		"the same in both": {[][]float32{full, full}, 0},
		"the same in mono": {[][]float32{full}, -3.01},
		"20 dB lower":      {[][]float32{tone(997, .1, 0, 5)}, -23.01},
		"half of it silent: the gate leaves it out":     {[][]float32{append(tone(997, 1, 0, 5), silent...)}, -3.15},
		"half of it 15 dB lower: the relative gate too": {[][]float32{append(tone(997, 1, 0, 10), tone(997, .178, 0, 10)...)}, -3.08},
	} {
		if got, _ := measured(c.channels...); math.Abs(got-c.want) > .1 {
			t.Errorf("%s: %.2f LUFS, want %.2f", name, got, c.want)
		}
	}
	for name, x := range map[string][]float32{"silence": silent, "nothing": nil, "a moment": tone(997, 1, 0, .3)} {
		if got, _ := measured(x); !math.IsInf(got, -1) {
			t.Errorf("%s: %.2f LUFS", name, got)
		}
	}
}

func TestAPeakBetweenTheSamplesIsFound(t *testing.T) {
	t.Parallel()
	// A sine at a quarter of the rate, sampled beside its peaks, is 3 dB higher than its samples.
	for _, amplitude := range []float64{1, .5, .01} {
		_, got := measured(tone(rate/4, amplitude, math.Pi/4, 1))
		if want := 20 * math.Log10(amplitude); math.Abs(got-want) > .3 {
			t.Errorf("true peak %.2f dBTP, want %.2f", got, want)
		}
	}
	x := tone(rate/4, .5, math.Pi/4, .1)
	peaks := make([]float32, len(x))
	Peaks(peaks, x, .2)
	for i := 10; i < len(x)-10; i++ { // a peak follows every second sample
		if got := max(peaks[i], peaks[i+1]); math.Abs(float64(got)-.5) > .02 {
			t.Fatalf("sample %d, %.3f: peak %.3f", i, x[i], got)
		}
	}
}

func TestPiecesMeasureLikeTheWhole(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	l, r := make([]float32, 2*rate), make([]float32, 2*rate)
	for i := range l {
		l[i], r[i] = float32(rnd.Float64()-.5), float32(rnd.Float64()-.5)/2
	}
	whole, pieces := New(rate, 2), New(rate, 2)
	whole.Add(l, r)
	for at := 0; at < len(l); {
		n := min(rnd.IntN(3000), len(l)-at)
		pieces.Add(l[at:at+n], r[at:at+n])
		at += n
	}
	if whole.Integrated() != pieces.Integrated() || whole.TruePeak() != pieces.TruePeak() {
		t.Errorf("%.6f LUFS, %.6f dBTP; in pieces %.6f, %.6f", whole.Integrated(), whole.TruePeak(), pieces.Integrated(), pieces.TruePeak())
	}
}

func BenchmarkMeter(b *testing.B) {
	x := tone(440, .5, 0, 60)
	for b.Loop() {
		measured(x, x)
	}
	b.ReportMetric(60*float64(b.N)/b.Elapsed().Seconds(), "song-s/s")
}
