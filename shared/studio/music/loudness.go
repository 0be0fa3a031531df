package music

import (
	"math"

	meter "castad/shared/media/loudness"
)

// Loudness returns the song's integrated loudness in LUFS; −Inf for silence.
func (s *Song) Loudness() float64 {
	l, r := s.channels()
	return loudness(l, r)
}

// TruePeak returns the true peak in dBTP.
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

func loudness(l, r []float32) float64 {
	m := meter.New(Rate, 2)
	m.Add(l, r)
	return m.Integrated()
}

// oversampledPeaks returns the largest magnitude of either channel at and just
// after each sample; between quiet samples no peak hides that a limiter minds.
func oversampledPeaks(l, r []float32) []float32 {
	out := make([]float32, len(l))
	meter.Peaks(out, l, .2)
	meter.Peaks(out, r, .2)
	return out
}

func truePeak(l, r []float32) float64 {
	m := meter.New(Rate, 2)
	m.Add(l, r)
	return decibel(m.TruePeak())
}
