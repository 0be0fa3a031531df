// Package envelope is the JSON that the Functions host and a custom handler
// exchange for every invocation that is not plain HTTP: the host POSTs
// {"Data":{…},"Metadata":{…}} and the handler answers
// {"Outputs":{…},"Logs":[…],"ReturnValue":…}.
//
// The encoding reproduces the host's, which is odd, letter by letter:
//
//	bytes               a base64 string
//	DateTime            second precision and no zone: "2026-11-21T01:02:03"
//	DateTimeOffset      second precision and an offset: "2026-11-21T01:02:03+00:00"
//	objects             a JSON object
//	everything else     a JSON string that holds the JSON text: "abc" is "\"abc\"", 3 is "3"
//
// Metadata that is null, or whose name ends in "trigger", is left out. A text
// body that is a JSON object overwrites metadata of the same name (Shadow), so
// with text bodies a sender can forge DeliveryCount.
//
// Not modelled: DataContract bodies, and Json.NET's habit of rewriting strings
// that look like dates.
package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Field is one named value. The value's Go type selects the encoding: []byte,
// DateTime, DateTimeOffset and Object have their own; nil is null; any other
// type is encoded as a string of JSON.
type Field struct {
	Name  string
	Value any
}

// Fields are ordered, and unique without regard to case.
type Fields []Field

// Set replaces the value of a name, keeping the first spelling, or appends it.
func (f *Fields) Set(name string, value any) {
	for i := range *f {
		if strings.EqualFold((*f)[i].Name, name) {
			(*f)[i].Value = value
			return
		}
	}
	*f = append(*f, Field{name, value})
}

// Invocation is what the host sends.
type Invocation struct {
	Data     Fields
	Metadata Fields
}

// DateTime is .NET's DateTime in UTC.
type DateTime struct{ time.Time }

// DateTimeOffset is .NET's DateTimeOffset.
type DateTimeOffset struct{ time.Time }

// Object is a value that serialises to a JSON object and is sent as one.
type Object struct{ Value any }

// The layouts of .NET: 100 ns resolution, trailing zeros cut.
const (
	dateTimeFull   = "2006-01-02T15:04:05.9999999Z07:00"
	offsetFull     = "2006-01-02T15:04:05.9999999-07:00"
	dateTimeSecond = "2006-01-02T15:04:05"
	offsetSecond   = "2006-01-02T15:04:05-07:00"
)

// MarshalJSON is the form inside objects and arrays: full precision.
func (d DateTime) MarshalJSON() ([]byte, error) { return marshal(d.UTC().Format(dateTimeFull)) }

// MarshalJSON is the form inside objects and arrays: full precision.
func (d DateTimeOffset) MarshalJSON() ([]byte, error) { return marshal(d.Format(offsetFull)) }

// MarshalJSON writes the value itself.
func (o Object) MarshalJSON() ([]byte, error) { return marshal(o.Value) }

// Encode is the request body.
func (v Invocation) Encode() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"Data":{`)
	if err := encodeFields(&b, v.Data, false); err != nil {
		return nil, fmt.Errorf("encode data: %w", err)
	}
	b.WriteString(`},"Metadata":{`)
	if err := encodeFields(&b, v.Metadata, true); err != nil {
		return nil, fmt.Errorf("encode metadata: %w", err)
	}
	b.WriteString(`}}`)
	return b.Bytes(), nil
}

func encodeFields(b *bytes.Buffer, fields Fields, metadata bool) error {
	first := true
	for _, f := range fields {
		if metadata && (f.Value == nil || strings.HasSuffix(strings.ToLower(f.Name), "trigger")) {
			continue
		}
		name, err := marshal(f.Name)
		if err != nil {
			return fmt.Errorf("encode name %q: %w", f.Name, err)
		}
		value, err := encodeValue(f.Value)
		if err != nil {
			return fmt.Errorf("encode %s: %w", f.Name, err)
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	return nil
}

func encodeValue(value any) ([]byte, error) {
	switch v := value.(type) {
	case []byte:
		return json.Marshal(append([]byte{}, v...)) // an empty body is "", never null
	case DateTime:
		return marshal(v.UTC().Format(dateTimeSecond))
	case DateTimeOffset:
		return marshal(v.Format(offsetSecond))
	case Object:
		text, err := marshal(v.Value)
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(text, []byte("{")) {
			return nil, fmt.Errorf("%T is not a JSON object", v.Value)
		}
		return text, nil
	}
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	return marshal(string(text))
}

// marshal is json.Marshal as Json.NET writes: <, > and & stay as they are.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Sys is the "sys" object of every invocation.
type Sys struct {
	MethodName string
	UtcNow     DateTime
	RandGuid   string
}

// Shadow does what the host does with a text body: every top-level property
// that is not an array (nor null) overwrites or becomes metadata, scalars as
// strings. A body that is not a JSON object changes nothing.
func Shadow(metadata *Fields, body string) {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return
	}
	shadowed := append(Fields(nil), *metadata...)
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return
		}
		switch v := value.(type) {
		case nil, []any:
		case map[string]any:
			shadowed.Set(name.(string), Object{v})
		case bool:
			shadowed.Set(name.(string), map[bool]string{true: "True", false: "False"}[v]) // Convert.ToString
		case json.Number:
			shadowed.Set(name.(string), v.String())
		default:
			shadowed.Set(name.(string), v)
		}
	}
	if _, err := decoder.Token(); err != nil { // the closing brace: half an object is none
		return
	}
	*metadata = shadowed
}
