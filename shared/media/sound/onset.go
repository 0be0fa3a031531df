package sound

import "math"

// frameRate is how often a second the strength of onsets is told.
const frameRate = 200

// bands are the edges of the bands that are listened to apart, in Hz: bass drum
// and bass, the body of snares and chords, voices, consonants and wires, cymbals.
// Bands above half the sample rate stay silent.
var bands = [...][2]float64{{30, 120}, {120, 400}, {400, 1400}, {1400, 5000}, {5000, 14000}}

// onsets measures how strongly something begins in each band.
type onsets struct {
	filters [len(bands)]filter
	step    float64 // samples a frame
	next    float64 // where the frame that has begun ends
	at      int
	energy  [len(bands)]float64
	power   [len(bands)][]float32 // of each frame
}

func newOnsets(rate int) *onsets {
	o := &onsets{step: float64(rate) / frameRate}
	o.next = o.step
	for i, b := range bands {
		o.filters[i] = newFilter(b[0], b[1], float64(rate))
	}
	return o
}

// add takes the next samples.
func (o *onsets) add(samples []float32) {
	for len(samples) > 0 {
		n := min(len(samples), int(math.Ceil(o.next))-o.at)
		for b := range o.filters {
			o.energy[b] += o.filters[b].energy(samples[:n])
		}
		samples, o.at = samples[n:], o.at+n
		if float64(o.at) >= o.next {
			for b, e := range o.energy {
				o.power[b] = append(o.power[b], float32(e/o.step))
			}
			o.energy = [len(bands)]float64{}
			o.next += o.step
		}
	}
}

// strengths returns how strongly something begins in each band and frame: by how
// much the level, on a scale that is linear far below the band's mean power and
// logarithmic above it, rises over what it was in the 15 ms before. The mean over
// a band's frames is 1, or 0 when nothing is in the band.
func (o *onsets) strengths() [][]float64 {
	const back, knee = 3, 10
	out := make([][]float64, len(bands))
	for b, power := range o.power {
		mean := 0.0
		for _, p := range power {
			mean += float64(p) / float64(len(power))
		}
		rise := make([]float64, len(power))
		out[b] = rise
		if mean < silence || len(power) <= back {
			continue
		}
		level := make([]float64, len(power))
		for t, p := range power {
			level[t] = math.Log1p(knee * float64(p) / mean)
		}
		sum := 0.0
		for t := back; t < len(level); t++ {
			rise[t] = max(0, level[t]-max(level[t-1], level[t-2], level[t-3]))
			sum += rise[t]
		}
		sum /= float64(len(rise))
		for t := range rise {
			if rise[t] /= sum; sum < nothing {
				rise[t] = 0
			}
		}
	}
	return out
}

const (
	// silence is a mean power below which a band has nothing to hear: −80 dB.
	silence = 1e-8
	// nothing is a mean rise below which nothing begins: what a held tone flickers
	// against the frames is less (.016); songs of the studio have .03 and more.
	nothing = .02
)

// filter is a band-pass of a high-pass and a low-pass of the second order.
type filter struct{ high, low biquad }

func newFilter(from, to, rate float64) filter {
	if to > rate*.45 {
		to = rate * .45
	}
	if from >= to {
		return filter{} // lets nothing through
	}
	return filter{section(from, rate, true), section(to, rate, false)}
}

// energy filters the samples and returns the sum of their squares.
func (f *filter) energy(samples []float32) float64 {
	sum := 0.0
	for _, v := range samples {
		y := f.low.next(f.high.next(float64(v)))
		sum += y * y
	}
	return sum
}

// biquad is a second-order filter in transposed direct form II.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// section is a Butterworth high-pass or low-pass of the second order.
func section(cutoff, rate float64, high bool) biquad {
	w := 2 * math.Pi * cutoff / rate
	alpha, c := math.Sin(w)/math.Sqrt2, math.Cos(w)
	a0 := 1 + alpha
	f := biquad{a1: -2 * c / a0, a2: (1 - alpha) / a0}
	if high {
		f.b0, f.b1, f.b2 = (1+c)/2/a0, -(1+c)/a0, (1+c)/2/a0
	} else {
		f.b0, f.b1, f.b2 = (1-c)/2/a0, (1-c)/a0, (1-c)/2/a0
	}
	return f
}
