package strictjson

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/fault"
)

// Rules are what a struct tag demands of a value.
type Rules struct {
	// Required: the value must be present, and not empty.
	Required bool
	min, max int64
	hasMin   bool
	hasMax   bool
	enum     []string
}

// ParseRules reads the tags required, min, max and enum of a field.
func ParseRules(f reflect.StructField) (Rules, error) {
	var r Rules
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s, ok := f.Tag.Lookup("required"); ok {
		if s != "true" {
			return r, fmt.Errorf(`the tag required is %q; write "true" or leave it out`, s)
		}
		r.Required = true
	}
	for _, bound := range []struct {
		tag   string
		value *int64
		has   *bool
	}{{"min", &r.min, &r.hasMin}, {"max", &r.max, &r.hasMax}} {
		s, ok := f.Tag.Lookup(bound.tag)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return r, fmt.Errorf("the tag %s is %q, not an integer", bound.tag, s)
		}
		if !measurable(t) {
			return r, fmt.Errorf("the tag %s does not fit %v", bound.tag, t)
		}
		*bound.value, *bound.has = n, true
	}
	if s, ok := f.Tag.Lookup("enum"); ok {
		if t.Kind() != reflect.String && (t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.String) {
			return r, fmt.Errorf("the tag enum does not fit %v", t)
		}
		r.enum = strings.Split(s, ",")
	}
	return r, nil
}

func measurable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return true
	}
	return false
}

// Enum returns the allowed values; nil = any.
func (r Rules) Enum() []string { return slices.Clone(r.enum) }

// Bounds returns min and max with whether they are set.
func (r Rules) Bounds() (least int64, hasMin bool, most int64, hasMax bool) {
	return r.min, r.hasMin, r.max, r.hasMax
}

// Empty says whether v counts as missing for a required field: nil, or a string, list or map without content.
func Empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.TrimSpace(v.String()) == ""
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	}
	return false
}

// Problem says what is wrong with v in a few words that do not repeat it; "" = nothing.
func (r Rules) Problem(v reflect.Value) string {
	if !r.hasMin && !r.hasMax && r.enum == nil {
		return ""
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if r.enum != nil {
		if p := r.enumProblem(v); p != "" {
			return p
		}
	}
	var size float64
	var unit string
	switch v.Kind() {
	case reflect.String:
		size, unit = float64(utf8.RuneCountInString(v.String())), " characters"
	case reflect.Slice, reflect.Map:
		size, unit = float64(v.Len()), " items"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		size = float64(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		size = float64(v.Uint())
	case reflect.Float32, reflect.Float64:
		size = v.Float()
	}
	if r.hasMax && size > float64(r.max) {
		return fmt.Sprintf("more than %d%s", r.max, unit)
	}
	if r.hasMin && size < float64(r.min) && (v.Kind() != reflect.String || size > 0) {
		return fmt.Sprintf("less than %d%s", r.min, unit)
	}
	return ""
}

// Allowed says what v may be, for whoever sent one that may not.
func (r Rules) Allowed(v reflect.Value) fault.Words {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if r.enum != nil && (!r.hasMin && !r.hasMax || r.enumProblem(v) != "") {
		return fault.OneOf(r.enum...)
	}
	unit := fault.None
	switch v.Kind() {
	case reflect.String:
		unit = fault.Characters
	case reflect.Slice, reflect.Map:
		unit = fault.Items
	}
	switch {
	case r.hasMin && r.hasMax:
		return fault.Between(r.min, r.max, unit)
	case r.hasMax:
		return fault.AtMost(r.max, unit)
	case r.hasMin:
		return fault.AtLeast(r.min, unit)
	}
	return fault.Words{}
}

func (r Rules) enumProblem(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			if !slices.Contains(r.enum, v.Index(i).String()) {
				return "not one of " + strings.Join(r.enum, ", ")
			}
		}
		return ""
	}
	if s := v.String(); s != "" && !slices.Contains(r.enum, s) {
		return "not one of " + strings.Join(r.enum, ", ")
	}
	return ""
}
