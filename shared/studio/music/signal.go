package music

import "math"

// noise is a small deterministic white noise source, −1 to 1.
type noise uint64

func (n *noise) next() float64 {
	*n ^= *n << 13
	*n ^= *n >> 7
	*n ^= *n << 17
	return float64(int64(*n)) / (1 << 63)
}

func newNoise(seed int64, salt uint64) *noise {
	n := noise(uint64(seed)*0x9E3779B97F4A7C15 ^ salt*0xBF58476D1CE4E5B9 | 1)
	for range 8 {
		n.next()
	}
	return &n
}

const tableSize = 4096

var sineTable = func() (t [tableSize + 1]float64) {
	for i := range t {
		t[i] = math.Sin(2 * math.Pi * float64(i) / tableSize)
	}
	return t
}()

// sine returns sin(2π·phase) from a table; phase is in turns and not negative.
func sine(phase float64) float64 {
	x := (phase - math.Floor(phase)) * tableSize
	i := int(x)
	f := x - float64(i)
	return sineTable[i] + (sineTable[i+1]-sineTable[i])*f
}

// blep rounds the step of a saw or square at phase t with increment dt, so that
// it does not alias (PolyBLEP).
func blep(t, dt float64) float64 {
	switch {
	case t < dt:
		t /= dt
		return t + t - t*t - 1
	case t > 1-dt:
		t = (t - 1) / dt
		return t*t + t + t + 1
	}
	return 0
}

// saw is a band-limited sawtooth oscillator.
type saw struct{ phase float64 }

func (o *saw) next(dt float64) float64 {
	v := 2*o.phase - 1 - blep(o.phase, dt)
	o.phase += dt
	if o.phase >= 1 {
		o.phase--
	}
	return v
}

// pulse is a band-limited pulse oscillator of the given width.
type pulse struct{ phase, width float64 }

func (o *pulse) next(dt float64) float64 {
	v := -1.0
	if o.phase < o.width {
		v = 1
	}
	v += blep(o.phase, dt)
	second := o.phase - o.width
	if second < 0 {
		second++
	}
	v -= blep(second, dt)
	o.phase += dt
	if o.phase >= 1 {
		o.phase--
	}
	return v
}

// onePole is a first-order low-pass.
type onePole struct{ y float64 }

// coefficient returns the one-pole coefficient of a cut-off in Hz.
func coefficient(cutoff float64) float64 {
	return 1 - math.Exp(-2*math.Pi*min(cutoff, Rate/2.2)/Rate)
}

func (f *onePole) low(x, a float64) float64 {
	f.y += a * (x - f.y)
	return f.y
}

// biquad is a second-order filter in transposed direct form II.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

func highPass(cutoff, q float64) biquad {
	w := 2 * math.Pi * cutoff / Rate
	alpha, c := math.Sin(w)/(2*q), math.Cos(w)
	a0 := 1 + alpha
	return biquad{b0: (1 + c) / 2 / a0, b1: -(1 + c) / a0, b2: (1 + c) / 2 / a0, a1: -2 * c / a0, a2: (1 - alpha) / a0}
}

func lowPass(cutoff, q float64) biquad {
	w := 2 * math.Pi * cutoff / Rate
	alpha, c := math.Sin(w)/(2*q), math.Cos(w)
	a0 := 1 + alpha
	return biquad{b0: (1 - c) / 2 / a0, b1: (1 - c) / a0, b2: (1 - c) / 2 / a0, a1: -2 * c / a0, a2: (1 - alpha) / a0}
}

func bandPass(centre, width float64) biquad {
	w := 2 * math.Pi * centre / Rate
	alpha, c := math.Sin(w)*width/centre/2, math.Cos(w)
	a0 := 1 + alpha
	return biquad{b0: alpha / a0, b2: -alpha / a0, a1: -2 * c / a0, a2: (1 - alpha) / a0}
}

// peaking lifts or cuts round a frequency by gain dB.
func peaking(centre, q, gain float64) biquad {
	w := 2 * math.Pi * centre / Rate
	a := math.Pow(10, gain/40)
	alpha, c := math.Sin(w)/(2*q), math.Cos(w)
	a0 := 1 + alpha/a
	return biquad{b0: (1 + alpha*a) / a0, b1: -2 * c / a0, b2: (1 - alpha*a) / a0, a1: -2 * c / a0, a2: (1 - alpha/a) / a0}
}

// decay returns the per-sample factor of an exponential that falls by 60 dB in the given seconds.
func decay(seconds float64) float64 { return math.Exp(-6.9078 / (seconds * Rate)) }

func decibel(db float64) float64 { return math.Pow(10, db/20) }

// stereo is a stereo buffer.
type stereo struct{ l, r []float32 }

func newStereo(n int) stereo { return stereo{make([]float32, n), make([]float32, n)} }

func (s stereo) clear() {
	clear(s.l)
	clear(s.r)
}

// mix adds a mono sound at sample at with the gains of the two sides; what lies outside is dropped.
func (s stereo) mix(at int, in []float32, left, right float64) {
	if at < 0 {
		in, at = in[min(len(in), -at):], 0
	}
	n := min(len(in), max(0, len(s.l)-at))
	l, r, a, b := s.l[min(at, len(s.l)):], s.r[min(at, len(s.r)):], float32(left), float32(right)
	for i, v := range in[:n] {
		l[i] += v * a
		r[i] += v * b
	}
}

// pan returns the equal-power gains of a position, −1 left to 1 right.
func pan(position float64) (left, right float64) {
	a := (position + 1) * math.Pi / 4
	return math.Cos(a), math.Sin(a)
}
