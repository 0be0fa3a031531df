package wire

import (
	"encoding/binary"
	"math"
	"time"
)

// AppendBool appends a boolean.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, codeTrue)
	}
	return append(b, codeFalse)
}

// AppendUbyte appends a ubyte.
func AppendUbyte(b []byte, v uint8) []byte { return append(b, codeUbyte, v) }

// AppendUshort appends a ushort.
func AppendUshort(b []byte, v uint16) []byte {
	return binary.BigEndian.AppendUint16(append(b, codeUshort), v)
}

// AppendUint appends a uint in its shortest form.
func AppendUint(b []byte, v uint32) []byte {
	switch {
	case v == 0:
		return append(b, codeUint0)
	case v <= math.MaxUint8:
		return append(b, codeSmallUint, byte(v))
	}
	return binary.BigEndian.AppendUint32(append(b, codeUint), v)
}

// AppendUlong appends a ulong in its shortest form.
func AppendUlong(b []byte, v uint64) []byte {
	switch {
	case v == 0:
		return append(b, codeUlong0)
	case v <= math.MaxUint8:
		return append(b, codeSmallUlong, byte(v))
	}
	return binary.BigEndian.AppendUint64(append(b, codeUlong), v)
}

// AppendInt appends an int in its long form.
func AppendInt(b []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0x71), uint32(v))
}

// AppendLong appends a long in its long form.
func AppendLong(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, codeLong), uint64(v))
}

// AppendTime appends a timestamp; what is finer than a millisecond is lost.
func AppendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(append(b, codeTimestamp), uint64(t.UnixMilli()))
}

// AppendUUID appends a uuid.
func AppendUUID(b []byte, u UUID) []byte { return append(append(b, codeUUID), u[:]...) }

// AppendString appends a string.
func AppendString(b []byte, s string) []byte { return appendVar(b, codeStr8, codeStr32, s) }

// AppendSymbol appends a symbol.
func AppendSymbol(b []byte, s string) []byte { return appendVar(b, codeSym8, codeSym32, s) }

// AppendBinary appends a binary.
func AppendBinary(b, v []byte) []byte { return appendVar(b, codeBin8, codeBin32, v) }

func appendVar[T string | []byte](b []byte, short, long byte, v T) []byte {
	if len(v) <= math.MaxUint8 {
		b = append(b, short, byte(len(v)))
	} else {
		b = binary.BigEndian.AppendUint32(append(b, long), uint32(len(v)))
	}
	return append(b, v...)
}

// AppendMap appends m with symbol keys when symbols is set, else string keys.
func AppendMap(b []byte, m Map, symbols bool) []byte {
	e := BeginMap(b)
	for _, p := range m {
		if symbols {
			e.Bytes = AppendSymbol(e.Bytes, p.Key)
		} else {
			e.Bytes = AppendString(e.Bytes, p.Key)
		}
		e.Bytes = append(e.Bytes, p.Value...)
		e.Count += 2
	}
	return e.End()
}

// Compound writes a list, map or described list: append the elements to Bytes
// and count them, then call End.
type Compound struct {
	Bytes []byte
	Count uint32
	at    int // where the size field is
	// Trailing nulls of a described list need not be sent: keep and kept
	// remember the end and the count at the last field that was not null.
	keep int
	kept uint32
}

// BeginMap starts a map; each key and each value counts one.
func BeginMap(b []byte) Compound { return begin(append(b, codeMap32)) }

func begin(b []byte) Compound {
	c := Compound{at: len(b)}
	c.Bytes = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	c.keep = len(c.Bytes)
	return c
}

// End fills in size and count and returns the bytes.
func (c *Compound) End() []byte {
	binary.BigEndian.PutUint32(c.Bytes[c.at:], uint32(len(c.Bytes)-c.at-4))
	binary.BigEndian.PutUint32(c.Bytes[c.at+4:], c.Count)
	return c.Bytes
}

// beginList starts the described list that a performative or section is.
func beginList(b []byte, descriptor byte) Compound {
	return begin(append(b, codeDescribed, codeSmallUlong, descriptor, codeList32))
}

// endList drops trailing nulls, then ends.
func (c *Compound) endList() []byte {
	c.Bytes, c.Count = c.Bytes[:c.keep], c.kept
	return c.End()
}

func (c *Compound) null() {
	c.Bytes = append(c.Bytes, codeNull)
	c.Count++
}

func (c *Compound) set(b []byte) {
	c.Bytes = b
	c.Count++
	c.keep, c.kept = len(b), c.Count
}

func (c *Compound) uint(v uint32)   { c.set(AppendUint(c.Bytes, v)) }
func (c *Compound) ushort(v uint16) { c.set(AppendUshort(c.Bytes, v)) }
func (c *Compound) bool(v bool)     { c.set(AppendBool(c.Bytes, v)) }

// flag writes true, or null for the default false.
func (c *Compound) flag(v bool) {
	if v {
		c.bool(true)
	} else {
		c.null()
	}
}

func (c *Compound) opt(v Opt) {
	if v.Set {
		c.uint(v.V)
	} else {
		c.null()
	}
}

func (c *Compound) text(s string) {
	if s == "" {
		c.null()
	} else {
		c.set(AppendString(c.Bytes, s))
	}
}

func (c *Compound) raw(v Raw) {
	if len(v) == 0 {
		c.null()
	} else {
		c.set(append(c.Bytes, v...))
	}
}
