package openapi

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"castad/shared/fault"
	"castad/shared/strictjson"
	"castad/shared/trigger"
)

// Operation is one method of one function.
type Operation struct {
	Function, Module     string
	Method, Path         string
	Summary, Description string
	Parameters           []Parameter
	// Body is the schema of a JSON body, nil without one; Needed says that it cannot be left out.
	Body   Object
	Needed bool
	// Upload are the types of a body that is taken as it is, Limit its bytes.
	Upload []string
	Limit  int64
	// Answer is the schema of the JSON that is answered, nil without.
	Answer Object
	// Codes are the failures by status.
	Codes map[int][]fault.Code
	// Security are alternatives; Guard says in words what else protects it, "open" = nothing needs to.
	Security []string
	Guard    string
	Kind     Kind
	Extra    Extra
	Behaviour
	events map[string]Object
}

// ID is the operation's name for programs, "adRequest".
func (o Operation) ID() string {
	id := strings.ToLower(o.Function[:1]) + camel(o.Function)[1:]
	if o.Method == http.MethodHead {
		id += "Head"
	}
	return id
}

// Kind is what an operation answers when all is well.
type Kind string

// The kinds.
const (
	JSON     Kind = "json"
	Nothing  Kind = "nothing"
	File     Kind = "file"
	Redirect Kind = "redirect"
	Stream   Kind = "stream"
)

// Parameter is read from the path, the query, a header or a cookie.
type Parameter struct {
	In, Name, Doc string
	Required      bool
	Schema        Object
	Key           bool
}

func (s *schemas) operation(f trigger.Function, method string, x Extra) (Operation, error) {
	route, ok := strings.CutPrefix(f.Route(), root)
	if !ok || strings.Contains(route, "{*") {
		return Operation{}, fmt.Errorf("its route %q cannot be described", f.Route())
	}
	behaviour, ok := s.source.Functions[f.Name()]
	if !ok {
		return Operation{}, errors.New("its source has not been read")
	}
	module, _, _ := strings.Cut(f.Name(), "-")
	o := Operation{Function: f.Name(), Module: module, Method: method, Path: "/" + route, Limit: f.UploadLimit(), Upload: x.Body, Extra: x, Behaviour: behaviour}
	o.Summary, o.Description = signs(behaviour.Doc)
	if o.Summary == "" {
		return o, errors.New("its package comment does not say what it is: \"Package x is GET /api/v1/y: what it does.\"")
	}
	if err := s.secure(&o, f); err != nil {
		return o, err
	}
	if err := s.input(&o, f.Input()); err != nil {
		return o, err
	}
	if err := s.output(&o, f); err != nil {
		return o, err
	}
	o.Codes = byStatus(s.codes(o, f))
	return o, nil
}

// secure says who may call.
func (s *schemas) secure(o *Operation, f trigger.Function) error {
	switch {
	case f.Public() && o.Extra.Guard == "":
		return errors.New("anybody may call it and nobody says what guards it")
	case f.Public() && securitySchemes.Field(o.Extra.Guard) != nil:
		o.Security, o.Guard = []string{o.Extra.Guard}, o.Extra.Or
	case f.Public():
		o.Guard = o.Extra.Guard
	case o.Extra.Guard != "":
		return errors.New("its callers sign in; it has no guard of its own")
	case f.Admin():
		o.Security = []string{"admin"}
	case f.Streams():
		o.Security = []string{"bearer", "ticket"}
	default:
		o.Security = []string{"bearer"}
	}
	return nil
}

// input describes parameters and body.
func (s *schemas) input(o *Operation, t reflect.Type) error {
	if err := s.parameters(o, t); err != nil {
		return err
	}
	fields := s.fields(t, request)
	switch {
	case o.Limit > 0 && len(o.Upload) == 0, o.Limit == 0 && raw(t) && len(o.Upload) == 0:
		return errors.New("nobody says of what types its body is")
	case o.Limit > 0 || raw(t):
	case len(fields) > 0:
		body, err := s.structure(t, request)
		if err != nil {
			return err
		}
		o.Body = body
		for _, f := range fields {
			o.Needed = o.Needed || f.field.Tag.Get("required") == "true"
		}
	}
	return nil
}

// raw says that an input takes the body as it is.
func raw(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("body") == "raw" {
			return true
		}
	}
	return false
}

func (s *schemas) parameters(o *Operation, t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag == "" {
			if err := s.parameters(o, f.Type); err != nil {
				return err
			}
			continue
		}
		for _, in := range []string{"path", "query", "header", "cookie"} {
			name, ok := f.Tag.Lookup(in)
			if !ok {
				continue
			}
			p, err := s.parameter(f, in, name, s.source.Fields[typeKey(t)+"."+f.Name])
			if err != nil {
				return err
			}
			o.Parameters = append(o.Parameters, p)
		}
	}
	return nil
}

func (s *schemas) parameter(f reflect.StructField, in, name, doc string) (Parameter, error) {
	schema, err := s.of(f.Type, request)
	if err != nil {
		return Parameter{}, err
	}
	rules, err := strictjson.ParseRules(f)
	if err != nil {
		return Parameter{}, err
	}
	p := Parameter{In: in, Name: name, Doc: doc, Required: in == "path" || rules.Required, Schema: constrained(schema, f.Type, rules), Key: f.Type == keyType}
	if p.Doc == "" {
		p.Doc = usual[name]
	}
	return p, nil
}

// usual are the words for what means the same everywhere.
var usual = map[string]string{
	"Idempotency-Key": "Your own name for this request. Send the same one when you repeat it.",
	"If-Match":        "The ETag that you got when you read it.",
	"Last-Event-ID":   "The id of the last event that arrived; EventSource sends it by itself.",
	"after":           "The next of the page before.",
	"limit":           "How many items a page has at most.",
	"id":              "Which one.",
	"wait":            "Long poll: answer once, as soon as there is news or after so many seconds, 25 at most.",
}

// output describes what is answered when all is well.
func (s *schemas) output(o *Operation, f trigger.Function) error {
	t := f.Output()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case f.Streams():
		return s.stream(o)
	case t == reflect.TypeFor[trigger.File]():
		o.Kind = File
	case t == reflect.TypeFor[trigger.Redirect]():
		o.Kind = Redirect
	case t.Kind() == reflect.Struct && len(s.fields(t, reply)) == 0:
		o.Kind = Nothing
	default:
		o.Kind = JSON
		var err error
		o.Answer, err = s.of(t, reply)
		return err
	}
	return nil
}

func (s *schemas) stream(o *Operation) error {
	o.Kind = Stream
	if o.Extra.Poll == nil || len(o.Extra.Events) == 0 {
		return errors.New("nobody says what it streams")
	}
	var err error
	if o.Answer, err = s.of(reflect.TypeOf(o.Extra.Poll), reply); err != nil {
		return err
	}
	o.Parameters = append(o.Parameters, Parameter{In: "query", Name: "wait", Doc: usual["wait"], Schema: Object{{"type", "integer"}, {"minimum", 0}}})
	o.events = map[string]Object{"error": ref("Problem")}
	for name, v := range o.Extra.Events {
		if o.events[name], err = s.of(reflect.TypeOf(v), reply); err != nil {
			return err
		}
	}
	return nil
}

// signs splits a package comment into what the function does and what else there is to know.
func signs(doc string) (summary, description string) {
	first, rest, _ := strings.Cut(doc, "\n\n")
	_, summary, ok := strings.Cut(prose(first), ": ")
	if !ok {
		return "", ""
	}
	// A sentence or more; what follows the first belongs to the rest.
	head, more, _ := strings.Cut(summary, ". ")
	head = strings.TrimSuffix(head, ".")
	return strings.ToUpper(head[:1]) + head[1:], strings.TrimSpace(more + "\n\n" + paragraphs(rest))
}

// paragraphs are a comment's, one line each.
func paragraphs(doc string) string {
	var all []string
	for p := range strings.SplitSeq(doc, "\n\n") {
		if p = prose(p); p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, "\n\n")
}

// prose takes the line breaks out of a paragraph.
func prose(s string) string { return strings.Join(strings.Fields(s), " ") }
