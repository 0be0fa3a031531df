package ncrontab

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestNextIsTheFirstMatchingSecond(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ expression, after, want string }{
		"every second":                        {"* * * * * *", "2026-11-21T01:02:03Z", "2026-11-21T01:02:04Z"},
		"every five minutes":                  {"0 */5 * * * *", "2026-11-21T01:02:03Z", "2026-11-21T01:05:00Z"},
		"exactly due does not repeat itself":  {"0 */5 * * * *", "2026-11-21T01:05:00Z", "2026-11-21T01:10:00Z"},
		"a start with a step runs to the end": {"20/20 0 0 * * *", "2026-11-21T00:00:20Z", "2026-11-21T00:00:40Z"},
		"a range with a step":                 {"0 0 9-17/4 * * *", "2026-11-21T09:00:00Z", "2026-11-21T13:00:00Z"},
		"a list":                              {"0 0 3,15 * * *", "2026-11-21T04:00:00Z", "2026-11-21T15:00:00Z"},
		"names of days":                       {"0 30 9 * * Mon-Fri", "2026-11-20T09:30:00Z", "2026-11-23T09:30:00Z"},
		"names of months":                     {"0 0 0 1 January *", "2026-11-21T00:00:00Z", "2027-01-01T00:00:00Z"},
		"day and weekday must both match":     {"0 0 0 13 * 5", "2026-11-21T00:00:00Z", "2027-08-13T00:00:00Z"},
		"the leap day":                        {"0 0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"},
		"a local time is read as UTC":         {"0 0 12 * * *", "2026-11-21T20:00:00+09:00", "2026-11-21T12:00:00Z"},
		"the end of the year":                 {"0 0 0 * * *", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schedule, err := Parse(test.expression)
			if err != nil {
				t.Fatal(err)
			}
			if got := schedule.Next(at(t, test.after)); !got.Equal(at(t, test.want)) {
				t.Errorf("Next(%s) of %q = %v, want %s", test.after, test.expression, got, test.want)
			}
		})
	}
}

func TestParseRefusesWithTheFieldsName(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"*/5 * * * *":    "has 5 fields",
		"00:05:00":       "has 1 fields",
		"60 * * * * *":   `wrong second: "60" is not between 0 and 59`,
		"* 5-3 * * * *":  "wrong minute: the range \"5-3\" runs backwards",
		"* * x * * *":    "wrong hour",
		"* * * 0 * *":    "wrong day",
		"* * * * 13 *":   "wrong month",
		"* * * * * 7":    "wrong day of week",
		"*/0 * * * * *":  `"0" is not a step`,
		"0 0 0 30 2 *":   "never comes due",
		"* , * * * *":    "wrong minute",
		"* * * * Jan1 *": "wrong month",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(expression); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Parse(%q) = %v, want %q", expression, err, want)
			}
		})
	}
}

func TestNextAgreesWithASecondBySecondSearch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		field := func(highest int) string {
			n := rapid.IntRange(0, highest).Draw(t, "value")
			return rapid.SampledFrom([]string{"*", fmt.Sprint(n), fmt.Sprintf("*/%d", n+1), fmt.Sprintf("%d-%d", n, highest), fmt.Sprintf("0,%d", n)}).Draw(t, "shape")
		}
		seconds, minutes := field(59), field(59)
		schedule, err := Parse(fmt.Sprintf("%s %s * * * *", seconds, minutes))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "start"), 0).UTC()
		want := start.Add(time.Second)
		for schedule.second&(1<<want.Second()) == 0 || schedule.minute&(1<<want.Minute()) == 0 {
			want = want.Add(time.Second)
		}
		if got := schedule.Next(start); !got.Equal(want) {
			t.Fatalf("Next(%v) = %v, want %v", start, got, want)
		}
	})
}
