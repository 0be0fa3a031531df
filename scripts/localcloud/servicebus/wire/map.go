package wire

import (
	"encoding/binary"
	"fmt"
)

// Pair is one entry of a Map.
type Pair struct {
	Key   string
	Value Raw
}

// Map is an AMQP map with string or symbol keys, in wire order.
type Map []Pair

// Lookup returns the value of key, nil when there is none.
func (m Map) Lookup(key string) Raw {
	for _, p := range m {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// With returns m with every pair of over set; m is not changed.
func (m Map) With(over Map) Map {
	out := make(Map, len(m), len(m)+len(over))
	copy(out, m)
next:
	for _, p := range over {
		for i := range out {
			if out[i].Key == p.Key {
				out[i].Value = p.Value
				continue next
			}
		}
		out = append(out, p)
	}
	return out
}

// ParseMap reads a map; keys that are neither string nor symbol are refused.
// The values alias v.
func ParseMap(v Raw) (Map, error) {
	if v.IsNull() {
		return nil, nil
	}
	var rest []byte
	var count int
	switch v[0] {
	case codeMap8:
		count, rest = int(v[2]), v[3:]
	case codeMap32:
		count, rest = int(binary.BigEndian.Uint32(v[5:])), v[9:]
	default:
		return nil, fmt.Errorf("%w: not a map", errMalformed)
	}
	m := make(Map, 0, count/2)
	for range count / 2 {
		k, after, err := next(rest)
		if err != nil {
			return nil, err
		}
		val, after, err := next(after)
		if err != nil {
			return nil, err
		}
		key, ok := k.Text()
		if !ok {
			return nil, fmt.Errorf("%w: a map key is neither string nor symbol", errMalformed)
		}
		m = append(m, Pair{key, val})
		rest = after
	}
	return m, nil
}
