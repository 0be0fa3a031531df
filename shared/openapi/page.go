package openapi

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Page is the document for people, in Markdown.
func (d Document) Page() []byte {
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# The API\n\nGenerated from the functions, like `GET /api/v1/openapi.json`, which says the same to programs (`go test ./functions -run Contract -update`).")
	p("All addresses begin with `/api/v1`.\n\n%s\n\nThe tables below tell the codes that a test of the whole app was answered by that operation from others that its code seems to reach: write for the first, and let the status serve for the rest.\n\n## Operations\n\n| | | who |\n| --- | --- | --- |", strings.TrimSpace(conventions))
	for _, o := range d.Operations {
		p("| [%s %s](#%s) | %s | %s |", o.Method, o.Path, anchor(o), cell(o.Summary), who(o))
	}
	for _, m := range d.modules() {
		p("\n## %s\n\n%s", m, d.module(m))
		for _, o := range d.Operations {
			if o.Module == m {
				d.operation(p, o)
			}
		}
	}
	p("\n## Types")
	for _, name := range slices.Sorted(maps.Keys(d.Schemas)) {
		d.schema(p, name)
	}
	return b.Bytes()
}

func anchor(o Operation) string {
	keep := func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return -1
	}
	return strings.Map(keep, strings.ToLower(o.Method+" "+o.Path))
}

// cell keeps a text from ending its cell.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

func who(o Operation) string {
	switch {
	case len(o.Security) > 0 && o.Guard != "":
		return strings.Join(o.Security, " or ") + ", or " + cell(o.Guard)
	case len(o.Security) > 0:
		return strings.Join(o.Security, " or ")
	case o.Guard == "open":
		return "anybody"
	}
	return cell(o.Guard)
}

func (d Document) operation(p func(string, ...any), o Operation) {
	p("\n### %s %s\n\n%s.", o.Method, o.Path, o.Summary)
	if o.Description != "" {
		p("\n%s", o.Description)
	}
	p("\nWho: %s.", who(o))
	if len(o.Parameters) > 0 {
		p("\n| parameter | in | | |\n| --- | --- | --- | --- |")
		for _, q := range o.Parameters {
			p("| `%s`%s | %s | %s | %s |", q.Name, star(q.Required), q.In, typeOf(q.Schema), cell(q.Doc))
		}
	}
	switch {
	case o.Body != nil:
		p("\nBody%s: %s.", star(o.Needed), typeOf(o.Body))
	case len(o.Upload) > 0:
		p("\nBody: %s.", strings.Join(o.Upload, ", "))
	}
	p("\nAnswers: %s.", outcome(o))
	p("\n| status | codes that a test was answered | others in reach of the code |\n| --- | --- | --- |")
	for _, status := range slices.Sorted(maps.Keys(o.Codes)) {
		var given, others []string
		for _, c := range o.Codes[status] {
			link := fmt.Sprintf("[%s](errors.md)", c)
			if slices.Contains(d.given.Refusals[o.ID()], c) {
				given = append(given, link)
			} else {
				others = append(others, link)
			}
		}
		p("| %d | %s | %s |", status, strings.Join(given, ", "), strings.Join(others, ", "))
	}
}

func star(required bool) string {
	if required {
		return "*"
	}
	return ""
}

func outcome(o Operation) string {
	switch o.Kind {
	case Nothing:
		return "204"
	case Redirect:
		return "303 with Location"
	case File:
		if o.Method == http.MethodHead {
			return "200, what is said of the whole file; 304 when If-None-Match names it"
		}
		return "200 or 206, the file or the part that Range names; 304 when If-None-Match names it"
	case Stream:
		var names []string
		for _, n := range slices.Sorted(maps.Keys(o.events)) {
			names = append(names, fmt.Sprintf("`%s` (%s)", n, typeOf(o.events[n])))
		}
		return "200, text/event-stream with the events " + strings.Join(names, ", ") + "; with wait JSON, " + typeOf(o.Answer)
	}
	status := "200"
	if o.Always != 0 {
		status = fmt.Sprint(o.Always)
	}
	switch o.Sometimes {
	case 0:
	case http.StatusCreated:
		status = "201, or " + status + " when it was there"
	default:
		status += fmt.Sprintf(" or %d", o.Sometimes)
	}
	if o.unchanged() {
		status += " (304 when If-None-Match names it)"
	}
	if o.Redirects {
		status += " or 303 with Location"
	}
	if o.Tags {
		status += ", with ETag"
	}
	if o.Located {
		status += ", with Location"
	}
	return status + ", " + typeOf(o.Answer)
}

// typeOf is a schema in a few words.
func typeOf(s Object) string {
	if to, ok := s.Field("$ref").(string); ok {
		name := strings.TrimPrefix(to, "#/components/schemas/")
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	}
	if any, ok := s.Field("anyOf").([]Object); ok {
		return typeOf(any[0]) + " or null"
	}
	if enum, ok := s.Field("enum").([]string); ok {
		return cell(strings.Join(enum, ", "))
	}
	kind, _ := s.Field("type").(string)
	if kinds, ok := s.Field("type").([]string); ok {
		kind = strings.Join(kinds, " or ")
	}
	switch {
	case kind == "array":
		items, _ := s.Field("items").(Object)
		kind = "list of " + typeOf(items)
	case s.Field("format") == "date-time":
		kind = "time"
	case s.Field("pattern") != nil && strings.Contains(s.Field("pattern").(string), "_[0-9a-hj"):
		prefix, _, _ := strings.Cut(s.Field("pattern").(string), "[")
		kind = "`" + strings.TrimPrefix(prefix, "^") + "…`"
	case kind == "":
		kind = "any JSON"
	}
	return kind + bounds(s)
}

func bounds(s Object) string {
	text := ""
	for _, b := range []struct{ name, word string }{{"minimum", "from"}, {"minLength", "from"}, {"minItems", "from"}, {"maximum", "to"}, {"maxLength", "to"}, {"maxItems", "to"}} {
		if v := s.Field(b.name); v != nil {
			text += fmt.Sprintf(" %s %v", b.word, v)
		}
	}
	return text
}

func (d Document) schema(p func(string, ...any), name string) {
	s := d.Schemas[name]
	p("\n### %s", name)
	if text, ok := s.Field("description").(string); ok {
		p("\n%s", text)
	}
	if s.Field("enum") != nil {
		if name == "FaultCode" {
			p("\nAll are in [errors.md](errors.md).")
			return
		}
		p("\nOne of %s.", typeOf(s))
		return
	}
	required, _ := s.Field("required").([]string)
	properties, _ := s.Field("properties").(Object)
	p("\n| field | | |\n| --- | --- | --- |")
	for _, f := range properties {
		value := f.Value.(Object)
		text, _ := value.Field("description").(string)
		p("| `%s`%s | %s | %s |", f.Name, star(slices.Contains(required, f.Name)), typeOf(value), cell(text))
	}
}
