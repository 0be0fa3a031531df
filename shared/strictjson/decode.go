package strictjson

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"sync"

	"castad/shared/fault"
)

var plans sync.Map // reflect.Type → *Plan, for Unmarshal

// Unmarshal reads data into the value v points to, which must be fresh (zero).
func Unmarshal(data []byte, v any) error {
	dst := reflect.ValueOf(v)
	if dst.Kind() != reflect.Pointer || dst.IsNil() {
		return fault.Newf(fault.CodeInternal, "strictjson: the target %T is not a pointer", v)
	}
	t := dst.Type().Elem()
	known, ok := plans.Load(t)
	if !ok {
		p, err := Compile(t)
		if err != nil {
			return fault.Wrap(err, fault.CodeInternal)
		}
		known, _ = plans.LoadOrStore(t, p)
	}
	return known.(*Plan).Decode(data, dst.Elem())
}

// Decode reads data into dst, an addressable zero value of the plan's type.
// Nothing of data is kept: the caller may reuse it.
func (p *Plan) Decode(data []byte, dst reflect.Value) error {
	d := decoder{scanner: scanner{data: data}}
	d.space()
	if err := d.value(p, dst); err != nil {
		return err
	}
	d.space()
	if d.pos != len(d.data) {
		return d.malformed("something follows the value")
	}
	return nil
}

// Missing returns the error for a body that is not there at all: it names the
// first required field, or is nil when nothing is required.
func (p *Plan) Missing() error {
	for _, f := range p.fields {
		if f.rules.Required {
			return fault.New(fault.CodeMissingField).In(f.name)
		}
	}
	return nil
}

type decoder struct {
	scanner
	text []byte // scratch for strings with escapes
}

func (d *decoder) bad(detail string) error {
	return fault.Newf(fault.CodeBadValue, "%s", detail).In(d.where())
}

// wrong is bad for a value of another shape than is due.
func (d *decoder) wrong(detail string, due fault.Words) error {
	return fault.Newf(fault.CodeBadValue, "%s", detail).In(d.where()).Wants(due)
}

func (d *decoder) value(p *Plan, dst reflect.Value) error {
	if d.pos >= len(d.data) {
		return d.malformed("the value is missing or cut off")
	}
	if d.data[d.pos] == 'n' && p.shape != shapeRaw && p.shape != shapeJSON {
		return d.null(p)
	}
	switch p.shape {
	case shapeString:
		s, err := d.str()
		if err != nil {
			return err
		}
		dst.SetString(string(s))
		return nil
	case shapeBool:
		return d.boolean(dst)
	case shapeInt, shapeUint, shapeFloat:
		return d.number(p, dst)
	case shapeText:
		return d.unmarshalText(dst)
	case shapeJSON, shapeRaw:
		return d.unmarshalRaw(p, dst)
	case shapeBytes:
		return d.bytes(dst)
	case shapeSlice, shapeArray:
		return d.list(p, dst)
	case shapeMap:
		return d.dict(p, dst)
	case shapeStruct:
		return d.object(p, dst)
	case shapePointer:
		fresh := reflect.New(p.elem.typ)
		if err := d.value(p.elem, fresh.Elem()); err != nil {
			return err
		}
		dst.Set(fresh)
		return nil
	default:
		v, err := d.anything()
		if err != nil {
			return err
		}
		if v != nil {
			dst.Set(reflect.ValueOf(v))
		}
		return nil
	}
}

func (d *decoder) null(p *Plan) error {
	if err := d.literal("null"); err != nil {
		return err
	}
	switch p.shape {
	case shapePointer, shapeSlice, shapeMap, shapeAny, shapeBytes:
		return nil
	}
	return d.bad("null is not allowed here")
}

func (d *decoder) str() ([]byte, error) {
	if d.data[d.pos] != '"' {
		if err := d.skip(); err != nil {
			return nil, err
		}
		return nil, d.wrong("not a string", dueText)
	}
	return d.scanString(&d.text)
}

func (d *decoder) boolean(dst reflect.Value) error {
	switch d.data[d.pos] {
	case 't':
		dst.SetBool(true)
		return d.literal("true")
	case 'f':
		return d.literal("false")
	}
	if err := d.skip(); err != nil {
		return err
	}
	return d.wrong("not true or false", dueBool)
}

func (d *decoder) number(p *Plan, dst reflect.Value) error {
	if c := d.data[d.pos]; c != '-' && (c < '0' || c > '9') {
		if err := d.skip(); err != nil {
			return err
		}
		if p.shape == shapeFloat {
			return d.wrong("not a number", dueNumber)
		}
		return d.wrong("not a number", dueWhole)
	}
	lit, err := d.scanNumber()
	if err != nil {
		return err
	}
	switch p.shape {
	case shapeInt:
		n, err := strconv.ParseInt(string(lit), 10, 64)
		if err != nil || dst.OverflowInt(n) {
			return d.wrong("not an integer in range", dueWhole)
		}
		dst.SetInt(n)
	case shapeUint:
		n, err := strconv.ParseUint(string(lit), 10, 64)
		if err != nil || dst.OverflowUint(n) {
			return d.wrong("not a whole number in range", dueWhole)
		}
		dst.SetUint(n)
	default:
		n, err := strconv.ParseFloat(string(lit), dst.Type().Bits())
		if err != nil {
			return d.bad("not a number in range")
		}
		dst.SetFloat(n)
	}
	return nil
}

func (d *decoder) unmarshalText(dst reflect.Value) error {
	s, err := d.str()
	if err != nil {
		return err
	}
	// A copy: UnmarshalText may keep its argument no longer than the call, but not every type obeys.
	if err := dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(string(s))); err != nil {
		return d.wrong("not of the form that is due here", Due(dst))
	}
	return nil
}

func (d *decoder) unmarshalRaw(p *Plan, dst reflect.Value) error {
	start := d.pos
	if err := d.skip(); err != nil {
		return err
	}
	raw := append([]byte(nil), d.data[start:d.pos]...)
	if p.shape == shapeRaw {
		dst.SetBytes(raw)
		return nil
	}
	if err := dst.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw); err != nil {
		return d.bad("not of the form that is due here")
	}
	return nil
}

func (d *decoder) bytes(dst reflect.Value) error {
	s, err := d.str()
	if err != nil {
		return err
	}
	for _, c := range s {
		if c == '\r' || c == '\n' { // the decoder below would skip them
			return d.bad("not standard base64")
		}
	}
	b := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Strict().Decode(b, s)
	if err != nil {
		return d.bad("not standard base64")
	}
	dst.SetBytes(b[:n])
	return nil
}

func (d *decoder) object(p *Plan, dst reflect.Value) error {
	if d.data[d.pos] != '{' {
		if err := d.skip(); err != nil {
			return err
		}
		return d.wrong("not an object", dueObject)
	}
	var few uint64 // which fields are there; more than 64 spill into many
	var many []bool
	if len(p.fields) > 64 {
		many = make([]bool, len(p.fields))
	}
	err := d.members(&d.text, func(name []byte) error {
		i, ok := p.byName[string(name)]
		if !ok {
			return fault.New(fault.CodeUnknownField).In(d.where())
		}
		if many != nil {
			if many[i] {
				return fault.New(fault.CodeDuplicateField).In(d.where())
			}
			many[i] = true
		} else {
			if few&(1<<i) != 0 {
				return fault.New(fault.CodeDuplicateField).In(d.where())
			}
			few |= 1 << i
		}
		f := &p.fields[i]
		v := dst.FieldByIndex(f.index)
		if err := d.value(f.plan, v); err != nil {
			return err
		}
		if problem := f.rules.Problem(v); problem != "" {
			return d.wrong(problem, f.rules.Allowed(v))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range p.fields {
		f := &p.fields[i]
		if !f.rules.Required {
			continue
		}
		there := few&(1<<i) != 0
		if many != nil {
			there = many[i]
		}
		if !there || Empty(dst.FieldByIndex(f.index)) {
			return fault.New(fault.CodeMissingField).In(d.under(f.name))
		}
	}
	return nil
}
