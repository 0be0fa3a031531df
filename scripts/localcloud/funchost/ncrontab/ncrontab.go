// Package ncrontab reads the six-field schedules of timer triggers and says
// when they are due, in UTC as the Functions host does.
//
//	{second} {minute} {hour} {day} {month} {day of week}
//
// A field is a comma-separated list of *, a, a-b, each with an optional /step;
// a/step runs from a to the field's end. Months and days of the week may be
// names (Jan, Sun), Sunday is 0. Day and day of week must both match: that is
// NCRONTAB; Vixie cron, and most Go libraries, take either, which is why this
// small parser exists.
//
// Stricter than the host: five fields (which it reads as minutes first), time
// spans ("00:05:00", refused by it on consumption plans) and reversed ranges
// are refused.
package ncrontab

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule is a parsed expression.
type Schedule struct {
	second, minute, hour, day, month, weekday uint64 // bit n: value n matches
}

// horizon bounds the search for the next occurrence: every satisfiable
// combination of day and month repeats within the leap cycle's 8 years.
const horizon = 8

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// Parse reads a six-field expression. The error is a sentence fragment that
// names the wrong field.
func Parse(expression string) (Schedule, error) {
	fields := strings.Fields(expression)
	if len(fields) != 6 {
		return Schedule{}, fmt.Errorf("the schedule %q has %d fields, want 6: second minute hour day month day-of-week", expression, len(fields))
	}
	var s Schedule
	for i, f := range []struct {
		name     string
		into     *uint64
		min, max int
		names    []string
	}{
		{"second", &s.second, 0, 59, nil},
		{"minute", &s.minute, 0, 59, nil},
		{"hour", &s.hour, 0, 23, nil},
		{"day", &s.day, 1, 31, nil},
		{"month", &s.month, 1, 12, monthNames},
		{"day of week", &s.weekday, 0, 6, weekdayNames},
	} {
		bits, err := parseField(fields[i], f.min, f.max, f.names)
		if err != nil {
			return Schedule{}, fmt.Errorf("the schedule %q has a wrong %s: %w", expression, f.name, err)
		}
		*f.into = bits
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, fmt.Errorf("the schedule %q never comes due", expression)
	}
	return s, nil
}

func parseField(text string, lowest, highest int, names []string) (uint64, error) {
	var bits uint64
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 {
				return 0, fmt.Errorf("%q is not a step", stepText)
			}
			step = n
		}
		from, to, err := parseSpan(span, stepped, lowest, highest, names)
		if err != nil {
			return 0, err
		}
		for v := from; v <= to; v += step {
			bits |= 1 << v
		}
	}
	return bits, nil
}

func parseSpan(span string, stepped bool, lowest, highest int, names []string) (from, to int, err error) {
	if span == "*" {
		return lowest, highest, nil
	}
	first, last, ranged := strings.Cut(span, "-")
	if from, err = parseValue(first, lowest, highest, names); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if to, err = parseValue(last, lowest, highest, names); err != nil {
			return 0, 0, err
		}
		if to < from {
			return 0, 0, fmt.Errorf("the range %q runs backwards", span)
		}
		return from, to, nil
	case stepped:
		return from, highest, nil
	}
	return from, from, nil
}

func parseValue(text string, lowest, highest int, names []string) (int, error) {
	for i, name := range names {
		if len(text) >= 3 && strings.EqualFold(text[:3], name) && !strings.ContainsAny(text, "0123456789") {
			return lowest + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < lowest || n > highest {
		return 0, fmt.Errorf("%q is not between %d and %d", text, lowest, highest)
	}
	return n, nil
}

// Next is the first moment after t at which the schedule is due, in UTC and on
// a whole second; the zero time when there is none within eight years.
func (s Schedule) Next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second).Add(time.Second)
	end := t.AddDate(horizon, 0, 0)
	for t.Before(end) {
		year, month, day := t.Date()
		switch {
		case s.month&(1<<month) == 0:
			t = time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
		case s.day&(1<<day) == 0 || s.weekday&(1<<t.Weekday()) == 0:
			t = time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
		case s.hour&(1<<t.Hour()) == 0:
			t = time.Date(year, month, day, t.Hour()+1, 0, 0, 0, time.UTC)
		case s.minute&(1<<t.Minute()) == 0:
			t = time.Date(year, month, day, t.Hour(), t.Minute()+1, 0, 0, time.UTC)
		case s.second&(1<<t.Second()) == 0:
			t = t.Add(time.Second)
		default:
			return t
		}
	}
	return time.Time{}
}
