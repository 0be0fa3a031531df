package music

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// tone is a note of the score; times are in beats.
type tone struct {
	start, beats float64
	pitch        int // MIDI
}

// sung is a tone with its syllable.
type sung struct {
	tone
	line int
	syl  syllable
}

// rangeOf returns the lowest and highest MIDI pitch that the voice sings.
func rangeOf(voice string) (low, high int) {
	if voice == "m" {
		return 46, 63 // B♭2–E♭4
	}
	return 57, 74 // A3–D5
}

// draw returns a random source that depends on the song's seed and a name only,
// so that no part's draws move another part's.
func draw(seed int64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// contours are the shapes of a phrase: heights at equal distances, −1 to 1.
var contours = map[string][][]float64{
	"verse": {{-.4, .1, .3, -.2}, {-.6, -.2, .2, .1}, {.1, .3, -.1, -.4}, {-.3, .4, 0, -.3}},
	"hook":  {{.3, .9, .6, .2}, {.9, .5, .8, .1}, {0, .6, 1, .4}, {.8, .8, .3, .5}},
	"call":  {{.4, .5, 0, -.5}, {.2, .7, .2, -.4}},
}

// melody gives every syllable its note.
func (s *score) melody(lines []lineText, voice string) []sung {
	var out []sung
	known := map[string][]sung{} // a hook's words keep their tune
	ordinal := 0
	for i, l := range lines {
		if i > 0 && lines[i-1].section == l.section {
			ordinal++
		} else {
			ordinal = 0
		}
		start := float64(s.plan.start(i))
		id := l.section + l.text
		if tune, ok := known[id]; ok && l.section == "hook" {
			for _, n := range tune {
				n.start, n.line = n.start-tune[0].start+start+math.Mod(tune[0].start, 1), i
				out = append(out, n)
			}
			continue
		}
		phrase := s.phrase(l, i, ordinal, start, voice, i == len(lines)-1)
		known[id] = phrase
		out = append(out, phrase...)
	}
	return out
}

// phrase sets one line to music.
func (s *score) phrase(l lineText, index, ordinal int, start float64, voice string, final bool) []sung {
	n := len(l.syllables)
	times := s.rhythm(l, ordinal, start)
	// Verses alternate between two contours, so that the third answers the first.
	rng := draw(s.seed, l.section+string(rune('a'+ordinal%2)))
	shapes := contours[l.section]
	shape := shapes[rng.IntN(len(shapes))]
	jitter := make([]float64, 32)
	for i := range jitter {
		jitter[i] = (rng.Float64() - .5) * .5
	}
	low, high := rangeOf(voice)
	centre := float64(low+high) / 2
	reach := float64(s.style.spread) * .9
	out := make([]sung, n)
	before := 0
	for i := range n {
		at := 0.0
		if n > 1 {
			at = float64(i) / float64(n-1) * float64(len(shape)-1)
		}
		k := min(int(at), len(shape)-2)
		height := shape[k] + (shape[k+1]-shape[k])*(at-float64(k)) + jitter[i%len(jitter)]
		c := s.chordAt(times[i].start)
		strong := math.Mod(times[i].start-start, 1) == 0 || i == n-1
		pitch := s.nearest(centre+height*reach, low, high, before, func(p int) bool { return !strong || c.has(s.key, p) })
		if i == n-1 && final { // home
			pitch = s.nearest(float64(before), low, high, before, func(p int) bool { return (p-s.key.tonic)%12 == 0 })
		}
		t := times[i]
		t.pitch, before = pitch, pitch
		out[i] = sung{tone: t, line: index, syl: l.syllables[i]}
	}
	return out
}

// nearest returns the scale note within the range and within a fifth of the
// note before it that is closest to the target and allowed.
func (s *score) nearest(target float64, low, high, before int, allowed func(int) bool) int {
	best, bestDistance := 0, math.Inf(1)
	for _, strict := range []bool{true, false} {
		for p := low; p <= high; p++ {
			if !s.inScale(p) && !(strict && allowed(p)) || strict && !allowed(p) {
				continue
			}
			d := math.Abs(float64(p) - target)
			if before > 0 {
				leap := p - before
				if leap < 0 {
					leap = -leap
				}
				d += 4*float64(max(0, leap-7)) + .25*float64(leap)
			}
			if d < bestDistance {
				best, bestDistance = p, d
			}
		}
		if best > 0 {
			return best
		}
	}
	return low
}

func (s *score) inScale(p int) bool {
	for _, n := range s.scale {
		if (p-s.key.tonic-n)%12 == 0 {
			return true
		}
	}
	return false
}

// rhythm places the syllables of a line on a grid inside its slot: even steps
// first, then the time that is left over goes to the last syllable and to ends
// of words.
func (s *score) rhythm(l lineText, ordinal int, start float64) []tone {
	n := len(l.syllables)
	room := float64(s.plan.slot) - s.plan.rest()
	grid, units := s.grid(n, room)
	rng := draw(s.seed, "rhythm"+l.section+string(rune('a'+ordinal%2)))
	length := make([]int, n)
	for i := range length {
		length[i] = 1
	}
	// Not slower than a half note's worth of grid per syllable on average.
	left := min(units-n, n+2)
	give := func(i, most int) {
		if left > 0 && length[i] < most {
			length[i]++
			left--
		}
	}
	give(n-1, 2)
	give(n-1, 3)
	for i := range n - 1 {
		if l.syllables[i].wordEnd && rng.IntN(3) > 0 {
			give(i, 2)
		}
	}
	give(n-1, 4)
	for i := range n - 1 {
		if l.syllables[i].wordEnd {
			give(i, 2)
		}
	}
	offset := 0
	if left >= 2 && n < units-2 {
		offset = rng.IntN(2) // enter after the beat now and then
		left -= offset
	}
	for i := 0; i < n-1 && left > n/2; i += 2 {
		give(i, 2)
	}
	give(n-1, 6)
	give(n-1, 6)
	out := make([]tone, n)
	at := offset
	for i := range n {
		out[i] = tone{start: start + float64(at)*grid, beats: float64(length[i]) * grid}
		at += length[i]
	}
	return out
}

// grid returns the step in beats on which n syllables fit the room, and how many steps there are.
func (s *score) grid(n int, room float64) (step float64, units int) {
	for _, step = range []float64{1, .5, .25, .125} {
		units = int(room/step + 1e-9)
		if units >= n && s.plan.seconds(step) <= .52 {
			return step, units
		}
	}
	// The plan has checked the rate: an odd count gets its own even division.
	return room / float64(n), n
}
