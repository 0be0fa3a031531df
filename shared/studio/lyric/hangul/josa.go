package hangul

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Ending is how a word's last sound behaves before a particle.
type Ending int

// The endings.
const (
	Open   Ending = iota // ends in a vowel: 는 가 를 로 와 야
	Closed               // ends in a consonant: 은 이 을 으로 과 아
	Rieul                // ends in ㄹ: like Closed, but 로
)

// pairs maps a particle, as it is written in a pattern, to its forms after a
// consonant and after a vowel.
var pairs = map[string][2]string{
	"은/는": {"은", "는"}, "이/가": {"이", "가"}, "을/를": {"을", "를"}, "으로/로": {"으로", "로"}, "와/과": {"과", "와"}, "과/와": {"과", "와"},
	"아/야": {"아", "야"}, "이야/야": {"이야", "야"}, "이에요/예요": {"이에요", "예요"}, "이라/라": {"이라", "라"}, "이라네/라네": {"이라네", "라네"},
	"이랑/랑": {"이랑", "랑"}, "이죠/죠": {"이죠", "죠"}, "이면/면": {"이면", "면"}, "이여/여": {"이여", "여"}, "이/": {"이", ""},
}

// Josa returns the form of the particle pair ("은/는", "으로/로", …) that follows
// word, and whether the pair is known. Digits, Latin letters and trailing
// brackets are read as they are spoken.
func Josa(word, pair string) (form string, ok bool) {
	p, ok := pairs[pair]
	if !ok {
		return "", false
	}
	e := EndOf(word)
	if e == Open || e == Rieul && pair == "으로/로" {
		return p[1], true
	}
	return p[0], true
}

// EndOf returns how the word ends when it is spoken; a word without a readable character counts as Open.
func EndOf(word string) Ending {
	r := []rune(word)
	for len(r) > 0 {
		c := r[len(r)-1]
		if c == '%' { // 퍼센트
			return Open
		}
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			break
		}
		r = r[:len(r)-1]
	}
	if len(r) == 0 {
		return Open
	}
	c := r[len(r)-1]
	if s, ok := Split(c); ok {
		switch s.Coda {
		case CoNone:
			return Open
		case CoR:
			return Rieul
		}
		return Closed
	}
	switch {
	case c >= '0' && c <= '9':
		return endOfDigits(r)
	case c < unicode.MaxASCII:
		return endOfLatin(r)
	}
	return Open
}

// endOfDigits: 1 일, 7 칠 and 8 팔 end in ㄹ; 3 삼, 6 육, 0 영 and 십 백 천 만 억 in another consonant.
func endOfDigits(r []rune) Ending {
	switch r[len(r)-1] {
	case '1', '7', '8':
		return Rieul
	case '0', '3', '6':
		return Closed
	}
	return Open
}

// endOfLatin reads a Latin word's end the way Korean borrows it: acronyms by
// their letters' names (BBQ 비비큐, KFC, ML 엠엘), other words by sound (shop 숍,
// salon 살롱, noodle 누들, cake 케이크).
func endOfLatin(r []rune) Ending {
	start := len(r)
	for start > 0 && r[start-1] < unicode.MaxASCII && unicode.IsLetter(r[start-1]) {
		start--
	}
	w := string(r[start:])
	if spelled(w) {
		switch w[len(w)-1] {
		case 'L', 'R':
			return Rieul
		case 'M', 'N':
			return Closed
		}
		return Open
	}
	w = strings.ToLower(w)
	has := func(suffixes ...string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(w, s) })
	}
	switch {
	case slices.Contains(silentT, w):
		return Open
	case has("le", "l", "lle", "ile", "ale", "ole"):
		return Rieul
	case has("ng", "m", "n", "ine", "ime", "ame", "ome", "one", "une", "ane", "ene", "ck", "ook", "ic", "que"):
		return Closed
	}
	// A stop after one short vowel closes the syllable (hut, shop, market); after two letters it does not (park, steak).
	if n := len(w); n >= 3 && strings.ContainsRune("ptkb", rune(w[n-1])) && vowelLetter(w[n-2]) && !vowelLetter(w[n-3]) {
		return Closed
	}
	return Open
}

// silentT are French words whose last t is not said: 발레, 부케, 뷔페.
var silentT = strings.Fields("ballet bouquet buffet gourmet chalet depot cabaret crochet bistrot")

// spelled reports a word in capitals that is said letter by letter. One that
// reads as a word is no acronym (LAB, CAFE), with some exceptions on both sides.
func spelled(w string) bool {
	if len(w) > 4 || w != strings.ToUpper(w) || slices.Contains([]string{"GYM", "INN", "ART", "ICE", "EGG", "ALL", "OPEN"}, w) {
		return false
	}
	return len(w) < 3 || !wordLike.MatchString(w) || slices.Contains([]string{"VIP", "SOS", "CEO", "DIY", "SUV", "LED", "GIF"}, w)
}

var wordLike = regexp.MustCompile(`^[^AEIOU]{1,2}[AEIOU][^AEIOU]?[AEIOU]?$`)

func vowelLetter(b byte) bool { return strings.IndexByte("aeiou", b) >= 0 }
