package music

import (
	"fmt"
	"math"
	"strings"
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

// hookHeadroom is how many semitones at the top of the range are the hook's
// alone. It is wider than the widest step of any scale, so that the hook finds
// a note up there in every key.
const hookHeadroom = 5

// melody gives every syllable its note.
func (s *score) melody(lines []verseLine, voice string) []sung {
	var out []sung
	known := map[string][]sung{} // a hook's words keep their tune over the same chords
	for _, l := range lines {
		id := s.identity(l)
		var phrase []sung
		if tune, ok := known[id]; ok && l.section == "hook" {
			moved := l.start - lines[tune[0].line].start
			for _, n := range tune {
				n.start, n.line = n.start+moved, l.index
				phrase = append(phrase, n)
			}
		} else {
			before := 0
			if len(out) > 0 {
				before = out[len(out)-1].pitch
			}
			phrase = s.phrase(l, voice, before)
			known[id] = phrase
		}
		out = append(out, phrase...)
	}
	return out
}

// identity is equal for lines that are sung to the same tune.
func (s *score) identity(l verseLine) string {
	var id strings.Builder
	fmt.Fprint(&id, l.section, l.text, l.role, l.motif())
	for _, t := range l.times {
		fmt.Fprint(&id, t.start-l.start, s.chordAt(t.start))
	}
	return id.String()
}

// phrase sets one line to music: it follows the motif's contour, keeps to the
// chord on strong beats, and ends as its role wants.
func (s *score) phrase(l verseLine, voice string, before int) []sung {
	low, high := rangeOf(voice)
	t := tune{s: s, line: l, low: low, high: high, before: before, heights: s.heights(l, low, high), climax: -1}
	switch l.section {
	case "hook":
		t.climax = climax(l.times, t.heights)
	default:
		t.high = high - hookHeadroom
	}
	pitches := t.solve()
	out := make([]sung, len(pitches))
	for i, p := range pitches {
		n := l.times[i]
		n.pitch = p
		out[i] = sung{tone: n, line: l.index, syl: l.syllables[i]}
	}
	return out
}

// contours are the shapes of the first part of a phrase: heights at equal
// distances, −1 to 1. The role adds the rest.
var contours = map[string][][]float64{
	"verse": {{-.5, 0, .4}, {.2, -.2, .3}, {-.7, -.1, .1}, {.4, .1, -.2}},
	"hook":  {{.2, .9, .6}, {.8, .5, 1}, {0, .5, 1}, {.6, 1, .3}},
	"call":  {{.3, .5, .2}, {.6, .2, .5}},
}

// endings are the heights towards which a line of each role moves.
var endings = map[role][]float64{asks: {.35, .2}, answers: {0, -.55}, ends: {-.1, -.5}}

// heights returns the pitch that the contour wants at each syllable.
func (s *score) heights(l verseLine, low, high int) []float64 {
	shapes := contours[l.section]
	shape := append(append([]float64{}, shapes[choose(s.seed, "contour"+l.motif(), len(shapes))]...), endings[l.role]...)
	whim := draw(s.seed, "melody"+l.motif())
	centre := float64(low) + .38*float64(high-low)
	if l.section != "verse" {
		centre = float64(low) + .55*float64(high-low)
	}
	if l.section == "verse" && l.ordinal%4 == 2 {
		centre += 2 // the third line lifts
	}
	first, last := l.times[0].start, l.times[len(l.times)-1].start
	out := make([]float64, len(l.times))
	for i, t := range l.times {
		at := 0.0
		if last > first {
			at = (t.start - first) / (last - first) * float64(len(shape)-1)
		}
		k := min(int(at), len(shape)-2)
		h := shape[k] + (shape[k+1]-shape[k])*(at-float64(k))
		out[i] = centre + s.style.reach*(h+.35*(whim.Float64()-.5))
	}
	return out
}

// climax is the syllable that carries the hook's highest note: a long or strong
// one where the contour is high, never the first or the last where there are others.
func climax(times []tone, heights []float64) int {
	best, most := 0, math.Inf(-1)
	for i, t := range times {
		value := heights[i] + 1.5*min(2, t.beats)
		if math.Mod(t.start, 1) == 0 {
			value++
		}
		if (i == 0 || i == len(times)-1) && len(times) > 2 {
			value -= 12
		}
		if value > most {
			best, most = i, value
		}
	}
	return best
}
