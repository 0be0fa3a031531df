package trigger

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/strictjson"
)

// Validator is an input that checks more than tags can say.
type Validator interface{ Validate() error }

// input is how a struct is read from a request.
type input struct {
	typ    reflect.Type
	params []param
	body   *strictjson.Plan // nil when nothing is read from the body
	raw    []int            // index of a []byte that takes the body as it is
	query  bool
	valid  bool
}

type source uint8

const (
	fromPath source = iota
	fromQuery
	fromHeader
	fromCookie
)

type param struct {
	source source
	name   string
	index  []int
	rules  strictjson.Rules
	set    func(v reflect.Value, text string) bool
	many   bool // a query list: a=1&a=2 or a=1,2
	key    bool // an Idempotency-Key
}

// compileInput describes t; route names the path parameters that must be read.
func compileInput(t reflect.Type, route []string) (*input, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("an input is a struct, not %v", t)
	}
	in := &input{typ: t}
	_, byValue := reflect.Zero(t).Interface().(Validator)
	_, byPointer := reflect.New(t).Interface().(Validator)
	in.valid = byValue || byPointer
	if err := in.compileFields(t, nil); err != nil {
		return nil, err
	}
	plan, err := strictjson.Compile(t)
	if err != nil {
		return nil, err
	}
	if len(plan.Fields()) > 0 {
		in.body = plan
	}
	if in.body != nil && in.raw != nil {
		return nil, fmt.Errorf("%v reads the body twice: as fields and raw", t)
	}
	var read []string
	for _, p := range in.params {
		if p.source == fromPath {
			read = append(read, p.name)
		}
	}
	slices.Sort(read)
	route = slices.Sorted(slices.Values(route))
	if !slices.Equal(read, route) {
		return nil, fmt.Errorf("the route has the parameters %v, %v reads %v", route, t, read)
	}
	return in, nil
}

func (in *input) hasBody() bool { return in.body != nil || in.raw != nil }

func (in *input) compileFields(t reflect.Type, prefix []int) error {
	tags := []struct {
		name string
		from source
	}{{"path", fromPath}, {"query", fromQuery}, {"header", fromHeader}, {"cookie", fromCookie}}
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(slices.Clone(prefix), i)
		_, isJSON := f.Tag.Lookup("json")
		sources := 0
		if isJSON {
			sources++
		}
		for _, tag := range tags {
			name, ok := f.Tag.Lookup(tag.name)
			if !ok {
				continue
			}
			sources++
			p, err := compileParam(f, tag.from, name, index)
			if err != nil {
				return fmt.Errorf("%v.%s: %w", t, f.Name, err)
			}
			in.params = append(in.params, p)
			in.query = in.query || tag.from == fromQuery
		}
		if s, ok := f.Tag.Lookup("body"); ok {
			sources++
			if s != "raw" || f.Type != reflect.TypeFor[[]byte]() {
				return fmt.Errorf(`%v.%s: body:"raw" is for a []byte`, t, f.Name)
			}
			in.raw = index
		}
		if f.Anonymous && sources == 0 && f.Type.Kind() == reflect.Struct {
			if err := in.compileFields(f.Type, index); err != nil {
				return err
			}
			continue
		}
		if sources != 1 || !f.IsExported() {
			return fmt.Errorf("%v.%s: an input field is exported and has exactly one of the tags path, query, header, cookie, json, body", t, f.Name)
		}
	}
	return nil
}

func compileParam(f reflect.StructField, from source, name string, index []int) (param, error) {
	if name == "" {
		return param{}, errors.New("its tag names nothing")
	}
	p := param{source: from, name: name, index: index}
	var err error
	if p.rules, err = strictjson.ParseRules(f); err != nil {
		return param{}, err
	}
	t := f.Type
	switch {
	case t == reflect.TypeFor[message.Key]():
		p.key = true
	case t.Kind() == reflect.Slice && from == fromQuery:
		p.many = true
		t = t.Elem()
	case t.Kind() == reflect.Pointer:
		t = t.Elem()
	}
	if p.set = setter(t); p.set == nil {
		return param{}, fmt.Errorf("%v cannot be read from text", f.Type)
	}
	if f.Type.Kind() == reflect.Pointer {
		set := p.set
		p.set = func(v reflect.Value, text string) bool {
			v.Set(reflect.New(t))
			return set(v.Elem(), text)
		}
	}
	if from == fromHeader {
		p.name = http.CanonicalHeaderKey(name)
	}
	return p, nil
}

// setter returns how a value of type t is read from text; nil = it cannot be.
func setter(t reflect.Type) func(reflect.Value, string) bool {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return func(v reflect.Value, text string) bool {
			return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) == nil
		}
	}
	switch t.Kind() {
	case reflect.String:
		return func(v reflect.Value, text string) bool { v.SetString(text); return true }
	case reflect.Bool:
		return func(v reflect.Value, text string) bool {
			v.SetBool(text == "true")
			return text == "true" || text == "false"
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value, text string) bool {
			n, err := strconv.ParseInt(text, 10, t.Bits())
			v.SetInt(n)
			return err == nil
		}
	}
	return nil
}

// read fills dst, a zero value of the input's type, from the request.
func (in *input) read(c *call, dst reflect.Value) error {
	var query url.Values
	if in.query {
		var err error
		if query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
			return fault.Newf(fault.CodeInvalid, "the query is not well-formed").In("query")
		}
	}
	for i := range in.params {
		if err := in.params[i].read(c.r, query, dst); err != nil {
			return err
		}
	}
	switch {
	case in.body != nil:
		if err := in.readJSON(c, dst); err != nil {
			return err
		}
	case in.raw != nil:
		body, err := c.readBody()
		if err != nil {
			return err
		}
		dst.FieldByIndex(in.raw).SetBytes(bytes.Clone(body.Bytes()))
		buffers.Put(body)
	}
	if !in.valid {
		return nil
	}
	if err := dst.Addr().Interface().(Validator).Validate(); err != nil {
		var known fault.Coded
		if !errors.As(err, &known) {
			return fault.Wrap(err, fault.CodeBadValue)
		}
		return err
	}
	return nil
}

func (p *param) read(r *http.Request, query url.Values, dst reflect.Value) error {
	var single [1]string // so that one value costs no allocation
	texts := single[:0]
	switch p.source {
	case fromPath:
		texts = append(texts, r.PathValue(p.name))
	case fromQuery:
		texts = query[p.name]
	case fromHeader:
		texts = r.Header[p.name]
	case fromCookie:
		for _, c := range r.CookiesNamed(p.name) {
			texts = append(texts, c.Value)
		}
	}
	if p.many {
		return p.readMany(texts, dst)
	}
	if len(texts) == 0 || len(texts) == 1 && texts[0] == "" {
		if !p.rules.Required {
			return nil
		}
		return fault.New(p.missing()).In(p.name)
	}
	v := dst.FieldByIndex(p.index)
	bad := func(detail string, allowed fault.Words) error {
		return fault.Newf(fault.CodeBadValue, "%s", detail).In(p.name).Wants(allowed)
	}
	if len(texts) > 1 {
		return bad("it is there more than once", fault.Words{Ko: "한 번만", En: "once"})
	}
	if p.key && !validKey(texts[0]) {
		return bad("not a key", fault.Words{Ko: "공백 없는 영문, 숫자, 기호 1–64자", En: "1 to 64 visible ASCII characters"})
	}
	if !clean(texts[0]) {
		return bad("not text of one line", fault.Words{Ko: "제어 문자가 없는 UTF-8 문자열", En: "text in UTF-8 without control characters"})
	}
	if !p.set(v, texts[0]) {
		return bad("not of the form that is due here", p.due(v))
	}
	if problem := p.rules.Problem(v); problem != "" {
		return bad(problem, p.rules.Allowed(v))
	}
	return nil
}

// missing is the code for a required parameter that is not there.
func (p *param) missing() fault.Code {
	switch {
	case p.key:
		return fault.CodeKeyRequired
	case p.source == fromHeader && p.name == "If-Match":
		return fault.CodeIfMatchRequired
	}
	return fault.CodeMissingField
}

// due says what a text for v has to look like: an id by its form, anything else by
// its rules, or by its type.
func (p *param) due(v reflect.Value) fault.Words {
	if v.Kind() == reflect.Pointer {
		v = reflect.New(v.Type().Elem()).Elem()
	}
	_, id := v.Interface().(interface{ Form() string })
	if w := p.rules.Allowed(v); !id && w != (fault.Words{}) {
		return w
	}
	return strictjson.Due(v)
}

func (p *param) readMany(texts []string, dst reflect.Value) error {
	bad := func(detail string) error { return fault.Newf(fault.CodeBadValue, "%s", detail).In(p.name) }
	list := dst.FieldByIndex(p.index)
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			item := reflect.New(list.Type().Elem()).Elem()
			if part == "" || !clean(part) || !p.set(item, part) {
				return bad("an item is not of the form that is due here")
			}
			list.Set(reflect.Append(list, item))
		}
	}
	if p.rules.Required && list.Len() == 0 {
		return fault.New(fault.CodeMissingField).In(p.name)
	}
	if problem := p.rules.Problem(list); problem != "" {
		return fault.Newf(fault.CodeBadValue, "%s", problem).In(p.name).Wants(p.rules.Allowed(list))
	}
	return nil
}

// clean says whether text from a path, query, header or cookie is UTF-8 without control characters.
func clean(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

// validKey: 1 to 64 printable ASCII characters; request_key is VARBINARY(64).
func validKey(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 64
}

func (in *input) readJSON(c *call, dst reflect.Value) error {
	body, err := c.readBody()
	if err != nil {
		return err
	}
	defer buffers.Put(body)
	if body.Len() == 0 {
		// Nothing is there: right if nothing is required, else say what is missing. This is also
		// what a chunked body becomes on a host that forwards instead of proxying.
		return in.body.Missing()
	}
	if !isJSON(c.r.Header["Content-Type"]) {
		return fault.Newf(fault.CodeContentType, "a body must be application/json in UTF-8").In("Content-Type").Wants(fault.Words{Ko: "application/json", En: "application/json"})
	}
	return in.body.Decode(body.Bytes(), dst)
}

func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}
	switch values[0] {
	case "application/json", "application/json; charset=utf-8", "application/json;charset=utf-8":
		return true
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
