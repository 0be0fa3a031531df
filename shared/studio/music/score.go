package music

import "math"

// score is the whole song on paper.
type score struct {
	seed   int64
	style  style
	plan   plan
	key    key
	scale  []int
	bars   []bar
	vocals []sung
}

// bar is a stretch of the song with one chord; usually four beats.
type bar struct {
	start, beats float64
	chord        chord
	section      string // intro, verse, hook, call, break, outro
	first        bool   // the section starts here
	last         bool   // the section ends here
}

func compose(o Order, lines []lineText) (*score, error) {
	st := styles[o.Genre]
	p, err := makePlan(st, lines, o.Seconds)
	if err != nil {
		return nil, err
	}
	s := &score{seed: o.Seed, style: st, plan: p}
	rng := draw(o.Seed, "key"+o.Genre)
	s.key = key{tonic: rng.IntN(12), minor: rng.IntN(10) < minorChance(o.Genre, o.Mood)}
	s.scale = s.key.scale(st.pentatonic)
	s.harmonise(lines)
	s.vocals = s.melody(lines, o.Voice)
	return s, nil
}

// harmonise lays the chords: a run of lines of one section starts its
// progression anew, so that a hook comes back over the same chords.
func (s *score) harmonise(lines []lineText) {
	h := s.style.major
	if s.key.minor {
		h = s.style.minor
	}
	rng := draw(s.seed, "harmony")
	verse := s.key.progression(h.verse[rng.IntN(len(h.verse))])
	hook := s.key.progression(h.hook[rng.IntN(len(h.hook))])
	of := func(section string) []chord {
		if section == "hook" || section == "break" || section == "intro" {
			return hook
		}
		return verse
	}
	run := func(section string, from, beats int) {
		prog := of(section)
		if section == "intro" && beats < 4*len(prog) { // a short introduction ends as the progression ends
			prog = prog[len(prog)-(beats+3)/4:]
		}
		first := len(s.bars)
		for at := 0; at < beats; at += 4 {
			s.bars = append(s.bars, bar{start: float64(from + at), beats: float64(min(4, beats-at)), chord: prog[at/4%len(prog)], section: section})
		}
		if len(s.bars) > first {
			s.bars[first].first, s.bars[len(s.bars)-1].last = true, true
		}
	}
	run("intro", 0, s.plan.intro)
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && lines[j].section == lines[i].section && !(s.plan.brk > 0 && j == s.plan.breakAt) {
			j++
		}
		if s.plan.brk > 0 && i == s.plan.breakAt {
			run("break", s.plan.start(i)-s.plan.brk, s.plan.brk)
		}
		run(lines[i].section, s.plan.start(i), (j-i)*s.plan.slot)
		i = j
	}
	run("outro", s.plan.beats-s.plan.outro, s.plan.outro)
	for i := range s.bars { // the ending rests on the tonic
		if s.bars[i].section == "outro" {
			s.bars[i].chord = s.key.chordOf(map[bool]string{true: "i", false: "I"}[s.key.minor])
		}
	}
}

func (s *score) chordAt(beat float64) chord {
	for i := len(s.bars) - 1; i >= 0; i-- {
		if s.bars[i].start <= beat+1e-9 {
			return s.bars[i].chord
		}
	}
	return s.bars[0].chord
}

// groove returns the drum pattern for a section.
func (s *score) groove(section string) groove {
	switch section {
	case "hook", "break", "call":
		return s.style.hook
	}
	return s.style.verse
}

// swung returns the beat of a sixteenth step with the style's swing.
func (s *score) swung(bar bar, step int) float64 {
	at := bar.start + float64(step)/4
	if step%2 == 1 {
		at += s.style.swing / 4
	}
	return at
}

// sample returns the sample index of a beat.
func (s *score) sample(beat float64) int { return int(math.Round(s.plan.seconds(beat) * Rate)) }
