package music

import (
	"strings"
	"unicode"

	"castad/shared/studio/lyric/hangul"
)

// sounds is one syllable as the singer sings it, in names of consonants and
// vowels: consonants before the vowel, the vowel's targets (several for glides and
// diphthongs), consonants after it.
type sounds struct {
	onset []string
	vowel []string
	glide int // how many of the vowel's targets are passed quickly at its beginning (y, w)
	coda  []string
}

// manner is how a consonant is made.
type manner uint8

const (
	stop manner = iota
	affricate
	fricative
	aspirate
	nasal
	lateral
	tap
	approximant
)

// consonant is one consonant. Times are seconds before the vowel at an easy
// pace, loudness is against the vowel's.
type consonant struct {
	manner  manner
	place   place
	closure float64 // mouth shut, or the murmur of a sonorant
	noise   float64 // burst or friction
	vot     float64 // breath between the release and the voice
	voice   float64 // loudness of the voice while it lasts, 0 to 1
	level   float64 // of the noise, dB
	breath  float64 // of the breath after it, dB; 0 is none
	hiss    hiss
	rd      float64 // shape of the glottis as the vowel starts; 0 is the singer's own
	push    float64 // cents that the vowel starts higher
	murmur  vowel   // the formants of a sonorant, a man's
}

// hiss is the spectrum of a noise: two bands, the second softer by gain.
type hiss struct{ centre, width, centre2, width2, gain float64 }

// The spectra of bursts and friction. A velar burst lies on the vowel's second formant.
var (
	hissLip    = hiss{1100, 900, 2600, 2000, .35}
	hissTooth  = hiss{4300, 2000, 7200, 3000, .6}
	hissPalate = hiss{3900, 1700, 6300, 2600, .5}
	hissS      = hiss{5400, 2000, 8000, 2600, .8}
	hissSS     = hiss{6100, 2000, 8600, 2600, .9}
	hissSH     = hiss{3300, 1400, 5600, 2600, .55}
	hissF      = hiss{7600, 5000, 1500, 1600, .25}
	hissTH     = hiss{6600, 5000, 8600, 3000, .7}
	hissVelar  = hiss{0, 500, 4000, 2500, .2}
)

// The formants of sonorants. Nasals follow Klatt (1980).
var (
	murmurM  = vowel{350, 1050, 2130}
	murmurN  = vowel{350, 1450, 2470}
	murmurNG = vowel{350, 1900, 2300}
	murmurL  = vowel{350, 1250, 2800}
	murmurR  = vowel{360, 1150, 1550}
)

// consonants are the Korean ones (small letters: plain, tense doubled, aspirated
// k t p ch) and the English ones in ARPABET.
//
// The three rows of Korean stops differ as they are spoken at the start of a
// phrase: plain ones are slack and breathy and start low, tense ones have no
// breath and a pressed, strong start, aspirated ones 70 ms of breath and start high.
var consonants = map[string]consonant{
	"g": {manner: stop, place: velar, closure: .055, noise: .016, vot: .038, level: -13, breath: -19, hiss: hissVelar, rd: 1.9, push: -35},
	"d": {manner: stop, place: dental, closure: .050, noise: .010, vot: .032, level: -13, breath: -19, hiss: hissTooth, rd: 1.9, push: -35},
	"b": {manner: stop, place: labial, closure: .055, noise: .008, vot: .028, level: -15, breath: -19, hiss: hissLip, rd: 1.9, push: -35},
	"j": {manner: affricate, place: palatal, closure: .045, noise: .045, vot: .012, level: -10, breath: -20, hiss: hissPalate, rd: 1.9, push: -35},

	"gg": {manner: stop, place: velar, closure: .105, noise: .012, vot: .016, level: -11, hiss: hissVelar, rd: .6, push: 20},
	"dd": {manner: stop, place: dental, closure: .105, noise: .007, vot: .010, level: -11, hiss: hissTooth, rd: .6, push: 20},
	"bb": {manner: stop, place: labial, closure: .110, noise: .006, vot: .008, level: -13, hiss: hissLip, rd: .6, push: 20},
	"jj": {manner: affricate, place: palatal, closure: .090, noise: .034, vot: .002, level: -8, hiss: hissPalate, rd: .6, push: 20},

	"k":  {manner: stop, place: velar, closure: .070, noise: .022, vot: .072, level: -10, breath: -15, hiss: hissVelar, rd: 1.5, push: 30},
	"t":  {manner: stop, place: dental, closure: .070, noise: .014, vot: .068, level: -10, breath: -15, hiss: hissTooth, rd: 1.5, push: 30},
	"p":  {manner: stop, place: labial, closure: .070, noise: .012, vot: .064, level: -12, breath: -15, hiss: hissLip, rd: 1.5, push: 30},
	"ch": {manner: affricate, place: palatal, closure: .060, noise: .070, vot: .040, level: -7, breath: -16, hiss: hissPalate, rd: 1.5, push: 30},

	"s": {manner: fricative, place: dental, noise: .080, vot: .028, level: -10, breath: -15, hiss: hissS, rd: 1.6}, "ss": {manner: fricative, place: dental, noise: .125, level: -8, hiss: hissSS, rd: .6, push: 20},
	"sh": {manner: fricative, place: palatal, noise: .085, vot: .024, level: -8, breath: -15, hiss: hissSH, rd: 1.6}, "ssh": {manner: fricative, place: palatal, noise: .125, level: -7, hiss: hissSH, rd: .6, push: 20},
	"h": {manner: aspirate, place: nowhere, noise: .070, level: -13, rd: 2},
	"m": {manner: nasal, place: labial, closure: .084, voice: .8, murmur: murmurM}, "n": {manner: nasal, place: dental, closure: .078, voice: .8, murmur: murmurN},
	"ng": {manner: nasal, place: velar, closure: .084, voice: .8, murmur: murmurNG},
	"r":  {manner: tap, place: dental, closure: .034, voice: .3, murmur: vowel{330, 1500, 2550}}, "l": {manner: lateral, place: dental, closure: .065, voice: .6, murmur: murmurL},

	"B": {manner: stop, place: labial, closure: .065, noise: .006, vot: .006, voice: .3, level: -16, hiss: hissLip}, "D": {manner: stop, place: dental, closure: .060, noise: .008, vot: .010, voice: .3, level: -15, hiss: hissTooth},
	"G": {manner: stop, place: velar, closure: .060, noise: .012, vot: .014, voice: .3, level: -14, hiss: hissVelar}, "JH": {manner: affricate, place: palatal, closure: .045, noise: .045, vot: .004, voice: .25, level: -10, hiss: hissPalate},
	"P": {manner: stop, place: labial, closure: .070, noise: .010, vot: .050, level: -13, breath: -13, hiss: hissLip, rd: 1.2}, "T": {manner: stop, place: dental, closure: .060, noise: .014, vot: .055, level: -11, breath: -13, hiss: hissTooth, rd: 1.2},
	"K": {manner: stop, place: velar, closure: .065, noise: .020, vot: .058, level: -11, breath: -13, hiss: hissVelar, rd: 1.2}, "CH": {manner: affricate, place: palatal, closure: .055, noise: .070, vot: .025, level: -7, breath: -14, hiss: hissPalate, rd: 1.2},
	"F": {manner: fricative, place: labial, noise: .090, level: -15, hiss: hissF}, "V": {manner: fricative, place: labial, noise: .060, voice: .45, level: -20, hiss: hissF},
	"TH": {manner: fricative, place: dental, noise: .085, level: -16, hiss: hissTH}, "DH": {manner: fricative, place: dental, noise: .045, voice: .5, level: -22, hiss: hissTH},
	"S": {manner: fricative, place: dental, noise: .105, level: -7, hiss: hissSS}, "Z": {manner: fricative, place: dental, noise: .075, voice: .35, level: -11, hiss: hissSS},
	"SH": {manner: fricative, place: palatal, noise: .105, level: -6, hiss: hissSH}, "ZH": {manner: fricative, place: palatal, noise: .070, voice: .35, level: -10, hiss: hissSH},
	"L": {manner: lateral, place: dental, closure: .060, voice: .6, murmur: vowel{370, 1050, 2700}}, "R": {manner: approximant, place: retroflex, closure: .055, voice: .65, murmur: murmurR},
}

var (
	onsetNames = []string{"g", "gg", "n", "d", "dd", "r", "m", "b", "bb", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"}
	vowelNames = []string{"a", "e", "y a", "y e", "eo", "e", "y eo", "y e", "o", "w a", "w e", "w e", "y o", "u", "w eo", "w e", "w i", "y u", "eu", "eu i", "i"}
	// Neutralised codas only; a stop is shut without a release.
	codaNames = map[int]string{hangul.CoG: "gg", hangul.CoN: "n", hangul.CoD: "dd", hangul.CoR: "l", hangul.CoM: "m", hangul.CoB: "bb", hangul.CoNG: "ng"}
)

func koreanSounds(s hangul.Syllable) sounds {
	out := sounds{vowel: strings.Fields(vowelNames[s.Vowel])}
	if len(out.vowel) > 1 && s.Vowel != hangul.VwUI {
		out.glide = 1
	}
	if name := onsetNames[s.Onset]; name != "" {
		front := out.vowel[0] == "y" || out.vowel[0] == "i" || s.Vowel == hangul.VwWI
		if front && name[0] == 's' { // 시, 씨
			name += "h"
		}
		out.onset = []string{name}
	}
	if name, ok := codaNames[s.Coda]; ok {
		out.coda = []string{name}
	}
	return out
}

// pronounce returns the syllables of a word that hangul.Read has spelled out;
// none when nothing in it can be sung.
func pronounce(word string) []sounds {
	var out []sounds
	var run []rune
	korean := false
	flush := func() {
		if len(run) == 0 {
			return
		}
		if korean {
			for _, s := range hangul.Pronounce(string(run)) {
				out = append(out, koreanSounds(s))
			}
		} else {
			out = append(out, englishSounds(string(run))...)
		}
		run = run[:0]
	}
	for _, r := range word {
		ko := hangul.Is(r)
		latin := r < unicode.MaxASCII && (unicode.IsLetter(r) || r == '\'')
		if plain, ok := accents[unicode.ToLower(r)]; ok {
			r, latin = plain, true
		}
		if !ko && !latin || len(run) > 0 && ko != korean {
			flush()
		}
		if ko || latin {
			korean = ko
			run = append(run, r)
		}
	}
	flush()
	return out
}

var accents = map[rune]rune{'é': 'e', 'è': 'e', 'ê': 'e', 'á': 'a', 'à': 'a', 'â': 'a', 'ä': 'a', 'ö': 'o', 'ó': 'o', 'ô': 'o', 'ü': 'u', 'ú': 'u', 'í': 'i', 'ï': 'i', 'ñ': 'n', 'ç': 's'}
