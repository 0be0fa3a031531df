// Package token is POST /api/v1/auth/kakao/token: a native app signs in with the
// id_token that Kakao's SDK has given it.
//
// Anonymous; the id_token is the guard: signed by Kakao for our native key, with the
// nonce that the app made for this sign-in (128 random bits or more), at most ten
// minutes old, and used once. Calls Kakao for its keys when they are not known.
// Writes login_states, users, refresh_tokens. Anything wrong with it: 401.
package token

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/provider/kakao"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users keeps sessions.
type Users interface {
	SignInOnce(ctx context.Context, p auth.Person, nonce string, issued time.Time) (auth.Session, error)
	Issue(session auth.Session, audience string) (auth.Tokens, error)
}

// Kakao reads id_tokens.
type Kakao interface {
	VerifyNative(ctx context.Context, idToken, nonce string) (kakao.Claims, error)
}

type request struct {
	IDToken string `json:"id_token" required:"true" max:"8192"`
	// Nonce is what the app gave the SDK for this sign-in: 128 random bits or more.
	Nonce string `json:"nonce" required:"true" min:"22" max:"128"`
}

// New returns the function; client nil = sign-in is not set up.
func New(users Users, client Kakao) trigger.Function {
	return trigger.Public("auth-token", binding, trigger.Budget{Time: 20 * time.Second, Connections: 1},
		func(ctx context.Context, in request) (auth.Tokens, error) {
			if client == nil {
				return auth.Tokens{}, fault.Newf(fault.CodeLoginOff, "sign in: there is no Kakao app")
			}
			claims, err := client.VerifyNative(ctx, in.IDToken, in.Nonce)
			if err != nil {
				return auth.Tokens{}, err
			}
			who := auth.Person{Issuer: kakao.Issuer, Subject: claims.UserID, Name: claims.Nickname}
			session, err := users.SignInOnce(ctx, who, in.Nonce, claims.Issued)
			if err != nil {
				return auth.Tokens{}, err
			}
			out, err := users.Issue(session, auth.ForAPI)
			out.RefreshToken = session.Refresh
			return out, err
		})
}
