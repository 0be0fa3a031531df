package claim

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

// hanjaTable has one line for each Korean reading: the reading, a space, the
// Hanja read so. It holds the characters of KS X 1001 with their readings of
// Unicode's Unihan database 15.0 (kHangul; the reading taught in schools where
// several are given, but 차 for 車, as in 自動車). Unicode's licence allows copying.
//
//go:embed hanja.txt
var hanjaTable string

var hanja = sync.OnceValue(func() map[rune]rune {
	out := make(map[rune]rune, 5000)
	for line := range strings.Lines(hanjaTable) {
		r := []rune(strings.TrimSpace(line))
		for _, c := range r[2:] {
			out[c] = r[0]
		}
	}
	return out
})

// readHanja replaces Hanja by their Korean reading, with the initial sound law
// (두음법칙) at the start of a word: 韓一館 한일관, 李家 이가, 老 노. A character of several
// readings gets the one taught first (金 금, but 김 in 金家 and 金氏); one outside
// KS X 1001 stays as it is.
func readHanja(s string) string {
	if !strings.ContainsFunc(s, isHan) {
		return s
	}
	r := []rune(s)
	out := make([]rune, len(r))
	for i, c := range r {
		out[i] = c
		h, ok := hanja()[c]
		if !ok {
			continue
		}
		if c == '金' && i+1 < len(r) && strings.ContainsRune("家氏", r[i+1]) {
			h = '김'
		}
		if i == 0 || !isHan(r[i-1]) && !isHangul(r[i-1]) {
			h = initial(h)
		}
		out[i] = h
	}
	return string(out)
}

func isHan(r rune) bool    { return unicode.Is(unicode.Han, r) }
func isHangul(r rune) bool { return r >= '가' && r <= '힣' }

// initial applies the initial sound law to the first syllable of a word:
// 녀 여, 리 이, 로 노.
func initial(r rune) rune {
	const n, ng, l = 2, 11, 5 // onsets ㄴ, ㅇ, ㄹ
	index := r - '가'
	onset, vowel := index/588, index%588/28
	soft := strings.ContainsRune("\x02\x06\x07\x0c\x11\x14", vowel) // ㅑㅕㅖㅛㅠㅣ
	switch {
	case soft && (onset == n || onset == l):
		return r + (ng-onset)*588
	case onset == l:
		return r + (n-onset)*588
	}
	return r
}
