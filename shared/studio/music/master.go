package music

import "math"

// Targets of the master.
const (
	targetLUFS = -14.0
	// ceiling is below −1 dBTP, so that a lossy encoder's overshoot stays below it too.
	ceiling = -1.6
)

// master brings the sum to its loudness and under its ceiling, fades it out, and returns 16-bit PCM.
func master(sum stereo, drive float64, fade int) []int16 {
	n := len(sum.l)
	for _, ch := range [][]float32{sum.l, sum.r} {
		hp := highPass(28, .7)
		for i := range ch {
			ch[i] = float32(hp.next(float64(ch[i])))
		}
	}
	saturate(sum, drive)
	fadeOut(sum, fade)
	// Limiting costs loudness: the second and third pass give it back.
	wanted := targetLUFS
	dry := stereo{append([]float32(nil), sum.l...), append([]float32(nil), sum.r...)}
	now := loudness(sum.l, sum.r)
	for range 3 {
		copy(sum.l, dry.l)
		copy(sum.r, dry.r)
		scale(sum, decibel(wanted-now))
		limit(sum, decibel(ceiling))
		got := loudness(sum.l, sum.r)
		if math.Abs(got-targetLUFS) < .15 || math.IsInf(got, -1) {
			break
		}
		wanted += targetLUFS - got
	}
	if peak := truePeak(sum.l, sum.r); peak > decibel(ceiling+.4) {
		scale(sum, decibel(ceiling+.4)/peak)
	}
	out := make([]int16, 2*n)
	for i := range n {
		out[2*i], out[2*i+1] = quantise(sum.l[i]), quantise(sum.r[i])
	}
	return out
}

func quantise(v float32) int16 {
	return int16(math.Round(min(1, max(-1, float64(v))) * 32767))
}

func scale(s stereo, g float64) {
	for i := range s.l {
		s.l[i] *= float32(g)
		s.r[i] *= float32(g)
	}
}

// saturate rounds the peaks of the sum like tape does; drive 1 is almost clean.
func saturate(s stereo, drive float64) {
	rms := activeRMS(s.l, s.r)
	if rms == 0 {
		return
	}
	g := drive * .16 / rms
	for _, ch := range [][]float32{s.l, s.r} {
		for i, v := range ch {
			ch[i] = float32(math.Tanh(float64(v)*g) / g)
		}
	}
}

func fadeOut(s stereo, samples int) {
	n := len(s.l)
	for i := range samples {
		g := float32(.5 - .5*math.Cos(math.Pi*float64(i)/float64(samples)))
		s.l[n-1-i] *= g
		s.r[n-1-i] *= g
	}
	for i := range min(n, Rate/200) { // no click at the start either
		g := float32(i) / float32(Rate/200)
		s.l[i] *= g
		s.r[i] *= g
	}
}

// limit keeps the true peak under the ceiling with 4 ms of look-ahead and 90 ms of release.
func limit(s stereo, ceiling float64) {
	n := len(s.l)
	peaks := oversampledPeaks(s.l, s.r)
	const ahead = Rate * 4 / 1000
	// The lowest gain needed within the look-ahead, by a monotone queue.
	need := make([]float32, n)
	var queue []int
	for i := n - 1; i >= 0; i-- {
		for len(queue) > 0 && peaks[queue[len(queue)-1]] <= peaks[i] {
			queue = queue[:len(queue)-1]
		}
		queue = append(queue, i)
		for queue[0] > i+ahead {
			queue = queue[1:]
		}
		need[i] = float32(min(1, ceiling/max(1e-9, float64(peaks[queue[0]]))))
	}
	release := 1 - math.Exp(-1/(.09*Rate))
	g := 1.0
	// A box average over the look-ahead makes the attack a ramp that ends at the peak.
	held := make([]float64, ahead)
	for i := range held {
		held[i] = 1
	}
	sum := float64(ahead)
	for i := range n {
		if t := float64(need[i]); t < g {
			g = t
		} else {
			g += release * (t - g)
		}
		sum += g - held[i%ahead]
		held[i%ahead] = g
		k := float32(min(1, sum/ahead))
		s.l[i] *= k
		s.r[i] *= k
	}
}
