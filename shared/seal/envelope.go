package seal

import (
	"bytes"
	"encoding/binary"

	"castad/shared/fault"
)

// format is the first byte of every sealed value.
const format = 1

const (
	// maxVersion and maxWrapped bound the two outside parts: a name such as
	// "vault/" and 32 hex digits; a data key under RSA-4096.
	maxVersion = 64
	maxWrapped = 512
	// padTo is the step of padded lengths in bytes.
	padTo = 128
	// leastBox is an empty value's: nonce 12, one step of padding, tag 16.
	leastBox = 12 + padTo + 16
)

// envelope is a sealed value in its parts:
//
//	1  format
//	1  length of the key version, then the version
//	2  length of the wrapped data key (big endian), then that
//	…  box: nonce, ciphertext, tag
type envelope struct {
	version string
	wrapped []byte
	box     []byte
}

func (e envelope) append(b []byte) []byte {
	b = append(b, format, byte(len(e.version)))
	b = append(b, e.version...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(e.wrapped)))
	b = append(b, e.wrapped...)
	return append(b, e.box...)
}

// parse takes a value apart; the parts are slices of it.
func parse(sealed []byte) (envelope, error) {
	none := fault.Newf(fault.CodeInternal, "it is not a sealed value")
	if len(sealed) < 2 || sealed[0] != format {
		return envelope{}, none
	}
	n, rest := int(sealed[1]), sealed[2:]
	if n == 0 || n > maxVersion || len(rest) < n+2 {
		return envelope{}, none
	}
	e := envelope{version: string(rest[:n])}
	rest = rest[n:]
	n, rest = int(binary.BigEndian.Uint16(rest)), rest[2:]
	if n == 0 || n > maxWrapped || len(rest) < n+leastBox {
		return envelope{}, none
	}
	e.wrapped, e.box = rest[:n], rest[n:]
	return e, nil
}

// data is the label as additional data. Each part has its length before it, so
// that ("ab", "c") and ("a", "bc") differ.
func (l Label) data(version string) []byte {
	b := []byte("castad seal 1")
	b = binary.BigEndian.AppendUint64(b, uint64(l.Tenant))
	for _, part := range []string{l.Subject, l.Provider, l.Purpose, version} {
		b = appendField(b, []byte(part))
	}
	return b
}

func appendField(b, field []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// pad writes the value's length before it and zeros after it, up to a multiple of padTo.
func pad(value []byte) []byte {
	n := (4 + len(value) + padTo - 1) / padTo * padTo
	b := binary.BigEndian.AppendUint32(make([]byte, 0, n), uint32(len(value)))
	return append(b, value...)[:n]
}

// unpad is the inverse of pad.
func unpad(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, errClosed
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, errClosed
	}
	return bytes.Clone(b[4 : 4+n]), nil
}
