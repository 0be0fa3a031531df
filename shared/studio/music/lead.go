package music

import (
	"math"
	"slices"
)

// The range of the lead instrument, MIDI.
const lowestLead, highestLead = 65, 86

// leads plays the hook's tune where nobody sings: introduction, break and ending;
// it answers the singer in longer rests, and has the tune when there is no lyric.
func (s *score) leads() []note {
	tune := s.leadTune()
	var out []note
	top := 0
	for _, n := range s.solo {
		top = max(top, n.pitch)
	}
	for _, n := range s.solo {
		out = append(out, s.leadNote(n.start, n.beats, n.pitch+(highestLead-top)/12*12))
	}
	for _, b := range s.bars {
		if b.section != "intro" && b.section != "break" {
			continue
		}
		for _, t := range tune {
			if t.start >= b.beats {
				continue
			}
			at := b.start + t.start
			c := s.chordAt(at)
			pitch := s.nearest(float64(t.pitch), lowestLead, highestLead, func(p int) bool { return c.has(s.key, p) || math.Mod(t.start, 1) != 0 })
			out = append(out, s.leadNote(at, min(t.beats, b.beats-t.start), pitch))
		}
	}
	out = append(out, s.replies()...)
	for i, b := range s.bars { // the last word: home, from the fifth above
		if s.final(b) && i > 0 {
			home := s.nearest(74, lowestLead, highestLead, func(p int) bool { return mod12(p-s.key.tonic) == 0 })
			out = append(out, s.leadNote(b.start, b.beats, home))
		}
	}
	return out
}

// replies answers the singer in rests of two beats and more, walking down the
// chord from an octave above the last sung note.
func (s *score) replies() []note {
	var out []note
	for i, v := range s.vocals {
		end := v.start + v.beats
		next := s.bars[len(s.bars)-1].start
		if i+1 < len(s.vocals) {
			next = s.vocals[i+1].start
		}
		if s.inBreak(end) {
			continue
		}
		for k, at := 0, math.Ceil(end+.5); at+1 <= next && k < 6; k, at = k+1, at+.5 {
			if k%4 == 3 {
				continue
			}
			c := s.chordAt(at)
			pitch := s.nearest(float64(v.pitch+12-2*k), lowestLead, highestLead, func(p int) bool { return c.has(s.key, p) })
			out = append(out, s.leadNote(at, .5, pitch))
		}
	}
	return out
}

func (s *score) inBreak(beat float64) bool {
	if s.plan.brk == 0 {
		return false
	}
	start := float64(s.plan.start(s.plan.breakAt) - s.plan.brk)
	return beat >= start-2 && beat < start+float64(s.plan.brk)
}

func (s *score) leadNote(beat, beats float64, pitch int) note {
	return note{tone: tone{beat, beats * .92, pitch}, velocity: .85, position: .12}
}

// leadTune is four beats of tune: the hook's first bar, or the first line's.
func (s *score) leadTune() []tone {
	tune := append(append([]sung{}, s.vocals...), s.solo...)
	first := max(0, slices.IndexFunc(tune, func(v sung) bool { return s.bars[s.barAt(v.start)].section == "hook" }))
	var out []tone
	top := 0
	for _, n := range tune[first:] {
		at := n.start - tune[first].start
		if at >= 4 || n.line != tune[first].line {
			break
		}
		top = max(top, n.pitch)
		out = append(out, tone{at, n.beats, n.pitch})
	}
	up := (highestLead - top) / 12 * 12 // as high as the instrument goes, by octaves
	for i := range out {
		out[i].pitch += up
	}
	return out
}
