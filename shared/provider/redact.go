package provider

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"castad/shared/pattern"
)

const mask = "***"

// tokenAfter names path parts whose follower is a secret, and how many parts lie between:
// /callbacks/song/{token}, /media/{token}.
var tokenAfter = map[string]int{"callbacks": 2, "webhooks": 2, "media": 1, "ticket": 1}

// longToken is the length from which an opaque path part counts as a secret. 256
// bits are 43 characters of base64url; ids of jobs are at most 36 and stay readable.
const longToken = 40

// RedactURL returns raw without what can be used by a reader of the log: query,
// fragment and userinfo are dropped, token-like path parts masked. What is not
// a URL with a host becomes "***".
func RedactURL(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" {
		return mask
	}
	tail := ""
	if u.RawQuery != "" || u.ForceQuery {
		tail = "?" + mask
	}
	return u.Scheme + "://" + printable(u.Host) + redactPath(u.EscapedPath()) + tail
}

func redactPath(path string) string {
	parts := strings.Split(path, "/")
	secret := make([]bool, len(parts))
	for i, p := range parts {
		if n, ok := tokenAfter[strings.ToLower(p)]; ok && i+n < len(parts) {
			secret[i+n] = true
		}
		if len(p) >= longToken {
			secret[i] = true
		}
	}
	for i, p := range parts {
		if secret[i] && p != "" {
			parts[i] = mask
		} else {
			parts[i] = printable(p)
		}
	}
	return strings.Join(parts, "/")
}

var (
	// Also matches the \/ that JSON encoders write for a slash.
	urlInText = pattern.New(`[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}[^\s"'<>` + "`" + `]+`)
	bearer    = pattern.New(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=*-]+`)
	apiKey    = pattern.New(`\b(?:sk|pk|rk)-[A-Za-z0-9_*-]{6,}`)
	jwt       = pattern.New(`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}`)
	named     = pattern.New(`(?i)("?(?:api[_-]?key|access[_-]?token|refresh[_-]?token|client[_-]?secret|secret|password|signature|sig|token|authorization|servicekey)"?\s*[:=]\s*)("[^"]*"?|[^\s",;&}]+)`)
	phone     = pattern.New(`(?:\+82[- ]?|\b0)\d{1,2}[- ]?\d{3,4}[- ]?\d{4}\b`)
)

// Redact returns text as it may be logged: one line of valid UTF-8 of at most
// SnippetBytes, with URLs redacted and credentials, phone numbers and the given
// secrets masked.
func Redact(text string, secrets ...string) string {
	const window = 64 << 10 // far beyond the cut: a secret that the window splits does not come to the front
	if len(text) > window {
		text = text[:window]
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, mask)
		}
	}
	text = urlInText.ReplaceAllStringFunc(text, func(m string) string {
		return RedactURL(strings.ReplaceAll(m, `\/`, `/`))
	})
	text = bearer.ReplaceAllString(text, "$1 "+mask)
	text = named.ReplaceAllString(text, "${1}"+mask)
	text = apiKey.ReplaceAllString(text, mask)
	text = jwt.ReplaceAllString(text, mask)
	text = phone.ReplaceAllString(text, mask)
	return cut(printable(text), SnippetBytes)
}

// printable replaces control characters, line breaks and invisible or
// direction-changing characters by spaces, so that a log line stays one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, s)
}

func cut(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n])
}

// redacted keeps an error's identity for errors.Is and errors.As, and redacts its text.
type redacted struct {
	err     error
	secrets []string
}

func (r redacted) Error() string { return Redact(r.err.Error(), r.secrets...) }
func (r redacted) Unwrap() error { return r.err }
