package seal

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"strings"

	"castad/shared/fault"
	"castad/shared/keyring"
)

// ringPrefix begins the names of a ring's versions: "ring/dev".
const ringPrefix = "ring/"

// Ring is the key-encryption key of a laptop: a key ring from a setting. Whoever
// has the settings has the keys, so it is for stages without a vault.
type Ring struct {
	current string
	keys    map[string]cipher.AEAD
}

// NewRing returns the wrapper over the ring's keys, the signing one first. A key
// with an end is refused: what it wraps would be lost at that moment.
func NewRing(ring keyring.Ring) (*Ring, error) {
	r := &Ring{keys: map[string]cipher.AEAD{}}
	for i, k := range ring.Keys() {
		if !k.Until.IsZero() {
			return nil, fmt.Errorf("key %q has an end, at which everything that it seals would be lost; take it away when nothing is sealed with it", k.ID)
		}
		derived, err := hkdf.Key(sha256.New, k.Secret, nil, "castad seal ring 1", keyBytes)
		if err != nil {
			return nil, fmt.Errorf("derive key %q: %w", k.ID, err)
		}
		if r.keys[k.ID], err = gcm(derived); err != nil {
			return nil, err
		}
		if i == 0 {
			r.current = k.ID
		}
	}
	if r.current == "" {
		return nil, fmt.Errorf("the ring has no key")
	}
	return r, nil
}

// Wrap encrypts under the first key.
func (r *Ring) Wrap(_ context.Context, dataKey []byte) (string, []byte, error) {
	version := ringPrefix + r.current
	return version, r.keys[r.current].Seal(nil, nil, dataKey, []byte(version)), nil // #nosec G407 -- NewGCMWithRandomNonce draws the nonce itself
}

// Unwrap decrypts with the named key; one that is not in the ring is Misconfigured.
func (r *Ring) Unwrap(_ context.Context, version string, wrapped []byte) ([]byte, error) {
	aead, ok := r.keys[strings.TrimPrefix(version, ringPrefix)]
	if !ok {
		return nil, fault.Newf(fault.CodeMisconfigured, "the ring has no key %q", version)
	}
	dataKey, err := aead.Open(nil, nil, wrapped, []byte(version))
	if err != nil {
		return nil, errClosed
	}
	return dataKey, nil
}

// Knows says whether the version is a ring's.
func (r *Ring) Knows(version string) bool { return strings.HasPrefix(version, ringPrefix) }
