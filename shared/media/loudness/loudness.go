// Package loudness measures how loud sound is, as broadcasters and platforms do.
//
// Integrated loudness and true peak follow ITU-R BS.1770-4: K-weighting, 400 ms
// blocks with 75 % overlap, gates at −70 LUFS and 10 LU below the mean; peaks
// between the samples from fourfold oversampling. It is fed in pieces and keeps
// eight bytes for each 100 ms. Mono and stereo only (no surround weights), at any
// sample rate from 8,000 Hz. Nothing here does I/O.
package loudness

import "math"

// Meter measures one sound as it comes.
type Meter struct {
	tracks []track
	hop    int     // samples in 100 ms
	filled int     // samples of the hop that has begun
	power  float64 // their sum of squares, weighted, over all channels
	hops   []float64
	peak   float64
}

// track is one channel's filters and the samples that a peak may hide between.
type track struct {
	shelf, pass biquad
	last        []float32
}

// New returns a meter for one or two channels of rate samples a second.
func New(rate, channels int) *Meter {
	m := &Meter{hop: rate / 10}
	for range channels {
		shelf, pass := kWeighting(float64(rate))
		m.tracks = append(m.tracks, track{shelf: shelf, pass: pass})
	}
	return m
}

// Add measures the next samples, −1 to 1: as many slices as channels, of one length.
func (m *Meter) Add(samples ...[]float32) {
	for i := range samples {
		m.peaks(&m.tracks[i], samples[i])
	}
	for at := 0; at < len(samples[0]); {
		n := min(m.hop-m.filled, len(samples[0])-at)
		for i, ch := range samples {
			t := &m.tracks[i]
			for _, v := range ch[at : at+n] {
				y := t.pass.next(t.shelf.next(float64(v)))
				m.power += y * y
			}
		}
		at += n
		if m.filled += n; m.filled == m.hop {
			m.hops = append(m.hops, m.power/float64(m.hop))
			m.filled, m.power = 0, 0
		}
	}
}

// Integrated returns the loudness in LUFS of all that was added; −Inf for
// silence and for less than 400 ms.
func (m *Meter) Integrated() float64 {
	var blocks []float64
	for i := 0; i+4 <= len(m.hops); i++ {
		blocks = append(blocks, (m.hops[i]+m.hops[i+1]+m.hops[i+2]+m.hops[i+3])/4)
	}
	lufs := func(power float64) float64 { return -.691 + 10*math.Log10(power) }
	mean := func(gate float64) float64 {
		sum, n := 0.0, 0
		for _, b := range blocks {
			if lufs(b) > gate {
				sum += b
				n++
			}
		}
		if n == 0 {
			return 0
		}
		return sum / float64(n)
	}
	first := mean(-70)
	if first == 0 {
		return math.Inf(-1)
	}
	return lufs(mean(lufs(first) - 10))
}

// TruePeak returns the true peak in dBTP of all that was added; −Inf for silence.
func (m *Meter) TruePeak() float64 { return 20 * math.Log10(m.peak) }

// peaks looks at and between the samples. Between two samples of which neither
// is half as high as the peak so far no higher one hides: the sinc's gain is below 2.
func (m *Meter) peaks(t *track, samples []float32) {
	x := append(t.last, samples...)
	for i := range x {
		p := math.Abs(float64(x[i]))
		m.peak = max(m.peak, p)
		if i < before || i+after > len(x) {
			continue
		}
		if 2*max(p, math.Abs(float64(x[i+1]))) > m.peak {
			m.peak = max(m.peak, between(x[i-before:i+after]))
		}
	}
	t.last = append([]float32(nil), x[max(0, len(x)-taps+1):]...)
}

// Peaks raises each of peaks to the largest magnitude at and just after the
// sample, in between only after samples above the given magnitude.
func Peaks(peaks, samples []float32, above float32) {
	for i, v := range samples {
		p := math.Abs(float64(v))
		if p > float64(above) && i >= before && i+after <= len(samples) {
			p = max(p, between(samples[i-before:i+after]))
		}
		peaks[i] = max(peaks[i], float32(p))
	}
}

const (
	taps   = 12
	before = 5 // samples of the window before the one that the gap follows
	after  = taps - before
)

// interpolator holds the three in-between phases of a fourfold windowed-sinc
// interpolation, 12 taps each, as BS.1770 annex 2 asks for.
var interpolator = func() (p [3][taps]float64) {
	for phase := range p {
		sum := 0.0
		for tap := range p[phase] {
			x := float64(tap) - before - float64(phase+1)/4
			w := .5 + .5*math.Cos(math.Pi*x/6.5)
			v := math.Sin(math.Pi*x) / (math.Pi * x)
			p[phase][tap] = v * w
			sum += p[phase][tap]
		}
		for tap := range p[phase] {
			p[phase][tap] /= sum
		}
	}
	return p
}()

// between returns the largest magnitude between the two samples in the middle of the window.
func between(window []float32) float64 {
	peak := 0.0
	for p := range interpolator {
		sum := 0.0
		for k, c := range interpolator[p] {
			sum += c * float64(window[k])
		}
		peak = max(peak, math.Abs(sum))
	}
	return peak
}

// biquad is a second-order filter in transposed direct form II.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// kWeighting returns the two filters of BS.1770 for a sample rate: a high shelf
// (the head) and a high-pass, from their analogue prototypes.
func kWeighting(rate float64) (shelf, pass biquad) {
	const f0, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
	k := math.Tan(math.Pi * f0 / rate)
	vh := math.Pow(10, gain/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	shelf = biquad{b0: (vh + vb*k/q + k*k) / a0, b1: 2 * (k*k - vh) / a0, b2: (vh - vb*k/q + k*k) / a0, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	const hf, hq = 38.13547087602444, 0.5003270373238773
	k = math.Tan(math.Pi * hf / rate)
	a0 = 1 + k/hq + k*k
	pass = biquad{b0: 1, b1: -2, b2: 1, a1: 2 * (k*k - 1) / a0, a2: (1 - k/hq + k*k) / a0}
	return shelf, pass
}
