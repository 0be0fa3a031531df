package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"time"

	"castad/shared/keyring"
)

// What tokens say unless settings say otherwise.
const (
	DefaultIssuer        = "castad"
	DefaultAudience      = "castad-api"
	DefaultAdminAudience = "castad-admin"
)

// Keys are the Ed25519 keys of access tokens: the first signs, all that are
// live verify. EdDSA and not HS256: who only reads tokens (a gateway, another
// service, by GET /auth/keys) then cannot make them, and there is no secret
// that a public key could be mistaken for.
type Keys struct{ pairs []pair }

// ParseKeys reads "kid:base64,kid2:base64" (see keyring); each key is a 32-byte Ed25519 seed.
func ParseKeys(text string) (Keys, error) {
	ring, err := keyring.Parse(text)
	if err != nil {
		return Keys{}, err
	}
	return NewKeys(ring)
}

// NewKeys takes the ring's keys as Ed25519 seeds.
func NewKeys(ring keyring.Ring) (Keys, error) {
	var keys Keys
	for _, k := range ring.Keys() {
		if len(k.Secret) != ed25519.SeedSize {
			return Keys{}, fmt.Errorf("token key %q has %d bytes; an Ed25519 seed has %d", k.ID, len(k.Secret), ed25519.SeedSize)
		}
		private := ed25519.NewKeyFromSeed(k.Secret)
		keys.pairs = append(keys.pairs, pair{kid: k.ID, private: private, public: private.Public().(ed25519.PublicKey), until: k.Until})
	}
	return keys, nil
}

func (k Keys) find(kid string, now time.Time) (pair, bool) {
	for _, p := range k.pairs {
		if p.kid == kid && (p.until.IsZero() || now.Before(p.until)) {
			return p, true
		}
	}
	return pair{}, false
}

// KeySet is a JSON Web Key Set (RFC 7517).
type KeySet struct {
	Keys []PublicKey `json:"keys"`
}

// PublicKey is an Ed25519 key that verifies tokens, as RFC 8037 writes it.
type PublicKey struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
}

// JWKS is the public keys that are live at now: also one that does not sign yet,
// so that whoever keeps the set for a while knows it before it does.
func (k Keys) JWKS(now time.Time) KeySet {
	set := KeySet{Keys: []PublicKey{}}
	for _, p := range k.pairs {
		if _, live := k.find(p.kid, now); live {
			set.Keys = append(set.Keys, PublicKey{"OKP", "Ed25519", base64.RawURLEncoding.EncodeToString(p.public), p.kid, "sig", "EdDSA"})
		}
	}
	return set
}

// String names the keys and shows none.
func (k Keys) String() string { return fmt.Sprintf("%d token keys", len(k.pairs)) }

// GoString is String.
func (k Keys) GoString() string { return k.String() }
