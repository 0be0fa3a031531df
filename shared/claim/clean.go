package claim

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	tagPattern    = regexp.MustCompile(`(?s)<[^<>]{0,300}>`)
	entityPattern = regexp.MustCompile(`&(?:[a-zA-Z]{2,10}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});`)
	anyLink       = regexp.MustCompile(`(?i)` + linkPattern.String())
)

// Clean returns the part of an owner's or a crawler's text that may be shown or
// sung: no HTML, links, handles, phone numbers, control or invisible
// characters, emoji or brackets; NFC, single spaces. CleanPhone reads a phone
// fact. Text is data: nothing in it is obeyed,
// and what is left of it is only ever placed into a line.
func Clean(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, " "))
	s = strings.Map(visible, s)
	for before := ""; before != s; { // taking one out may join another
		before = s
		for _, re := range []*regexp.Regexp{tagPattern, entityPattern, anyLink, phonePattern} {
			s = re.ReplaceAllString(s, " ")
		}
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>{}[]|\\`^*_#=\"", r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

var parens = regexp.MustCompile(`\([^()]*\)`)

// Spoken returns Clean's text as a name is said aloud: without what stands in
// brackets (본점, 2호점) and without punctuation around it.
func Spoken(s string) string {
	s = parens.ReplaceAllString(Clean(s), " ")
	return strings.Trim(strings.Join(strings.Fields(s), " "), " ,.;:!?~-·/()'")
}

// CleanPhone returns the first phone number in s as it is written, or "".
func CleanPhone(s string) string {
	return strings.TrimSpace(phonePattern.FindString(strings.Map(visible, norm.NFKC.String(s))))
}

// visible drops what joins or hides characters and blanks what cannot be read aloud.
func visible(r rune) rune {
	switch {
	case unicode.Is(unicode.Cf, r):
		return -1
	case unicode.IsControl(r), unicode.IsSpace(r), unicode.Is(unicode.Co, r), r == unicode.ReplacementChar:
		return ' '
	case unicode.Is(unicode.So, r), unicode.Is(unicode.Sk, r), unicode.Is(unicode.Me, r), r >= 0xFE00 && r <= 0xFE0F:
		return ' '
	}
	return r
}
