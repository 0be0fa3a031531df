package identity

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MaxTTL is the longest that an access token may live: only the end
// of its session calls it back, so what it opens must end soon. 24 h is for developers; sign-in asks for 15 min.
const MaxTTL = 24 * time.Hour

// Issuer makes access tokens.
type Issuer struct {
	keys          Keys
	issuer, aud   string
	clock         func() time.Time
	signing       pair
	signingMethod jwt.SigningMethod
}

// NewIssuer returns an issuer of tokens for audience.
func NewIssuer(keys Keys, issuer, audience string, clock func() time.Time) (*Issuer, error) {
	if err := check(keys, issuer, audience, clock); err != nil {
		return nil, fmt.Errorf("new token issuer: %w", err)
	}
	return &Issuer{keys: keys, issuer: issuer, aud: audience, clock: clock, signing: keys.pairs[0], signingMethod: jwt.SigningMethodEdDSA}, nil
}

// Issue returns a token that says who for ttl, which is at least a second and at most MaxTTL.
func (i *Issuer) Issue(who Principal, ttl time.Duration) (string, error) {
	switch {
	case who.Tenant == 0 || who.User == 0:
		return "", fmt.Errorf("issue token: the principal has no tenant or no user")
	case who.Role != RoleOwner && who.Role != RoleAdmin:
		return "", fmt.Errorf("issue token for %s: unknown role %q", who.User, who.Role)
	case ttl < time.Second || ttl > MaxTTL:
		return "", fmt.Errorf("issue token for %s: a life of %v is not between 1s and %v", who.User, ttl, MaxTTL)
	}
	now := i.clock()
	claims := jwt.MapClaims{
		"iss": i.issuer, "aud": i.aud, "typ": typeAccess,
		"sub": who.User.String(), "tid": who.Tenant.String(), "role": who.Role,
		"iat": now.Unix(), "exp": now.Add(ttl).Unix(),
	}
	if who.Session != 0 {
		claims["sid"] = who.Session.String()
	}
	token := jwt.NewWithClaims(i.signingMethod, claims)
	token.Header["kid"] = i.signing.kid
	signed, err := token.SignedString(i.signing.private)
	if err != nil {
		return "", fmt.Errorf("sign token for %s: %w", who.User, err)
	}
	return signed, nil
}
