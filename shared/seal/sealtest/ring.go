package sealtest

import (
	"strings"
	"time"

	"castad/shared/keyring"
	"castad/shared/seal"
)

// Ring is a ring of settings with keys of these names, of which the first seals. The
// same name is always the same key. It panics when there is no such ring.
func Ring(names ...string) *seal.Ring {
	var keys []keyring.Key
	for _, n := range names {
		keys = append(keys, keyring.Key{ID: n, Secret: []byte(strings.Repeat(n, 32))[:32]})
	}
	ring, err := keyring.New(keys...)
	if err != nil {
		panic(err)
	}
	r, err := seal.NewRing(ring)
	if err != nil {
		panic(err)
	}
	return r
}

// Sealer seals with such a ring.
func Sealer(now func() time.Time, names ...string) *seal.Sealer {
	s, err := seal.New(now, Ring(names...))
	if err != nil {
		panic(err)
	}
	return s
}
