package music

import (
	"math"
	"slices"
)

// score is the whole song on paper.
type score struct {
	seed    int64
	style   style
	plan    plan
	key     key
	scale   []int
	verse   groove // the ones of the style that the seed picked
	hook    groove
	bars    []bar
	changes []change
	vocals  []sung
	solo    []sung // the tune of an instrumental, for the lead
}

// bar is a stretch of the song with one groove; usually four beats.
type bar struct {
	start, beats float64
	section      string // intro, verse, hook, call, break, outro
	first        bool   // the section starts here
	last         bool   // the section ends here
	leads        bool   // the next bar begins a hook or a break: a fill leads there
}

func (b bar) end() float64 { return b.start + b.beats }

// change is a chord and the beat on which it begins.
type change struct {
	start float64
	chord chord
}

// role is how a line ends: it asks (rests away from the tonic), answers (comes
// to rest in the tonic's chord), or ends a hook or the song (on the tonic itself).
type role uint8

const (
	asks role = iota
	answers
	ends
)

// verseLine is a line in its place: where in its run it stands, how it ends,
// and when its syllables are sung.
type verseLine struct {
	lineText
	index   int // of the order
	start   float64
	ordinal int // in its run of lines of one section
	role    role
	times   []tone // without pitches
}

func compose(o Order, lines []lineText) (*score, error) {
	st := styles[o.Genre]
	wordless := len(lines) == 0
	if wordless {
		lines = wordlessLines(o)
	}
	p, err := makePlan(st, lines, o.Seconds, o.Seed)
	if err != nil {
		return nil, err
	}
	s := &score{seed: o.Seed, style: st, plan: p}
	s.key = key{tonic: choose(o.Seed, "tonic", 12), minor: draw(o.Seed, "mode"+o.Genre).IntN(10) < minorChance(o.Genre, o.Mood)}
	s.scale = st.majorScale
	if s.key.minor {
		s.scale = st.minorScale
	}
	s.verse = st.verse[choose(o.Seed, "verse groove", len(st.verse))]
	s.hook = st.hook[choose(o.Seed, "hook groove", len(st.hook))]
	placed := s.place(lines)
	s.harmonise(placed)
	tune := s.melody(placed, o.Voice)
	if wordless {
		s.solo = tune
	} else {
		s.vocals = tune
	}
	return s, nil
}

// wordlessLines are the phrases of an instrumental: it has the form of a song,
// and the lead plays what would be sung.
func wordlessLines(o Order) []lineText {
	out := make([]lineText, max(4, o.Seconds/8*2))
	for i := range out {
		section := "verse"
		if i%4 >= 2 {
			section = "hook"
		}
		n := 6 + draw(o.Seed, section+"phrase").IntN(3)
		out[i] = lineText{section: section, text: section, syllables: make([]syllable, n)}
		for k := range out[i].syllables {
			out[i].syllables[k].wordEnd = k%2 == 1
		}
	}
	return out
}

// place gives every line its slot, its role and its rhythm. Lines of one section
// stand in pairs: the first asks, the second answers. A verse of one line asks,
// for the hook to answer; every other run ends with an answer.
func (s *score) place(lines []lineText) []verseLine {
	out := make([]verseLine, len(lines))
	for i, l := range lines {
		v := verseLine{lineText: l, index: i, start: float64(s.plan.start(i))}
		if i > 0 && s.sameRun(lines, i) {
			v.ordinal = out[i-1].ordinal + 1
		}
		lastOfRun := i+1 == len(lines) || !s.sameRun(lines, i+1)
		switch {
		case i+1 == len(lines), lastOfRun && l.section == "hook":
			v.role = ends
		case lastOfRun && v.ordinal == 0 && l.section == "verse":
			v.role = asks
		case lastOfRun || v.ordinal%2 == 1:
			v.role = answers
		}
		v.times = s.rhythm(v)
		out[i] = v
	}
	return out
}

// sameRun reports whether line i goes on with the section of the line before.
func (s *score) sameRun(lines []lineText, i int) bool {
	return lines[i-1].section == lines[i].section && !(s.plan.brk > 0 && i == s.plan.breakAt)
}

// harmonise lays bars and chords: a run of lines of one section starts its
// progression anew, so that a hook comes back over the same chords.
func (s *score) harmonise(lines []verseLine) {
	h := s.style.major
	if s.key.minor {
		h = s.style.minor
	}
	verse := s.key.progression(h.verse[choose(s.seed, "verse chords", len(h.verse))])
	hook := s.key.progression(h.hook[choose(s.seed, "hook chords", len(h.hook))])
	intro := hook
	if n := (s.plan.intro + 3) / 4; n < len(hook) { // a short introduction ends as the progression ends
		intro = hook[len(hook)-n:]
	}
	s.run("intro", 0, s.plan.intro, intro)
	for i := 0; i < len(lines); {
		j := i + 1
		for j < len(lines) && lines[j].ordinal > 0 {
			j++
		}
		if s.plan.brk > 0 && i == s.plan.breakAt {
			s.run("break", s.plan.start(i)-s.plan.brk, s.plan.brk, hook)
		}
		prog := verse
		if lines[i].section == "hook" {
			prog = hook
		}
		s.run(lines[i].section, s.plan.start(i), (j-i)*s.plan.slot, prog)
		for _, l := range lines[i:j] {
			s.cadence(l, h)
		}
		i = j
	}
	s.outro(h)
	slices.SortStableFunc(s.changes, func(a, b change) int { return int(math.Round(8 * (a.start - b.start))) })
	for i := range s.bars[:len(s.bars)-1] {
		next := s.bars[i+1]
		s.bars[i].leads = s.bars[i].last && s.bars[i].section != "intro" && (next.section == "hook" || next.section == "break")
	}
}

// outro lays the bars of the ending: its chords fall to the tonic, which has the
// last bar, of 2 to 5 beats.
func (s *score) outro(h harmony) {
	from := s.plan.beats - s.plan.outro
	bars := max(1, (s.plan.outro+2)/4)
	last := 4 * (bars - 1)
	if bars > 1 {
		prog := []chord{s.key.chordOf(h.asks)}
		if bars > 2 {
			prog = append([]chord{s.key.tonicChord()}, prog...)
		}
		if bars > 3 {
			prog = append(prog[:1:1], prog...)
		}
		s.run("outro", from, last, prog)
	}
	s.bars = append(s.bars, bar{start: float64(from + last), beats: float64(s.plan.outro - last), section: "outro", first: bars == 1, last: true})
	s.changes = append(s.changes, change{float64(from + last), s.key.tonicChord()})
}

// run lays the bars of one section and the chords of its progression.
func (s *score) run(section string, from, beats int, prog []chord) {
	first := len(s.bars)
	for at := 0; at < beats; at += 4 {
		s.bars = append(s.bars, bar{start: float64(from + at), beats: float64(min(4, beats-at)), section: section})
		s.changes = append(s.changes, change{float64(from + at), prog[at/4%len(prog)]})
	}
	if len(s.bars) > first {
		s.bars[first].first, s.bars[len(s.bars)-1].last = true, true
	}
}

// cadence puts the chord that a line's role asks for under its last syllable,
// from the half bar in which that begins to the end of the line's slot.
func (s *score) cadence(l verseLine, h harmony) {
	name := h.answers
	if l.role == asks {
		if s.plan.slot < 4 {
			return // two beats are too short for a chord of their own on the way
		}
		name = h.asks
	}
	from := 2 * math.Floor((l.times[len(l.times)-1].start-l.start)/2)
	if s.plan.slot < 4 {
		from = math.Floor(l.times[len(l.times)-1].start - l.start)
	}
	from += l.start
	end := l.start + float64(s.plan.slot)
	s.changes = slices.DeleteFunc(s.changes, func(c change) bool { return c.start >= from && c.start < end })
	s.changes = append(s.changes, change{from, s.key.chordOf(name)})
}

func (s *score) chordAt(beat float64) chord {
	at := 0
	for i, c := range s.changes {
		if c.start <= beat+1e-9 {
			at = i
		}
	}
	return s.changes[at].chord
}

// nextChange returns the beat at which the chord that sounds at beat ends.
func (s *score) nextChange(beat float64) float64 {
	for _, c := range s.changes {
		if c.start > beat+1e-9 {
			return c.start
		}
	}
	return float64(s.plan.beats)
}

func (s *score) barAt(beat float64) int {
	for i := len(s.bars) - 1; i > 0; i-- {
		if s.bars[i].start <= beat+1e-9 {
			return i
		}
	}
	return 0
}

// groove returns the pattern of a section.
func (s *score) groove(section string) groove {
	switch section {
	case "hook", "break", "call":
		return s.hook
	case "intro", "outro":
		return s.style.intro
	}
	return s.verse
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
