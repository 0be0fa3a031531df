package naver

import (
	"bytes"
	"encoding/json"
	"html"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"castad/shared/pattern"
)

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// loose is a JSON string or number as text; null, true, lists and objects are "".
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(b []byte) error {
	*l = ""
	switch b = bytes.TrimSpace(b); {
	case len(b) == 0:
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(s)
	case b[0] == '-' || b[0] >= '0' && b[0] <= '9':
		*l = loose(b)
	}
	return nil
}

// emphasis is how the search APIs mark the words that were asked for.
var emphasis = pattern.New(`(?i)</?b>`)

// plain is a text of Naver's as a person reads it: without <b>, entities once
// resolved, control and invisible characters out, single spaces.
func plain(s string) string {
	s = html.UnescapeString(emphasis.ReplaceAllString(strings.ToValidUTF8(s, ""), ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// validText says whether s can be asked for: one line of valid UTF-8, at most 200 characters.
func validText(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= 200 && !strings.ContainsFunc(s, unicode.IsControl)
}

// webURL is s if it is an absolute http or https address, else "".
func webURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(html.UnescapeString(s)))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

func pixels(l loose) int {
	n, err := strconv.Atoi(strings.TrimSpace(string(l)))
	if err != nil || n < 0 || n > 1<<20 {
		return 0
	}
	return n
}

// scales are what a coordinate may be multiplied by: degrees, and the integers of the
// search APIs (degrees × 10⁷, unverified).
var scales = []float64{1, 1e6, 1e7}

// position reads a longitude and a latitude of a place in Korea (124–132 east, 33–39
// north), in whatever scale puts both of them there; 0, 0 when none does.
func position(x, y string) (lat, lng float64) {
	fx, errX := strconv.ParseFloat(strings.TrimSpace(x), 64)
	fy, errY := strconv.ParseFloat(strings.TrimSpace(y), 64)
	if errX != nil || errY != nil || math.IsNaN(fx) || math.IsNaN(fy) {
		return 0, 0
	}
	for _, s := range scales {
		if lng, lat := fx/s, fy/s; lng >= 124 && lng <= 132 && lat >= 33 && lat <= 39 {
			return lat, lng
		}
	}
	return 0, 0
}
