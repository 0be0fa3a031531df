package claim

import (
	"strconv"
	"strings"

	"castad/shared/pattern"
)

// dayPart says which half of the day an hour is in.
type dayPart uint8

const (
	unsaid dayPart = iota
	morning
	afternoon
	night // 밤: twelve is midnight
	clock24
)

// clock returns the hour on a 24-hour clock, as far as the words tell.
func (n number) clock() int {
	v := int(n.value)
	switch {
	case n.part == morning && v == 12, n.part == night && v == 12:
		return 0
	case n.part == afternoon && v < 12, n.part == night && v >= 6 && v < 12:
		return v + 12
	}
	return v
}

// sameHour compares on the clock face when one side does not say which half of the day it means.
func sameHour(a, b number) bool {
	if a.part == unsaid || b.part == unsaid {
		return a.clock()%12 == b.clock()%12
	}
	return a.clock()%24 == b.clock()%24
}

var (
	morningWord   = pattern.New(`(?:오전|아침|새벽) ?$`)
	afternoonWord = pattern.New(`(?:오후|저녁) ?$`)
	noonWord      = pattern.New(`낮 ?$`)
	nightWord     = pattern.New(`(?:밤|한밤) ?$`)
)

func partOfDay(s string, from, to int) dayPart {
	before, after := s[:from], s[to:]
	in := s[from:to]
	v := arabic.FindString(in)
	switch {
	case strings.HasPrefix(after, ":"):
		return meridiem(after[min(3, len(after)):], before, clock24)
	case strings.Contains(in, "am") || strings.Contains(in, "a.m"):
		return morning
	case strings.Contains(in, "pm") || strings.Contains(in, "p.m"):
		return afternoon
	case morningWord.MatchString(before):
		return morning
	case afternoonWord.MatchString(before):
		return afternoon
	case nightWord.MatchString(before):
		return night
	case noonWord.MatchString(before):
		if v == "11" || v == "10" || strings.HasPrefix(in, "열한") || strings.HasPrefix(in, "열 ") || strings.HasPrefix(in, "열시") {
			return morning
		}
		return afternoon
	}
	if m := partAfter.FindStringSubmatch(after); m != nil {
		return map[string]dayPart{"morning": morning, "afternoon": afternoon, "evening": afternoon, "night": night}[m[1]+m[2]]
	}
	if n, err := strconv.Atoi(v); err == nil && n > 12 {
		return clock24
	}
	return unsaid
}

var meridiemAfter = pattern.New(`^ ?([ap])\.?m`)

// meridiem reads am or pm after hh:mm, else 오전 or 오후 before it.
func meridiem(after, before string, otherwise dayPart) dayPart {
	if m := meridiemAfter.FindStringSubmatch(after); m != nil {
		if m[1] == "a" {
			return morning
		}
		return afternoon
	}
	switch {
	case morningWord.MatchString(before):
		return morning
	case afternoonWord.MatchString(before):
		return afternoon
	}
	return otherwise
}

var minutesAfter = pattern.New(`^(?::([0-5]\d)| ?([0-5]?\d) ?분| ?(반)(?:$|[^가-힣]|[에부까은이엔])| ?(오십|사십|삼십|이십|십오|사십오|십) ?분)`)

// minutes reads the minutes that follow an hour; end is where they end in s.
func minutes(s string, at int) (n, end int) {
	g := minutesAfter.FindStringSubmatchIndex(s[at:])
	if g == nil {
		return 0, at
	}
	for i, read := range []func(string) int{atoi, atoi, func(string) int { return 30 }, func(w string) int { return int(sino(w)) }} {
		if from, to := g[2*i+2], g[2*i+3]; from >= 0 {
			n, end = read(s[at+from:at+to]), at+to
		}
	}
	if rest := s[end:]; g[4] >= 0 || g[8] >= 0 {
		end += strings.Index(rest, "분") + len("분")
	}
	return n, end
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // two digits at most
	return n
}
