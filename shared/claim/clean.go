package claim

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"castad/shared/pattern"
)

var (
	scriptPattern = pattern.New(`(?is)<(?:script|style)\b[^<>]{0,300}>.*?(?:</(?:script|style)\s*>|$)`)
	tagPattern    = pattern.New(`(?s)<[^<>]{0,300}>`)
	entityPattern = pattern.New(`&(?:[a-zA-Z]{2,10}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});`)
	anyLink       = pattern.New(`(?i)` + linkPattern.String())
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
		for _, re := range []*pattern.Pattern{scriptPattern, tagPattern, entityPattern, anyLink, phonePattern} {
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

var parens = pattern.New(`\([^()]*\)`)

// Plain reports whether a text has nothing that must not be sung: no markup,
// link, phone number, and no words for a language model.
func Plain(s string) bool {
	if Instruction(s) {
		return false
	}
	for _, re := range []*pattern.Pattern{scriptPattern, tagPattern, entityPattern} {
		if re.MatchString(s) {
			return false
		}
	}
	_, contacts := cutContacts(fold(s))
	return len(contacts) == 0
}

var clauseEnd = pattern.New(`[.!?]+(?:\s+|$)|[;/…\n\r。！？]+`)

// Clauses returns the clauses of an owner's or a customer's statement that may
// be quoted, in order: cleaned, without punctuation around them. A clause that
// had a link, a phone number or markup in it is left out whole, because the
// rest of it would be said without its point; so is everything when the
// statement talks to a language model.
func Clauses(s string) []string {
	if Instruction(s) {
		return nil
	}
	const cut = "\x00"
	s = strings.ReplaceAll(norm.NFC.String(strings.ToValidUTF8(s, " ")), cut, " ")
	s = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
	for _, re := range []*pattern.Pattern{scriptPattern, tagPattern, entityPattern, anyLink, phonePattern} {
		s = re.ReplaceAllString(s, cut)
	}
	var out []string
	for _, clause := range clauseEnd.Split(s, -1) {
		if _, contacts := cutContacts(fold(clause)); len(contacts) > 0 || strings.Contains(clause, cut) {
			continue
		}
		clause = strings.Trim(readHanja(Clean(clause)), " ,~-·()':")
		if strings.HasSuffix(clause, " a.m") || strings.HasSuffix(clause, " p.m") {
			clause += "."
		}
		if clause != "" && !strings.ContainsFunc(clause, func(r rune) bool { return !singable(r) }) {
			out = append(out, clause)
		}
	}
	return out
}

// Spoken returns Clean's text as a name is said aloud: Hanja by their reading,
// without what stands in brackets (본점, 2호점), letters that cannot be sung and
// punctuation around it.
func Spoken(s string) string {
	s = readHanja(parens.ReplaceAllString(Clean(s), " "))
	s = strings.Map(func(r rune) rune {
		if !singable(r) || isHan(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Trim(strings.Join(strings.Fields(s), " "), " ,.;:!?~-·/()'")
}

// CleanPhone returns the first phone number in s as it is written, or "".
func CleanPhone(s string) string {
	return strings.TrimSpace(phonePattern.FindString(strings.Map(visible, norm.NFKC.String(s))))
}

// visible drops what joins or hides characters and blanks what cannot be read aloud.
func visible(r rune) rune {
	switch {
	case invisible(r):
		return -1
	case unicode.IsControl(r), unicode.IsSpace(r), symbol(r):
		return ' '
	}
	return r
}
