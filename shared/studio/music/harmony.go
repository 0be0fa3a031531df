package music

import (
	"math"
	"slices"
	"strings"
)

// key is the tonic's pitch class (0 = C) and mode.
type key struct {
	tonic int
	minor bool
}

var pitchNames = []string{"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"}

func (k key) String() string {
	if k.minor {
		return pitchNames[k.tonic] + " minor"
	}
	return pitchNames[k.tonic] + " major"
}

// chord is a root (semitones above the tonic) and the notes above it.
type chord struct {
	root  int
	notes []int
}

var numerals = []string{"VII", "III", "IV", "VI", "II", "V", "I"} // longest first

// added are the notes that a chord's suffix adds to its triad, in semitones above the root.
var added = map[string][]int{"": nil, "7": {10}, "maj7": {11}, "add9": {14}}

// chordOf reads a Roman numeral: case is quality, then a suffix of added.
func (k key) chordOf(s string) chord {
	degrees := map[string]int{"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
	if k.minor {
		degrees = map[string]int{"I": 0, "II": 2, "III": 3, "IV": 5, "V": 7, "VI": 8, "VII": 10}
	}
	for _, n := range numerals {
		for _, minor := range []bool{false, true} {
			if minor {
				n = strings.ToLower(n)
			}
			rest, ok := strings.CutPrefix(s, n)
			more, known := added[rest]
			if !ok || !known {
				continue
			}
			c := chord{root: degrees[strings.ToUpper(n)], notes: []int{0, 4, 7}}
			if minor {
				c.notes = []int{0, 3, 7}
			}
			c.notes = append(c.notes, more...)
			return c
		}
	}
	panic("music: chord " + s) // the progressions are code; a test reads them all
}

func (k key) progression(s string) []chord {
	var out []chord
	for n := range strings.FieldsSeq(s) {
		out = append(out, k.chordOf(n))
	}
	return out
}

// has reports whether the MIDI pitch is a note of the chord in the key.
func (c chord) has(k key, pitch int) bool {
	for _, n := range c.notes {
		if (pitch-k.tonic-c.root-n)%12 == 0 {
			return true
		}
	}
	return false
}

// tonicChord is the chord of rest.
func (k key) tonicChord() chord {
	if k.minor {
		return k.chordOf("i")
	}
	return k.chordOf("I")
}

// voicing returns the chord's pitches from low to high, each in the octave that starts at from.
func (c chord) voicing(k key, from int) []int {
	var out []int
	for _, n := range c.notes {
		out = append(out, from+mod12(k.tonic+c.root+n-from))
	}
	slices.Sort(out)
	return out
}

// near returns the inversion of the chord whose notes lie closest to those
// before: a player's hand does not jump.
func (c chord) near(k key, from int, before []int) []int {
	best := c.voicing(k, from)
	if len(before) == 0 {
		return best
	}
	distance := func(notes []int) int {
		sum := 0
		for _, p := range notes {
			closest := 12
			for _, q := range before {
				closest = min(closest, max(p-q, q-p))
			}
			sum += closest
		}
		return sum
	}
	for start := from - 4; start <= from+4; start++ {
		if v := c.voicing(k, start); distance(v) < distance(best) {
			best = v
		}
	}
	return best
}

// mod12 is the remainder from 0 to 11.
func mod12(n int) int { return (n%12 + 12) % 12 }

// hz returns the frequency of a MIDI pitch.
func hz(pitch float64) float64 { return 440 * math.Pow(2, (pitch-69)/12) }
