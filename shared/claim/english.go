package claim

import (
	"slices"
	"strings"

	"castad/shared/pattern"
)

var (
	englishWord = `(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million)`
	english     = pattern.New(`\b(` + englishWord + `(?:(?:[- ]| and )` + englishWord + `)*)\b`)
	englishUnit = pattern.New(`^[ -](?:(won|krw)\b|(percent|per cent)\b|(hours?|days?|weeks?|months?)\b|(o'?clock\b|[ap]\.?m\b\.?)|(minutes?)\b|(years?)\b|(stars?|kinds?|kilos?|kg|generations?|branches|locations|stylists?|coaches|(?:happy |loyal |regular |satisfied )?(?:people|customers|guests|members|fans|reviews)|sessions|rooms|beds)\b|(dollars?|bucks|euros?|pounds|yen|cents)\b)`)
	hourBefore  = pattern.New(`\b(?:from|till|until|til|opens? at|closes? at|check(?:s|ing)?[- ]?(?:in|out) at|before|after|by|` + englishWord + ` (?:to|till|until)) $`)
	hourAfter   = pattern.New(`^(?:$|[,.!?;]| (?:then|in|every|each|on|sharp|tonight|today|we|the|and|o'clock)\b)`)
	hourRange   = pattern.New(`^ (?:to|till|until|-) ` + englishWord + `\b`)
	partAfter   = pattern.New(`^ (?:in the (morning|afternoon|evening)|at (night))\b`)
	sinceWord   = pattern.New(`\b(?:since|in|from) $`)
)

var englishValues = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
	"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
	"nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

// stated: a bare number word counts as a year after since, and as no more than a manner of speaking else.
func stated(before, _ string, v float64) bool {
	return v >= 1000 && v < 2100 && sinceWord.MatchString(before)
}

// anyCount: in a fact, which is no song, every number from two on counts.
func anyCount(_, _ string, v float64) bool { return v > 1 }

var nounAfter = pattern.New(`^ ([a-z]{3,})(?: ([a-z]{3,}))?\b`)

// counted: besides a year, a number counts before a noun that a fact counts too
// (four sons), also after an adjective (twelve little mats).
func (c *Checker) counted(before, after string, v float64) bool {
	if stated(before, after, v) {
		return true
	}
	m := nounAfter.FindStringSubmatch(after)
	return v > 1 && m != nil && slices.ContainsFunc(m[1:], func(noun string) bool { return strings.HasSuffix(noun, "s") && c.known(noun) })
}

func englishNumbers(s string, counts func(before, after string, v float64) bool, add func(from, to int, v float64, u unit)) {
	units := []unit{won, percent, span, hour, minute, year, things, foreign}
	for _, g := range english.FindAllStringSubmatchIndex(s, -1) {
		words := strings.FieldsFunc(s[g[2]:g[3]], func(r rune) bool { return r == ' ' || r == '-' })
		v, big := englishValue(words)
		u, end := none, g[3]
		if m := englishUnit.FindStringSubmatchIndex(s[g[3]:]); m != nil {
			for i, have := range units {
				if m[2*i+2] >= 0 {
					u, end = have, g[3]+m[2*i+3]
				}
			}
		}
		if u == none && len(words) == 1 && v >= 1 && v <= 12 && (hourRange.MatchString(s[end:]) || v > 1 && hourBefore.MatchString(s[:g[2]]) && hourAfter.MatchString(s[end:])) {
			u = hour
		}
		if u == none && len(words) == 1 && v <= 12 && partAfter.MatchString(s[end:]) && openWord.MatchString(s) {
			u = hour
		}
		if len(words) == 1 && v >= 1 && v <= 12 && strings.HasSuffix(s[:g[2]], "half past ") {
			u, v = hour, v*100+30
		}
		if u == hour && len(words) == 2 && v < 100 && englishValues[words[0]] <= 12 && englishValues[words[1]] >= 10 {
			v = englishValues[words[0]]*100 + englishValues[words[1]] // nine thirty a.m.
		}
		if u == things && big && len(words) == 1 && strings.HasSuffix(s[:end], "stars") {
			continue // a million stars
		}
		// "one" and "a thousand" alone are idioms; a unit, a year or a compound of hundreds is a statement.
		if u != none || counts(s[:g[2]], s[end:], v) || big && len(words) > 1 {
			add(g[2], end, v, u)
		}
	}
}

// englishValue reads number words; nineteen eighty-seven is 1987. big: it has hundred, thousand or million.
func englishValue(words []string) (v float64, big bool) {
	var total, group float64
	var plain []float64
	for _, w := range words {
		switch w {
		case "and":
		case "hundred":
			group, big = max(group, 1)*100, true
		case "thousand":
			total, group, big = total+max(group, 1)*1e3, 0, true
		case "million":
			total, group, big = total+max(group, 1)*1e6, 0, true
		default:
			group += englishValues[w]
			plain = append(plain, englishValues[w])
		}
	}
	if !big && len(plain) > 1 && plain[0] >= 10 && plain[1] >= 10 {
		rest := 0.0
		for _, p := range plain[1:] {
			rest += p
		}
		return plain[0]*100 + rest, false
	}
	return total + group, big
}
