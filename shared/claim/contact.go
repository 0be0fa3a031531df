package claim

import (
	"slices"
	"strings"

	"castad/shared/pattern"
)

const (
	topLevel = `(?:com|net|org|kr|shop|store|io|me|co|ly|gl|be|app|xyz|site|info|biz|tv|dev|ai|link|page|blog|club|online|website|top|vip|us|uk|jp|cn|house|cafe|한국|컴)`
	messages = `(?:카톡|카카오톡|카카오|인스타(?:그램)?|텔레그램|라인|페이스북|유튜브|디엠|kakao(?:talk)?|telegram|insta(?:gram)?|whatsapp|dm)`
)

var (
	linkPattern = pattern.New(`(?:h[tx]{2}ps?|ftp)[: ]/ ?/\S+|://\S*|\bwww\.\S+|[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}|(?:^|[^a-z0-9.@])@[a-z0-9_.]{3,}` +
		`|[a-z0-9가-힣-]*[a-z0-9-](?:\.[a-z0-9-]+)*\.` + topLevel + `\b(?:/\S*)?|[가-힣]+\.(?:한국|kr|com|net)\b(?:/\S*)?` +
		`|\b[a-z0-9-]+ ?(?: \. ?|\. |[(\[]?\.[)\]]|[(\[ ] ?dot ?[)\] ]| ?닷 ?) ?(?:com|net|kr|co|shop|io)\b|닷컴|쩜컴|점 ?컴` +
		`|` + messages + ` ?(?:아이디|채널|id)?[ :]+@?[a-z0-9_.]{4,}`)
	// Korean numbers: area or mobile code and 7–8 digits, or 1588-type numbers; separators are optional. Others: a plus and eight digits.
	phonePattern = pattern.New(`(?:\+82[-. ]?\(?0?\)?\d{1,2}|\(?\b0\d{1,3}\)?)[-. ·/_~]{0,3}\d{3,4}[-. ·/_~]{0,3}\d{4}\b|\b1[568]\d{2}[-. ·/_~]{1,3}\d{4}\b|\+\d[\d .-]{7,16}\d\b`)
	// Digits said one by one: 공일공 일이삼사 오육칠팔, zero one zero ….
	spokenPhone = pattern.New(`(?:^|[^가-힣])([공영일0-1](?:[ -]?[공영일이삼사오육륙칠팔구0-9](?:에 )?){6,11})(?:$|[^가-힣]|[로에은는이]|으로|번)`)
	// A mobile number said so within other words: no Korean word is ten digits long.
	gluedPhone   = pattern.New(`[공영0][ -]?[일1][ -]?[공영일육륙칠팔구016-9](?:[ -]?[공영일이삼사오육륙칠팔구0-9](?:에 )?){7,8}`)
	englishPhone = pattern.New(`\b(?:zero|oh)(?:[ -](?:zero|oh|one|two|three|four|five|six|seven|eight|nine)){6,11}\b`)
	notDigit     = pattern.New(`\D`)
)

// cutContacts takes links, handles and phone numbers out of a folded text and
// returns them in a comparable form.
func cutContacts(s string) (rest string, found []string) {
	s = linkPattern.ReplaceAllStringFunc(s, func(m string) string {
		m = strings.TrimLeft(m, " ,(")
		found = append(found, strings.TrimRight(m, ".,!?)/'\""))
		return " "
	})
	s = phonePattern.ReplaceAllStringFunc(s, func(m string) string {
		d := notDigit.ReplaceAllString(m, "")
		if rest, ok := strings.CutPrefix(d, "82"); ok && strings.Contains(m, "+82") {
			d = "0" + strings.TrimPrefix(rest, "0")
		}
		found = append(found, d)
		return " "
	})
	for _, said := range []*pattern.Pattern{spokenPhone, gluedPhone} {
		s = said.ReplaceAllStringFunc(s, func(m string) string {
			if !strings.ContainsAny(m, "공영일이삼사오육륙칠팔구") {
				return m // digits alone are phonePattern's
			}
			found = append(found, spelledDigits(m))
			return " "
		})
	}
	s = englishPhone.ReplaceAllStringFunc(s, func(m string) string {
		var d strings.Builder
		for _, w := range strings.FieldsFunc(m, func(r rune) bool { return r == ' ' || r == '-' }) {
			d.WriteByte('0' + byte(englishValues[w])) // zero and oh have no value
		}
		found = append(found, d.String())
		return " "
	})
	return s, found
}

// spelledDigits returns the digits of a number that is said one by one.
func spelledDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r == '공' || r == '영':
			return '0'
		case r == '륙':
			return '6'
		}
		if i := strings.IndexRune(sinoDigits, r); i >= 0 {
			return rune('1' + i/len("일"))
		}
		return -1
	}, s)
}

func supportsContact(cited []*source, contact string) bool {
	return slices.ContainsFunc(cited, func(f *source) bool {
		// A customer's words are no authority for how to reach the shop.
		return f.Kind != Praise && slices.Contains(f.contacts, contact)
	})
}
