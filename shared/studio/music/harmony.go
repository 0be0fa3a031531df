package music

import (
	"math"
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

// scale returns the semitones above the tonic that a melody uses.
func (k key) scale(pentatonic bool) []int {
	switch {
	case k.minor && pentatonic:
		return []int{0, 3, 5, 7, 10}
	case k.minor:
		return []int{0, 2, 3, 5, 7, 8, 10}
	case pentatonic:
		return []int{0, 2, 4, 7, 9}
	}
	return []int{0, 2, 4, 5, 7, 9, 11}
}

// chord is a root (semitones above the tonic) and the notes above it.
type chord struct {
	root  int
	notes []int
}

var numerals = []string{"VII", "III", "IV", "VI", "II", "V", "I"} // longest first

// chordOf reads a Roman numeral: case is quality, 7 and maj7 are added.
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
			if !ok || rest != "" && rest != "7" && rest != "maj7" {
				continue
			}
			c := chord{root: degrees[strings.ToUpper(n)], notes: []int{0, 4, 7}}
			if minor {
				c.notes = []int{0, 3, 7}
			}
			switch rest {
			case "7":
				c.notes = append(c.notes, 10)
			case "maj7":
				c.notes = append(c.notes, 11)
			}
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

// voicing returns the chord's pitches, each in the octave that starts at from.
func (c chord) voicing(k key, from int) []int {
	var out []int
	for _, n := range c.notes {
		p := k.tonic + c.root + n
		for p < from {
			p += 12
		}
		for p >= from+12 {
			p -= 12
		}
		out = append(out, p)
	}
	return out
}

// hz returns the frequency of a MIDI pitch.
func hz(pitch float64) float64 { return 440 * math.Pow(2, (pitch-69)/12) }
