package music

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// english tells whether a line is English: it has Latin letters and no Hangul.
func english(line string) bool {
	latin := false
	for _, r := range line {
		if unicode.Is(unicode.Hangul, r) {
			return false
		}
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return latin
}

// figure is a number of an English line with what may stand round it.
var figure = regexp.MustCompile(`([$€£₩#])?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+)|:(\d{2}))?(%|(?i:st|nd|rd|th|am|pm|k)\b)?`)

// readEnglish spells digits, signs and initials of a word of an English line, as
// they are sung: "$4.50" four dollars fifty, "7:30pm" seven thirty pee em, "BBQ" bee bee cue.
func readEnglish(word string) string {
	word = figure.ReplaceAllStringFunc(word, readFigure)
	word = strings.NewReplacer("&", " and ", "@", " at ", "+", " plus ", "/", " ").Replace(word)
	fields := strings.Fields(word)
	for i, f := range fields {
		bare := strings.Trim(f, ".,!?:;()\"")
		if len(bare) > 1 && strings.ToUpper(bare) == bare && (initials[bare] || !strings.ContainsAny(bare, "AEIOUY'")) {
			fields[i] = spellInitials(bare)
		}
	}
	return strings.Join(fields, " ")
}

func readFigure(s string) string {
	m := figure.FindStringSubmatch(s)
	sign, digits, decimals, minutes, tail := m[1], strings.ReplaceAll(m[2], ",", ""), m[3], m[4], strings.ToLower(m[5])
	n, err := strconv.Atoi(digits)
	if err != nil || n >= 1_000_000_000 || len(digits) > 1 && digits[0] == '0' {
		return " " + oneByOne(digits+decimals) + " "
	}
	words := []string{cardinal(n)}
	if sign == "#" {
		words = []string{"number", words[0]}
	}
	if unit, ok := map[string]string{"$": "dollar", "€": "euro", "£": "pound", "₩": "won"}[sign]; ok {
		if n != 1 && unit != "won" {
			unit += "s"
		}
		words = append(words, unit)
	}
	switch cents, _ := strconv.Atoi(decimals); {
	case decimals != "" && sign != "" && len(decimals) == 2 && cents > 0:
		words = append(words, cardinal(cents))
	case decimals != "" && sign == "":
		words = append(words, "point", oneByOne(decimals))
	case minutes != "" && minutes != "00":
		past, _ := strconv.Atoi(minutes)
		words = append(words, cardinal(past))
	}
	switch tail {
	case "%":
		words = append(words, "percent")
	case "k":
		words = append(words, "thousand")
	case "am", "pm":
		words = append(words, spellInitials(strings.ToUpper(tail)))
	case "st", "nd", "rd", "th":
		words[len(words)-1] = ordinal(words[len(words)-1])
	}
	return " " + strings.Join(words, " ") + " "
}

var (
	units     = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tenths    = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
	irregular = map[string]string{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
)

// cardinal spells a number below a thousand million.
func cardinal(n int) string {
	switch {
	case n >= 1_000_000:
		return cardinal(n/1_000_000) + " million" + rest(n%1_000_000)
	case n >= 1000:
		return cardinal(n/1000) + " thousand" + rest(n%1000)
	case n >= 100:
		return units[n/100] + " hundred" + rest(n%100)
	case n >= 20:
		return tenths[n/10] + rest(n%10)
	}
	return units[n]
}

func rest(n int) string {
	if n == 0 {
		return ""
	}
	return " " + cardinal(n)
}

// ordinal turns the last word of a cardinal: twenty one, twenty first.
func ordinal(words string) string {
	at := strings.LastIndexByte(words, ' ') + 1
	last := words[at:]
	if odd, ok := irregular[last]; ok {
		return words[:at] + odd
	}
	if stem, ok := strings.CutSuffix(last, "y"); ok {
		return words[:at] + stem + "ieth"
	}
	return words + "th"
}

func oneByOne(digits string) string {
	var out []string
	for _, d := range digits {
		out = append(out, units[d-'0'])
	}
	return strings.Join(out, " ")
}

// initials with a vowel that are spelled out all the same.
var initials = map[string]bool{"AI": true, "USA": true, "UK": true, "AM": true, "DIY": true, "OK": true, "ATM": true}

var letterNames = strings.Fields("ay bee see dee ee eff jee aitch eye jay kay el em en oh pee cue ar ess tee you vee double-you ex why zee")

func spellInitials(word string) string {
	var out []string
	for _, r := range word {
		if r >= 'A' && r <= 'Z' {
			out = append(out, letterNames[r-'A'])
		}
	}
	return strings.Join(out, " ")
}
