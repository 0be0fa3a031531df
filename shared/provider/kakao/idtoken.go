package kakao

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxToken is the longest id_token in bytes that is looked at; Kakao's have about 1,000.
	maxToken = 8 << 10
	// leeway is how far two clocks may be apart.
	leeway = 30 * time.Second
)

// Claims is what a good id_token says.
type Claims struct {
	// UserID is the same as User.ID.
	UserID string
	// Nickname is for display; "" without consent.
	Nickname string
	// Key is the app key that the token was made for.
	Key string
	// At is when the person signed in, Issued when the token was made; zero = not told.
	At, Issued time.Time
}

type claims struct {
	jwt.RegisteredClaims
	Nonce    string           `json:"nonce"`
	Nickname string           `json:"nickname"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
}

// parser takes tokens of Kakao's for one of the audiences.
func (c *Client) parser(audiences ...string) *jwt.Parser {
	if len(audiences) == 0 {
		return nil // the library takes "no audience" as "any"
	}
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer(Issuer),
		jwt.WithAudience(audiences...),
		jwt.WithExpirationRequired(), // the default takes a token that never ends
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(c.cfg.Now),
	)
}

// VerifyLogin says whose id_token a login in the browser brought. nonce is the one of
// AuthorizeURL. The error's code is auth.token_expired for a token that was good until
// it ended, auth.unauthenticated for all else that is wrong with it; when Kakao's keys
// are needed and cannot be had it is a *provider.Error, and nothing is said about the token.
func (c *Client) VerifyLogin(ctx context.Context, idToken, nonce string) (Claims, error) {
	return c.verify(ctx, c.browser, idToken, nonce)
}

// VerifyNative is VerifyLogin for the id_token that a native app got from Kakao's SDK
// and posted. nonce is the one that the server gave the app for this login.
func (c *Client) VerifyNative(ctx context.Context, idToken, nonce string) (Claims, error) {
	if c.native == nil {
		return Claims{}, signIn("no native app is configured")
	}
	return c.verify(ctx, c.native, idToken, nonce)
}

func (c *Client) verify(ctx context.Context, parser *jwt.Parser, idToken, nonce string) (Claims, error) {
	if nonce == "" {
		return Claims{}, signIn("no nonce is expected: a token that was seen elsewhere would do")
	}
	if idToken == "" || len(idToken) > maxToken {
		return Claims{}, signIn("a token of %d bytes", len(idToken))
	}
	var in claims
	_, err := parser.ParseWithClaims(idToken, &in, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if kid == "" || t.Header["crit"] != nil {
			return nil, errors.New("the header names no key, or what must be understood")
		}
		return c.keys.key(ctx, kid)
	})
	if err != nil {
		return Claims{}, rejected(err)
	}
	switch {
	case len(in.Audience) != 1:
		return Claims{}, signIn("the token is for several")
	case subtle.ConstantTimeCompare([]byte(in.Nonce), []byte(nonce)) != 1:
		return Claims{}, signIn("the nonce is another")
	case !validUserID(in.Subject):
		return Claims{}, signIn("the subject is not a user id")
	}
	out := Claims{UserID: in.Subject, Nickname: line(in.Nickname, maxNickname), Key: in.Audience[0]}
	if in.AuthTime != nil {
		out.At = in.AuthTime.UTC()
	}
	if in.IssuedAt != nil {
		out.Issued = in.IssuedAt.UTC()
	}
	return out, nil
}

// rejected tells keys that cannot be had and a token that has merely ended from one
// that was never good.
func rejected(err error) error {
	var keys *provider.Error
	if errors.As(err, &keys) {
		return fmt.Errorf("verify id token: %w", keys)
	}
	if errors.Is(err, jwt.ErrTokenExpired) {
		for _, other := range []error{jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience, jwt.ErrTokenNotValidYet,
			jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenSignatureInvalid} {
			if errors.Is(err, other) {
				return signIn("%s", provider.Redact(err.Error()))
			}
		}
		return fault.Newf(fault.CodeTokenExpired, "verify id token: it has ended")
	}
	return signIn("%s", provider.Redact(err.Error()))
}
