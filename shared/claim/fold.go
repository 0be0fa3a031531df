package claim

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold brings a text to the form that all comparisons use: compatibility
// composition (ＮＯ．１ and decomposed Hangul do not slip through), lower case,
// ASCII digits, Hanja by their reading (八千 팔천), no invisible characters, single spaces.
func fold(s string) string {
	s = readHanja(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " "))))
	var b strings.Builder
	space := true
	for _, r := range s {
		switch {
		case invisible(r) || unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r) || unicode.IsControl(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
		default:
			b.WriteRune(digit(r))
			space = false
		}
	}
	return strings.TrimSpace(b.String())
}

// squeeze keeps a folded text's letters and digits: names are compared without
// regard to spaces and signs.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// invisible reports characters that show nothing: format characters and the
// fillers that Unicode counts as letters or blanks.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || strings.ContainsRune("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", r) || r >= 0xFE00 && r <= 0xFE0F
}

// digit returns the ASCII digit of any script's decimal digit.
func digit(r rune) rune {
	if r < 0x80 || !unicode.Is(unicode.Nd, r) {
		return r
	}
	for _, block := range unicode.Nd.R16 {
		if lo, hi := rune(block.Lo), rune(block.Hi); r >= lo && r <= hi {
			return '0' + (r-lo)%10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo, hi := rune(block.Lo), rune(block.Hi); r >= lo && r <= hi {
			return '0' + (r-lo)%10
		}
	}
	return r
}

// singable reports a letter that the singer and the captions know. Others would
// be dropped in silence, and look-alikes (a Cyrillic е in best) would hide a word.
func singable(r rune) bool {
	return !unicode.IsLetter(r) || unicode.Is(unicode.Hangul, r) || unicode.Is(unicode.Latin, r) || isHan(r)
}

// symbol reports emoji and other signs that are neither sung nor shown.
func symbol(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sk, unicode.Co, unicode.Me) && r != '^' && r != '`' || r == unicode.ReplacementChar
}
