package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/openapi"
)

// door is a request that one operation refuses before its function is asked.
type door struct {
	method, query, token string
	header               map[string]string
	body                 []byte
	status               int
	code                 fault.Code
}

const page = "https://app.castad.example"

// Whatever a route does, what surrounds it is the same: who may knock, what a body may
// be, what every answer has. One walk over the registry, so that no route is forgotten.
func TestEveryRouteHasTheSameDoor(t *testing.T) {
	t.Parallel()
	d, err := described()
	must(t, err)
	b := newBench(t, func(c *config.Config) { c.Origins = []string{page} })
	_, admin := b.operator()
	b.quiet()
	knocks := 0
	b.unwritten("knocking", func() {
		for _, o := range d.Operations {
			token := b.token
			if slices.Contains(o.Security, "admin") {
				token = admin
			}
			for name, k := range doors(t, d, o, token, b.token) {
				knocks++
				b.knock(o, name, k)
			}
			b.preflights(o, d.Operations)
		}
	})
	if knocks < 8*len(d.Operations) {
		t.Errorf("only %d knocks at %d operations", knocks, len(d.Operations))
	}
}

// doors are what is wrong with requests for an operation, in words.
func doors(t *testing.T, d openapi.Document, o openapi.Operation, token, owner string) map[string]door {
	t.Helper()
	all := map[string]door{"a method that nothing has": {method: http.MethodPut, token: token, status: 405, code: fault.CodeMethod}}
	if len(o.Security) > 0 && (slices.Contains(o.Security, "bearer") || slices.Contains(o.Security, "admin")) {
		all["nobody"] = door{status: 401, code: fault.CodeUnauthenticated}
		all["somebody's guess"] = door{token: strings.Repeat("x", 100), status: 401, code: fault.CodeUnauthenticated}
		all["a token that is too long"] = door{token: strings.Repeat("x", 9000), status: 401, code: fault.CodeUnauthenticated}
		if slices.Contains(o.Security, "admin") {
			all["an owner at an operator's route"] = door{token: owner, status: 403, code: fault.CodeDenied}
		}
	}
	for _, p := range o.Parameters {
		if p.In == "query" {
			all["a query that breaks off"] = door{query: p.Name + "=%zz", token: token, status: 400, code: fault.CodeInvalid}
			all["control characters in "+p.Name] = door{query: p.Name + "=%00", token: token, status: 400, code: fault.CodeBadValue}
			all[p.Name+" twice"] = door{query: p.Name + "=a&" + p.Name + "=b", token: token, status: 400, code: fault.CodeBadValue}
		}
	}
	if o.Body == nil {
		return all
	}
	text, err := json.Marshal(d.Examples(o)[0])
	must(t, err)
	good := string(text)
	first := regexp.MustCompile(`^\{"([a-z_]+)":`).FindStringSubmatch(good)[1]
	for name, row := range map[string]struct {
		body   string
		kind   string
		status int
		code   fault.Code
	}{
		"half of it":               {good[:len(good)-1], "", 400, fault.CodeMalformedJSON},
		"something behind it":      {good + "{}", "", 400, fault.CodeMalformedJSON},
		"a byte order mark":        {"\ufeff" + good, "", 400, fault.CodeMalformedJSON},
		"a list":                   {"[" + good + "]", "", 400, fault.CodeBadValue},
		"null":                     {"null", "", 400, fault.CodeBadValue},
		"what is not UTF-8":        {strings.Replace(good, `{"`, "{\"\xff", 1), "", 400, fault.CodeMalformedJSON},
		"a field nobody knows":     {`{"nobody_knows":1,` + good[1:], "", 400, fault.CodeUnknownField},
		"the same field twice":     {`{"` + first + `":null,` + good[1:], "", 400, ""}, // null, or twice: whichever comes first
		"a field in capitals":      {strings.Replace(good, first, strings.ToUpper(first), 1), "", 400, fault.CodeUnknownField},
		"a hundred thousand lists": {`{"` + first + `":` + strings.Repeat("[", 100_000), "", 400, fault.CodeMalformedJSON},
		"a number without end":     {`{"` + first + `":` + strings.Repeat("9", 5000) + "}", "", 400, fault.CodeMalformedJSON},
		"a form":                   {first + "=a", "application/x-www-form-urlencoded", 415, fault.CodeContentType},
		"a merge patch":            {good, "application/merge-patch+json", 415, fault.CodeContentType},
		"more than 1 MiB":          {good + strings.Repeat(" ", 1<<20), "", 413, fault.CodeTooLarge},
	} {
		header := map[string]string{"Content-Type": "application/json"}
		if row.kind != "" {
			header["Content-Type"] = row.kind
		}
		all[name] = door{token: token, header: header, body: []byte(row.body), status: row.status, code: row.code}
	}
	all["what is squeezed"] = door{token: token, header: map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"}, body: []byte(good), status: 415, code: fault.CodeContentType}
	return all
}

// at is an operation's path with a value of the right form for each parameter.
func at(o openapi.Operation) string {
	path := o.Path
	for _, p := range o.Parameters {
		if p.In != "path" {
			continue
		}
		value := "1"
		if pattern, ok := p.Schema.Field("pattern").(string); ok {
			prefix, _, _ := strings.Cut(strings.TrimPrefix(pattern, "^"), "_")
			value = prefix + "_0000000000009"
		} else if enum, ok := p.Schema.Field("enum").([]string); ok {
			value = enum[0]
		}
		path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
	}
	return path
}

// knock sends what a door refuses and looks at the refusal; the watcher holds it
// against the contract besides.
func (b *bench) knock(o openapi.Operation, name string, k door) {
	b.t.Helper()
	method := k.method
	if method == "" {
		method = o.Method
	}
	header := map[string]string{"Origin": page, "Idempotency-Key": "knock", "If-Match": `"1.1"`}
	for n, v := range k.header {
		header[n] = v
	}
	path := at(o)
	if k.query != "" {
		path += "?" + k.query
	}
	got := b.send(method, path, k.token, header, k.body)
	what := fmt.Sprintf("%s %s: %s", o.Method, o.Path, name)
	var p struct {
		Code fault.Code `json:"code"`
	}
	if method != http.MethodHead {
		must(b.t, json.Unmarshal(got.body, &p))
	}
	if got.status != k.status || k.code != "" && p.Code != k.code && method != http.MethodHead {
		b.t.Errorf("%s: %d %s, want %d %s", what, got.status, got.body, k.status, k.code)
	}
	b.surrounded(what, got)
	if got.header.Get("RateLimit") == "" || got.header.Get("RateLimit-Policy") == "" {
		b.t.Errorf("%s: the caller is not told how it stands with the limit: %v", what, got.header)
	}
	if got.status == http.StatusUnauthorized && got.header.Get("WWW-Authenticate") != "Bearer" {
		b.t.Errorf("%s: WWW-Authenticate is %q", what, got.header.Get("WWW-Authenticate"))
	}
}

// surrounded looks at the headers that every answer has.
func (b *bench) surrounded(what string, got answer) {
	b.t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store",
		"Access-Control-Allow-Origin": page, "Access-Control-Allow-Credentials": "true"} {
		if value := got.header.Get(name); value != want {
			b.t.Errorf("%s: %s is %q, want %q", what, name, value, want)
		}
	}
	if !strings.Contains(got.header.Get("Vary"), "Origin") || len(got.header.Get("X-Request-Id")) != 36 {
		b.t.Errorf("%s: Vary %q, request id %q", what, got.header.Get("Vary"), got.header.Get("X-Request-Id"))
	}
	if got.status >= 400 && got.header.Get("Content-Type") != "application/problem+json" {
		b.t.Errorf("%s: the refusal is %s", what, got.header.Get("Content-Type"))
	}
}

// preflights asks as a browser does before a script's request, and what is allowed at all.
func (b *bench) preflights(o openapi.Operation, all []openapi.Operation) {
	b.t.Helper()
	var methods []string
	for _, other := range all {
		if fits(other.Path, at(o)) && !slices.Contains(methods, other.Method) {
			methods = append(methods, other.Method)
		}
	}
	slices.Sort(methods)
	got := b.send(http.MethodOptions, at(o), "", map[string]string{"Origin": page, "Access-Control-Request-Method": o.Method, "Access-Control-Request-Headers": "authorization"}, nil)
	b.surrounded("OPTIONS "+o.Path, got)
	want := strings.Join(append(slices.Clone(methods), "OPTIONS"), ", ")
	if got.status != http.StatusNoContent || got.header.Get("Allow") != want || got.header.Get("Access-Control-Allow-Methods") != want {
		b.t.Errorf("OPTIONS %s: %d, Allow %q, want %q", o.Path, got.status, got.header.Get("Allow"), want)
	}
	refused := b.send(http.MethodPut, at(o), "", nil, nil)
	if refused.header.Get("Allow") != strings.Join(methods, ", ") {
		b.t.Errorf("PUT %s: Allow is %q, want %v", o.Path, refused.header.Get("Allow"), methods)
	}
}
