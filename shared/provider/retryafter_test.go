package provider

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) string { return noon.Add(d).Format(http.TimeFormat) }
	for name, row := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"absent":                                 {nil, 0},
		"empty":                                  {map[string]string{"Retry-After": ""}, 0},
		"seconds":                                {map[string]string{"Retry-After": "120"}, 2 * time.Minute},
		"seconds with spaces":                    {map[string]string{"Retry-After": " 7 "}, 7 * time.Second},
		"a fraction of seconds":                  {map[string]string{"Retry-After": "1.5"}, 1500 * time.Millisecond},
		"zero":                                   {map[string]string{"Retry-After": "0"}, 0},
		"negative":                               {map[string]string{"Retry-After": "-5"}, 0},
		"a day is capped":                        {map[string]string{"Retry-After": "86400"}, time.Hour},
		"a number beyond all bounds is capped":   {map[string]string{"Retry-After": strings.Repeat("9", 400)}, time.Hour},
		"an exponent is not a number of seconds": {map[string]string{"Retry-After": "1e2"}, 0},
		"infinity is not a number of seconds":    {map[string]string{"Retry-After": "Inf"}, 0},
		"words":                                  {map[string]string{"Retry-After": "soon"}, 0},
		"only a point":                           {map[string]string{"Retry-After": "."}, 0},
		"a date":                                 {map[string]string{"Retry-After": date(90 * time.Second)}, 90 * time.Second},
		"a date in the past":                     {map[string]string{"Retry-After": date(-time.Hour)}, 0},
		"a date in a year is capped":             {map[string]string{"Retry-After": date(365 * 24 * time.Hour)}, time.Hour},
		"a date by a clock an hour ahead of ours": {map[string]string{"Retry-After": date(time.Hour + time.Minute), "Date": date(time.Hour)}, time.Minute},
		"milliseconds go first":                   {map[string]string{"Retry-After": "9", "Retry-After-Ms": "250"}, 250 * time.Millisecond},
	} {
		h := http.Header{}
		for k, v := range row.header {
			h.Set(k, v)
		}
		if got := RetryAfter(h, noon); got != row.want {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "1.5", "-1", "Sat, 21 Nov 2026 12:00:00 GMT", "Saturday, 21-Nov-26 12:00:00 GMT", "1e309", "NaN", "٣", "0x10"} {
		f.Add(s, "")
		f.Add("", s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		if d := RetryAfter(h, noon); d < 0 || d > MaxRetryAfter {
			t.Errorf("%q, %q: %v", value, date, d)
		}
	})
}
