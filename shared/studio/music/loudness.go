package music

import "math"

// Loudness returns the song's integrated loudness in LUFS by ITU-R BS.1770-4:
// K-weighting, 400 ms blocks with 75 % overlap, gates at −70 LUFS and 10 LU
// below the mean; −Inf for silence.
func (s *Song) Loudness() float64 {
	l, r := s.channels()
	return loudness(l, r)
}

// TruePeak returns the true peak in dBTP, from fourfold oversampling.
func (s *Song) TruePeak() float64 {
	l, r := s.channels()
	return 20 * math.Log10(truePeak(l, r))
}

func (s *Song) channels() (l, r []float32) {
	n := len(s.PCM) / 2
	l, r = make([]float32, n), make([]float32, n)
	for i := range n {
		l[i], r[i] = float32(s.PCM[2*i])/32768, float32(s.PCM[2*i+1])/32768
	}
	return l, r
}

// kWeighting returns the two filters of BS.1770 for this sample rate: a
// high shelf (the head) and a high-pass, from their analogue prototypes.
func kWeighting() (shelf, pass biquad) {
	const f0, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
	k := math.Tan(math.Pi * f0 / Rate)
	vh := math.Pow(10, gain/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	shelf = biquad{b0: (vh + vb*k/q + k*k) / a0, b1: 2 * (k*k - vh) / a0, b2: (vh - vb*k/q + k*k) / a0, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	const hf, hq = 38.13547087602444, 0.5003270373238773
	k = math.Tan(math.Pi * hf / Rate)
	a0 = 1 + k/hq + k*k
	pass = biquad{b0: 1, b1: -2, b2: 1, a1: 2 * (k*k - 1) / a0, a2: (1 - k/hq + k*k) / a0}
	return shelf, pass
}

func loudness(l, r []float32) float64 {
	const hop = Rate / 10
	hops := make([]float64, len(l)/hop) // power of each 100 ms, both channels
	for _, ch := range [][]float32{l, r} {
		shelf, pass := kWeighting()
		for h := range hops {
			sum := 0.0
			for _, v := range ch[h*hop : (h+1)*hop] {
				y := pass.next(shelf.next(float64(v)))
				sum += y * y
			}
			hops[h] += sum / hop
		}
	}
	var blocks []float64
	for i := 0; i+4 <= len(hops); i++ {
		blocks = append(blocks, (hops[i]+hops[i+1]+hops[i+2]+hops[i+3])/4)
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

// interpolator holds the three in-between phases of a fourfold windowed-sinc
// interpolation, 12 taps each, as BS.1770 annex 2 asks for.
var interpolator = func() (p [3][12]float64) {
	for phase := range p {
		sum := 0.0
		for tap := range p[phase] {
			x := float64(tap) - 5.5 + .5 - float64(phase+1)/4
			w := .5 + .5*math.Cos(math.Pi*x/6.5)
			v := 1.0
			if x != 0 {
				v = math.Sin(math.Pi*x) / (math.Pi * x)
			}
			p[phase][tap] = v * w
			sum += p[phase][tap]
		}
		for tap := range p[phase] {
			p[phase][tap] /= sum
		}
	}
	return p
}()

// oversampledPeaks returns the largest magnitude of either channel at and just after each sample.
func oversampledPeaks(l, r []float32) []float32 {
	out := make([]float32, len(l))
	for _, ch := range [][]float32{l, r} {
		for i := range ch {
			peak := math.Abs(float64(ch[i]))
			// Between quiet samples no peak hides; the sinc's gain is below 2.
			if peak > .2 && i >= 5 && i+7 <= len(ch) {
				w := ch[i-5 : i+7]
				for p := range interpolator {
					sum := 0.0
					for k, c := range interpolator[p] {
						sum += c * float64(w[k])
					}
					peak = max(peak, math.Abs(sum))
				}
			}
			out[i] = max(out[i], float32(peak))
		}
	}
	return out
}

func truePeak(l, r []float32) float64 {
	peak := 0.0
	for _, p := range oversampledPeaks(l, r) {
		peak = max(peak, float64(p))
	}
	return peak
}
