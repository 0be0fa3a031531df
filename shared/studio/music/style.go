package music

// style is what makes a genre: tempo, harmony, groove, instruments, singing, mix.
type style struct {
	slowest, fastest float64 // beats per minute
	pace             float64 // seconds a syllable lasts where there is room
	accents          string  // how gladly a syllable starts on each sixteenth of a bar, 0 to 9
	swing            float64 // how late the off-beat sixteenth is, in sixteenths
	majorScale       []int   // semitones above the tonic that a melody uses
	minorScale       []int
	reach            float64 // semitones that the melody moves either side of its centre
	repeat           float64 // what a repeated note costs the melody: little in a rap, much in a ballad
	major, minor     harmony
	intro, fill      groove
	verse, hook      []groove // the seed picks one of each
	bass, chords     string   // instruments
	lead, colour     string
	gate             float64 // how much of its written length a struck chord sounds
	cymbals          float64 // how loud hats, shaker and crash are against the drums
	lift             float64 // dB by which the band is softer outside the hook
	singing          singing
	levels           map[string]float64 // stem loudness, dB RMS while it plays
	room             float64            // reverb send of the singer
	echo             float64            // delay send of the singer
	drive            float64            // saturation of the sum
}

// harmony is the progressions by section, a chord a bar, in Roman numerals of
// the key; the seed picks one. A line that asks comes to rest on asks, a line
// that answers on answers, whatever the progression says there.
type harmony struct {
	verse, hook   []string
	asks, answers string
}

// groove is one bar of sixteen steps a row: x hit, o soft hit, 1 to 9 louder
// and louder, . rest. In the bass 5 is the fifth, 8 the octave, a the step
// below or above the next chord's root.
type groove struct {
	kick, snare, clap, hat, open, shaker, rim, tom, bass, chords, colour string
}

// singing is how the genre is sung.
type singing struct {
	vibrato float64 // cents
	rate    float64 // Hz
	slide   float64 // seconds of portamento
	breath  float64 // 0 to 1
	turn    bool    // trot's 꺾기: a quick turn at the start of long notes
}

// minorChance says how likely a mood is sung in minor, in tenths, by genre.
func minorChance(genre, mood string) int {
	switch genre {
	case Trot:
		return map[string]int{"bright": 4, "warm": 7, "trot": 8}[mood]
	case HipHop:
		return map[string]int{"bright": 3, "warm": 5, "trendy": 9}[mood]
	}
	return map[string]int{"warm": 2, "trendy": 6, "trot": 7}[mood]
}
