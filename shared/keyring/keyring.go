// Package keyring holds the symmetric keys that sign something, by name.
//
// A ring has one key that signs and at most one more that is still accepted,
// so a key is rotated without a moment in which a good signature fails:
// add the new key second on every instance, put it first, remove the old one
// (or let it end by itself: "old:…@2026-12-01T00:00:00Z"). Envelopes, access
// tokens and media tokens each have a ring of their own: a key that signs one
// thing must never make another thing valid.
//
// The package is pure. Keys never appear in an error, and printing a ring
// shows the names only.
package keyring

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Least is the shortest key in bytes: the output size of SHA-256, below which
// HMAC-SHA256 loses strength (RFC 2104 section 3; RFC 7518 section 3.2 demands it for HS256).
const Least = 32

// Most is how many keys may be live at once.
const Most = 2

// Key is a named secret.
type Key struct {
	// ID is the kid: 1 to 32 of a–z, A–Z, 0–9, '.', '_', '-'.
	ID     string
	Secret []byte
	// Until ends the key; zero = no end.
	Until time.Time
}

// Ring is an ordered set of keys; the first one signs. The zero Ring has no
// keys: it signs nothing and finds nothing.
type Ring struct{ keys []Key }

// New returns a ring of the given keys, the signing one first.
func New(keys ...Key) (Ring, error) {
	if len(keys) == 0 {
		return Ring{}, fmt.Errorf("a key ring needs at least one key, written kid:base64")
	}
	if len(keys) > Most {
		return Ring{}, fmt.Errorf("a key ring has %d keys; at most %d may be live at once", len(keys), Most)
	}
	for i, k := range keys {
		if !ValidID(k.ID) {
			return Ring{}, fmt.Errorf("key %d: its id must be 1 to 32 letters, digits, '.', '_' or '-'", i+1)
		}
		if len(k.Secret) < Least {
			return Ring{}, fmt.Errorf("key %q has %d bytes; %d are the least", k.ID, len(k.Secret), Least)
		}
		for _, other := range keys[:i] {
			if other.ID == k.ID {
				return Ring{}, fmt.Errorf("key id %q is there twice", k.ID)
			}
		}
	}
	if !keys[0].Until.IsZero() {
		return Ring{}, fmt.Errorf("key %q signs and may therefore not have an end; put the key that replaces it first", keys[0].ID)
	}
	return Ring{keys: append([]Key(nil), keys...)}, nil
}

// Parse reads "kid:base64,kid2:base64@2026-12-01T00:00:00Z": the first key
// signs, the part after @ is the end of a key that no longer does.
func Parse(text string) (Ring, error) {
	var keys []Key
	for i, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" && len(text) > 0 {
			return Ring{}, fmt.Errorf("key %d is empty: remove the extra comma", i+1)
		}
		if part == "" {
			break
		}
		name, rest, ok := strings.Cut(part, ":")
		if !ok {
			return Ring{}, fmt.Errorf("key %d is not of the form kid:base64", i+1)
		}
		encoded, until, ends := strings.Cut(rest, "@")
		key := Key{ID: name}
		var err error
		if key.Secret, err = base64.StdEncoding.Strict().DecodeString(encoded); err != nil {
			return Ring{}, fmt.Errorf("key %d: the part after the colon is not standard base64", i+1)
		}
		if ends {
			if key.Until, err = time.Parse(time.RFC3339, until); err != nil {
				return Ring{}, fmt.Errorf("key %d: the end after @ is not an RFC 3339 time", i+1)
			}
		}
		keys = append(keys, key)
	}
	return New(keys...)
}

// Signing returns the key that signs; false for the zero Ring.
func (r Ring) Signing() (Key, bool) {
	if len(r.keys) == 0 {
		return Key{}, false
	}
	return r.keys[0], true
}

// Find returns the key of that name if it is live at now.
func (r Ring) Find(id string, now time.Time) (Key, bool) {
	for _, k := range r.keys {
		if k.ID == id && (k.Until.IsZero() || now.Before(k.Until)) {
			return k, true
		}
	}
	return Key{}, false
}

// Keys returns a copy of the keys, the signing one first.
func (r Ring) Keys() []Key { return append([]Key(nil), r.keys...) }

// String names the keys and shows none of them.
func (r Ring) String() string {
	names := make([]string, len(r.keys))
	for i, k := range r.keys {
		names[i] = k.ID + ":***"
	}
	return strings.Join(names, ",")
}

// GoString is String: %#v shows no key either.
func (r Ring) GoString() string { return "keyring.Ring(" + r.String() + ")" }

// String shows the key's name only.
func (k Key) String() string { return k.ID + ":***" }

// GoString is String.
func (k Key) GoString() string { return k.String() }

// ValidID says whether s may name a key.
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
