// Package wire is the part of AMQP 1.0 that a Service Bus peer puts on a TCP
// connection: values, frames, performatives, and messages split into sections.
//
// It is written for a broker. A value that the broker only passes on stays
// what it was, the sender's bytes (Raw), so a type can never change on its way
// through; a message's bare part (properties, application properties, body,
// footer) is kept and resent unaltered, as the specification demands of an
// intermediary. Everything that arrives is walked once and refused when it is
// malformed, so nothing is stored that a receiver could not decode.
//
// Limits: nesting deeper than 16 is refused (a stack must not depend on the
// peer); decimals and multi-section batches inside batches are passed on
// unread. Decoders never panic and never allocate more than the input's size;
// the fuzz targets hold them to that.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// Raw is one encoded AMQP value, constructor included. nil means absent.
type Raw []byte

// UUID is an AMQP uuid in network order.
type UUID [16]byte

// errMalformed says that bytes are not an AMQP value.
var errMalformed = errors.New("malformed AMQP value")

const maxDepth = 16

// Constructors that are written or looked at by name.
const (
	codeDescribed  = 0x00
	codeNull       = 0x40
	codeTrue       = 0x41
	codeFalse      = 0x42
	codeUint0      = 0x43
	codeUlong0     = 0x44
	codeList0      = 0x45
	codeUbyte      = 0x50
	codeSmallUint  = 0x52
	codeSmallUlong = 0x53
	codeBool       = 0x56
	codeUshort     = 0x60
	codeUint       = 0x70
	codeUlong      = 0x80
	codeLong       = 0x81
	codeTimestamp  = 0x83
	codeUUID       = 0x98
	codeBin8       = 0xa0
	codeStr8       = 0xa1
	codeSym8       = 0xa3
	codeBin32      = 0xb0
	codeStr32      = 0xb1
	codeSym32      = 0xb3
	codeList8      = 0xc0
	codeMap8       = 0xc1
	codeList32     = 0xd0
	codeMap32      = 0xd1
	codeArray8     = 0xe0
	codeArray32    = 0xf0
)

// size returns how many bytes the first value of b takes.
func size(b []byte, depth int) (int, error) {
	if len(b) == 0 || depth > maxDepth {
		return 0, errMalformed
	}
	if b[0] != codeDescribed {
		n, err := bodySize(b[0], b[1:], depth)
		return n + 1, err
	}
	d, err := size(b[1:], depth+1)
	if err != nil {
		return 0, err
	}
	v, err := size(b[1+d:], depth+1)
	return 1 + d + v, err
}

// width is the byte count of a fixed-width constructor, -1 for the others.
func width(code byte) int {
	switch code {
	case codeNull, codeTrue, codeFalse, codeUint0, codeUlong0, codeList0:
		return 0
	case codeUbyte, 0x51, codeSmallUint, codeSmallUlong, 0x54, 0x55, codeBool:
		return 1
	case codeUshort, 0x61:
		return 2
	case codeUint, 0x71, 0x72, 0x73, 0x74:
		return 4
	case codeUlong, codeLong, 0x82, codeTimestamp, 0x84:
		return 8
	case 0x94, codeUUID:
		return 16
	}
	return -1
}

// bodySize returns how many bytes of b, which follow the constructor code, belong to the value.
func bodySize(code byte, b []byte, depth int) (int, error) {
	if w := width(code); w >= 0 {
		if w > len(b) {
			return 0, errMalformed
		}
		return w, nil
	}
	head, n, err := length(code, b)
	if err != nil {
		return 0, err
	}
	body := b[head : head+n]
	switch code {
	case codeBin8, codeBin32:
	case codeStr8, codeStr32, codeSym8, codeSym32:
		// Symbols should be ASCII, but go-amqp writes any property name that a
		// message is modified with as one.
		if !utf8.Valid(body) {
			return 0, errMalformed
		}
	default:
		if err := checkCompound(code, body, depth); err != nil {
			return 0, err
		}
	}
	return head + n, nil
}

// length reads the size field of a variable, compound or array value.
func length(code byte, b []byte) (head, n int, err error) {
	switch code {
	case codeBin8, codeStr8, codeSym8, codeList8, codeMap8, codeArray8:
		if len(b) < 1 {
			return 0, 0, errMalformed
		}
		head, n = 1, int(b[0])
	case codeBin32, codeStr32, codeSym32, codeList32, codeMap32, codeArray32:
		if len(b) < 4 {
			return 0, 0, errMalformed
		}
		v := binary.BigEndian.Uint32(b)
		if v > math.MaxInt32 {
			return 0, 0, errMalformed
		}
		head, n = 4, int(v)
	default:
		return 0, 0, fmt.Errorf("%w: constructor %#02x", errMalformed, code)
	}
	if n > len(b)-head {
		return 0, 0, errMalformed
	}
	return head, n, nil
}

func checkCompound(code byte, body []byte, depth int) error {
	count, rest, err := elements(code, body)
	if err != nil {
		return err
	}
	switch code {
	case codeArray8, codeArray32:
		return checkArray(count, rest, depth)
	case codeMap8, codeMap32:
		if count%2 != 0 {
			return errMalformed
		}
	}
	for range count {
		n, err := size(rest, depth+1)
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	if len(rest) != 0 {
		return errMalformed
	}
	return nil
}

func checkArray(count int, rest []byte, depth int) error {
	for len(rest) > 0 && rest[0] == codeDescribed {
		n, err := size(rest[1:], depth+1)
		if err != nil {
			return err
		}
		rest = rest[1+n:]
	}
	if len(rest) == 0 {
		return errMalformed
	}
	code := rest[0]
	rest = rest[1:]
	if w := width(code); w >= 0 {
		// Arithmetic, not a loop: elements may take no bytes at all.
		if int64(count)*int64(w) != int64(len(rest)) {
			return errMalformed
		}
		return nil
	}
	for range count {
		n, err := bodySize(code, rest, depth+1)
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	if len(rest) != 0 {
		return errMalformed
	}
	return nil
}

// elements reads the count of a compound body and returns what follows it.
func elements(code byte, body []byte) (int, []byte, error) {
	if code == codeList8 || code == codeMap8 || code == codeArray8 {
		if len(body) < 1 {
			return 0, nil, errMalformed
		}
		return int(body[0]), body[1:], nil
	}
	if len(body) < 4 {
		return 0, nil, errMalformed
	}
	n := binary.BigEndian.Uint32(body)
	if n > math.MaxInt32 {
		return 0, nil, errMalformed
	}
	return int(n), body[4:], nil
}

// next cuts the first value off b.
func next(b []byte) (Raw, []byte, error) {
	n, err := size(b, 0)
	if err != nil {
		return nil, nil, err
	}
	return Raw(b[:n]), b[n:], nil
}

// IsNull reports whether v is absent or AMQP null.
func (v Raw) IsNull() bool { return len(v) == 0 || v[0] == codeNull }

// Uint returns an unsigned integer of any width.
func (v Raw) Uint() (uint64, bool) {
	if len(v) == 0 {
		return 0, false
	}
	switch v[0] {
	case codeUint0, codeUlong0:
		return 0, true
	case codeUbyte, codeSmallUint, codeSmallUlong:
		return uint64(v[1]), true
	case codeUshort:
		return uint64(binary.BigEndian.Uint16(v[1:])), true
	case codeUint:
		return uint64(binary.BigEndian.Uint32(v[1:])), true
	case codeUlong:
		return binary.BigEndian.Uint64(v[1:]), true
	}
	return 0, false
}

// Bool returns a boolean.
func (v Raw) Bool() (value, ok bool) {
	if len(v) == 0 {
		return false, false
	}
	switch v[0] {
	case codeTrue:
		return true, true
	case codeFalse:
		return false, true
	case codeBool:
		return v[1] == 1, v[1] <= 1
	}
	return false, false
}

// Bytes returns the octets of a binary, string or symbol; they alias v.
func (v Raw) Bytes() ([]byte, bool) {
	if len(v) == 0 {
		return nil, false
	}
	switch v[0] {
	case codeBin8, codeStr8, codeSym8:
		return v[2:], true
	case codeBin32, codeStr32, codeSym32:
		return v[5:], true
	}
	return nil, false
}

// Text returns a string or symbol.
func (v Raw) Text() (string, bool) {
	if len(v) == 0 || v[0] == codeBin8 || v[0] == codeBin32 {
		return "", false
	}
	b, ok := v.Bytes()
	return string(b), ok
}

// IsString reports whether v is an AMQP string (a symbol is not).
func (v Raw) IsString() bool { return len(v) > 0 && (v[0] == codeStr8 || v[0] == codeStr32) }

// Time returns a timestamp, milliseconds since 1970 UTC.
func (v Raw) Time() (time.Time, bool) {
	if len(v) == 0 || v[0] != codeTimestamp {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(v[1:]))).UTC(), true
}

// described splits a described value; the descriptor must be an unsigned integer.
func (v Raw) described() (code uint64, value Raw, ok bool) {
	if len(v) == 0 || v[0] != codeDescribed {
		return 0, nil, false
	}
	n, err := size(v[1:], 1)
	if err != nil {
		return 0, nil, false
	}
	code, ok = v[1 : 1+n].Uint()
	return code, v[1+n:], ok
}

// list returns a list's element count and bytes.
func (v Raw) list() (int, []byte, bool) {
	if len(v) == 0 {
		return 0, nil, false
	}
	switch v[0] {
	case codeList0:
		return 0, nil, true
	case codeList8:
		return int(v[2]), v[3:], true
	case codeList32:
		return int(binary.BigEndian.Uint32(v[5:])), v[9:], true
	}
	return 0, nil, false
}

// symbols returns the elements of a symbol or an array of symbols.
func (v Raw) symbols() ([]string, bool) {
	if one, ok := v.Text(); ok {
		return []string{one}, true
	}
	if len(v) == 0 || v[0] != codeArray8 && v[0] != codeArray32 {
		return nil, false
	}
	head, n, err := length(v[0], v[1:])
	if err != nil {
		return nil, false
	}
	count, rest, err := elements(v[0], v[1+head:1+head+n])
	if err != nil || len(rest) == 0 || rest[0] != codeSym8 && rest[0] != codeSym32 {
		return nil, false
	}
	code, rest := rest[0], rest[1:]
	var out []string
	for range count {
		head, n, err := length(code, rest)
		if err != nil {
			return nil, false
		}
		out = append(out, string(rest[head:head+n]))
		rest = rest[head+n:]
	}
	return out, true
}
