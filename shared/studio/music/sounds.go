package music

import (
	"strings"
	"unicode"

	"castad/shared/studio/lyric/hangul"
)

// sounds is one syllable as the singer sings it: consonants before the vowel,
// the vowel's targets (several for glides and diphthongs), consonants after it.
type sounds struct {
	onset []consonant
	vowel []vowel
	glide int // how many of the vowel's targets are passed quickly at its beginning (y, w)
	coda  []consonant
}

// vowel is a place in the vowel space: the first three formants in Hz, of a male adult.
type vowel struct{ f1, f2, f3 float64 }

// manner is how a consonant is made.
type manner uint8

const (
	stop manner = iota
	fricative
	affricate
	nasal
	liquid
	aspirate
)

// consonant is one consonant. The frication centre and width shape its noise,
// the locus is where the formants come from and go to.
type consonant struct {
	manner  manner
	seconds float64 // its natural length
	vot     float64 // aspiration between the release and the voice, seconds
	voiced  float64 // loudness of the voice during it, 0 to 1
	noise   float64 // loudness of its noise, 0 to 1
	centre  float64 // of the noise, Hz
	width   float64 // of the noise, Hz
	locus   vowel
}

// The places of articulation by their formant loci.
var (
	labial  = vowel{300, 900, 2300}
	dental  = vowel{300, 1750, 2700}
	palatal = vowel{300, 2100, 2800}
	velar   = vowel{300, 1500, 2100}
)

// vowels are the simple vowels; the English ones that Korean lacks come after.
var vowels = map[string]vowel{
	"a": {760, 1260, 2600}, "ae": {580, 1850, 2550}, "eo": {590, 980, 2600}, "e": {500, 1950, 2600}, "o": {420, 800, 2550},
	"u": {350, 830, 2450}, "eu": {370, 1350, 2450}, "i": {300, 2250, 3000},
	"AE": {680, 1700, 2500}, "AO": {600, 930, 2500}, "ER": {480, 1350, 1700}, "IH": {400, 1950, 2550}, "UH": {440, 1050, 2350},
}

// consonants are the Korean ones by letter (plain, tense doubled, aspirated
// capital) and the English ones that Korean lacks.
var consonants = map[string]consonant{
	"g": {stop, .055, .030, .15, .5, 1600, 700, velar}, "gg": {stop, .075, .008, 0, .6, 1700, 700, velar}, "K": {stop, .065, .060, 0, .7, 1900, 900, velar},
	"d": {stop, .050, .025, .15, .5, 3800, 1600, dental}, "dd": {stop, .070, .008, 0, .6, 4000, 1600, dental}, "T": {stop, .060, .055, 0, .7, 4200, 1800, dental},
	"b": {stop, .050, .025, .15, .4, 900, 700, labial}, "bb": {stop, .070, .008, 0, .5, 900, 700, labial}, "P": {stop, .060, .055, 0, .5, 1000, 900, labial},
	"s": {fricative, .085, .015, 0, .55, 6200, 2400, dental}, "ss": {fricative, .105, 0, 0, .75, 6600, 2400, dental}, "sh": {fricative, .090, .010, 0, .7, 3600, 1600, palatal},
	"j": {affricate, .065, .012, .1, .55, 3900, 1700, palatal}, "jj": {affricate, .080, .004, 0, .6, 4100, 1700, palatal}, "CH": {affricate, .085, .040, 0, .7, 4000, 1800, palatal},
	"n": {nasal, .055, 0, .6, 0, 0, 0, vowel{270, 1500, 2500}}, "m": {nasal, .060, 0, .6, 0, 0, 0, vowel{260, 1000, 2250}}, "ng": {nasal, .070, 0, .6, 0, 0, 0, vowel{280, 1250, 2100}},
	"r": {liquid, .035, 0, .55, 0, 0, 0, vowel{340, 1350, 2500}}, "l": {liquid, .060, 0, .65, 0, 0, 0, vowel{340, 1250, 2750}}, "R": {liquid, .060, 0, .7, 0, 0, 0, vowel{360, 1150, 1600}},
	"h": {aspirate, .060, 0, 0, .7, 0, 0, vowel{}},
	"f": {fricative, .080, .01, 0, .35, 5200, 4000, labial}, "v": {fricative, .055, 0, .5, .2, 4800, 4000, labial}, "th": {fricative, .080, .01, 0, .3, 5600, 3600, dental}, "dh": {fricative, .045, 0, .5, .12, 5200, 3600, dental}, "z": {fricative, .070, 0, .45, .4, 6000, 2400, dental},
}

var (
	onsetLetters = []string{"g", "gg", "n", "d", "dd", "r", "m", "b", "bb", "s", "ss", "", "j", "jj", "CH", "K", "T", "P", "h"}
	vowelLetters = []string{"a", "ae", "i a", "i ae", "eo", "e", "i eo", "i e", "o", "u a", "u e", "u e", "i o", "u", "u eo", "u e", "u i", "i u", "eu", "eu i", "i"}
	// Neutralised codas only; a stop coda is a closure without a release.
	codaLetters = map[int]string{hangul.CoG: "gg", hangul.CoN: "n", hangul.CoD: "dd", hangul.CoR: "l", hangul.CoM: "m", hangul.CoB: "bb", hangul.CoNG: "ng"}
)

func koreanSounds(s hangul.Syllable) sounds {
	var out sounds
	if name := onsetLetters[s.Onset]; name != "" {
		front := strings.HasPrefix(vowelLetters[s.Vowel], "i") || s.Vowel == hangul.VwWI
		if front && name == "s" { // 시 is sung shi
			name = "sh"
		}
		out.onset = []consonant{consonants[name]}
	}
	for v := range strings.FieldsSeq(vowelLetters[s.Vowel]) {
		out.vowel = append(out.vowel, vowels[v])
	}
	out.glide = len(out.vowel) - 1
	if name, ok := codaLetters[s.Coda]; ok {
		out.coda = []consonant{consonants[name]}
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
