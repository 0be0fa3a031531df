package strictjson

import (
	"reflect"
	"strconv"

	"castad/shared/fault"
)

func (d *decoder) list(p *Plan, dst reflect.Value) error {
	if d.data[d.pos] != '[' {
		if err := d.skip(); err != nil {
			return err
		}
		return d.wrong("not a list", dueList)
	}
	if p.shape == shapeSlice {
		dst.Set(reflect.MakeSlice(p.typ, 0, 4))
	}
	n := 0
	err := d.elements(func() error {
		if p.shape == shapeArray {
			if n >= dst.Len() {
				return d.bad("too many items")
			}
		} else {
			dst.Grow(1)
			dst.SetLen(n + 1)
			dst.Index(n).SetZero()
		}
		n++
		return d.value(p.elem, dst.Index(n-1))
	})
	if err == nil && p.shape == shapeArray && n != dst.Len() {
		return d.bad("too few items")
	}
	return err
}

func (d *decoder) dict(p *Plan, dst reflect.Value) error {
	if d.data[d.pos] != '{' {
		if err := d.skip(); err != nil {
			return err
		}
		return d.wrong("not an object", dueObject)
	}
	dst.Set(reflect.MakeMap(p.typ))
	return d.members(&d.text, func(name []byte) error {
		key := reflect.New(p.typ.Key()).Elem()
		key.SetString(string(name))
		if dst.MapIndex(key).IsValid() {
			return fault.New(fault.CodeDuplicateField).In(d.where())
		}
		v := reflect.New(p.elem.typ).Elem()
		if err := d.value(p.elem, v); err != nil {
			return err
		}
		dst.SetMapIndex(key, v)
		return nil
	})
}

// anything reads a value of no particular type as encoding/json would.
func (d *decoder) anything() (any, error) {
	if d.pos >= len(d.data) {
		return nil, d.malformed("the value is missing or cut off")
	}
	switch d.data[d.pos] {
	case '"':
		s, err := d.scanString(&d.text)
		return string(s), err
	case 't':
		return true, d.literal("true")
	case 'f':
		return false, d.literal("false")
	case 'n':
		return nil, d.literal("null")
	case '[':
		all := []any{}
		err := d.elements(func() error {
			v, err := d.anything()
			all = append(all, v)
			return err
		})
		return all, err
	case '{':
		all := map[string]any{}
		err := d.members(&d.text, func(name []byte) error {
			key := string(name)
			if _, twice := all[key]; twice {
				return fault.New(fault.CodeDuplicateField).In(d.where())
			}
			v, err := d.anything()
			all[key] = v
			return err
		})
		return all, err
	}
	lit, err := d.scanNumber()
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseFloat(string(lit), 64)
	if err != nil {
		return nil, d.bad("not a number in range")
	}
	return n, nil
}
