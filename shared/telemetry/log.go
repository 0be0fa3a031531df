// Package telemetry is what CastAD says about itself: log lines and numbers.
//
// Lines are slog JSON on stdout (the host takes stderr for errors), one per
// event, with redaction on the way out: values under names like token, key or
// authorization, bearer tokens, JWTs, passwords in connection strings and URLs,
// and everything after the ? of a URL become ***. That is the net beneath the
// rule, not the rule: what is secret has a type that does not print
// (config.Secret), and what a person wrote is not logged. CR and LF cannot
// break a line: JSON escapes them.
//
// Numbers are Prometheus counters, gauges and histograms named
// castad_<thing>_<unit>, in a registry of our own: the default one starts
// collectors that nobody reads, and a cold start has milliseconds.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const hidden = "***"

// NewLog returns a logger of JSON lines at level and above.
func NewLog(out io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(redactor{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})})
}

// redactor cleans the message; attributes are cleaned by replace.
type redactor struct{ slog.Handler }

func (r redactor) Handle(ctx context.Context, record slog.Record) error {
	if suspicious(record.Message) {
		fresh := slog.NewRecord(record.Time, record.Level, Redact(record.Message), record.PC)
		record.Attrs(func(a slog.Attr) bool { fresh.AddAttrs(a); return true })
		record = fresh
	}
	return r.Handler.Handle(ctx, record)
}

func (r redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	return redactor{r.Handler.WithAttrs(attrs)}
}

func (r redactor) WithGroup(name string) slog.Handler { return redactor{r.Handler.WithGroup(name)} }

// secretNames are names whose values are not shown, whatever they are.
var secretNames = []string{"authorization", "cookie", "dsn", "key", "keys", "password", "secret", "set-cookie", "sig", "signature", "token", "ticket"}

func secretName(name string) bool {
	if len(name) < 3 {
		return false
	}
	name = strings.ToLower(name)
	if slices.Contains(secretNames, name) {
		return true
	}
	for _, end := range []string{"_key", "_keys", "_token", "_secret", "_password", "_dsn"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// replace cleans one attribute. Numbers, bools and times cost nothing.
func replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		if secretName(a.Key) && a.Value.String() != "" {
			return slog.String(a.Key, hidden)
		}
		if s := a.Value.String(); suspicious(s) {
			return slog.String(a.Key, Redact(s))
		}
	case slog.KindAny:
		if secretName(a.Key) {
			return slog.String(a.Key, hidden)
		}
		if err, ok := a.Value.Any().(error); ok {
			return slog.String(a.Key, Redact(err.Error()))
		}
	}
	return a
}

// suspicious is a quick look whether Redact could find anything; most values are an id, a name or a number.
func suspicious(s string) bool {
	return strings.ContainsAny(s, "?=@ ") || strings.Contains(s, "eyJ") || strings.Contains(s, "/media/") || strings.Contains(s, "/callbacks/")
}

type pattern struct {
	find *regexp.Regexp
	show string
}

// patterns are what a secret looks like in running text, with what is shown
// instead. They are compiled with the first line that needs them: a cold start
// has no time for them.
var patterns = sync.OnceValue(func() []pattern {
	return []pattern{
		{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}`), "$1 ***"},
		// a JWT
		{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,2}`), hidden},
		// connection strings and queries
		{regexp.MustCompile(`(?i)\b((?:shared)?access_?key|accountkey|sharedaccesssignature|password|passwd|pwd|secret|client_secret|` +
			`api_?key|access_token|refresh_token|token|ticket|sig|code|state)=[^&;\s"']+`), "$1=***"},
		// a URL's query, which may be signed
		{regexp.MustCompile(`(\b[a-z][a-z0-9+.-]*://[^\s"'?#]*)[?#][^\s"']*`), "$1?***"},
		// a URL's password
		{regexp.MustCompile(`(\b[a-z][a-z0-9+.-]*://)[^/\s"'@]+@`), "$1***@"},
		// a MySQL data source name
		{regexp.MustCompile(`\b[^\s:/@"']+:[^\s/@"']+@(tcp|unix)\(`), "***@$1("},
		// our own single-purpose tokens
		{regexp.MustCompile(`(/media/|/callbacks/[a-z]+/)[A-Za-z0-9._~-]+`), "$1***"},
	}
})

// Redact returns s without what looks like a secret.
func Redact(s string) string {
	for _, p := range patterns() {
		s = p.find.ReplaceAllString(s, p.show)
	}
	return s
}
