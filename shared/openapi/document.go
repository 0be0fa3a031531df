package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"castad/shared/fault"
	"castad/shared/trigger"
)

// root is what every route begins with, below the host's prefix "api".
const root = "v1/"

// Document is an OpenAPI description and what it was made from.
type Document struct {
	Operations []Operation
	// Schemas are the components by name.
	Schemas map[string]Object
	source  Source
	given   Given
}

// Given is what tests of the whole app were answered.
type Given struct {
	// Answers are by the name of their component: the document's examples. One that nobody
	// was given is made up.
	Answers map[string]json.RawMessage
	// Refusals are the codes of failures by the operation's id, for the page.
	Refusals map[string][]fault.Code
}

// New describes the HTTP functions. extra is by function name; every public function needs a Guard there.
func New(functions []trigger.Function, source Source, extra map[string]Extra, given Given) (Document, error) {
	d := Document{source: source, given: given}
	s := &schemas{source: source, made: map[string]Object{}, types: map[string]reflect.Type{}}
	if err := s.problems(); err != nil {
		return d, err
	}
	for _, f := range functions {
		if f.Kind() != trigger.KindHTTP || f.Preflights() || f.Strays() {
			continue
		}
		if err := f.Err(); err != nil {
			return d, fmt.Errorf("describe %s: %w", f.Name(), err)
		}
		for _, method := range f.Methods() {
			o, err := s.operation(f, method, extra[f.Name()])
			if err != nil {
				return d, fmt.Errorf("describe %s: %w", f.Name(), err)
			}
			d.Operations = append(d.Operations, o)
		}
	}
	slices.SortFunc(d.Operations, func(a, b Operation) int {
		return strings.Compare(a.Module+" "+a.Path+" "+a.Method, b.Module+" "+b.Path+" "+b.Method)
	})
	d.Schemas = s.made
	return d, nil
}

// Strange are the codes that an operation has answered and cannot, as far as its code was
// read, by the operation's id: there are none.
func (d Document) Strange() map[string][]fault.Code {
	all := maps.Clone(d.given.Refusals)
	for _, o := range d.Operations {
		left := slices.Clone(all[o.ID()])
		for _, codes := range o.Codes {
			left = slices.DeleteFunc(left, func(c fault.Code) bool { return slices.Contains(codes, c) })
		}
		if all[o.ID()] = left; len(left) == 0 {
			delete(all, o.ID())
		}
	}
	return all
}

// JSON is the document, indented, with a newline at its end.
func (d Document) JSON() ([]byte, error) {
	b := &builder{schemas: d.Schemas, given: d.given.Answers}
	paths := d.paths(b)
	all := Object{
		{"openapi", "3.1.0"},
		{"info", Object{{"title", "CastAD"}, {"version", "1"}, {"summary", "A small shop becomes a sung video advertisement, published on the owner's channels."},
			{"description", strings.TrimSpace(conventions)}, {"license", Object{{"name", "Proprietary"}, {"identifier", "LicenseRef-Proprietary"}}}}},
		{"servers", []Object{{{"url", "/api/v1"}}}},
		{"tags", d.tags()},
		{"paths", paths},
		{"components", Object{
			{"schemas", d.components()},
			{"responses", b.responses.sorted()},
			{"examples", b.examples.sorted()},
			{"parameters", used(parameterComponents, "#/components/parameters/", paths)},
			{"headers", used(headers, "#/components/headers/", paths, b.responses)},
			{"securitySchemes", d.schemes()},
		}},
	}
	if b.err != nil {
		return nil, b.err
	}
	out, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the document: %w", err)
	}
	return append(out, '\n'), nil
}

func (d Document) modules() []string {
	seen := map[string]bool{}
	for _, o := range d.Operations {
		seen[o.Module] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func (d Document) tags() []Object {
	var all []Object
	for _, m := range d.modules() {
		tag := Object{{"name", m}}
		if doc := d.module(m); doc != "" {
			tag = tag.With("description", doc)
		}
		all = append(all, tag)
	}
	return all
}

// used are those of the members that something in places refers to.
func used(all Object, prefix string, places ...Object) Object {
	text, err := json.Marshal(places)
	return slices.DeleteFunc(slices.Clone(all), func(m Member) bool {
		return err == nil && !strings.Contains(string(text), prefix+m.Name+`"`)
	})
}

// schemes are the security schemes that an operation has.
func (d Document) schemes() Object {
	return slices.DeleteFunc(slices.Clone(securitySchemes), func(m Member) bool {
		return !slices.ContainsFunc(d.Operations, func(o Operation) bool { return slices.Contains(o.Security, m.Name) })
	})
}

// module is what a module is about, without the words that every package comment begins with.
func (d Document) module(name string) string {
	doc := prose(d.source.Modules[name])
	doc = strings.TrimPrefix(strings.TrimPrefix(doc, "Package "+name+" "), "is ")
	if doc == "" {
		return ""
	}
	return strings.ToUpper(doc[:1]) + doc[1:]
}

func (d Document) components() Object {
	var all Object
	for _, name := range slices.Sorted(maps.Keys(d.Schemas)) {
		all = all.With(name, d.Schemas[name])
	}
	return all
}

func (d Document) paths(b *builder) Object {
	byPath := map[string]Object{}
	for _, o := range d.Operations {
		byPath[o.Path] = byPath[o.Path].With(strings.ToLower(o.Method), b.operation(o))
	}
	var all Object
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		all = all.With(path, byPath[path])
	}
	return all
}

// conventions hold for every operation.
const conventions = `
**Errors** are RFC 9457 problems (application/problem+json): a stable code, a Korean and an English sentence, whose side it is, what to do next, and whether the same request may succeed later. docs/errors.md lists all codes; those of an operation are all that its code can reach, read widely, so a few of them never come.

**Safe to repeat**: Idempotency-Key is 1 to 64 visible ASCII characters of your own. The same key and body again answer 200 with what was made, another body 422 request.idempotency_key_reused.

**Versions**: a single resource has a strong ETag. Send it as If-None-Match to be told 304, and as If-Match when you change it: without it 428, with an old one 412. The Location of a 201 is where to read what was made.

**Limits**: every answer says in RateLimit how the caller stands (draft-ietf-httpapi-ratelimit-headers); 429 and 503 say in Retry-After when to come again.

**Methods**: another one at a known address is 405 with Allow, HEAD too where it is not listed; OPTIONS answers for every address, and is how browsers ask before a script's request.

**Lists** are pages, newest first: items, and next, which is empty at the end; else send it as after.

**Values**: ids have a prefix that says of what; times are RFC 3339 in UTC; money is whole won; a day is Asia/Seoul. Unknown body fields are refused; unknown query parameters are passed over; answers may gain fields.

**Progress**: server-sent events (resume by Last-Event-ID, heartbeat as a comment every 15 s, closed after 200 s with retry:), or a long poll with wait; of more than 20 at a time of one user the oldest ends. Browsers, which cannot send a header there, use a ticket.

**Files** are streamed with ranges (RFC 9110 section 14), ETag and HEAD where it is offered.
`

var headers = Object{
	{"RequestId", header("Names this call; tell it when you ask about it.", Object{{"type", "string"}, {"format", "uuid"}}, true)},
	{"RetryAfter", header("Whole seconds to wait before the same request may succeed.", Object{{"type", "integer"}, {"minimum", 1}}, true)},
	{"RateLimitPolicy", header("The limit that this call was counted by, its calls (q) in so many seconds (w); draft-ietf-httpapi-ratelimit-headers. Absent when none applied.",
		Object{{"type", "string"}, {"pattern", `^"[a-z]+";q=\d+;w=\d+$`}, {"examples", []string{`"general";q=30;w=1`}}}, false)},
	{"RateLimit", header("How many calls (r) are left of that limit, and in how many seconds (t) all of them will be again.",
		Object{{"type", "string"}, {"pattern", `^"[a-z]+";r=\d+;t=\d+$`}, {"examples", []string{`"general";r=29;t=1`}}}, false)},
	{"ETag", header("A strong entity tag, quoted.", Object{{"type", "string"}, {"pattern", `^"[!#-~]*"$`}}, true)},
	{"Location", header("Where to go, or the address of what was made.", Object{{"type", "string"}, {"format", "uri-reference"}}, true)},
	{"WWWAuthenticate", header("Bearer.", Object{{"type", "string"}}, true)},
	{"AcceptRanges", header("Ranges of bytes are answered.", Object{{"const", "bytes"}}, true)},
	{"ContentRange", header("Which bytes of how many these are; without bytes when the range is outside the file.", Object{{"type", "string"}, {"pattern", `^bytes (\d+-\d+|\*)/\d+$`}}, true)},
	{"ContentDisposition", header("Whether it is a download, and of what name.", Object{{"type", "string"}}, true)},
	{"SetCookie", header("Cookies are HttpOnly and SameSite=Lax, on an https site Secure.", Object{{"type", "string"}}, false)},
}

// parameterComponents are request headers that the door itself reads.
var parameterComponents = Object{
	{"Range", parameter("Range", "Which bytes: one range (RFC 9110, section 14); for several the whole comes.", Object{{"type", "string"}, {"pattern", "^bytes="}})},
	{"IfRange", parameter("If-Range", "The ETag of the file that the range continues; of another one the whole comes.", Object{{"type", "string"}})},
	{"IfNoneMatch", parameter("If-None-Match", "The ETag of what you have: 304 when it is still so.", Object{{"type", "string"}})},
}

func parameter(name, text string, schema Object) Object {
	return Object{{"name", name}, {"in", "header"}, {"description", text}, {"schema", schema}}
}

func header(text string, schema Object, required bool) Object {
	return Object{{"description", text}, {"required", required}, {"schema", schema}}
}

var securitySchemes = Object{
	{"bearer", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}, {"description", "An access token of CastAD's for the API: 15 minutes, from the login or POST /auth/renew."}}},
	{"admin", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"},
		{"description", "An access token for the audience of operators: 5 minutes, from POST /auth/renew with {\"audience\":\"admin\"}. The role is read from the database with every request."}}},
	{"ticket", Object{{"type", "apiKey"}, {"in", "query"}, {"name", "ticket"}, {"description", "For one stream, once, within 60 seconds: browsers cannot send a header with EventSource."}}},
	{"refresh", Object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-castad_refresh"}, {"description", "The refresh token of a browser (castad_refresh without https on this machine). Apps send theirs in the body."}}},
	{"login", Object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-castad_login"}, {"description", "Binds a login to the browser where it was begun (castad_login without https on this machine)."}}},
	{"social", Object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-castad_social"}, {"description", "Binds the connecting of an account to the browser where it was begun (castad_social without https on this machine)."}}},
	{"unlink", Object{{"type", "apiKey"}, {"in", "header"}, {"name", "Authorization"}, {"description", "KakaoAK and the shared key, as Kakao sends it."}}},
}

// Examples are the request bodies that the document shows for an operation that has one.
func (d Document) Examples(o Operation) []any { return (&builder{schemas: d.Schemas}).requests(o) }
