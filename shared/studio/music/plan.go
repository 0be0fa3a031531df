package music

import (
	"math"

	"castad/shared/fault"
)

// plan is the song's form on a grid of beats: an introduction, one slot of equal
// length for every line, an instrumental break when there is time for one, an
// ending. Beat 0 is the song's start; bars are counted from the first line.
type plan struct {
	tempo   float64
	intro   int // beats
	slot    int // beats a line
	breakAt int // before this line; 0 = no break
	brk     int // beats of the break
	outro   int // beats
	beats   int
}

func (p plan) seconds(beat float64) float64 { return beat * 60 / p.tempo }

// start is the beat on which line i's slot begins.
func (p plan) start(i int) int {
	b := p.intro + i*p.slot
	if p.brk > 0 && i >= p.breakAt {
		b += p.brk
	}
	return b
}

// makePlan chooses the form that fits the length exactly with the most natural
// tempo and singing speed; the seed leans to the slower or the faster half of the
// style's tempos. Whether there is a form at all does not depend on the seed.
func makePlan(st style, lines []lineText, seconds int, seed int64) (plan, error) {
	most := 0
	for _, l := range lines {
		most = max(most, len(l.syllables))
	}
	wanted := st.slowest + (st.fastest-st.slowest)*(.3+.4*float64(choose(seed, "tempo", 2)))
	best, bestCost := plan{}, math.Inf(1)
	try := func(p plan) {
		p.beats = p.intro + len(lines)*p.slot + p.brk + p.outro
		p.tempo = float64(p.beats) * 60 / float64(seconds)
		if c := p.cost(st, wanted, len(lines), most, seconds); c < bestCost {
			best, bestCost = p, c
		}
	}
	for _, slot := range []int{2, 4, 6, 8, 12, 16} {
		for _, intro := range []int{2, 4, 8, 16} {
			for outro := 2; outro <= 16; outro++ {
				p := plan{intro: intro, slot: slot, outro: outro}
				try(p)
				for _, brk := range []int{4, 8, 16, 32} {
					if len(lines) >= 3 {
						p.brk, p.breakAt = brk, len(lines)/2
						try(p)
					}
				}
			}
		}
	}
	if rate := best.rate(most); rate > MaxSyllableRate {
		return best, fault.Newf(fault.CodeBadValue, "a line of %d syllables in %d seconds of song would need %.1f syllables a second; %.0f can be sung", most, seconds, rate, MaxSyllableRate).In("lines")
	}
	return best, nil
}

// rest is how many beats at the end of a slot stay free for breath.
func (p plan) rest() float64 {
	if p.slot <= 2 {
		return .25
	}
	return .5
}

// rate is how many syllables a second a line of n syllables needs.
func (p plan) rate(n int) float64 { return float64(n) / p.seconds(float64(p.slot)-p.rest()) }

func (p plan) cost(st style, wanted float64, lines, most, seconds int) float64 {
	cost := 0.0
	switch {
	case p.tempo < st.slowest:
		cost += 5 + 120*(st.slowest/p.tempo-1)
	case p.tempo > st.fastest:
		cost += 5 + 120*(p.tempo/st.fastest-1)
	default:
		cost += 9 * math.Abs(p.tempo-wanted) / (st.fastest - st.slowest)
	}
	rate := p.rate(most)
	cost += 12 * max(0, rate-1.25/st.pace)
	if rate > MaxSyllableRate {
		cost += 1e6 * rate // no taste outweighs what cannot be sung
	}
	cost += 5 * max(0, 2.6-rate)
	sung := p.seconds(float64(lines*p.slot)) / float64(seconds)
	cost += 12 * max(0, .78-sung)
	intro, outro, brk := p.seconds(float64(p.intro)), p.seconds(float64(p.outro)), p.seconds(float64(p.brk))
	cost += 6*max(0, 1.4-intro) + 2*max(0, intro-4.5)
	cost += 8*max(0, 1.8-outro) + 3*max(0, outro-4.5) + 1.5*max(0, brk-8)
	if p.slot%4 == 2 {
		cost += 1.5 // a line of a bar and a half is singable, not what one expects
	}
	if p.intro%4 != 0 {
		cost += .6
	}
	if p.brk > 0 {
		cost += 1
		if p.brk%4 != 0 || p.breakAt*p.slot%4 != 0 {
			cost += 3
		}
	}
	return cost
}
