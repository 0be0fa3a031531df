// Package hangul knows how written Korean is read: which particle follows a
// word, how digits and prices are spoken, how many syllables a line has, and
// how a word sounds after liaison and assimilation.
//
// The lyric writer counts and inflects with it, the singer sings with it. It
// follows the Standard Pronunciation Rules (표준 발음법) as far as they can be
// applied without a dictionary; what needs one (ㄴ-insertion, 한자어 tensing) is
// left out. Everything is pure.
package hangul

// Syllable is a Hangul block taken apart; the numbers are the Unicode jamo
// indices. Coda 0 is none.
type Syllable struct {
	Onset, Vowel, Coda int
}

const (
	first = '가'
	last  = '힣'
)

// Is reports whether r is a composed Hangul syllable.
func Is(r rune) bool { return r >= first && r <= last }

// Split takes a composed syllable apart; ok is false for any other rune.
func Split(r rune) (s Syllable, ok bool) {
	if !Is(r) {
		return Syllable{}, false
	}
	n := int(r - first)
	return Syllable{n / 588, n % 588 / 28, n % 28}, true
}

// Rune composes the syllable.
func (s Syllable) Rune() rune { return first + rune(s.Onset*588+s.Vowel*28+s.Coda) }

// Onset indices.
const (
	OnG, OnGG, OnN, OnD, OnDD, OnR, OnM, OnB, OnBB, OnS, OnSS, OnNone, OnJ, OnJJ, OnCh, OnK, OnT, OnP, OnH = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
)

// Vowel indices: ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ.
const (
	VwA, VwAE, VwYA, VwYAE, VwEO, VwE, VwYEO, VwYE, VwO, VwWA, VwWAE, VwOE, VwYO, VwU, VwWO, VwWE, VwWI, VwYU, VwEU, VwUI, VwI = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
)

// Coda indices: none ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ.
const (
	CoNone, CoG, CoGG, CoGS, CoN, CoNJ, CoNH, CoD, CoR, CoRG, CoRM, CoRB, CoRS, CoRT, CoRP, CoRH, CoM, CoB, CoBS, CoS, CoSS, CoNG, CoJ, CoCh, CoK, CoT, CoP, CoH = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
)
