package claim

import (
	"fmt"
	"slices"
	"strings"

	"castad/shared/pattern"
)

// schedule is what an hours fact says: from when, till when and on which days.
type schedule struct {
	open, shut []number
	days       [7]bool // Monday first
	daily      bool    // open on all seven, and the fact says so
	allDay     bool
}

const dayName = `[월화수목금토일]요일|주말|평일|주중|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\b|\bweekends?\b|\bweekdays?\b`

var (
	dayWord    = pattern.New(dayName)
	dayList    = pattern.New(`[월화수목금토일](?: ?[-~·,/–] ?[월화수목금토일])+|(?:^|[ (])[월화수목금토일](?:$|[ )])`)
	dayRange   = pattern.New(`^ ?(?:-|~|–|부터|to|through|thru) ?$`)
	everyDay   = pattern.New(`연중 ?무휴|휴무 ?없|쉬는 날(?:도)? ?(?:없|안)|하루도 ?(?:안 ?쉬|쉬지 ?않|빠짐)|쉬지 ?않고 ?(?:열|영업|문)|(?:매일|날마다|언제나|항상|늘|일 ?년 ?내내|365 ?일|주 ?7 ?일)(?:매일)? ?(?:같이 ?)?(?:문(?:을|이)? ?)?(?:열어|열려|열린|열립|여는|연다|엽니|영업|오픈|\d{1,2} ?시|` + nativeWords + ` ?시)|\b(?:7|seven) days a week\b|\bopen (?:every ?day|daily|always|all week|year[- ]round)\b|\bevery day of the (?:week|year)\b|\bnever close|\bevery (?:single )?day\b.{0,20}\b(?:open|doors?)\b|\bopen\b.{0,20}\bevery (?:single )?day\b|\b365 days\b`)
	dailyFact  = pattern.New(`매일|연중 ?무휴|휴무 ?없|쉬는 날 ?없|\bdaily\b|\bevery ?day\b|7 days|월 ?[-~–] ?일|\bmon\w* ?[-~–] ?sun`)
	allDay     = pattern.New(`24 ?시간|이십사 ?시간|\b24 ?/ ?7\b|\b24[- ]hours?\b|\btwenty[- ]four[- ](?:hours?|seven)\b|\baround the clock\b|\bopen all night\b|밤새 ?(?:열|영업|불)|(?:하루 ?종일|온종일) ?(?:열|영업|문)|\bday (?:and|or) night,? (?:we|the door)\b`)
	allDayFact = pattern.New(`24 ?시간|\b24 ?/ ?7\b|\b24[- ]hours?\b|0?0:00 ?[-~–] ?24:00|\baround the clock\b`)
	segments   = pattern.New(`[,;/()\n]| · `)
	offWord    = pattern.New(`쉼|쉬[니는어네고지며면려]|쉴|쉽니|쉰다|휴무|휴일|휴점|휴업|정기 ?휴|닫|빼고|제외|말고|\bexcept\b|\bbut not\b|\bclosed?\b|\bday off\b|\brests?\b`)
	openWord   = pattern.New(`열어|열려|열린|열립|열고|열지|여는|연다|엽니|영업|오픈|문을? ?열|\bopen`)
	inviteWord = pattern.New(`만나|만날|놀러|오세|와요|와서|오소|와라|기다|봐요|보자|\bsee you\b|\bmeet\b|\bcome\b|\bvisit\b|\bjoin us\b|\bdrop by\b`)
	pauseWord  = pattern.New(`브레이크|쉬는 ?시간|\bbreak\b|라스트|주문 ?마감|\blast orders?\b|\bl\.?o\b`)
)

// readSchedule reads a folded hours fact with the numbers in it.
func readSchedule(s string, ns []number) schedule {
	out := schedule{allDay: allDayFact.MatchString(s)}
	var shut, named [7]bool
	rests, every := false, dailyFact.MatchString(s)
	for _, part := range segments.Split(listedDays(s), -1) {
		days := daysIn(part)
		switch {
		case offWord.MatchString(part) && !everyDay.MatchString(part):
			rests = true
			for _, d := range days {
				shut[d] = true
			}
		default:
			for _, d := range days {
				named[d] = true
			}
		}
	}
	any := slices.Contains(named[:], true)
	out.daily = !rests && (every || !slices.Contains(named[:], false))
	for d := range out.days {
		out.days[d] = !shut[d] && (!any || every || named[d])
	}
	for _, n := range ns {
		if n.unit != hour || pauseWord.MatchString(lastSegment(s[:n.at])) {
			continue
		}
		switch roleOf(s, n) {
		case opening:
			out.open = append(out.open, n)
		case closing:
			out.shut = append(out.shut, n)
		}
	}
	return out
}

var dayComma = pattern.New(`((?:^|[^가-힣])[월화수목금토일](?:요일)?|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*) ?, ?([월화수목금토일](?:요일|[^가-힣]|$)|(?:mon|tue|wed|thu|fri|sat|sun))`)

// listedDays joins days that a comma separates: 월, 화 휴무 is one statement.
func listedDays(s string) string {
	for before := ""; before != s; {
		before, s = s, dayComma.ReplaceAllString(s, "$1·$2")
	}
	return s
}

func lastSegment(s string) string {
	if all := segments.FindAllStringIndex(s, -1); len(all) > 0 {
		return s[all[len(all)-1][1]:]
	}
	return s
}

// daysIn returns the days that a text names, ranges filled in.
func daysIn(s string) []int {
	var out []int
	last, end := -1, 0
	for _, m := range dayWord.FindAllStringIndex(s, -1) {
		found := daysOf(s[m[0]:m[1]])
		if last >= 0 && len(found) == 1 && dayRange.MatchString(s[end:m[0]]) {
			for d := last; d != found[0]; d = (d + 1) % 7 {
				out = append(out, d)
			}
		}
		out, end, last = append(out, found...), m[1], found[0]
	}
	for _, list := range dayList.FindAllString(s, -1) {
		last = -1
		for _, r := range list {
			d := strings.IndexRune("월화수목금토일", r) / len("월")
			switch {
			case r == '-' || r == '~' || r == '–':
				last = -1 - max(last, 0) - 1 // a range starts at the day before
			case !isHangul(r):
			case last < -1:
				for x := -last - 2; x != d; x = (x + 1) % 7 {
					out = append(out, x)
				}
				out, last = append(out, d), d
			default:
				out, last = append(out, d), d
			}
		}
	}
	return out
}

func daysOf(w string) []int {
	switch {
	case w == "주말" || strings.HasPrefix(w, "weekend"):
		return []int{5, 6}
	case w == "평일" || w == "주중" || strings.HasPrefix(w, "weekday"):
		return []int{0, 1, 2, 3, 4}
	}
	if i := strings.Index("월화수목금토일", w[:min(3, len(w))]); i >= 0 {
		return []int{i / len("월")}
	}
	return []int{strings.Index("montuewedthufrisatsun", w[:3]) / 3}
}

// role is what an hour is in a sentence.
type role uint8

const (
	neither role = iota
	opening
	closing
)

var (
	dayPartEnd  = pattern.New(`(?:오전|오후|아침|새벽|저녁|낮|밤|한밤) ?$`)
	openAfter   = pattern.New(`^ ?(?:부터|에 ?(?:는 ?)?(?:문(?:을|이)? ?)?(?:열|여는|연다|엽니|오픈|시작|불을 ?켜|불을 ?켠|불이 ?켜)|(?:~|-|–|to\b|till\b|until\b|'til\b) ?(?:밤|오후|저녁|새벽)? ?(?:\d|` + englishWord + `|noon|midnight))`)
	openBefore  = pattern.New(`(?:\bfrom|\bopens?(?: up)?(?: at| from)?|\bstarts? at|체크인 ?(?:은|시간은?)?|check(?:s|ing)?[- ]?in(?: at| from)?) ?$`)
	closeAfter  = pattern.New(`^ ?(?:까지|에 ?(?:는 ?)?(?:문(?:을|이)? ?)?(?:닫|마감|끝|접))`)
	closeBefore = pattern.New(`(?:~|-|–|부터|\bto|\btill|\buntil|'til|\bcloses?(?: at)?|체크아웃 ?(?:은|시간은?)?|check(?:s|ing)?[- ]?out(?: at| by)?) ?$`)
)

// roleOf tells an opening from a closing hour by the words around it.
func roleOf(s string, n number) role {
	before := dayPartEnd.ReplaceAllString(s[:n.at], "")
	after := meridiemAfter.ReplaceAllString(s[n.end:], "")
	switch {
	case closeAfter.MatchString(after):
		return closing
	case openAfter.MatchString(after):
		return opening
	case closeBefore.MatchString(before):
		return closing
	case openBefore.MatchString(before):
		return opening
	}
	return neither
}

// supports reports whether an hour may be told in its role.
func (sch schedule) supports(r role, n number) bool {
	list := sch.open
	if r == closing {
		list = sch.shut
	}
	if r == neither || len(list) == 0 {
		list = slices.Concat(sch.open, sch.shut)
	}
	return slices.ContainsFunc(list, func(have number) bool { return have.supports(n) })
}

// opens returns why a line says more about the days than the hours facts do, or "".
func (c *Checker) opens(s string, cited []*source) string {
	if quotesHours(s, cited) {
		return ""
	}
	supported := func(re *pattern.Pattern, by func(schedule) bool) bool {
		return slices.ContainsFunc(cited, func(f *source) bool {
			switch f.Kind {
			case Hours:
				return by(f.schedule)
			case Story, Offer, Praise:
				return re.MatchString(f.text)
			}
			return false
		})
	}
	if m := everyDay.FindString(s); m != "" && !supported(everyDay, func(h schedule) bool { return h.daily }) {
		return fmt.Sprintf("%q says that the shop is open every day, which no cited fact says", m)
	}
	if m := allDay.FindString(s); m != "" && !supported(allDay, func(h schedule) bool { return h.allDay }) {
		return fmt.Sprintf("%q says that the shop is open day and night, which no cited fact says", m)
	}
	if m := late.FindString(s); m != "" && !supported(late, schedule.isLate) {
		return fmt.Sprintf("%q says that the shop is open at night, which no cited fact says", m)
	}
	for _, m := range dayWord.FindAllStringIndex(s, -1) {
		day, means := s[m[0]:m[1]], predicate(s, m[0], m[1])
		days := daysOf(day)
		agree := func(f *source, open bool) bool {
			return f.Kind == Hours && !slices.ContainsFunc(days, func(d int) bool { return f.schedule.days[d] != open })
		}
		switch {
		case means == saysOpen && !slices.ContainsFunc(cited, func(f *source) bool { return agree(f, true) }) && !quoted(cited, day),
			means == saysShut && !slices.ContainsFunc(cited, func(f *source) bool { return agree(f, false) }) && !quoted(cited, day):
			return fmt.Sprintf("what it says about %q is in no cited opening hours", day)
		case means == invites && slices.ContainsFunc(c.all, func(f *source) bool { return agree(f, false) }):
			return fmt.Sprintf("the shop is closed on %q", day)
		}
	}
	return ""
}

// quotesHours reports whether a line is a cited hours fact, word for word: it may be richer than what is read of it.
func quotesHours(s string, cited []*source) bool {
	return slices.ContainsFunc(cited, func(f *source) bool { return f.Kind == Hours && f.text == s })
}

var late = pattern.New(`(?:심야|새벽|밤 ?늦게?|한밤중?)(?:에도|까지도?|에)? ?(?:[가-힣]+ )?(?:영업|열려|열어|문을? ?열)|\bopen (?:till|until) (?:late|dawn)\b`)

// isLate reports hours after eleven in the evening or before seven in the morning.
func (sch schedule) isLate() bool {
	return sch.allDay || slices.ContainsFunc(slices.Concat(sch.open, sch.shut), func(n number) bool { h := n.clock() % 24; return h < 7 || h >= 23 })
}

// quoted reports whether a fact other than the hours has the word.
func quoted(cited []*source, w string) bool {
	return slices.ContainsFunc(cited, func(f *source) bool { return f.Kind != Hours && f.spoken != "" && strings.Contains(f.text, w) })
}

type meaning uint8

const (
	saysNothing meaning = iota
	saysOpen
	saysShut
	invites
)

// predicate returns what a line says about the day at s[from:to]: the nearest
// predicate after a Korean day, before an English one, else on the other side.
func predicate(s string, from, to int) meaning {
	type hit struct {
		at int
		is meaning
	}
	nearest := func(text string, last bool) hit {
		best := hit{-1, saysNothing}
		for _, p := range []struct {
			re *pattern.Pattern
			is meaning
		}{{offWord, saysShut}, {openWord, saysOpen}, {inviteWord, invites}} {
			for _, m := range p.re.FindAllStringIndex(text, -1) {
				if best.at < 0 || last && m[0] > best.at || !last && m[0] < best.at {
					best = hit{m[0], p.is}
				}
			}
		}
		return best
	}
	before, after := nearest(s[:from], true), nearest(s[to:], false)
	if s[from] < 0x80 && before.is != saysNothing || after.is == saysNothing {
		return before.is
	}
	return after.is
}
