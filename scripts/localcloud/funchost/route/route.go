// Package route reads the route templates of HTTP triggers and matches request
// paths against them as the Functions host (ASP.NET Core routing) does:
//
//	v1/songs/{id}         one segment          v1/songs/{id?}       an optional last segment
//	v1/songs/{id:int}     with a constraint    files/{*path}        the rest, also nothing
//	v1/songs/{id=latest}  with a default
//
// Literals match without regard to case, a trailing slash does not count, and
// among several matches the more literal template wins (literal, constrained
// parameter, parameter, constrained rest, rest; segment by segment).
//
// Not modelled: segments that mix text and parameters ("{a}.{b}", "v{n}") and
// custom constraints; Parse refuses them.
package route

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Template is a parsed route template.
type Template struct {
	text     string
	segments []segment
}

type segment struct {
	literal     string // lower case; "" for a parameter
	name        string
	optional    bool
	rest        bool
	fallback    string
	hasFallback bool
	constraints []constraint
}

// Parse reads a template without its prefix, such as "v1/songs/{id:int}". The
// error is a sentence fragment.
func Parse(text string) (Template, error) {
	template := Template{text: text}
	trimmed := strings.Trim(text, "/")
	if trimmed == "" {
		return template, nil
	}
	parts, err := split(trimmed)
	if err != nil {
		return template, fmt.Errorf("the route %q %w", text, err)
	}
	seen := map[string]bool{}
	for i, part := range parts {
		s, err := parseSegment(part)
		if err != nil {
			return template, fmt.Errorf("the route %q %w", text, err)
		}
		last := i == len(parts)-1
		switch {
		case s.rest && !last:
			return template, fmt.Errorf("the route %q has {*%s} before its end", text, s.name)
		case s.optional && !last:
			return template, fmt.Errorf("the route %q has an optional {%s?} before its end, which is not modelled", text, s.name)
		case s.name != "" && seen[strings.ToLower(s.name)]:
			return template, fmt.Errorf("the route %q names {%s} twice", text, s.name)
		}
		seen[strings.ToLower(s.name)] = true
		template.segments = append(template.segments, s)
	}
	return template, nil
}

// split cuts at slashes outside braces: a regex constraint may hold one.
func split(text string) ([]string, error) {
	var parts []string
	depth, start := 0, 0
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return nil, fmt.Errorf("closes a brace that was never opened")
			}
		case '/':
			if depth == 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("does not close a brace")
	}
	parts = append(parts, text[start:])
	if slices.Contains(parts, "") {
		return nil, fmt.Errorf("has an empty segment")
	}
	return parts, nil
}

func parseSegment(text string) (segment, error) {
	if !strings.ContainsAny(text, "{}") {
		return segment{literal: strings.ToLower(text)}, nil
	}
	if !oneParameter(text) {
		return segment{}, fmt.Errorf("mixes text and parameters in %q, which is not modelled", text)
	}
	inner := text[1 : len(text)-1]
	s := segment{rest: strings.HasPrefix(inner, "*")}
	inner = strings.TrimPrefix(strings.TrimPrefix(inner, "*"), "*")
	end := strings.IndexAny(inner, ":=?")
	if end < 0 {
		end = len(inner)
	}
	s.name, inner = inner[:end], inner[end:]
	if s.name == "" || strings.ContainsAny(s.name, "{}/*") {
		return segment{}, fmt.Errorf("has a parameter %q without a proper name", text)
	}
	for strings.HasPrefix(inner, ":") {
		one, remainder, err := cutConstraint(inner[1:])
		if err != nil {
			return segment{}, err
		}
		c, err := parseConstraint(one)
		if err != nil {
			return segment{}, err
		}
		s.constraints = append(s.constraints, c)
		inner = remainder
	}
	switch {
	case strings.HasPrefix(inner, "="):
		s.fallback, s.hasFallback = inner[1:], true
	case inner == "?":
		s.optional = true
	case inner != "":
		return segment{}, fmt.Errorf("has %q after the parameter {%s}", inner, s.name)
	}
	return s, nil
}

// oneParameter says whether the first brace closes with the last character.
func oneParameter(text string) bool {
	depth := 0
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 && i < len(text)-1 {
			return false
		}
	}
	return true
}

// cutConstraint takes one "name" or "name(arguments)" off the front; the
// arguments of regex may hold any character, so parentheses are counted.
func cutConstraint(text string) (one, remainder string, err error) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && depth > 0:
			i++
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == ':' || c == '=' || c == '?'):
			return text[:i], text[i:], nil
		}
	}
	if depth != 0 {
		return "", "", fmt.Errorf("does not close the parentheses of %q", text)
	}
	return text, "", nil
}

// String is the template as it was written.
func (t Template) String() string { return t.text }

// Match reports whether an escaped URL path (no leading prefix) fits, and the
// decoded parameters. Absent optional parameters and an empty rest are "".
func (t Template) Match(escapedPath string) (map[string]string, bool) {
	path := strings.TrimPrefix(escapedPath, "/")
	path = strings.TrimSuffix(path, "/")
	var parts []string
	if path != "" {
		parts = strings.Split(path, "/")
	}
	params := map[string]string{}
	for i, s := range t.segments {
		switch {
		case s.rest:
			value := decode(strings.Join(parts[min(i, len(parts)):], "/"))
			if value == "" && s.hasFallback {
				value = s.fallback
			}
			params[s.name] = value
			return params, s.accepts(value)
		case i >= len(parts):
			if !s.optional && !s.hasFallback {
				return nil, false
			}
			params[s.name] = s.fallback
		case parts[i] == "":
			return nil, false
		case s.literal != "":
			if !strings.EqualFold(decode(parts[i]), s.literal) {
				return nil, false
			}
		default:
			value := decode(parts[i])
			if !s.accepts(value) {
				return nil, false
			}
			params[s.name] = value
		}
	}
	return params, len(parts) <= len(t.segments)
}

func (s segment) accepts(value string) bool {
	if value == "" && (s.optional || s.rest) {
		return true
	}
	return !slices.ContainsFunc(s.constraints, func(c constraint) bool { return !c.accepts(value) })
}

// decode undoes percent-encoding except %2F, which ASP.NET keeps because it
// would change the path's structure.
func decode(segment string) string {
	var b strings.Builder
	for {
		i := strings.Index(strings.ToLower(segment), "%2f")
		if i < 0 {
			b.WriteString(unescape(segment))
			return b.String()
		}
		b.WriteString(unescape(segment[:i]))
		b.WriteString(segment[i : i+3])
		segment = segment[i+3:]
	}
}

func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// Compare orders templates for matching: the more specific first.
func Compare(a, b Template) int {
	for i := range min(len(a.segments), len(b.segments)) {
		if c := cmp.Compare(a.segments[i].rank(), b.segments[i].rank()); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(b.segments), len(a.segments)); c != 0 {
		return c // the longer one is the more specific
	}
	return strings.Compare(strings.ToLower(a.text), strings.ToLower(b.text))
}

func (s segment) rank() int {
	switch {
	case s.literal != "":
		return 1
	case s.rest && len(s.constraints) > 0:
		return 4
	case s.rest:
		return 5
	case len(s.constraints) > 0:
		return 2
	}
	return 3
}

// Same reports whether two templates are the same text for the host, which
// compares them without regard to case and surrounding slashes.
func Same(a, b Template) bool {
	return strings.EqualFold(strings.Trim(a.text, "/"), strings.Trim(b.text, "/"))
}
