package music

import "math"

// cents measures a sung note by normalised autocorrelation over the middle of
// its vowel and returns how far it is from the written pitch; NaN for no pitch.
// The search spans an octave either side, so an octave slip counts as wrong.
func cents(vocal []float32, n Note) float64 {
	length := n.End - n.Start
	from := int((n.Start + .25*length) * Rate)
	to := int((n.Start + .65*length) * Rate)
	to = max(to, from+int(3*Rate/n.Hz))
	if to+int(2.2*Rate/n.Hz) > len(vocal) {
		return math.NaN()
	}
	bestLag, best := 0.0, 0.0
	low, high := int(Rate/n.Hz/2.05), int(Rate/n.Hz*2.05)
	score := make([]float64, high+2)
	for lag := low; lag <= high+1; lag++ {
		var xy, xx, yy float64
		for i := from; i < to; i += 2 {
			x, y := float64(vocal[i]), float64(vocal[i+lag])
			xy += x * y
			xx += x * x
			yy += y * y
		}
		if xx > 0 && yy > 0 {
			score[lag] = xy / math.Sqrt(xx*yy)
		}
	}
	top := 0.0
	for lag := low + 1; lag <= high; lag++ {
		top = max(top, score[lag])
	}
	for lag := low + 1; lag <= high; lag++ { // the first lag that is nearly as good as any: the period, not its double
		if score[lag] > .93*top && score[lag] >= score[lag-1] && score[lag] >= score[lag+1] {
			a, b, c := score[lag-1], score[lag], score[lag+1]
			bestLag, best = float64(lag), b
			if d := a - 2*b + c; d != 0 {
				bestLag += .5 * (a - c) / d
			}
			break
		}
	}
	if best < .4 {
		return math.NaN()
	}
	return 1200 * math.Log2(Rate/bestLag/n.Hz)
}
