package sound

import (
	"math"
	"slices"
)

// weights say how much a band's onsets tell about the beat: bass and drums mark
// it, cymbals and strings are played between the beats as well.
var weights = [len(bands)]float64{2, 1.2, 1, 1, .5}

const (
	slowest, fastest = 55.0, 180.0 // beats a minute
	favourite        = 100.0       // the tempo that is taken when two explain a song alike
	width            = 1.0         // octaves from there at which a tempo counts 60 %
	// leastFrames is the shortest song of which a beat is told: eight seconds.
	leastFrames = 8 * frameRate
	// pulse is how alike a song must be to itself a beat later, 0 to 1. Songs of the
	// studio have .26 to .63, noise below .05.
	pulse = .1
	// gain is how much more must begin on beats that follow the players than on an
	// even grid. Following finds up to 1.2 times as much in songs that are even.
	gain = 1.35
	// alternate is how much less begins on every second beat when they are half
	// beats, and slowestHalved the slowest tempo that is told because of it.
	alternate     = .55
	slowestHalved = 57.0
)

// beats finds the tempo in beats a minute and the times of the beats in seconds.
func beats(strengths [][]float64) (tempo float64, times []float64) {
	s := combine(strengths)
	if len(s) < leastFrames {
		return 0, nil
	}
	period, steady := findPeriod(s)
	if steady < pulse {
		return 0, nil
	}
	g := refine(s, period)
	if weak, twice := g.halves(s); weak {
		g = twice
	}
	on := g.frames(len(s))
	if tracked := track(s, g); mean(s, tracked) > gain*mean(s, on) {
		on = tracked
		g.period = (on[len(on)-1] - on[0]) / float64(len(on)-1)
	}
	for _, t := range on {
		times = append(times, math.Round(1000*t/frameRate)/1000)
	}
	return math.Round(60*frameRate/g.period*100) / 100, times
}

// grid is beats at an even distance, in frames.
type grid struct{ phase, period float64 }

func (g grid) frames(n int) (out []float64) {
	for t := g.phase; t < float64(n); t += g.period {
		out = append(out, t)
	}
	return out
}

// halves says whether much less begins on every second beat, and gives the grid of the others.
func (g grid) halves(s []float64) (weak bool, twice grid) {
	even, odd := grid{g.phase, 2 * g.period}, grid{g.phase + g.period, 2 * g.period}
	a, b := mean(s, even.frames(len(s))), mean(s, odd.frames(len(s)))
	if 2*g.period > 60*frameRate/slowestHalved {
		return false, g
	}
	if a < b {
		a, b, even = b, a, odd
	}
	return b < alternate*a, even
}

// mean is how much begins on the beats.
func mean(s, on []float64) float64 {
	sum := 0.0
	for _, t := range on {
		sum += at(s, t)
	}
	return sum / float64(max(1, len(on)))
}

// track follows players who are not even: of all ways through the song with
// beats about a period apart, the one on which most begins (Ellis 2007).
func track(s []float64, g grid) []float64 {
	const tight = 400.0
	spread := 0.0
	for _, v := range s {
		spread += v * v / float64(len(s))
	}
	spread = math.Sqrt(spread)
	lo, hi := int(g.period*.9), int(math.Ceil(g.period*1.1))
	score, back := make([]float64, len(s)), make([]int, len(s))
	for t := range s {
		back[t] = -1
		best := 0.0
		for d := lo; d <= hi && d <= t; d++ {
			l := math.Log(float64(d) / g.period)
			if v := score[t-d] - tight*spread*l*l; v > best {
				best, back[t] = v, t-d
			}
		}
		score[t] = best + s[t]
	}
	last := max(0, len(s)-hi)
	for t := last; t < len(s); t++ {
		if score[t] > score[last] {
			last = t
		}
	}
	var out []float64
	for t := last; t >= 0; t = back[t] {
		out = append(out, float64(t))
	}
	slices.Reverse(out)
	return out
}

// combine adds the bands and smooths over 25 ms, which is how exactly bands play together.
func combine(strengths [][]float64) []float64 {
	n := len(strengths[0])
	sum := make([]float64, n)
	for b, rise := range strengths {
		for t, v := range rise {
			sum[t] += weights[b] * math.Sqrt(v)
		}
	}
	kernel := [...]float64{.1, .25, .3, .25, .1}
	out := make([]float64, n)
	mean := 0.0
	for t := range sum {
		for k, w := range kernel {
			if i := t + k - 2; i >= 0 && i < n {
				out[t] += w * sum[i]
			}
		}
		mean += out[t] / float64(n)
	}
	for t := range out {
		out[t] -= mean
	}
	return out
}

// findPeriod returns the beat's period in frames, and how alike the song is to
// itself after one to four of them, 0 to 1.
func findPeriod(s []float64) (period, steady float64) {
	lo, hi := 60*frameRate/fastest, 60*frameRate/slowest
	ac := autocorrelation(s, int(4*hi)+2)
	most := 0.0
	for p := lo; p <= hi; p += .25 {
		like := 0.0
		for k := 1; k <= 4; k++ {
			like += at(ac, p*float64(k)) / 4
		}
		octaves := math.Log2(60 * frameRate / p / favourite)
		if score := like * math.Exp(-.5*octaves*octaves/width/width); score > most {
			most, period, steady = score, p, like
		}
	}
	return period, steady
}

// autocorrelation returns the normalised correlation of s with itself, delayed by up to n frames.
func autocorrelation(s []float64, n int) []float64 {
	out := make([]float64, min(n, len(s)))
	for lag := range out {
		for t := lag; t < len(s); t++ {
			out[lag] += s[t] * s[t-lag]
		}
		out[lag] /= float64(len(s) - lag)
	}
	zero := max(out[0], 1e-12)
	for lag := range out {
		out[lag] /= zero
	}
	return out
}

// at interpolates between frames.
func at(x []float64, t float64) float64 {
	i := int(t)
	if i < 0 || i+1 >= len(x) {
		return 0
	}
	f := t - float64(i)
	return x[i] + (x[i+1]-x[i])*f
}

// unheard is how much at the start says nothing, in frames: a song that is on the
// beat from its first sample begins from silence, which is no onset.
const unheard = 10

// refine finds the period near the given one, and the phase, on which most
// begins: first to 10 ms at the end of the song, then to one.
func refine(s []float64, near float64) grid {
	n := float64(len(s))
	rough := search(s, grid{near, near}, .03*near, 2*near/n, near, 2)
	return search(s, rough, 2*near/n, .2*near/n, 4, .4)
}

// search tries the periods within reach of g's and the phases within far of its phase.
func search(s []float64, g grid, reach, step, far, fine float64) (best grid) {
	most, n := math.Inf(-1), float64(len(s))
	for p := g.period - reach; p <= g.period+reach; p += step {
		for phase := max(0, g.phase-far); phase < g.phase+far && phase < p; phase += fine {
			sum, count := 0.0, 0.0
			for t := phase; t < n; t += p {
				if t > unheard {
					sum, count = sum+at(s, t), count+1
				}
			}
			if sum /= count; sum > most {
				most, best = sum, grid{phase, p}
			}
		}
	}
	return best
}
