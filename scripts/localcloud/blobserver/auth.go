package blobserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// skew is how far a signed request's date may be from the server's clock
// (the real service: 15 minutes).
const skew = 15 * time.Minute

// grant is what a verified request may do.
type grant struct {
	owner       bool   // signed with the account key: everything
	permissions string // of a SAS
	container   bool   // the SAS is for a whole container
}

// allows reports whether the grant covers an operation that any of the given
// SAS permissions allows ("" = the account key only).
func (g grant) allows(permissions string) bool {
	return g.owner || strings.ContainsAny(g.permissions, permissions)
}

// authenticate verifies the request's signature.
func (s *Server) authenticate(r *http.Request, t target) (grant, error) {
	query := r.URL.Query()
	header := r.Header.Get("Authorization")
	switch {
	case header != "":
		return grant{owner: true}, s.verifySharedKey(r, query, header)
	case query.Has("sig"):
		return s.verifySAS(r, query, t)
	default:
		return grant{}, errAnonymous
	}
}

func (s *Server) verifySharedKey(r *http.Request, query url.Values, header string) error {
	signed, ok := strings.CutPrefix(header, "SharedKey "+s.account+":")
	if !ok {
		return errAuthentication
	}
	date := r.Header.Get("x-ms-date")
	if date == "" {
		date = r.Header.Get("Date")
	}
	at, err := http.ParseTime(date)
	if err != nil || s.now().Sub(at).Abs() > skew {
		return errAuthentication
	}
	if !s.signedBy(signed, sharedKeyString(r, query, s.account)) {
		return errAuthentication
	}
	return nil
}

func (s *Server) signedBy(signature, text string) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return hmac.Equal(got, mac.Sum(nil))
}

// sharedKeyString is the text that a Shared Key signature signs (API versions
// from 2015-02-21: a zero Content-Length is empty).
func sharedKeyString(r *http.Request, query url.Values, account string) string {
	length := ""
	if r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	date := r.Header.Get("Date")
	if r.Header.Get("x-ms-date") != "" {
		date = ""
	}
	lines := []string{r.Method, r.Header.Get("Content-Encoding"), r.Header.Get("Content-Language"), length,
		r.Header.Get("Content-MD5"), r.Header.Get("Content-Type"), date, r.Header.Get("If-Modified-Since"),
		r.Header.Get("If-Match"), r.Header.Get("If-None-Match"), r.Header.Get("If-Unmodified-Since"), r.Header.Get("Range")}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			names = append(names, name)
		}
	}
	sort.Slice(names, func(i, j int) bool { return headerLess(names[i], names[j]) })
	for _, name := range names {
		lines = append(lines, name+":"+strings.Join(r.Header.Values(name), ","))
	}
	return strings.Join(append(lines, canonicalResource(r, query, account)), "\n")
}

func canonicalResource(r *http.Request, query url.Values, account string) string {
	var b strings.Builder
	b.WriteString("/" + account + r.URL.EscapedPath())
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		values := append([]string(nil), query[name]...)
		sort.Strings(values)
		b.WriteString("\n" + strings.ToLower(name) + ":" + strings.Join(values, ","))
	}
	return b.String()
}

// headerLess is the service's order of header names: hyphens do not count at
// first; of names that differ in hyphens only, the one without comes first.
func headerLess(a, b string) bool {
	x, y := strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", "")
	if x != y {
		return x < y
	}
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			return b[i] == '-'
		}
	}
	return len(a) < len(b)
}
