package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/strictjson"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// MaxToken is the longest token in bytes that is looked at; ours have about 400. The host
	// limits all headers together to 32 KB.
	MaxToken = 8 << 10
	// Leeway is how far two clocks may be apart.
	Leeway = 30 * time.Second

	typeAccess = "access"
)

// Verifier reads access tokens. It is safe for concurrent use.
type Verifier struct {
	keys   Keys
	parser *jwt.Parser
	clock  func() time.Time
	known  *cache
}

// NewVerifier returns a verifier of tokens that issuer made for audience.
func NewVerifier(keys Keys, issuer, audience string, clock func() time.Time) (*Verifier, error) {
	if err := check(keys, issuer, audience, clock); err != nil {
		return nil, fmt.Errorf("new token verifier: %w", err)
	}
	return &Verifier{keys: keys, clock: clock, known: newCache(), parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), // the default takes a token that never ends
		jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(clock),
	)}, nil
}

func check(keys Keys, issuer, audience string, clock func() time.Time) error {
	switch {
	case len(keys.pairs) == 0:
		return errors.New("there are no keys")
	case issuer == "" || audience == "":
		return errors.New("issuer and audience must be named")
	case clock == nil:
		return errors.New("there is no clock")
	}
	return nil
}

// Verify returns whose token it is. The error's code is auth.token_expired for
// a token that was good until it ended, auth.unauthenticated for all else; its
// text says why and has nothing of the token.
//
// A token that was found good is remembered by its SHA-256 until it ends, so
// that its signature is checked once and not with each request.
func (v *Verifier) Verify(token string) (Principal, error) {
	if token == "" || len(token) > MaxToken {
		return Principal{}, refuse("a token of %d bytes", len(token))
	}
	for i := range len(token) { // Go's base64 passes over line breaks, even the strict one
		if c := token[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return Principal{}, refuse("a character that no token has")
		}
	}
	now := v.clock()
	digest := sha256.Sum256([]byte(token))
	if e, ok := v.known.find(digest); ok && now.Before(e.end) {
		if _, live := v.keys.find(e.kid, now); live {
			return e.who, nil
		}
	}
	kid, err := v.header(token)
	if err != nil {
		return Principal{}, err
	}
	pair, ok := v.keys.find(kid, now)
	if !ok {
		return Principal{}, refuse("no live key has the token's kid")
	}
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return pair.public, nil }); err != nil {
		return Principal{}, rejected(err)
	}
	who, err := c.principal()
	if err != nil {
		return Principal{}, err
	}
	v.known.keep(digest, entry{who: who, kid: kid, end: c.exp.Add(Leeway)})
	return who, nil
}

// header reads alg and kid and nothing else: what would bring a key along
// (jwk, jku, x5u, x5c) is not looked at, what must be understood (crit) is refused.
func (v *Verifier) header(token string) (kid string, err error) {
	first, _, ok := strings.Cut(token, ".")
	if !ok {
		return "", refuse("not a JWT")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return "", refuse("the header is not base64url")
	}
	var h map[string]json.RawMessage
	if err := strictjson.Unmarshal(raw, &h); err != nil {
		return "", refuse("the header: %w", err)
	}
	if _, critical := h["crit"]; critical {
		return "", refuse("the header has crit")
	}
	var alg string
	if json.Unmarshal(h["alg"], &alg) != nil || alg != jwt.SigningMethodEdDSA.Alg() {
		return "", refuse("the algorithm is not EdDSA")
	}
	if json.Unmarshal(h["kid"], &kid) != nil || kid == "" {
		return "", refuse("the header names no key")
	}
	return kid, nil
}

func refuse(format string, args ...any) error {
	return fault.Newf(fault.CodeUnauthenticated, format, args...)
}

// rejected tells a token that has merely ended from one that was never good.
func rejected(err error) error {
	if errors.Is(err, jwt.ErrTokenExpired) {
		for _, other := range []error{jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience, jwt.ErrTokenNotValidYet,
			jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenInvalidSubject, jwt.ErrTokenSignatureInvalid} {
			if errors.Is(err, other) {
				return refuse("%w", err)
			}
		}
		return fault.Wrap(err, fault.CodeTokenExpired)
	}
	return refuse("%w", err)
}

// claims are a token's claims, read strictly: duplicates are refused, names
// compared exactly. Claims that are not known are passed over, so that a
// version that adds one can run beside a version that does not know it.
type claims struct {
	iss, sub, aud, typ, tid, sid, role string
	exp, nbf, iat                      time.Time
}

// UnmarshalJSON reads the claims.
func (c *claims) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := strictjson.Unmarshal(raw, &all); err != nil {
		return err
	}
	for name, text := range map[string]*string{"iss": &c.iss, "sub": &c.sub, "aud": &c.aud, "typ": &c.typ, "tid": &c.tid, "sid": &c.sid, "role": &c.role} {
		if v, ok := all[name]; ok {
			if err := strictjson.Unmarshal(v, text); err != nil {
				return fmt.Errorf("claim %s: %w", name, err)
			}
		}
	}
	for name, at := range map[string]*time.Time{"exp": &c.exp, "nbf": &c.nbf, "iat": &c.iat} {
		if v, ok := all[name]; ok {
			var seconds int64
			if err := strictjson.Unmarshal(v, &seconds); err != nil {
				return fmt.Errorf("claim %s: %w", name, err)
			}
			if seconds <= 0 || seconds > 1<<40 {
				return fmt.Errorf("claim %s: no time of ours", name)
			}
			*at = time.Unix(seconds, 0)
		}
	}
	return nil
}

func date(t time.Time) *jwt.NumericDate {
	if t.IsZero() {
		return nil
	}
	return jwt.NewNumericDate(t)
}

// The parser asks for these.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.exp), nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return date(c.iat), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return date(c.nbf), nil }
func (c *claims) GetIssuer() (string, error)                   { return c.iss, nil }
func (c *claims) GetSubject() (string, error)                  { return c.sub, nil }

// GetAudience returns the one audience.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) {
	if c.aud == "" {
		return nil, nil
	}
	return jwt.ClaimStrings{c.aud}, nil
}

func (c *claims) principal() (Principal, error) {
	if c.typ != typeAccess {
		return Principal{}, refuse("a token for something else than access")
	}
	if c.role != RoleOwner && c.role != RoleAdmin {
		return Principal{}, refuse("an unknown role")
	}
	var who Principal
	if err := parse(c.tid, &who.Tenant); err != nil {
		return Principal{}, refuse("the claim tid: %w", err)
	}
	if err := parse(c.sub, &who.User); err != nil {
		return Principal{}, refuse("the claim sub: %w", err)
	}
	if c.sid != "" {
		if err := parse(c.sid, &who.Session); err != nil {
			return Principal{}, refuse("the claim sid: %w", err)
		}
	}
	who.Role = c.role
	return who, nil
}

func parse[K id.Kind](text string, into *id.ID[K]) error {
	v, err := id.Parse[K](text)
	if err != nil {
		return errors.New("not an id of its kind")
	}
	*into = v
	return nil
}

// pair is a key for making and reading tokens.
type pair struct {
	kid     string
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	until   time.Time
}
