package claim

import (
	"slices"
	"strings"
	"unicode/utf8"

	"castad/shared/pattern"
)

// term is a word that is a claim in itself, with all its spellings: korean those
// with Hangul, latin the others, so that a line pays for its own script only.
type term struct {
	code          Code
	korean, latin *pattern.Pattern
	fact          *pattern.Pattern // what a fact may say instead
}

func (t term) find(s string) string {
	if hasHangul(s) && t.korean != nil {
		if m := t.korean.FindString(s); m != "" {
			return strings.TrimSpace(m)
		}
	}
	if t.latin != nil && strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }) {
		return strings.TrimSpace(t.latin.FindString(s))
	}
	return ""
}

func (t term) cut(s string) string {
	for _, re := range []*pattern.Pattern{t.korean, t.latin} {
		if re != nil {
			s = re.ReplaceAllString(s, " ")
		}
	}
	return s
}

func (t term) in(f *source) bool {
	return t.find(f.text) != "" || t.fact != nil && t.fact.MatchString(f.text)
}

func hasHangul(s string) bool { return strings.ContainsFunc(s, isHangul) }

// row reads the alternatives of one claim.
func row(code Code, re string) term {
	t := term{code: code}
	var korean, latin []string
	for _, alternative := range alternatives(re) {
		if hasHangul(alternative) {
			korean = append(korean, alternative)
		} else {
			latin = append(latin, alternative)
		}
	}
	if len(korean) > 0 {
		t.korean = pattern.New(strings.Join(korean, "|"))
	}
	if len(latin) > 0 {
		t.latin = pattern.New(strings.Join(latin, "|"))
	}
	return t
}

// alternatives splits an expression at its outermost bars.
func alternatives(re string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range re {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '|':
			if depth == 0 {
				out, from = append(out, re[from:i]), i+1
			}
		}
	}
	return append(out, re[from:])
}

func superlative(re string) term { return row(Superlative, re) }
func checkable(re string) term   { return row(Term, re) }

// sign is what may stand between two syllables to hide a word: 최·고, 최 고.
const sign = `[ .,·*~_^!/-]{0,2}`

// free is the row of what costs nothing; see gift.
var free = freeRow(`무료|공짜|\b(?:for|is|are|it's|totally|absolutely) free\b|\bfree of charge\b|\bon the house\b|\bcomplimentary\b`)

func freeRow(re string) term {
	t := row(Term, re)
	t.fact = pattern.New(`\bfree\b`)
	return t
}

// terms are matched on folded text (NFKC, lower case, single spaces). One row
// is one claim: a fact with any spelling of a row supports every spelling of it.
//
// The list follows what Korea's Fair Labeling and Advertising Act guidance and
// the platforms' ad rules call absolute or unverifiable wording; it is a list,
// not an understanding of language.
var terms = []term{
	superlative(`(?:^|[^0-9])(?:1|일) ?(?:위|등)(?:$|[^가-힣]|[는를가로의에인이예라라야]|입니다)|넘버` + sign + `(?:원|1)|원탑|\bno\.? ?(?:1|one)\b|# ?1\b|\bnumber[- ](?:one|1)\b|\bnumero uno\b|\bnum(?:ber)? ?1\b|\btop (?:1|one)\b`),
	superlative(`최` + sign + `고(?:$|[^기민])|베스트(?:$|[^셀가-힣]|[의인])|\bthe (?:very )?best\b|\bbest\b|\bfinest\b|\bgreatest\b`),
	superlative(`최 ?초(?:$|[^가-힣]|[의로인]|이)|\bfirst[- ]ever\b|\bthe (?:very )?first (?:in|of|to|cafe|shop|restaurant|gym|salon)\b|\bworld'?s first\b`),
	superlative(`최 ?대(?:$|[^한])|\b(?:largest|biggest)\b`),
	superlative(`최 ?저가|최저|\b(?:cheapest|lowest)\b`),
	superlative(`최 ?상(?:급|의|$)|최 ?고급|최강|역대급|끝판왕|일류|특급|챔피언|왕중왕|세계 ?(?:적|최)|전국적|\bultimate\b|\bunbeatable\b|\bunmatched\b|\bunrivall?ed\b|\bworld[- ](?:class|famous)\b|\btop[- ](?:rated|class|quality|tier|notch)\b|\bchampions?\b|\bsecond to none\b|\blike no other\b|\bnothing (?:beats|compares)\b|\bno one (?:does it|comes) (?:better|close)`),
	superlative(`100 ?(?:%|퍼센트|프로(?:$|[^가-힣])|percent|per cent)|백 ?퍼센트|백 ?프로|백퍼(?:$|[^센])|\b(?:a |one )?hundred[- ]?(?:percent|per cent)\b`),
	superlative(`(?:^|[^가-힣])제일(?:$|[^가-힣]|[의은로이]|가는)|(?:^|[^가-힣])가장(?:$|[^가-힣])|\bmost\b`),
	superlative(`유일|천하 ?제일|둘도 없는|독보적|으뜸|압도적|비교 ?불가|어디에도 없는|견줄 데 없|더할 나위 없|둘째가라면|첫손|손꼽히|\bthe only\b|\bonly one\b|\bone and only\b|\bunique\b`),
	superlative(`완벽|무조건|보장|후회 ?없|\bguarantee[ds]?\b|\bperfect(?:ly)?\b|\bflawless\b|\bno regrets?\b`),
	superlative(`(?:세계|전국|대한민국|국내) ?(?:대표|제패|평정)`),
	checkable(`(?:옆집|앞집|이웃집|다른 ?(?:집|가게|식당|카페|곳|데)|어느 ?(?:집|가게|식당|곳|것)|어디|그 누구|누구|남들?)보다|\bbetter than (?:any|every|all|the (?:rest|others?)|others?)\b`),
	checkable(`원조|\boriginal\b`),
	checkable(`특허|\bpatent(?:ed)?\b`),
	checkable(`인증(?:$|[^샷])|공인|자격증|\b(?:certified|licensed)\b`),
	checkable(`국가 ?대표|\bnational team\b`),
	checkable(`메달|\bmedal`),
	checkable(`명장|명인|\bmaster (?:chef|barber|baker|florist)\b`),
	checkable(`수상 ?(?:작|경력|업체|했)|대상 수상|미쉐린|미슐랭|\baward|\bmichelin\b`),
	checkable(`유기농|무농약|무항생제|\borganic\b`),
	checkable(`친환경|천연|무독성|\beco[- ]?friendly\b`),
	checkable(`무첨가|무설탕|무방부제|\bno (?:msg|additives|preservatives|sugar)\b|\b(?:additive|sugar|gluten)[- ]free\b`),
	checkable(`국내산|국산|한우|자연산|신토불이|\blocally (?:sourced|grown)\b`),
	free,
	checkable(`반값|(?:반|절반) ?(?:값|가격)|\bhalf the price\b|50 ?%|오십 ?(?:%|퍼센트|프로)|\bhalf[- ](?:price|off)\b|\bfifty percent\b`),
	checkable(`할인|세일|\bdiscount|\d+ ?% off|\bpercent off\b|\bon sale\b`),
	checkable(`증정|사은품|덤으로|1 ?\+ ?1|원 ?플러스 ?원|투 ?플러스 ?원|\bbuy one\b|\btwo for (?:one|the price of one)\b|\bone plus one\b`),
	checkable(`무한 ?리필|무제한|\bunlimited\b|\ball you can eat\b`),
	checkable(`당일 ?(?:배송|배달)|총알 ?배송|\bsame[- ]day delivery\b`),
	checkable(`완치|치료|특효|부작용|\bcures?\b|\bheals? (?:your )?(?:disease|illness)`),
	checkable(`보약|감기(?:가|를|도)|면역|해독|디톡스|탈모|아토피|혈액 ?순환|\bdetox|\bimmun`),
	checkable(`살 ?(?:이 ?)?(?:쏙 ?)?빠지|살 ?(?:이 ?)?안 ?(?:찌|쪄)|다이어트에 좋|\blose (?:weight|[a-z]+ (?:kilos?|kg|pounds))\b|\bweight loss\b`),
	checkable(`(?:티비|tv|방송)에? ?(?:나온|나왔|출연)|\bas seen on\b`),
	checkable(`별점|평점|만점|\brat(?:ed|ings?)\b|\bvoted\b|\bfeatured (?:in|on)\b`),
	checkable(`연예인|아이돌|셀럽|유튜버|백종원|[^명 ](?:이|가|도) ?(?:다녀간|추천한|인정한|극찬한)|\bcelebrit|\brecommended by\b`),
	checkable(`배달|\bdelivery\b`),
	checkable(`주차|\bparking\b`),
	checkable(`반려동물|애견 ?동반|와이파이|\bpet[- ]friendly\b|\bwi-?fi\b`),
	checkable(`비건|글루텐 ?프리|\bvegan\b`),
	checkable(`대를 ?(?:이|잇)|대대로|가업|노포|백년 ?가게|\bfor generations\b|\bfamily[- ]run\b`),
	checkable(`(?:수|몇) ?(?:십|백|천|만) ?(?:년|명|가지|곳|주년)|\b(?:for|in) (?:decades|centuries)\b|\b(?:dozens|hundreds|thousands|millions) of (?:customers|people|guests|reviews|fans|members|years)\b`),
}

func supportsTerm(cited []*source, t term) bool {
	return slices.ContainsFunc(cited, func(f *source) bool {
		switch f.Kind {
		case Name, Area, Address, Phone, Link, Color:
			return false // a name supports itself only; see maskNames
		}
		return t.in(f)
	})
}

// idioms are turns of phrase in which a superlative claims nothing.
var idioms = pattern.New(`(?:제일|가장) ?먼저 (?:달려|생각|떠오|만나|반|웃|와|일어|찾아)|\bbest (?:friends?|wishes|regards)\b|\bmy best\b|\bmost of all\b`)

// everyone widens an offer; offers are the rows of which the condition matters.
var (
	everyone = pattern.New(`모든|전부|누구나|무엇이든|뭐든|전 ?메뉴|전 ?품목|아무나|매일|날마다|언제나|항상|\b(?:always|any ?time)\b|\b(?:all|every|everything|everyone|any|anything)\b`)
	offers   = pattern.New(`무료|공짜|할인|세일|반값|증정|깎아|1 ?\+ ?1|\bfree\b|\boff\b|\bhalf[- ]price\b|\bdiscount|\bon sale\b`)
)

// widens returns the word by which a line offers to all what no cited fact offers to all, or "".
func widens(s string, cited []*source) string {
	w := everyone.FindString(s)
	if w == "" || !offers.MatchString(s) || slices.ContainsFunc(cited, func(f *source) bool { return strings.Contains(f.text, w) }) {
		return ""
	}
	return w
}

var (
	freeKorean  = pattern.New(`([가-힣]{2,}?)(?:이|가|은|는|도|까지|을|를)? ?(?:무료|공짜)`)
	freeEnglish = pattern.New(`\bfree ([a-z]{3,})|\b([a-z]{3,})s? (?:is|are|for) (?:all |totally |absolutely )?free\b`)
	freeRest    = []string{"for", "and", "when", "with", "today", "tonight", "now", "the", "all", "that", "every", "this", "come", "charge", "extra", "refill", "refills", "more", "one", "second", "to", "as", "like", "from", "spirit", "mind", "time", "me", "my", "soul", "heart", "fall", "bird", "birds", "again", "wind", "world", "life", "we", "style", "way", "ride", "on", "of", "is", "are", "it", "here", "your", "you"}
)

// gift returns what a line gives away that no cited fact gives away, or "": a
// free letter card is no free delivery.
func gift(s string, cited []*source) string {
	known := func(word string) bool {
		return slices.ContainsFunc(cited, func(f *source) bool { return free.in(f) && strings.Contains(f.text, word) })
	}
	for _, g := range freeKorean.FindAllStringSubmatch(s, -1) {
		bare := strings.TrimRight(g[1], "이가은는도을를")
		if utf8.RuneCountInString(bare) > 1 && !known(g[1]) && !known(bare) {
			return g[1]
		}
	}
	for _, g := range freeEnglish.FindAllStringSubmatch(s, -1) {
		word := g[1] + g[2]
		if !slices.Contains(freeRest, word) && !known(strings.TrimSuffix(word, "s")) {
			return word
		}
	}
	return ""
}
