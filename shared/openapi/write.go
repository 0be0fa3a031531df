package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"castad/shared/fault"
)

// builder writes operations; the first error stays. What several operations say in the
// same words is a component, once.
type builder struct {
	schemas   map[string]Object
	given     map[string]json.RawMessage // answers
	responses Object
	examples  Object
	err       error
}

func (b *builder) operation(o Operation) Object {
	out := Object{{"operationId", o.ID()}, {"tags", []string{o.Module}}, {"summary", o.Summary}}
	description := o.Description
	if o.Guard != "" && o.Guard != "open" {
		description = strings.TrimSpace(description + "\n\nGuarded by " + o.Guard + ".")
	}
	if description != "" {
		out = out.With("description", description)
	}
	out = out.With("security", security(o))
	if p := parameters(o); len(p) > 0 {
		out = out.With("parameters", p)
	}
	if body := b.body(o); body != nil {
		out = out.With("requestBody", body)
	}
	return out.With("responses", b.answers(o))
}

func security(o Operation) []Object {
	all := []Object{}
	for _, name := range o.Security {
		all = append(all, Object{{name, []string{}}})
	}
	if len(all) > 0 && o.Guard != "" {
		all = append(all, Object{})
	}
	return all
}

func parameters(o Operation) []Object {
	var all []Object
	for _, p := range o.Parameters {
		if p.In == "cookie" && slices.ContainsFunc(o.Security, func(s string) bool { return securitySchemes.Field(s).(Object).Field("name") == p.Name }) {
			continue // its security scheme says so
		}
		if p.In == "header" && p.Name == "Authorization" {
			continue // OpenAPI leaves it to the security schemes
		}
		one := Object{{"name", p.Name}, {"in", p.In}}
		if p.Doc != "" {
			one = one.With("description", p.Doc)
		}
		if p.Required {
			one = one.With("required", true)
		}
		if p.In == "query" && p.Schema.Field("type") == "array" {
			one = one.With("explode", false)
		}
		all = append(all, one.With("schema", p.Schema))
	}
	return append(all, asked(o)...)
}

// asked are the request headers that the door reads for every operation of a kind.
func asked(o Operation) []Object {
	var names []string
	switch {
	case o.Kind == File && o.Method != http.MethodHead: // RFC 9110 knows Range with GET only
		names = []string{"Range", "IfRange", "IfNoneMatch"}
	case o.Kind == File, o.unchanged():
		names = []string{"IfNoneMatch"}
	}
	all := make([]Object, len(names))
	for i, name := range names {
		all[i] = Object{{"$ref", "#/components/parameters/" + name}}
	}
	return all
}

// unchanged says that an operation can answer 304.
func (o Operation) unchanged() bool {
	return o.Kind == File || o.Kind == JSON && o.Tags && (o.Method == http.MethodGet || o.Method == http.MethodHead)
}

func (b *builder) body(o Operation) Object {
	switch {
	case o.Body != nil:
		media := Object{{"schema", o.Body}}
		if all := b.requests(o); len(all) == 1 {
			media = media.With("example", all[0])
		} else {
			var named Object
			for i, e := range all {
				named = named.With(strconv.Itoa(i+1), Object{{"value", e}})
			}
			media = media.With("examples", named)
		}
		return Object{{"required", o.Needed}, {"content", Object{{"application/json", media}}}}
	case len(o.Upload) > 0:
		var content Object
		for _, t := range o.Upload {
			content = content.With(t, Object{{"schema", Object{}}})
		}
		body := Object{{"required", o.Limit > 0}, {"content", content}}
		if o.Limit > 0 {
			body = Object{{"description", fmt.Sprintf("The file itself, at most %d bytes.", o.Limit)}}.With("required", true).With("content", content)
		}
		return body
	}
	return nil
}

// requests are an operation's example bodies.
func (b *builder) requests(o Operation) []any {
	all := []any{b.example(o.Body, o.Extra.Example)}
	for _, more := range o.Extra.More {
		all = append(all, b.example(o.Body, more))
	}
	return all
}

// example is the one that is given, or one that is made up from the schema.
func (b *builder) example(schema Object, given string) any {
	if given == "" {
		return sample(b.schemas, schema, "", 0)
	}
	var v any
	if err := json.Unmarshal([]byte(given), &v); err != nil && b.err == nil {
		b.err = fmt.Errorf("read example %q: %w", given, err)
	}
	return json.RawMessage(given)
}

func headerRef(name string) Object { return Object{{"$ref", "#/components/headers/" + name}} }

func (b *builder) answers(o Operation) Object {
	all := map[int]Object{}
	b.good(o, all)
	for _, status := range slices.Sorted(maps.Keys(o.Codes)) {
		all[status] = b.shared(status, problem(status, o.Codes[status]))
	}
	if o.Kind == File {
		outside := http.StatusRequestedRangeNotSatisfiable
		all[outside] = b.shared(outside, withHeader(problem(outside, []fault.Code{fault.CodeBadValue}), "Content-Range", "ContentRange"))
	}
	var out Object
	for _, status := range slices.Sorted(maps.Keys(all)) {
		out = out.With(strconv.Itoa(status), all[status])
	}
	return out
}

// shared refers to a failure's response among the components. It is called by its status; the
// second one of a status, which has other codes, has a 2 behind it.
func (b *builder) shared(status int, response Object) Object {
	text, err := json.Marshal(response)
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("write a response of %d: %w", status, err)
	}
	base := strings.ReplaceAll(http.StatusText(status), " ", "")
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name += strconv.Itoa(n)
		}
		known := b.responses.Field(name)
		if known == nil {
			b.responses = b.responses.With(name, response)
		} else if same, err := json.Marshal(known); err != nil || string(same) != string(text) {
			continue
		}
		return Object{{"$ref", "#/components/responses/" + name}}
	}
}

// withHeader adds a header to a response.
func withHeader(response Object, name, component string) Object {
	for i, m := range response {
		if m.Name == "headers" {
			response[i].Value = m.Value.(Object).With(name, headerRef(component))
		}
	}
	return response
}

// answered is a response with its headers and, unless media is nil, its content.
func answered(description string, media Object, with ...Member) Object {
	head := Object{{"X-Request-Id", headerRef("RequestId")}, {"RateLimit-Policy", headerRef("RateLimitPolicy")}, {"RateLimit", headerRef("RateLimit")}}
	for _, m := range with {
		head = head.With(m.Name, headerRef(m.Value.(string)))
	}
	out := Object{{"description", description}, {"headers", head}}
	if media != nil {
		out = out.With("content", media)
	}
	return out
}

func (b *builder) good(o Operation, all map[int]Object) {
	var with []Member
	if o.Tags && o.Kind == JSON {
		with = append(with, Member{"ETag", "ETag"})
	}
	if o.Cookies {
		with = append(with, Member{"Set-Cookie", "SetCookie"})
	}
	switch o.Kind {
	case Nothing:
		all[http.StatusNoContent] = answered("Done; there is nothing to say.", nil, with...)
	case Redirect:
		seeOther(all, with)
	case File:
		b.file(o, all)
	case Stream:
		all[http.StatusOK] = answered("Events as they happen; with wait one JSON answer.", b.stream(o), with...)
	case JSON:
		b.json(o, all, with)
	}
}

func seeOther(all map[int]Object, with []Member) {
	all[http.StatusSeeOther] = answered("Follow the address.", nil, append(slices.Clone(with), Member{"Location", "Location"})...)
}

func (b *builder) json(o Operation, all map[int]Object, with []Member) {
	media := Object{{"application/json", b.shown(o.Answer)}}
	usual := http.StatusOK
	if o.Always != 0 {
		usual = o.Always
	}
	words := map[int]string{http.StatusOK: "What was asked for.", http.StatusCreated: "Made.", http.StatusAccepted: "Begun."}
	if o.Sometimes == http.StatusCreated {
		words[http.StatusOK] = "It was there already: the same request, or the same content, came before."
	}
	for _, status := range []int{usual, o.Sometimes} {
		if status == http.StatusCreated && o.Located {
			with = append(with, Member{"Location", "Location"})
		}
		if status != 0 {
			all[status] = answered(words[status], media, with...)
		}
	}
	if o.Redirects {
		seeOther(all, with)
	}
	if o.unchanged() {
		all[http.StatusNotModified] = answered("You have it already: If-None-Match names it.", nil, with...)
	}
}

// shown is the content of a JSON answer, with an example, which the answers of one type share.
func (b *builder) shown(answer Object) Object {
	to, named := answer.Field("$ref").(string)
	if !named {
		return Object{{"schema", answer}, {"example", sample(b.schemas, answer, "", 0)}}
	}
	name := strings.TrimPrefix(to, "#/components/schemas/")
	if b.examples.Field(name) == nil {
		var value any = b.given[name]
		if b.given[name] == nil {
			value = sample(b.schemas, answer, "", 0)
		}
		b.examples = b.examples.With(name, Object{{"value", value}})
	}
	return Object{{"schema", answer}, {"examples", Object{{name, Object{{"$ref", "#/components/examples/" + name}}}}}}
}

// contents are the types of what an operation streams.
func contents(o Operation) Object {
	types := o.Extra.Content
	if len(types) == 0 {
		types = []string{"*/*"}
	}
	var media Object
	for _, t := range types {
		media = media.With(t, Object{{"schema", Object{}}})
	}
	return media
}

func (b *builder) file(o Operation, all map[int]Object) {
	with := []Member{{"ETag", "ETag"}, {"Accept-Ranges", "AcceptRanges"}, {"Content-Disposition", "ContentDisposition"}}
	if o.Method == http.MethodHead {
		all[http.StatusOK] = answered("What is said of the whole file.", nil, with...)
	} else {
		media := contents(o)
		all[http.StatusOK] = answered("The whole file.", media, with...)
		all[http.StatusPartialContent] = answered("The part that Range names.", media, append(slices.Clone(with), Member{"Content-Range", "ContentRange"})...)
	}
	all[http.StatusNotModified] = answered("You have it already: If-None-Match names it.", nil, Member{"ETag", "ETag"})
}

// stream describes both ways to hear. OpenAPI 3.1 has no words for the events of a stream:
// x-events maps an event's name to the schema of its data.
func (b *builder) stream(o Operation) Object {
	var events Object
	for _, name := range slices.Sorted(maps.Keys(o.events)) {
		events = events.With(name, o.events[name])
	}
	return Object{
		{"text/event-stream", Object{{"schema", Object{{"type", "string"}, {"description",
			"Events as text: id (send it as Last-Event-ID to go on after it), event, data (one line of JSON). A line that begins with a colon is a heartbeat."}}}, {"x-events", events}}},
		{"application/json", b.shown(o.Answer)},
	}
}

// problem is a failure's response, which names the codes that may come with it.
func problem(status int, codes []fault.Code) Object {
	var with []Member
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		with = append(with, Member{"Retry-After", "RetryAfter"})
	}
	if status == http.StatusUnauthorized {
		with = append(with, Member{"WWW-Authenticate", "WWWAuthenticate"})
	}
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = string(c)
	}
	schema := ref("Problem").With("properties", Object{{"code", Object{{"enum", names}}}, {"status", Object{{"const", status}}}})
	text := http.StatusText(status) + ": " + strings.Join(names, ", ") + "."
	return answered(text, Object{{"application/problem+json", Object{{"schema", schema}}}}, with...)
}
