// Package musictest hears a song as a listener would: from its samples only,
// never from its score. Tests judge with it whether genres differ, and how one
// way of making sound compares with another.
//
// The measures are plain ones (spectrum, onsets, tempo, dynamics, width), each
// explained beside its field. They tell songs apart; they do not tell whether
// anybody likes them.
package musictest

import (
	"math"
	"slices"
)

// Sound is what there is to hear in a song.
type Sound struct {
	// Tempo is the beats per minute that the onsets repeat at best, 60 to 160.
	Tempo float64
	// Pulse is how clearly they do, 0 to 1.
	Pulse float64
	// Attacks are onsets a second.
	Attacks float64
	// Sharpness is the mean rise at an onset against the mean level.
	Sharpness float64
	// Centroid and Bandwidth are the spectrum's centre of gravity and its spread, Hz.
	Centroid, Bandwidth float64
	// Flatness is the geometric by the arithmetic mean of the spectrum: 1 is noise, 0 a tone.
	Flatness float64
	// Low, Mid and High are the levels below 120 Hz, from 120 Hz to 2 kHz and above 6 kHz, dB against the whole.
	Low, Mid, High float64
	// Crest is the peak by the RMS, dB.
	Crest float64
	// Swing is the range of the level, dB: the 95th less the 10th percentile of 400 ms windows.
	Swing float64
	// Width is the level of the sides (left − right) against the middle, dB.
	Width float64
	// Correlation of left and right, −1 to 1.
	Correlation float64
}

const (
	window = 2048 // samples of one spectrum
	hop    = 512
)

// Hear measures interleaved stereo of 16 bit.
func Hear(pcm []int16, rate int) Sound {
	n := len(pcm) / 2
	mono := make([]float64, n)
	var s Sound
	s.stereo(pcm, mono)
	bands := spectra(mono)
	s.spectrum(bands, rate)
	fps := float64(rate) / hop
	all := bands.rises()
	s.Attacks = onsets(all, fps)
	s.Sharpness = sharpness(all)
	s.Tempo, s.Pulse = tempo(all, fps)
	s.Swing = swing(mono, rate)
	return s
}

// Vector returns the measures as numbers of about equal weight for a classifier:
// frequencies and rates by their logarithm, as ears have it.
func (s Sound) Vector() []float64 {
	return []float64{
		math.Log2(s.Tempo), s.Pulse, math.Log2(s.Attacks + .5), s.Sharpness,
		math.Log2(s.Centroid), math.Log2(s.Bandwidth), math.Log(s.Flatness + 1e-6), s.Low, s.Mid, s.High, s.Crest, s.Swing, s.Width,
	}
}

// stereo fills mono and measures what needs both channels.
func (s *Sound) stereo(pcm []int16, mono []float64) {
	var ll, rr, lr, mm, ss, peak float64
	for i := range mono {
		l, r := float64(pcm[2*i])/32768, float64(pcm[2*i+1])/32768
		mono[i] = (l + r) / 2
		ll, rr, lr = ll+l*l, rr+r*r, lr+l*r
		mm, ss = mm+(l+r)*(l+r), ss+(l-r)*(l-r)
		peak = max(peak, math.Abs(l), math.Abs(r))
	}
	if ll == 0 || rr == 0 {
		return
	}
	s.Correlation = lr / math.Sqrt(ll*rr)
	s.Width = 10 * math.Log10((ss+1e-9)/mm)
	s.Crest = 20*math.Log10(peak) - 10*math.Log10((ll+rr)/2/float64(len(mono)))
}

// frames are the power spectra of a signal, hop by hop.
type frames [][]float64

func spectra(x []float64) frames {
	var hann [window]float64
	for i := range hann {
		hann[i] = .5 - .5*math.Cos(2*math.Pi*float64(i)/window)
	}
	var out frames
	re, im := make([]float64, window), make([]float64, window)
	for from := 0; from+window <= len(x); from += hop {
		for i := range re {
			re[i], im[i] = x[from+i]*hann[i], 0
		}
		fft(re, im)
		p := make([]float64, window/2)
		for k := range p {
			p[k] = re[k]*re[k] + im[k]*im[k]
		}
		out = append(out, p)
	}
	return out
}

// spectrum measures the mean spectrum, and the flatness frame by frame.
func (s *Sound) spectrum(f frames, rate int) {
	mean := make([]float64, window/2)
	flat, heard := 0.0, 0.0
	for _, p := range f {
		logs, sum := 0.0, 0.0
		for k, v := range p[1:] {
			mean[k+1] += v
			logs += math.Log(v + 1e-12)
			sum += v
		}
		if sum > 1e-3 {
			flat += math.Exp(logs/float64(len(p)-1)) / (sum / float64(len(p)-1))
			heard++
		}
	}
	s.Flatness = flat / max(1, heard)
	total, weighted := 0.0, 0.0
	var low, mid, high float64
	hz := func(k int) float64 { return float64(k) * float64(rate) / window }
	// The amplitude, not the power, weighs: a bass must not drown what glitters.
	for k, v := range mean {
		a := math.Sqrt(v)
		total += a
		weighted += a * hz(k)
		switch {
		case hz(k) < 120:
			low += v
		case hz(k) < 2000:
			mid += v
		case hz(k) >= 6000:
			high += v
		}
	}
	s.Centroid = weighted / max(1e-12, total)
	spread, power := 0.0, 0.0
	for k, v := range mean {
		d := hz(k) - s.Centroid
		spread += math.Sqrt(v) * d * d
		power += v
	}
	s.Bandwidth = math.Sqrt(spread / max(1e-12, total))
	db := func(v float64) float64 { return 10 * math.Log10((v+1e-12)/(power+1e-12)) }
	s.Low, s.Mid, s.High = db(low), db(mid), db(high)
}

// rises is the onset strength: how much the compressed spectrum grows, frame by frame.
func (f frames) rises() []float64 {
	out := make([]float64, len(f))
	for i := 1; i < len(f); i++ {
		for k := range f[i] {
			if d := math.Log1p(100*f[i][k]) - math.Log1p(100*f[i-1][k]); d > 0 {
				out[i] += d
			}
		}
		out[i] /= window / 2
	}
	return out
}

// onsets counts the peaks of the onset strength that stand out of their surroundings, a second.
func onsets(rise []float64, fps float64) float64 {
	const reach = 8
	n := 0
	for i := 1; i+1 < len(rise); i++ {
		around := rise[max(0, i-reach):min(len(rise), i+reach+1)]
		mean := 0.0
		for _, v := range around {
			mean += v / float64(len(around))
		}
		if rise[i] > 1.6*mean+.03 && rise[i] >= rise[i-1] && rise[i] > rise[i+1] {
			n++
		}
	}
	return float64(n) / (float64(len(rise)) / fps)
}

// sharpness is the 95th percentile of the onset strength by its mean.
func sharpness(rise []float64) float64 {
	sorted := slices.Sorted(slices.Values(rise))
	mean := 0.0
	for _, v := range rise {
		mean += v / float64(len(rise))
	}
	return sorted[len(sorted)*95/100] / max(1e-9, mean)
}

// tempo finds the beat by autocorrelation of the onset strength: a beat's
// multiples repeat too, so their correlations count with it.
func tempo(rise []float64, fps float64) (bpm, pulse float64) {
	mean := 0.0
	for _, v := range rise {
		mean += v / float64(len(rise))
	}
	x := make([]float64, len(rise))
	zero := 0.0
	for i, v := range rise {
		x[i] = v - mean
		zero += x[i] * x[i]
	}
	at := func(lag float64) float64 {
		k, sum := int(lag), 0.0
		f := lag - float64(k)
		for i := k + 1; i < len(x); i++ {
			sum += x[i] * ((1-f)*x[i-k] + f*x[i-k-1])
		}
		return sum / max(1e-9, zero)
	}
	best := -1.0
	for b := 60.0; b <= 160; b += .5 {
		lag := 60 / b * fps
		score := (at(lag) + .7*at(2*lag) + .5*at(4*lag)) / 2.2
		score *= math.Exp(-.5 * math.Pow(math.Log2(b/105)/.9, 2)) // as people tap: rather 105 than 55 or 200
		if score > best {
			best, bpm = score, b
		}
	}
	return bpm, max(0, best)
}

// swing is the range of the level over windows of 400 ms.
func swing(x []float64, rate int) float64 {
	var levels []float64
	for from := 0; from+rate*2/5 <= len(x); from += rate / 10 {
		sum := 0.0
		for _, v := range x[from : from+rate*2/5] {
			sum += v * v
		}
		levels = append(levels, 10*math.Log10(sum/float64(rate*2/5)+1e-9))
	}
	slices.Sort(levels)
	return levels[len(levels)*95/100] - levels[len(levels)/10]
}

// fft transforms in place; the length is a power of two.
func fft(re, im []float64) {
	n := len(re)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			re[i], re[j], im[i], im[j] = re[j], re[i], im[j], im[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		sin, cos := math.Sincos(-2 * math.Pi / float64(size))
		for start := 0; start < n; start += size {
			wr, wi := 1.0, 0.0
			for k := start; k < start+size/2; k++ {
				o := k + size/2
				tr, ti := re[o]*wr-im[o]*wi, re[o]*wi+im[o]*wr
				re[o], im[o] = re[k]-tr, im[k]-ti
				re[k], im[k] = re[k]+tr, im[k]+ti
				wr, wi = wr*cos-wi*sin, wr*sin+wi*cos
			}
		}
	}
}
