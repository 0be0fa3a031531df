package trigger

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
)

// part is one part of a file: from a place on, to a place, or so much of its end.
var part = regexp.MustCompile(`^(?i:bytes)=([0-9]*)-([0-9]*)$`)

// ranged is the request as ServeContent should see it: with one part of the file, or
// none. RFC 9110 (14.2) wants Range passed over with another method than GET, in another
// unit and, as we choose, when it says nothing that can be meant or wants several parts:
// no player asks for several, and each would cost a request to the storage; the header
// has room for 3,000. An end of no bytes is outside the file.
func ranged(r *http.Request) *http.Request {
	values := r.Header["Range"]
	if len(values) == 0 {
		return r
	}
	out := r.Clone(r.Context())
	out.Header.Del("Range")
	m := part.FindStringSubmatch(values[0])
	if len(values) > 1 || m == nil || r.Method != http.MethodGet {
		return out
	}
	first, last := place(m[1]), place(m[2])
	switch {
	case m[1] == "" && m[2] == "", m[1] != "" && m[2] != "" && last < first:
		return out
	case m[1] == "" && last == 0:
		out.Header.Set("Range", "bytes="+strconv.Itoa(math.MaxInt64)+"-")
	default:
		out.Header.Set("Range", "bytes="+clipped(m[1], first)+"-"+clipped(m[2], last))
	}
	return out
}

// place is a number of bytes; the largest for one that is larger still.
func place(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64) // out of range is the largest, "" is 0
	return n
}

func clipped(digits string, n int64) string {
	if digits == "" {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
