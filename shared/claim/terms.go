package claim

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// term is a word that is a claim in itself, with all its spellings.
type term struct {
	code Code
	re   *regexp.Regexp
}

func (t term) find(s string) string { return strings.TrimSpace(t.re.FindString(s)) }

func (t term) cut(s string) string { return t.re.ReplaceAllString(s, " ") }

func superlative(re string) term { return term{Superlative, regexp.MustCompile(re)} }
func checkable(re string) term   { return term{Term, regexp.MustCompile(re)} }

// terms are matched on folded text (NFKC, lower case, single spaces). One row
// is one claim: a fact with any spelling of a row supports every spelling of it.
//
// The list follows what Korea's Fair Labeling and Advertising Act guidance and
// the platforms' ad rules call absolute or unverifiable wording; it is a list,
// not an understanding of language.
var terms = []term{
	superlative(`(?:1|일) ?(?:위|등)(?:$|[^가-힣]|[는를가의로에인이예]|입니다)|넘버 ?원|\bno\.? ?1\b|#1\b|\bnumber[- ]one\b|\bnumero uno\b|\bnum(?:ber)? ?1\b`),
	superlative(`최 ?고(?:$|[^기민])|\bthe (?:very )?best\b|\bbest\b|\bfinest\b|\bgreatest\b`),
	superlative(`최 ?초|\bfirst[- ]ever\b|\bthe (?:very )?first\b|\bworld'?s first\b`),
	superlative(`최 ?대(?:$|[^한])|\b(?:largest|biggest)\b`),
	superlative(`최 ?저가|최저|\b(?:cheapest|lowest)\b`),
	superlative(`최 ?상(?:급|의|$)|최고급|최강|역대급|끝판왕|\bultimate\b|\bunbeatable\b|\bunrivall?ed\b|\bworld[- ]class\b|\btop[- ](?:rated|class|quality|tier)\b`),
	superlative(`100 ?(?:%|퍼센트|프로(?:$|[^가-힣]))|백 ?퍼센트|백프로|\b(?:one )?hundred ?(?:percent|per cent)\b|\b100 ?(?:percent|per cent)\b`),
	superlative(`(?:^|[^가-힣])제일(?:$|[^가-힣]|[의은로]|가는)|(?:^|[^가-힣])가장(?:$|[^가-힣])|\bmost\b`),
	superlative(`유일|둘도 없는|독보적|으뜸|\bthe only\b|\bonly one\b|\bone and only\b`),
	superlative(`완벽|무조건|보장|\bguaranteed?\b|\bperfect(?:ly)?\b|\bflawless\b`),
	superlative(`(?:세계|전국|대한민국|국내) ?(?:대표|제패|평정)`),
	checkable(`원조|\boriginal\b`),
	checkable(`특허|\bpatent(?:ed)?\b`),
	checkable(`인증|\bcertified\b`),
	checkable(`수상 ?(?:작|경력|업체|했)|대상 수상|미쉐린|미슐랭|\baward|\bmichelin\b`),
	checkable(`유기농|무농약|무항생제|\borganic\b`),
	checkable(`무첨가|무설탕|무방부제|\bno (?:msg|additives|preservatives|sugar)\b|\b(?:additive|sugar|gluten)[- ]free\b`),
	checkable(`국내산|국산|한우|자연산|신토불이|\blocally (?:sourced|grown)\b`),
	checkable(`무료|공짜|\bfor free\b|\bfree (?:gift|delivery|parking|refill|drink|coffee|dessert)`),
	checkable(`할인|세일|반값|증정|1\+1|\bdiscount|\bhalf[- ]price\b|\d+ ?% off|\bon sale\b`),
	checkable(`무한 ?리필|무제한|\bunlimited\b|\ball you can eat\b`),
	checkable(`연중 ?무휴|24 ?시간|\b24/7\b|\bopen (?:all night|every day|24 hours)\b`),
	checkable(`완치|치료|특효|부작용|\bcures?\b|\bheals? (?:your )?(?:disease|illness)`),
	checkable(`살 ?빠지|다이어트에 좋|\blose weight\b`),
	checkable(`(?:티비|tv|방송)에? ?(?:나온|출연)|\bas seen on\b`),
}

// fold brings a text to the form that all comparisons use: compatibility
// composition (ＮＯ．１ and decomposed Hangul do not slip through), lower case,
// no invisible characters, single spaces.
func fold(s string) string {
	s = strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " ")))
	var b strings.Builder
	space := true
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r) || unicode.IsControl(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
		default:
			b.WriteRune(r)
			space = false
		}
	}
	return strings.TrimSpace(b.String())
}

var (
	linkPattern = regexp.MustCompile(`(?:https?|ftp)[: ]/ ?/\S+|\bwww\.\S+|[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}|(?:^|[^a-z0-9.@])@[a-z0-9_.]{3,}|\b(?:[a-z0-9-]+\.)+(?:com|net|org|kr|shop|store|io|me|co|ly|gl|be|app|xyz|site|info|biz|tv)\b(?:/\S*)?`)
	// Korean numbers: area or mobile code and 7–8 digits, or 1588-type numbers; separators are optional.
	phonePattern = regexp.MustCompile(`(?:\+82[-. ]?\(?0?\)?\d{1,2}|\(?\b0\d{1,3}\)?)[-. ]{0,2}\d{3,4}[-. ]{0,2}\d{4}\b|\b1[568]\d{2}[-. ]\d{4}\b`)
	notDigit     = regexp.MustCompile(`\D`)
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
	return s, found
}
