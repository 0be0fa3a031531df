package music

import (
	"math"
	"slices"
)

// tune finds the pitches of one line at the least cost over all of it (a
// shortest path over pairs of notes), so that a leap is answered and an ending
// is approached and not fallen into.
type tune struct {
	s         *score
	line      verseLine
	low, high int // MIDI
	before    int // the last pitch of the line before, 0 = none
	heights   []float64
	climax    int // the syllable that stands above all others; −1 = none
}

// impossible is the cost of what must not be; a line that cannot do without still gets notes.
const impossible = 1e6

func (t tune) solve() []int {
	n, width := len(t.heights), t.high-t.low+1
	// cost[p*width+q] is of the best way to the note q with p before it.
	cost := make([]float64, width*width)
	from := make([][]int, n)
	for q := range width {
		c := t.note(0, t.low+q)
		if t.before > 0 {
			c += min(20, .5*t.interval(t.low+q-t.before)) // a new line may begin anywhere, if it must
		}
		for p := range width {
			cost[p*width+q] = c
			if p > 0 {
				cost[p*width+q] = math.Inf(1) // the first note has no note before: one state stands for it
			}
		}
	}
	for i := 1; i < n; i++ {
		next := make([]float64, width*width)
		from[i] = make([]int, width*width)
		for k := range next {
			next[k] = math.Inf(1)
		}
		for r := range width {
			own := t.note(i, t.low+r)
			for q := range width {
				step := own + t.interval(r-q)
				if t.short(i-1) || t.short(i) {
					step += .4 * float64(max(0, r-q-2, q-r-2))
				}
				for p := range width {
					c := cost[p*width+q] + step
					if i > 1 {
						c += t.turn(q-p, r-q)
					}
					if c < next[q*width+r] {
						next[q*width+r], from[i][q*width+r] = c, p
					}
				}
			}
		}
		cost = next
	}
	state := 0
	for k := range cost {
		if cost[k] < cost[state] {
			state = k
		}
	}
	out := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = t.low + state%width
		if i > 0 {
			state = from[i][state]*width + state/width
		}
	}
	return out
}

// note is the cost of singing syllable i on a pitch.
func (t tune) note(i, pitch int) float64 {
	if !t.s.inScale(pitch) {
		return impossible
	}
	cost := .6 * math.Abs(float64(pitch)-t.heights[i])
	at := t.line.times[i]
	last := i == len(t.heights)-1
	if c := t.s.chordAt(at.start); !c.has(t.s.key, pitch) {
		switch {
		case last, t.strong(i):
			cost += 1000
		case math.Mod(at.start, 1) == 0:
			cost += 2.5
		default:
			cost += .5
		}
	}
	top := t.high - hookHeadroom
	switch {
	case i == t.climax && pitch <= top:
		cost += 5000
	case i == t.climax:
		cost -= .6 * float64(pitch-top)
	case t.climax >= 0 && pitch > top:
		cost += 1.5 * float64(pitch-top)
	}
	if last {
		cost += t.rest(mod12(pitch - t.s.key.tonic))
	}
	return cost
}

// strong reports whether a syllable carries the harmony: it starts on the first
// or third beat of its line's bar, or is held for a beat and more.
func (t tune) strong(i int) bool {
	at := t.line.times[i]
	return math.Mod(at.start-t.line.start, 2) == 0 || at.beats >= 1 && math.Mod(at.start, 1) == 0
}

func (t tune) short(i int) bool { return t.s.plan.seconds(t.line.times[i].beats) < shortNote }

// rest is the cost of ending the line on a degree, in semitones above the tonic.
func (t tune) rest(degree int) float64 {
	home := t.s.key.tonicChord()
	switch {
	case t.line.role == ends && degree != 0:
		return 1500
	case t.line.role == answers && !slices.Contains(home.notes, degree):
		return 800 // a seventh is in some answering chords, and still a question
	case t.line.role == answers && degree == 7:
		return 4 // the fifth is in the chord, but it is no answer
	case t.line.role == answers && degree != 0:
		return 1.5
	case t.line.role == asks && degree == 0:
		return 800
	}
	return 0
}

// interval is the cost of a step of so many semitones.
func (t tune) interval(semitones int) float64 {
	switch max(semitones, -semitones) {
	case 0:
		return t.s.style.repeat
	case 1, 2:
		return 0
	case 3, 4:
		return .4
	case 5:
		return 1
	case 7:
		return 1.6
	case 6, 8, 9:
		return 5
	}
	return 3000
}

// turn is the cost of one interval after another: a leap wants a step back, a
// walk goes on, and a tune that sways between two notes goes nowhere.
func (t tune) turn(a, b int) float64 {
	big, after := max(a, -a), max(b, -b)
	switch {
	case a == 0 && b == 0:
		return t.s.style.repeat
	case a == -b:
		return 1.1
	case big >= 5 && a*b > 0:
		return 2.5
	case big >= 5 && after > 4:
		return 1
	case a*b > 0 && big <= 2 && after <= 2:
		return -.3
	}
	return 0
}

func (s *score) inScale(p int) bool {
	for _, n := range s.scale {
		if mod12(p-s.key.tonic-n) == 0 {
			return true
		}
	}
	return false
}

// nearest returns the note of the scale from low to high that is closest to the
// target and allowed; the target itself when there is none.
func (s *score) nearest(target float64, low, high int, allowed func(int) bool) int {
	best, distance := int(math.Round(target)), math.Inf(1)
	for p := low; p <= high; p++ {
		if d := math.Abs(float64(p) - target); d < distance && s.inScale(p) && allowed(p) {
			best, distance = p, d
		}
	}
	return best
}
