package music

import (
	"fmt"
	"math"
)

// shortNote is the length in seconds below which a syllable is hard to
// understand and its pitch hard to hear: the melody avoids such notes, and does
// not leap to or from them.
const shortNote = .2

// rhythm places the syllables of a line inside its slot: the last one lands on a
// strong beat in the second half and is held, the others are laid on a grid
// before it where the style's accents, the words and the section's motif want them.
func (s *score) rhythm(l verseLine) []tone {
	n := len(l.syllables)
	room := float64(s.plan.slot) - s.plan.rest()
	land, grid := s.landing(n, room)
	if grid == 0 { // the plan has checked the rate: so many get an even division
		out := make([]tone, n)
		step := room / float64(n)
		for i := range out {
			out[i] = tone{start: l.start + float64(i)*step, beats: step}
		}
		return out
	}
	at := s.lay(l, int(math.Round(land/grid)), grid)
	out := make([]tone, n)
	for i, p := range at {
		out[i].start = l.start + float64(p)*grid
	}
	out[n-1].start = l.start + land
	for i := range n - 1 {
		out[i].beats = out[i+1].start - out[i].start
	}
	// Long enough to rest on, not so long that the voice hangs there.
	longest := math.Ceil(1.8 * s.plan.tempo / 60)
	out[n-1].beats = min(room-land, longest)
	return out
}

// landing chooses the beat of the last syllable and the grid before it; grid 0 =
// the syllables fit none.
func (s *score) landing(n int, room float64) (land, grid float64) {
	best := math.Inf(1)
	for _, g := range []float64{1, .5, .25, .125} {
		for at := float64(s.plan.slot) / 2; at <= room-.25; at += .5 {
			units := at / g
			if units < float64(n-1) {
				continue
			}
			held := s.plan.seconds(room - at)
			cost := 2*max(0, .34-held)/.1 + .8*max(0, held-1.7)
			switch {
			case math.Mod(at, 1) != 0:
				cost += 1
			case math.Mod(at, 2) != 0:
				cost += .35
			}
			if n > 1 {
				each := s.plan.seconds(at) / float64(n-1)
				slack := units / float64(n-1)
				cost += 2.5*math.Abs(math.Log2(each/s.style.pace)) + 3*max(0, slack-2.5)
				cost += 200 * max(0, 1/MaxSyllableRate-each)
				// So many syllables must be one step of the grid apart.
				forced := max(0, 2-slack)
				cost += 12 * forced * max(0, shortNote-s.plan.seconds(g)) / shortNote
			}
			if g < .25 {
				cost += 2
			}
			if cost < best {
				best, land, grid = cost, at, g
			}
		}
	}
	return land, grid
}

// lay finds the grid positions of all syllables but the last, which stands at
// units, at the least cost.
func (s *score) lay(l verseLine, units int, grid float64) []int {
	n := len(l.syllables)
	if n == 1 {
		return nil
	}
	motif := draw(s.seed, "rhythm"+l.motif())
	var whim [64]float64 // the same bar wants the same steps in every line of the motif
	for i := range whim {
		whim[i] = motif.Float64()
	}
	mean := s.plan.seconds(float64(units)*grid) / float64(n-1)
	start := func(i, at int) float64 {
		beat := float64(at) * grid
		accent := 0.0
		if step := beat * 4; step == math.Floor(step) {
			accent = float64(s.style.accents[int(step)%16]-'0') / 9
		}
		cost := 1 - accent + .5*whim[int(beat*8)%len(whim)]
		if i == 0 || l.syllables[i-1].wordEnd {
			cost *= 1.5
		}
		if i == 0 {
			cost += 1.2 * beat // enter after the beat now and then
		}
		return cost
	}
	gap := func(i, steps int) float64 {
		seconds := s.plan.seconds(float64(steps) * grid)
		cost := .9*math.Abs(math.Log2(seconds/mean)) + 10*max(0, shortNote-seconds)/shortNote + 60*max(0, 1/MaxSyllableRate-seconds)
		if seconds > 1.5*mean && !l.syllables[i].wordEnd {
			cost += .6
		}
		return cost
	}
	return cheapest(n-1, units, start, gap)
}

// cheapest places n starts on 0 to units−1, in order, with start's cost for each
// and gap's for each distance; the last distance ends at units. It is a shortest path.
func cheapest(n, units int, start func(i, at int) float64, gap func(i, steps int) float64) []int {
	cost, next := make([][]float64, n), make([][]int, n)
	for i := n - 1; i >= 0; i-- {
		cost[i], next[i] = make([]float64, units), make([]int, units)
		for at := range units {
			cost[i][at] = math.Inf(1)
			if at < i || at > units-(n-i) {
				continue
			}
			best := math.Inf(1)
			if i == n-1 {
				best = gap(i, units-at)
			} else {
				for to := at + 1; to < units; to++ {
					if c := gap(i, to-at) + cost[i+1][to]; c < best {
						best, next[i][at] = c, to
					}
				}
			}
			cost[i][at] = start(i, at) + best
		}
	}
	first := 0
	for at := range units {
		if cost[0][at] < cost[0][first] {
			first = at
		}
	}
	out := make([]int, n)
	out[0] = first
	for i := 1; i < n; i++ {
		out[i] = next[i-1][out[i-1]]
	}
	return out
}

// motif names the musical idea of a line: the two lines of a pair share it, the
// third of four brings another.
func (l verseLine) motif() string {
	return fmt.Sprint(l.section, l.ordinal%4 == 2)
}
