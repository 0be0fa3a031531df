package music

import "math"

// note is one note of the band: the tone as written and how it is played.
type note struct {
	tone
	velocity float64 // 0 to 1
	position float64 // −1 left to 1 right
	late     float64 // seconds after its beat: a strum, a hand
}

// part is what one player of the band has to play.
type part struct {
	name       string // the stem
	instrument string
	notes      []note
}

// beat is one stroke of a drum.
type beat struct {
	drum     string
	at       float64 // beats
	velocity float64
}

// arrangement is all that the band plays. It is what the score says, in notes:
// our instruments render it, and a test writes it as MIDI for others.
type arrangement struct {
	drums []beat
	parts []part
}

func (s *score) arrange() arrangement {
	return arrangement{
		drums: s.drums(),
		parts: []part{
			{"bass", s.style.bass, s.bassline()},
			{"chords", s.style.chords, s.comping()},
			{"pad", "pad", s.padding()},
			{"lead", s.style.lead, s.leads()},
			{"colour", s.style.colour, s.colours()},
		},
	}
}

// strike is one character of a groove's row where it sounds.
type strike struct {
	step   int
	what   byte
	length int // steps until the next one or the bar's end
}

// strikes reads a row for a bar: the part of it that the bar has time for. A
// bar that leads somewhere plays the style's fill instead; a shorter bar its end.
func (b bar) strikes(row string) []strike {
	n := min(len(row), int(b.beats*4))
	if b.leads {
		row = row[len(row)-n:]
	}
	var out []strike
	for step := range n {
		if row[step] == '.' {
			continue
		}
		length := 1
		for step+length < n && row[step+length] == '.' {
			length++
		}
		out = append(out, strike{step, row[step], length})
	}
	return out
}

// loud reads a stroke's character as a velocity.
func loud(what byte) float64 {
	switch {
	case what == 'o':
		return .5
	case what >= '1' && what <= '9':
		return float64(what-'0') / 9
	}
	return .9
}

// pattern returns the groove that a bar plays.
func (s *score) pattern(b bar) groove {
	if b.leads {
		return s.style.fill
	}
	return s.groove(b.section)
}

// final reports whether the bar is the song's last, which rings on one stroke.
func (s *score) final(b bar) bool { return b.end() >= float64(s.plan.beats) }

// bassline plays the groove's steps on the root of the chord that sounds there.
func (s *score) bassline() []note {
	var out []note
	for _, b := range s.bars {
		if s.final(b) {
			out = append(out, note{tone: tone{b.start, b.beats, s.root(b.start)}, velocity: .95})
			continue
		}
		for _, k := range b.strikes(s.pattern(b).bass) {
			at := s.swung(b, k.step)
			root := s.root(at)
			pitch, velocity := root, .9
			switch k.what {
			case '5':
				pitch = root + 7
				if pitch > 47 {
					pitch -= 12
				}
			case '8':
				pitch = root + 12
			case 'a':
				pitch = s.approach(at, root)
			case 'o':
				velocity = .55
			}
			beats := float64(k.length) / 4
			if next := s.nextChange(at); at+beats > next && next > at { // the chord changes under the note: so does the bass
				if rest := at + beats - next; rest >= .25 {
					out = append(out, note{tone: tone{next, rest, s.root(next)}, velocity: velocity})
				}
				beats = next - at
			}
			out = append(out, note{tone: tone{at, beats * .94, pitch}, velocity: velocity})
		}
	}
	return out
}

// root is the pitch of the chord's root between A1 and G♯2.
func (s *score) root(beat float64) int { return 33 + mod12(s.key.tonic+s.chordAt(beat).root-33) }

// approach is the note of the scale beside the root of the chord that comes
// next, on the side of the one that sounds now.
func (s *score) approach(beat float64, root int) int {
	next := s.root(s.nextChange(beat))
	step := 1
	if next > root {
		step = -1
	}
	for p := next + step; ; p += step {
		if s.inScale(p) {
			return p
		}
	}
}

// comping plays the chords in the style's rhythm.
func (s *score) comping() []note {
	var out []note
	hand := draw(s.seed, "chords")
	var before []int
	for _, b := range s.bars {
		row := s.pattern(b).chords
		if s.final(b) {
			row = "x..............."
			if s.style.chords == "piano" {
				row = "x.o.o.o.o......."
			}
		}
		for n, k := range b.strikes(row) {
			at := s.swung(b, k.step)
			before = s.chordAt(at).near(s.key, 55, before)
			beats := float64(k.length) / 4
			if s.final(b) {
				beats = b.end() - at
			}
			velocity := loud(k.what) * (.92 + .16*hand.Float64())
			out = append(out, s.chord(at, beats, before, n, velocity)...)
		}
	}
	return out
}

// chord plays a chord as the instrument does: broken by the piano, strummed by
// the guitar, at once by the others.
func (s *score) chord(at, beats float64, notes []int, n int, velocity float64) []note {
	var out []note
	put := func(pitch int, beats, velocity, position, late float64) {
		out = append(out, note{tone{at, beats, pitch}, velocity, position, late})
	}
	switch s.style.chords {
	case "piano":
		up := []int{0, 2, 1, 2}
		pitch := notes[up[n%len(up)]%len(notes)]
		if n%4 == 0 { // the left hand
			put(notes[0]-12, 4*beats, .8*velocity, -.3, 0)
			put(notes[len(notes)-1], 2*beats, velocity, .25, .006)
		}
		if n%8 == 5 {
			pitch += 12
		}
		put(pitch, 2*beats, velocity, .15, 0)
	case "guitar":
		full := append(append([]int{notes[0] - 12}, notes...), notes[0]+12)
		for i, p := range full {
			k := i
			if n%2 == 1 { // the up-stroke starts with the high strings and leaves the lowest out
				k = len(full) - 1 - i
				if i == 0 {
					continue
				}
			}
			put(p, 2*beats, velocity*.85, -.45+.2*float64(i), .009*float64(k))
		}
	default:
		for i, p := range notes {
			put(p, s.style.gate*beats, velocity, -.4+.8*float64(i)/float64(len(notes)-1), .002*float64(i))
		}
	}
	return out
}

// padding holds the chords behind everything, moving as little as it can.
func (s *score) padding() []note {
	var out []note
	var before []int
	end := float64(s.plan.beats)
	for i, c := range s.changes {
		until := end
		if i+1 < len(s.changes) {
			until = s.changes[i+1].start
		}
		before = c.chord.near(s.key, 52, before)
		velocity := .6
		if s.bars[s.barAt(c.start)].section == "hook" {
			velocity = .9
		}
		for k, p := range before {
			out = append(out, note{tone: tone{c.start, until - c.start, p}, velocity: velocity, position: -.6 + 1.2*float64(k)/float64(len(before)-1)})
		}
	}
	return out
}

// colours is the part that only the hook has: chord tones high above, on the
// groove's steps; strings and brass hold theirs.
func (s *score) colours() []note {
	var out []note
	var before []int
	for _, b := range s.bars {
		if s.final(b) {
			continue
		}
		for n, k := range b.strikes(s.pattern(b).colour) {
			at := s.swung(b, k.step)
			before = s.chordAt(at).near(s.key, 69, before)
			beats := float64(k.length) / 4
			switch s.style.colour {
			case "strings", "brass":
				for i, p := range before {
					out = append(out, note{tone: tone{at, beats * s.style.gate, p}, velocity: loud(k.what), position: -.5 + .5*float64(i)})
				}
			default:
				up := []int{0, 1, 2, 1}
				p := before[up[n%len(up)]%len(before)]
				if n%8 > 3 {
					p += 12
				}
				out = append(out, note{tone: tone{at, beats, p}, velocity: loud(k.what), position: .7 * math.Sin(2.4*float64(n))})
			}
		}
	}
	return out
}
