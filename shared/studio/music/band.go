package music

import "math"

// bassline plays the bass: the groove's steps on the chord's root, 5 on its fifth.
func (s *score) bassline(out stereo) {
	for _, b := range s.bars {
		steps := s.groove(b.section).bass
		root := b.chord.voicing(s.key, 33)[0] // A1 up
		for step := 0; step < len(steps) && step < int(b.beats*4); step++ {
			if steps[step] == '.' || b.section == "outro" && b.last && step > 0 {
				continue
			}
			length := 1
			for step+length < min(len(steps), int(b.beats*4)) && steps[step+length] == '.' {
				length++
			}
			if b.section == "outro" && b.last {
				length = int(b.beats * 4)
			}
			pitch, gain := root, 1.0
			switch steps[step] {
			case '5':
				pitch += 7
				if pitch > 45 {
					pitch -= 12
				}
			case 'o':
				gain = .6
			}
			from := s.sample(s.swung(b, step))
			n := int(s.plan.seconds(float64(length)/4)*Rate*.92) + 1
			s.bassNote(out, from, n, float64(pitch), gain)
		}
	}
}

func (s *score) bassNote(out stereo, at, n int, pitch, gain float64) {
	f := hz(pitch)
	var lp, lp2 onePole
	o := saw{}
	phase := 0.0
	rel := int(.03 * Rate)
	for i := range n + rel {
		t := float64(i) / Rate
		v := 0.0
		switch s.style.bass {
		case "808":
			phase += f * (1 + .8*math.Exp(-t*45)) / Rate
			v = math.Tanh(1.9*sine(phase)) * math.Exp(-t*1.1)
		case "saw":
			phase += f / Rate
			c := coefficientFast(260 + 900*math.Exp(-t*14))
			v = lp2.low(lp.low(o.next(f/Rate), c), c)*1.2 + .55*sine(phase)
		case "upright":
			phase += f / Rate
			v = (sine(phase) + .45*sine(2*phase)*math.Exp(-t*7) + .2*sine(3*phase)*math.Exp(-t*11)) * math.Exp(-t*2.6)
		default:
			phase += f / Rate
			v = (sine(phase) + .3*sine(2*phase)*math.Exp(-t*4)) * math.Exp(-t*1.2)
		}
		env := min(1, t/.006)
		if i > n {
			env *= 1 - float64(i-n)/float64(rel)
		}
		out.add(at+i, v*env*gain*.7, 1, 1)
	}
}

// comping plays the chords in the style's rhythm.
func (s *score) comping(out stereo) {
	rng := draw(s.seed, "chords")
	for _, b := range s.bars {
		steps := s.groove(b.section).chords
		notes := b.chord.voicing(s.key, 57)
		n := 0
		for step := 0; step < len(steps) && step < int(b.beats*4); step++ {
			if steps[step] == '.' || b.section == "outro" && b.last && step > 0 && !s.arpeggio() {
				continue
			}
			length := 1
			for step+length < min(len(steps), int(b.beats*4)) && steps[step+length] == '.' {
				length++
			}
			gain := map[byte]float64{'x': 1, 'o': .6}[steps[step]] * (.9 + .15*rng.Float64())
			at := s.sample(s.swung(b, step))
			samples := int(s.plan.seconds(float64(length)/4) * Rate)
			if b.section == "outro" && b.last {
				samples = int(s.plan.seconds(b.beats) * Rate)
			}
			s.strike(out, at, samples, notes, n, gain)
			n++
		}
	}
}

// arpeggio reports whether the chords are broken rather than struck.
func (s *score) arpeggio() bool { return s.style.chords == "piano" }

// strike plays a chord as the instrument does: broken by the piano, strummed by the guitar, at once by the others.
func (s *score) strike(out stereo, at, samples int, notes []int, n int, gain float64) {
	name := s.style.chords
	switch name {
	case "piano":
		up := []int{0, 1, 2, 1, 0, 2, 1, 2}
		note := notes[up[n%len(up)]%len(notes)]
		if n%4 == 0 { // the left hand
			s.play(out, name, at, samples*3, float64(notes[0]-12), gain*.9, -.25)
		}
		if n%8 == 4 {
			note += 12
		}
		s.play(out, name, at, samples*2, float64(note), gain, .2)
	case "guitar":
		full := append(append([]int{}, notes...), notes[0]+12)
		for i, p := range full {
			k := i
			if n%2 == 1 { // the up-stroke starts with the high strings
				k = len(full) - 1 - i
			}
			s.play(out, name, at+k*Rate/90, samples*2, float64(p), gain*.8, -.3+.2*float64(i))
		}
	default:
		if name == "accordion" {
			samples = int(float64(samples) * .45)
		}
		for i, p := range notes {
			s.play(out, name, at, samples, float64(p), gain, -.35+.3*float64(i))
		}
	}
}

// padding holds the chords with detuned saws behind everything.
func (s *score) padding(out stereo) {
	for _, b := range s.bars {
		at, n := s.sample(b.start), s.sample(b.start+b.beats)-s.sample(b.start)
		rise, fall := int(.18*Rate), int(.3*Rate)
		if b.section == "outro" && b.last {
			n, fall = len(out.l)-at, 1
		}
		cut := coefficient(1500)
		if b.section == "hook" {
			cut = coefficient(2600)
		}
		for k, p := range b.chord.voicing(s.key, 52) {
			f := hz(float64(p))
			osc := [3]saw{{.1 * float64(k)}, {.37 + .07*float64(k)}, {.71}}
			var l1, l2, r1, r2 onePole
			for i := range n + fall {
				env := min(1, float64(i)/float64(rise))
				if i > n {
					env *= 1 - float64(i-n)/float64(fall)
				}
				mid := osc[0].next(f / Rate)
				l := l2.low(l1.low(mid+osc[1].next(f*1.006/Rate), cut), cut)
				r := r2.low(r1.low(mid+osc[2].next(f*.994/Rate), cut), cut)
				if j := at + i; j < len(out.l) {
					out.l[j] += float32(l * env * .3)
					out.r[j] += float32(r * env * .3)
				}
			}
		}
	}
}

// leads plays the hook's tune where nobody sings: introduction, break, ending
// and longer rests; all through when there is no lyric.
func (s *score) leads(out stereo) {
	tune := s.leadTune()
	for _, b := range s.bars {
		if b.section != "intro" && b.section != "break" {
			continue
		}
		for _, t := range tune {
			if t.start >= b.beats {
				continue
			}
			pitch := s.nearest(float64(t.pitch), 65, 86, 0, func(p int) bool { return b.chord.has(s.key, p) || math.Mod(t.start, 1) != 0 })
			s.leadNote(out, b.start+t.start, min(t.beats, b.beats-t.start), pitch)
		}
	}
	for i := range s.vocals { // answer the singer in rests of two beats and more
		end := s.vocals[i].start + s.vocals[i].beats
		next := float64(s.plan.beats - s.plan.outro)
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
			pitch := s.nearest(float64(s.vocals[i].pitch+12-2*k), 65, 86, 0, func(p int) bool { return s.chordAt(at).has(s.key, p) })
			s.leadNote(out, at, .5, pitch)
		}
	}
}

func (s *score) inBreak(beat float64) bool {
	if s.plan.brk == 0 {
		return false
	}
	start := float64(s.plan.start(s.plan.breakAt) - s.plan.brk)
	return beat >= start-2 && beat < start+float64(s.plan.brk)
}

func (s *score) leadNote(out stereo, beat, beats float64, pitch int) {
	at := s.sample(beat)
	s.play(out, s.style.lead, at, int(s.plan.seconds(beats)*Rate*.9), float64(pitch), .8, .12)
}

// leadTune is four beats of tune: the hook's first bar when there is one, else a drawn figure.
func (s *score) leadTune() []tone {
	for i, v := range s.vocals {
		if s.bars[s.barAt(v.start)].section != "hook" {
			continue
		}
		var out []tone
		for _, n := range s.vocals[i:] {
			if at := n.start - v.start; at < 4 && n.line == v.line {
				t := n.tone
				t.start, t.pitch = at, t.pitch+12
				out = append(out, t)
			}
		}
		return out
	}
	rng := draw(s.seed, "lead")
	var out []tone
	at, p := 0.0, 76
	for at < 4 {
		beats := []float64{.5, .5, 1, 1.5}[rng.IntN(4)]
		beats = min(beats, 4-at)
		p += rng.IntN(7) - 3
		p = max(67, min(84, p))
		out = append(out, tone{at, beats, p})
		at += beats
	}
	return out
}

func (s *score) barAt(beat float64) int {
	for i := len(s.bars) - 1; i > 0; i-- {
		if s.bars[i].start <= beat+1e-9 {
			return i
		}
	}
	return 0
}
