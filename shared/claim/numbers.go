package claim

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/pattern"
)

// unit is what a number counts; numbers of different units never support each
// other, a number without one supports and is supported by any.
type unit string

const (
	none     unit = ""
	won      unit = "won"
	percent  unit = "percent"
	hour     unit = "hour"
	minute   unit = "minute"
	year     unit = "year"
	span     unit = "span" // hours, days, months as a length of time
	things   unit = "things"
	rank     unit = "rank"
	floor    unit = "floor"
	foreign  unit = "foreign"  // money that is not won
	servings unit = "servings" // 삼백 그릇; a few are a manner of speaking
)

// number is one number in a text, however it is written.
type number struct {
	text    string
	value   float64
	unit    unit
	part    dayPart
	minute  int // of an hour
	at, end int // byte offsets in the folded text
}

// supports reports whether a fact's number n is what the line's number says.
func (n number) supports(line number) bool {
	if n.unit != none && line.unit != none && n.unit != line.unit {
		return false
	}
	if n.unit == hour && line.unit == hour {
		return n.minute == line.minute && sameHour(n, line)
	}
	return n.value == line.value
}

const (
	sinoDigits = "일이삼사오육칠팔구"
	sinoRun    = `[영공일이삼사오육륙칠팔구십백천만억]`
	// particle is what may follow a Korean unit for it to be a unit and not the start of another word (원 in 원조).
	particle = `(?:$|[^가-힣]|[에의은는이가을를도만씩인로와과나]|으로|부터|까지|이면|이에요|이라|짜리|대(?:$|[^가-힣])|째|반|쯤|동안|전통|정도|이상|이하|이나|밖|예요|입니다|하나)`
)

var (
	arabic = pattern.New(`\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?`)
	// After Arabic digits any unit counts.
	arabicUnit = pattern.New(`^ ?(?:(원|won\b|krw\b)|(%|퍼센트|프로(?:$|[^가-힣])|percent\b)|(시간|hours?\b|일간|일 ?동안|개월|달(?:$|[^가-힣]|[은이에만을간])|주(?:간|일)|박(?:$|[^가-힣]|[에은은이])|초(?:$|[^가-힣]|[만에])|days?\b|nights?\b|weeks?\b|months?\b)|(시|:\d\d|o'?clock\b|[ap]\.?m\b\.?)|(분(?:$|[^가-힣]|[에만의])|minutes?\b|mins?\b)|(주년|년|years?\b)|(위|등(?:$|[^가-힣]))|(층|floors?\b|th floor)|(가지|명|곳|대째|세대|호점|개|인분|인실|번째|번(?:$|[^가-힣]|[에의])|회(?:$|[^가-힣]|[에의])|송이|배(?:$|[^가-힣]|[로의])|평(?:$|[^가-힣]|[의])|권|마리|팀|종(?:$|[^가-힣]|[의류])|킬로|미터|그램|kinds?\b|people\b|generations?\b|branches\b|stars?\b|customers\b|guests\b|members\b|sessions?\b|stylists?\b|coaches\b|rooms?\b|chairs?\b|friends?\b))`)
	multiplier = pattern.New(`^[십백천만억]`)
	arabicMore = pattern.New(`^ ?\d{1,4}[십백천만]?|^ ?` + sinoRun + `+`)

	sinoPrice = pattern.New(`((?:` + sinoRun + `*[만억] )?` + sinoRun + `*[십백천만억]` + sinoRun + `*)( ?원)` + particle)
	sinoUnit  = pattern.New(`(` + sinoRun + `+)( ?(?:(퍼센트|프로)|(시간|개월|박|일 동안|일간|주일|주간|주|초)|(분)|(주년|년)|(위|등)|(층|층짜리)|(가지|명|곳|개|대째|세대|호점|인분|인실|번째|회|송이|배|평|권|마리|팀|종류|킬로|미터|그램|칼로리)|(대)|(그릇|잔|접시|병|조각|판|줄|봉지|벌|켤레)|(냥|달러|유로)))` + particle)
	// Prices without 원: after a word that announces a price, or with two digits (만이천, 팔천오백).
	barePrice = pattern.New(`(?:단돈|겨우|가격은|가격이|값은) ?(` + sinoRun + `*[백천만]` + sinoRun + `*)(?:$|[^가-힣]|[에의은이을도로])|(?:^|[^가-힣])(만[` + sinoDigits + `]천|[` + sinoDigits + `]만[` + sinoDigits + `]천|[` + sinoDigits + `]?천[` + sinoDigits + `]백)(?:$|[^가-힣]|[에의은이을도로])`)

	nativeWords = `(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)?(?:한|하나|두|둘|세|셋|석|네|넷|넉|다섯|여섯|일곱|여덟|아홉)|열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔`
	native      = pattern.New(`(` + nativeWords + `)( ?(?:(시간|달|주일|밤)|(시)|(가지|명|곳|개|번째|세대|배|송이|분|권|마리|팀|종류|점)|(번에)|(해)))` + particle)
)

// The group numbers of arabicUnit, in order.
var arabicUnits = []unit{won, percent, span, hour, minute, year, rank, floor, things}

// numbers returns every number that a folded text states.
func numbers(s string) []number { return readNumbers(s, stated) }

// readNumbers reads with english deciding which bare English number words count.
func readNumbers(s string, english func(before, after string, v float64) bool) []number {
	var out []number
	used := make([]bool, len(s)) // bytes already read as part of a number
	add := func(from, to int, v float64, u unit) {
		for i := from; i < to; i++ {
			if used[i] {
				return
			}
		}
		for i := from; i < to; i++ {
			used[i] = true
		}
		n := number{text: strings.TrimSpace(s[from:to]), value: v, unit: u, at: from, end: to}
		if u == hour {
			n.part = partOfDay(s, from, to)
			n.minute, n.end = minutes(s, to)
			for i := to; i < n.end; i++ {
				used[i] = true
			}
			if v >= 100 { // eleven thirty a.m.
				n.value, n.minute = float64(int(v)/100), int(v)%100
			}
			n.text = strings.TrimSpace(s[from:n.end])
		}
		out = append(out, n)
	}
	arabicNumbers(s, add)
	koreanNumbers(s, add)
	englishNumbers(s, english, add)
	return out
}

func arabicNumbers(s string, add func(from, to int, v float64, u unit)) {
	for at := 0; at < len(s); {
		m := arabic.FindStringIndex(s[at:])
		if m == nil {
			return
		}
		from, to := at+m[0], at+m[1]
		v, err := strconv.ParseFloat(strings.ReplaceAll(s[from:to], ",", ""), 64)
		if err != nil {
			at = to
			continue
		}
		if multiplier.MatchString(s[to:]) { // 9천, 1만 2천, 1만2000
			v, to = mixed(s, from)
		}
		u := none
		end := to
		if g := arabicUnit.FindStringSubmatchIndex(s[to:]); g != nil {
			for i, have := range arabicUnits {
				if g[2*i+2] >= 0 {
					u, end = have, to+g[2*i+3]
				}
			}
			if strings.HasPrefix(s[to:], ":") {
				end = to // minutes reads on
			}
		}
		add(from, end, v, u)
		at = end
	}
}

// mixed reads digits with Korean multipliers from s[from:]: 9천, 1만2천, 3만 5천.
func mixed(s string, from int) (v float64, to int) {
	var total, group, digits float64
	to = from
	for to < len(s) {
		if m := arabic.FindStringIndex(s[to:]); m != nil && m[0] == 0 {
			digits, _ = strconv.ParseFloat(strings.ReplaceAll(s[to:to+m[1]], ",", ""), 64)
			to += m[1]
			continue
		}
		r, size := utf8.DecodeRuneInString(s[to:])
		if i := strings.IndexRune(sinoDigits, r); i >= 0 && strings.HasPrefix(s[to+size:], "천") {
			digits = float64(i/3 + 1)
			to += size
			continue
		}
		m, ok := scale(r)
		if !ok {
			if r == ' ' && arabicMore.MatchString(s[to:]) && hasScale(s[to+1:]) {
				to++
				continue
			}
			break
		}
		total, group = fold10(total, group, digits, m)
		digits = 0
		to += size
	}
	return total + group + digits, to
}

// hasScale reports whether s begins with digits and a Korean multiplier.
func hasScale(s string) bool {
	m := arabic.FindStringIndex(s)
	return m != nil && m[0] == 0 && multiplier.MatchString(s[m[1]:])
}

func scale(r rune) (float64, bool) {
	switch r {
	case '십':
		return 10, true
	case '백':
		return 100, true
	case '천':
		return 1000, true
	case '만':
		return 1e4, true
	case '억':
		return 1e8, true
	}
	return 0, false
}

// fold10 applies a multiplier to what has been read so far.
func fold10(total, group, digits, m float64) (newTotal, newGroup float64) {
	if m < 1e4 {
		return total, group + max(digits, 1)*m
	}
	g := group + digits
	if g == 0 {
		g = 1
	}
	return total + g*m, 0
}

// sino reads a run of Sino-Korean numerals: 구천 = 9000, 만이천 = 12000, 일구팔칠 = 1987.
func sino(run string) float64 {
	var total, group, digits float64
	for _, r := range run {
		if m, ok := scale(r); ok {
			total, group = fold10(total, group, digits, m)
			digits = 0
			continue
		}
		if r == '륙' {
			r = '육'
		}
		d := 0.0
		if i := strings.IndexRune(sinoDigits, r); i >= 0 {
			d = float64(i/3 + 1)
		}
		if r != ' ' {
			digits = digits*10 + d
		}
	}
	return total + group + digits
}

func koreanNumbers(s string, add func(from, to int, v float64, u unit)) {
	each(sinoPrice, s, func(g []int) int {
		if strings.HasPrefix(s[g[2]:], "만 ") && !startsWord(s, g[2]) {
			g[2] += len("만 ") // the 만 of 하지만
		}
		add(g[2], g[5], sino(s[g[2]:g[3]]), won)
		return g[5]
	})
	each(sinoUnit, s, func(g []int) int {
		run := s[g[2]:g[3]]
		for i, u := range []unit{percent, span, minute, year, rank, floor, things, things, servings, foreign} {
			if g[2*i+6] >= 0 && !(run == "일" && idiom.MatchString(s[g[4]:g[5]])) && countable(run, s[g[4]:g[5]], u) && startsWord(s, g[2]) {
				add(g[2], g[5], sino(run), u)
			}
		}
		return g[5]
	})
	each(nativeDays, s, func(g []int) int {
		add(g[2], g[3], dayCounts[s[g[2]:g[3]]], span)
		return g[3]
	})
	each(barePrice, s, func(g []int) int {
		if g[2] < 0 {
			g = g[2:]
		}
		add(g[2], g[3], sino(s[g[2]:g[3]]), won)
		return g[3]
	})
	each(native, s, func(g []int) int {
		v := nativeValue(s[g[2]:g[3]])
		for i, u := range []unit{span, hour, things, things, year} {
			// 한 시간, 한 명, 한시도: one of something is an idiom; one o'clock needs its particle.
			if g[2*i+6] < 0 || !startsWord(s, g[2]) || v == 1 && (u != hour || !oneOClock.MatchString(s[g[2]:])) {
				continue
			}
			add(g[2], g[5], v, u)
		}
		return g[5]
	})
}

// each calls use for every match of re, with the groups as offsets in s; use
// returns where to go on, so that a boundary may belong to two matches.
func each(re *pattern.Pattern, s string, use func(groups []int) (next int)) {
	for at := 0; at < len(s); {
		g := re.FindStringSubmatchIndex(s[at:])
		if g == nil {
			return
		}
		for i := range g {
			if g[i] >= 0 {
				g[i] += at
			}
		}
		at = use(g)
	}
}

// idiom are units of which one is a way of speaking: 일 인분, 일주일.
var idiom = pattern.New(`(?:인분|주일)$`)

var oneOClock = pattern.New(`^한 ?시(?:에|부터|까지|반)`)

// countable weeds out runs that are words: 이 시간 (this time), 이번, 오분, 이대로, 일등 is a superlative.
func countable(run, suffix string, u unit) bool {
	scaled := strings.ContainsAny(run, "십백천만억")
	if scaled {
		return true
	}
	switch u {
	case servings:
		return false
	case span:
		if suffix == "주" || suffix == " 주" && run == "이" {
			return false // 사주, 이 주
		}
		return suffix != " 시간" && suffix != "시간" && !strings.HasSuffix(suffix, "초") || utf8.RuneCountInString(run) > 1
	case minute:
		return utf8.RuneCountInString(run) > 1
	case things:
		if strings.Contains("회개배평권팀", suffix) {
			return false // 사회, 오배: spoken with a space when it counts
		}
		return run != "이" || strings.HasSuffix(suffix, "째")
	case year, rank, floor, percent:
		return run != "이" || !strings.HasPrefix(suffix, " ")
	}
	return true
}

func startsWord(s string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:at])
	return at == 0 || r < '가' || r > '힣'
}

var (
	nativeDays = pattern.New(`(이틀|사흘|나흘|닷새|엿새|열흘|보름) ?(?:동안|간|안에|만에|내내)`)
	dayCounts  = map[string]float64{"이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "열흘": 10, "보름": 15}
)

var nativeTens = map[string]float64{"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90}
var nativeOnes = map[string]float64{"한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "": 0}

func nativeValue(w string) float64 {
	for tens, v := range nativeTens {
		if rest, ok := strings.CutPrefix(w, tens); ok {
			if ones, ok := nativeOnes[rest]; ok {
				return v + ones
			}
		}
	}
	return nativeOnes[w]
}

var countedNoun = pattern.New(`(?:^|[^가-힣])(두|세|네|다섯|여섯|일곱|여덟|아홉|열) ([가-힣]{2})`)

// miscounts returns what a line counts otherwise than the facts that count the
// same thing without a counter (세 형제 for 두 형제), or "".
func (c *Checker) miscounts(s string) string {
	for _, g := range countedNoun.FindAllStringSubmatch(s, -1) {
		others, same := false, false
		for _, f := range c.all {
			for _, h := range countedNoun.FindAllStringSubmatch(f.text, -1) {
				others, same = others || h[2] == g[2] && h[1] != g[1], same || h[2] == g[2] && h[1] == g[1]
			}
		}
		if others && !same {
			return g[1] + " " + g[2]
		}
	}
	return ""
}
