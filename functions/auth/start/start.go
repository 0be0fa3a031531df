// Package start is GET /api/v1/auth/kakao/start: a browser goes to Kakao to sign in.
//
// Anonymous. Writes login_states. Calls nobody. Sets the cookie that binds the
// attempt to this browser and redirects to Kakao. next is the path of the web client
// to which the browser returns, "/" when it is left out; anything that could lead to
// another site: 400. Sign-in not set up: 422.
package start

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users keeps attempts.
type Users interface {
	Begin(ctx context.Context, a auth.Attempt, next string) error
}

// Kakao knows where people consent.
type Kakao interface {
	AuthorizeURL(state, nonce, challenge, redirectURI string) string
}

type question struct {
	// Next is a path of the web client, with a query if need be.
	Next  string `query:"next" max:"500"`
	Host  string `cookie:"__Host-castad_login"`
	Plain string `cookie:"castad_login"`
}

// New returns the function; kakao nil = sign-in is not set up.
func New(users Users, kakao Kakao, site auth.Site) trigger.Function {
	return trigger.Public("auth-start", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, in question) (trigger.Redirect, error) {
			if kakao == nil || !site.On() {
				return trigger.Redirect{}, fault.Newf(fault.CodeLoginOff, "begin login: there is no Kakao app, or no web client")
			}
			if in.Next == "" {
				in.Next = "/"
			}
			a := auth.NewAttempt(site.Bound(in.Host, in.Plain))
			if err := users.Begin(ctx, a, in.Next); err != nil {
				return trigger.Redirect{}, err
			}
			out := trigger.Redirect{Location: kakao.AuthorizeURL(a.State, a.Nonce(), a.Challenge(), site.RedirectURI())}
			out.Cookies = append(out.Cookies, trigger.Cookie(site.LoginCookie(), a.Cookie, "/", auth.AttemptLife, site.Secure()))
			return out, nil
		})
}
