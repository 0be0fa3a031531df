package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Object is a JSON object that keeps the order of its members.
type Object []Member

// Member is a name and what it stands for.
type Member struct {
	Name  string
	Value any
}

// With returns o with one more member.
func (o Object) With(name string, value any) Object { return append(o, Member{name, value}) }

// Field returns a member's value, nil when there is none.
func (o Object) Field(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// sorted are the members by name.
func (o Object) sorted() Object {
	return slices.SortedFunc(slices.Values(o), func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := plain(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := plain(m.Value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", m.Name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plain is JSON with & and < as they are.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
