// Package strictjson reads JSON the way an API that takes orders must: what
// is not understood is refused, and the refusal names the place.
//
// encoding/json is lenient where that is dangerous: of two equal keys the last
// wins (two readers of one body can then see two different orders), keys match
// whatever their case, invalid UTF-8 becomes U+FFFD, and unknown fields can be
// refused only without saying where. This package refuses:
//
//   - unknown fields and duplicate ones, by path ("photos[2].url"), keys compared exactly
//   - anything after the value, a byte order mark, invalid UTF-8, lone surrogates, the character NUL
//   - nesting deeper than 32, numbers longer than 64 characters, fractions where an integer is due, NaN and its like
//   - null where it has no meaning (it has one for pointers, slices, maps and any)
//
// Whatever it accepts means the same to encoding/json (a test compares them).
//
// Fields are described by struct tags: `json:"name"` (a field without one is
// not on the wire), `required:"true"` (present, not null, and not empty for
// strings, lists and maps), `max:"200"` and `min:"1"` (characters of a string,
// items of a list or map, the value of a number) and `enum:"a,b"` (strings;
// also each item of a list of strings; "" passes unless required). Errors are
// *fault.Error with the codes request.malformed_json, unknown_field,
// duplicate_field, missing_field and bad_value; the offending input itself is
// never in them.
package strictjson

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// MaxDepth is how deep values may nest: OWASP ASVS 15.2.2 wants a bound, and no input of ours is deeper than 6.
const MaxDepth = 32

type shape uint8

const (
	shapeString shape = iota
	shapeBool
	shapeInt
	shapeUint
	shapeFloat
	shapeText  // encoding.TextUnmarshaler
	shapeJSON  // json.Unmarshaler
	shapeRaw   // json.RawMessage
	shapeBytes // []byte, base64
	shapeSlice
	shapeArray
	shapeMap
	shapeStruct
	shapePointer
	shapeAny
)

// Plan is a compiled description of a Go type; it is immutable and safe for concurrent use.
type Plan struct {
	shape  shape
	typ    reflect.Type
	elem   *Plan
	fields []field
	byName map[string]int
}

type field struct {
	name  string
	index []int
	plan  *Plan
	rules Rules
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	rawMessage      = reflect.TypeFor[json.RawMessage]()
	anyType         = reflect.TypeFor[any]()
)

// Compile describes t. It fails for types that JSON cannot carry and for tags
// that make no sense, so a mistake shows at start and not with the first request.
func Compile(t reflect.Type) (*Plan, error) {
	return compile(t, map[reflect.Type]*Plan{})
}

// Fields returns the names of a struct's fields, in order; none for other types.
func (p *Plan) Fields() []string {
	names := make([]string, len(p.fields))
	for i, f := range p.fields {
		names[i] = f.name
	}
	return names
}

func compile(t reflect.Type, seen map[reflect.Type]*Plan) (*Plan, error) {
	if p, ok := seen[t]; ok {
		return p, nil // a recursive type
	}
	p := &Plan{typ: t}
	seen[t] = p
	switch {
	case t == rawMessage:
		p.shape = shapeRaw
		return p, nil
	case t.Kind() == reflect.Pointer:
		p.shape = shapePointer
		return p, p.compileElem(seen)
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		p.shape = shapeText
		return p, nil
	case reflect.PointerTo(t).Implements(jsonUnmarshaler):
		p.shape = shapeJSON
		return p, nil
	}
	switch t.Kind() {
	case reflect.String:
		p.shape = shapeString
	case reflect.Bool:
		p.shape = shapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.shape = shapeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.shape = shapeUint
	case reflect.Float32, reflect.Float64:
		p.shape = shapeFloat
	case reflect.Interface:
		if t != anyType {
			return nil, fmt.Errorf("describe %v: an interface other than any cannot be read", t)
		}
		p.shape = shapeAny
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			p.shape = shapeBytes
			return p, nil
		}
		p.shape = shapeSlice
		return p, p.compileElem(seen)
	case reflect.Array:
		p.shape = shapeArray
		return p, p.compileElem(seen)
	case reflect.Map:
		if t.Key().Kind() != reflect.String || reflect.PointerTo(t.Key()).Implements(textUnmarshaler) {
			return nil, fmt.Errorf("describe %v: map keys must be plain strings", t)
		}
		p.shape = shapeMap
		return p, p.compileElem(seen)
	case reflect.Struct:
		p.shape = shapeStruct
		p.byName = map[string]int{}
		return p, p.compileFields(t, nil, seen)
	default:
		return nil, fmt.Errorf("describe %v: JSON has no such kind", t)
	}
	return p, nil
}

func (p *Plan) compileElem(seen map[reflect.Type]*Plan) error {
	elem, err := compile(p.typ.Elem(), seen)
	p.elem = elem
	return err
}

func (p *Plan) compileFields(t reflect.Type, prefix []int, seen map[reflect.Type]*Plan) error {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), prefix...), i)
		tag, tagged := f.Tag.Lookup("json")
		if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct {
			if err := p.compileFields(f.Type, index, seen); err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() || !tagged || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		if strings.Contains(options, "string") {
			return fmt.Errorf("describe %v.%s: the option ,string is not supported", t, f.Name)
		}
		if _, twice := p.byName[name]; twice {
			return fmt.Errorf("describe %v: two fields are called %q", p.typ, name)
		}
		plan, err := compile(f.Type, seen)
		if err != nil {
			return fmt.Errorf("describe %v.%s: %w", t, f.Name, err)
		}
		rules, err := ParseRules(f)
		if err != nil {
			return fmt.Errorf("describe %v.%s: %w", t, f.Name, err)
		}
		p.byName[name] = len(p.fields)
		p.fields = append(p.fields, field{name: name, index: index, plan: plan, rules: rules})
	}
	return nil
}
