package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"castad/shared/message"
	"castad/shared/strictjson"
	"castad/shared/trigger"
)

// direction is who writes a value: the rules of the two sides differ.
type direction uint8

const (
	request direction = iota
	reply
)

// schemas makes schemas of Go types and collects the named ones.
type schemas struct {
	source Source
	// made are the components by name; a type that is the same in both directions is there once.
	made  map[string]Object
	types map[string]reflect.Type
}

var (
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonMarshaler   = reflect.TypeFor[json.Marshaler]()
	timeType        = reflect.TypeFor[time.Time]()
	keyType         = reflect.TypeFor[message.Key]()
	listKey         = typeKey(reflect.TypeFor[trigger.List[int]]())
	rawType         = reflect.TypeFor[json.RawMessage]()
)

// of returns the schema of t: a reference when t is a struct or an enumeration with a name.
func (s *schemas) of(t reflect.Type, way direction) (Object, error) {
	switch {
	case t == timeType:
		return Object{{"type", "string"}, {"format", "date-time"}}, nil
	case t == rawType:
		return Object{{"description", "Any JSON value."}}, nil
	case t == keyType:
		return Object{{"type", "string"}, {"minLength", 1}, {"maxLength", 64}, {"pattern", "^[!-~]+$"}}, nil
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem(), way)
	case isText(t):
		return s.text(t)
	case reflect.PointerTo(t).Implements(jsonMarshaler):
		return nil, fmt.Errorf("describe %v: it writes itself, which cannot be described", t)
	}
	switch t.Kind() {
	case reflect.String:
		return s.str(t), nil
	case reflect.Bool:
		return Object{{"type", "boolean"}}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return Object{{"type", "integer"}}, nil
	case reflect.Int64, reflect.Uint, reflect.Uint64:
		return Object{{"type", "integer"}, {"format", "int64"}}, nil
	case reflect.Float32, reflect.Float64:
		return Object{{"type", "number"}}, nil
	case reflect.Interface:
		return Object{{"description", "Any JSON value."}}, nil
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return Object{{"type", "string"}, {"contentEncoding", "base64"}}, nil
		}
		items, err := s.of(t.Elem(), way)
		return Object{{"type", "array"}, {"items", items}}, err
	case reflect.Map:
		values, err := s.of(t.Elem(), way)
		return Object{{"type", "object"}, {"additionalProperties", values}}, err
	case reflect.Struct:
		return s.structure(t, way)
	}
	return nil, fmt.Errorf("describe %v: JSON has no such kind", t)
}

func isText(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(textUnmarshaler) || p.Implements(textMarshaler)
}

// prefixed is an id: its text says of what.
type prefixed interface {
	fmt.Stringer
	encoding.TextMarshaler
}

// text is the schema of a type that writes itself as text; an id's tells its form.
func (s *schemas) text(t reflect.Type) (Object, error) {
	v := reflect.New(t).Elem()
	if v.Kind() == reflect.Int64 {
		v.SetInt(1)
		if one, ok := v.Interface().(prefixed); ok {
			prefix, _, _ := strings.Cut(one.String(), "_")
			return Object{{"type", "string"}, {"pattern", "^" + prefix + "_[0-9a-hjkmnp-tv-z]{13}$"}}, nil
		}
	}
	return Object{{"type", "string"}}, nil
}

// str is a string; one of a type with constants is an enumeration.
func (s *schemas) str(t reflect.Type) Object {
	values := s.source.Enums[typeKey(t)]
	if len(values) == 0 {
		return Object{{"type", "string"}}
	}
	name := componentName(t)
	if _, ok := s.made[name]; !ok {
		o := Object{{"type", "string"}}
		if d := s.source.Types[typeKey(t)]; d != "" {
			o = o.With("description", d)
		}
		s.made[name], s.types[name] = o.With("enum", values), t
	}
	return ref(name)
}

func ref(name string) Object { return Object{{"$ref", "#/components/schemas/" + name}} }

// structure is a struct: a component when it has a name.
func (s *schemas) structure(t reflect.Type, way direction) (Object, error) {
	fields := s.fields(t, way)
	if inner, ok := only(t, fields); ok {
		return s.structure(inner, way)
	}
	if t.Name() == "" {
		return s.properties(t, fields, way)
	}
	name := componentName(t)
	if way == request {
		name += "Input"
	}
	if known, ok := s.types[name]; ok {
		if known != t {
			return nil, fmt.Errorf("describe %v: %v has the same name in the document", t, known)
		}
		return ref(name), nil
	}
	s.types[name] = t // before its fields: a type may hold itself
	made, err := s.properties(t, fields, way)
	if err != nil {
		return nil, err
	}
	s.made[name] = made
	return ref(name), nil
}

// only says that a struct is another one and a Reply: then it is described as that one.
func only(t reflect.Type, fields []jsonField) (reflect.Type, bool) {
	var inner reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "":
			if hidden(f.Type) {
				continue
			}
			if inner != nil {
				return nil, false
			}
			inner = f.Type
		default:
			if slices.ContainsFunc(fields, func(j jsonField) bool { return j.field.Name == f.Name && j.owner == t }) {
				return nil, false
			}
		}
	}
	return inner, inner != nil
}

// hidden says that nothing of t is on the wire (trigger.Reply).
func hidden(t reflect.Type) bool {
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
			return false
		}
	}
	return true
}

// jsonField is a field as encoding/json writes it or strictjson reads it.
type jsonField struct {
	name      string
	omitted   bool // when it is empty
	field     reflect.StructField
	owner     reflect.Type
	embedding int
}

// fields are a struct's, those of embedded structs included; the outer one of two with the same name counts.
func (s *schemas) fields(t reflect.Type, way direction) []jsonField {
	var all []jsonField
	var walk func(t reflect.Type, depth int)
	walk = func(t reflect.Type, depth int) {
		for i := range t.NumField() {
			f := t.Field(i)
			tag, tagged := f.Tag.Lookup("json")
			if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct {
				walk(f.Type, depth+1)
				continue
			}
			if !f.IsExported() || tag == "-" || !tagged && way == request {
				continue
			}
			name, options, _ := strings.Cut(tag, ",")
			if name == "" {
				name = f.Name
			}
			all = append(all, jsonField{name, strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero"), f, t, depth})
		}
	}
	walk(t, 0)
	return slices.DeleteFunc(slices.Clone(all), func(f jsonField) bool {
		return slices.ContainsFunc(all, func(g jsonField) bool { return g.name == f.name && g.embedding < f.embedding })
	})
}

func (s *schemas) properties(t reflect.Type, fields []jsonField, way direction) (Object, error) {
	o := Object{{"type", "object"}}
	if d := s.source.Types[typeKey(t)]; d != "" {
		o = o.With("description", d)
	}
	var properties Object
	required := []string{}
	for _, f := range fields {
		one, err := s.property(f, way)
		if err != nil {
			return nil, fmt.Errorf("describe %v.%s: %w", t, f.field.Name, err)
		}
		properties = properties.With(f.name, one)
		if way == reply && !f.omitted || way == request && f.field.Tag.Get("required") == "true" {
			required = append(required, f.name)
		}
	}
	if len(properties) > 0 {
		o = o.With("properties", properties)
	}
	if len(required) > 0 {
		o = o.With("required", required)
	}
	if way == request {
		o = o.With("additionalProperties", false)
	}
	return o, nil
}

func (s *schemas) property(f jsonField, way direction) (Object, error) {
	o, err := s.of(f.field.Type, way)
	if err != nil {
		return nil, err
	}
	rules, err := strictjson.ParseRules(f.field)
	if err != nil {
		return nil, err
	}
	if way == request {
		o = constrained(o, f.field.Type, rules)
	} else { // what comes back has been through the rules, or is older than the bounds are
		o = listed(o, f.field.Type, rules)
	}
	if f.field.Type.Kind() == reflect.Pointer && !f.omitted {
		o = nullable(o)
	}
	if d := s.source.Fields[typeKey(f.owner)+"."+f.field.Name]; d != "" {
		o = described(o, d)
	}
	return o, nil
}

// described puts a description beside what o says.
func described(o Object, text string) Object {
	o = slices.DeleteFunc(slices.Clone(o), func(m Member) bool { return m.Name == "description" })
	return o.With("description", text)
}

func nullable(o Object) Object {
	if o.Field("$ref") != nil {
		return Object{{"anyOf", []Object{o, {{"type", "null"}}}}}
	}
	o = slices.Clone(o)
	for i, m := range o {
		if m.Name == "type" {
			o[i].Value = []string{m.Value.(string), "null"}
		}
	}
	return o
}

// constrained adds what the tags demand. An empty string passes min and enum of a field that is
// not required; the document does not offer that.
func constrained(o Object, t reflect.Type, r strictjson.Rules) Object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	least, hasMin, most, hasMax := r.Bounds()
	if r.Required && t.Kind() != reflect.Struct && !isText(t) && !hasMin {
		switch t.Kind() {
		case reflect.String, reflect.Slice, reflect.Map:
			least, hasMin = 1, true
		}
	}
	low, high := "minimum", "maximum"
	switch {
	case isText(t), t == keyType:
		return o
	case t.Kind() == reflect.String:
		low, high = "minLength", "maxLength"
		hasMin = hasMin && r.Required
	case t.Kind() == reflect.Slice:
		low, high = "minItems", "maxItems"
	case t.Kind() == reflect.Map:
		low, high = "minProperties", "maxProperties"
	}
	o = slices.Clone(o)
	if hasMin {
		o = o.With(low, least)
	}
	if hasMax {
		o = o.With(high, most)
	}
	return listed(o, t, r)
}

// listed adds the values that are allowed.
func listed(o Object, t reflect.Type, r strictjson.Rules) Object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	enum := r.Enum()
	if enum == nil {
		return o
	}
	if t.Kind() != reflect.Slice {
		return slices.Clone(o).With("enum", enum)
	}
	o = slices.Clone(o)
	for i, m := range o {
		if m.Name == "items" {
			o[i].Value = Object{{"type", "string"}, {"enum", enum}}
		}
	}
	return o
}

// typeKey is a type's name in Source; a generic one's is without what it is of.
func typeKey(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return t.PkgPath() + "." + name
}

// componentName is a type's name in the document: package and type without saying one word twice.
// A list is called after what is in it.
func componentName(t reflect.Type) string {
	if typeKey(t) == listKey {
		return componentName(t.Field(0).Type.Elem()) + "List"
	}
	path := strings.TrimPrefix(strings.TrimPrefix(t.PkgPath(), "castad/"), "functions/")
	path = strings.TrimPrefix(path, "shared/")
	var b strings.Builder
	last := ""
	for part := range strings.SplitSeq(path, "/") {
		last = camel(part)
		b.WriteString(last)
	}
	if own := camel(t.Name()); own != last {
		b.WriteString(own)
	}
	return b.String()
}

func camel(s string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '_' || r == '-' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
