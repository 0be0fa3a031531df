// Package callback is GET /api/v1/auth/kakao/callback: Kakao leads the browser back.
//
// Anonymous; the state in the query and the cookie of the browser where the attempt
// began are the guard. Calls Kakao for the id_token and checks it. Writes users and
// refresh_tokens. Sets the session's cookie and redirects to the web client, where
// POST /auth/renew gives an access token. What Kakao grants besides is thrown away.
//
// A state that is not good: 400, no user, and no redirect, for nothing is known of where
// the browser came from. Whatever fails after that, a sign-in that was called off or a
// code that was used among it, leads to the same path of the web client as success
// does, with the failure's code as login_error in the query.
package callback

import (
	"context"
	_ "embed"
	"net/url"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/provider/kakao"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users keeps attempts and sessions.
type Users interface {
	Spend(ctx context.Context, a auth.Attempt) (next string, err error)
	SignIn(ctx context.Context, p auth.Person) (auth.Session, error)
}

// Kakao says who has consented.
type Kakao interface {
	ParseRedirect(q url.Values) (code string, err error)
	Exchange(ctx context.Context, code, verifier, redirectURI string) (kakao.Tokens, error)
	VerifyLogin(ctx context.Context, idToken, nonce string) (kakao.Claims, error)
}

type arrival struct {
	State string `query:"state" max:"128"`
	Code  string `query:"code" max:"1024"`
	// Error is there instead of a code: "access_denied".
	Error       string `query:"error" max:"256"`
	Description string `query:"error_description" max:"1024"`
	ErrorCode   string `query:"error_code" max:"64"`
	Host        string `cookie:"__Host-castad_login" max:"64"`
	Plain       string `cookie:"castad_login" max:"64"`
}

// New returns the function; client nil = sign-in is not set up.
func New(users Users, client Kakao, site auth.Site) trigger.Function {
	return trigger.Public("auth-callback", binding, trigger.Budget{Time: 30 * time.Second, Connections: 1},
		func(ctx context.Context, in arrival) (trigger.Redirect, error) {
			if client == nil || !site.On() {
				return trigger.Redirect{}, fault.Newf(fault.CodeLoginOff, "finish login: there is no Kakao app, or no web client")
			}
			a := auth.Attempt{State: in.State, Cookie: site.Bound(in.Host, in.Plain)}
			next, err := users.Spend(ctx, a)
			if err != nil {
				return trigger.Redirect{}, err
			}
			person, err := who(ctx, client, in, a, site.RedirectURI())
			if err != nil {
				return trigger.Redirect{Location: site.Failed(next, fault.Known(err)), Failed: err}, nil
			}
			session, err := users.SignIn(ctx, person)
			if err != nil {
				return trigger.Redirect{Location: site.Failed(next, fault.Known(err)), Failed: err}, nil
			}
			out := trigger.Redirect{Location: site.Next(next)}
			out.Cookies = append(out.Cookies, trigger.Cookie(site.RefreshCookie(), session.Refresh, "/", session.Life, site.Secure()))
			return out, nil
		})
}

// askTime bounds both questions to Kakao; less than the function's.
const askTime = 20 * time.Second

// who asks Kakao who has come back.
func who(ctx context.Context, client Kakao, in arrival, a auth.Attempt, redirectURI string) (auth.Person, error) {
	q := url.Values{}
	for name, value := range map[string]string{"code": in.Code, "error": in.Error, "error_description": in.Description, "error_code": in.ErrorCode} {
		if value != "" {
			q.Set(name, value)
		}
	}
	code, err := client.ParseRedirect(q)
	if fault.CodeOf(err) == fault.CodeUnauthenticated {
		return auth.Person{}, fault.Newf(fault.CodeLoginRefused, "finish login: %w", err)
	}
	if err != nil {
		return auth.Person{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	tokens, err := client.Exchange(ctx, code, a.Verifier(), redirectURI)
	if fault.CodeOf(err) == fault.CodeUnauthenticated { // the code was used or has ended
		return auth.Person{}, fault.Newf(fault.CodeLoginState, "finish login: %w", err)
	}
	if err != nil {
		return auth.Person{}, err
	}
	if tokens.IDToken == "" {
		return auth.Person{}, fault.Newf(fault.CodeMisconfigured, "finish login: no id_token came; switch OpenID Connect on in the Kakao app's console")
	}
	claims, err := client.VerifyLogin(ctx, tokens.IDToken, a.Nonce())
	if err != nil {
		return auth.Person{}, err
	}
	return auth.Person{Issuer: kakao.Issuer, Subject: claims.UserID, Name: claims.Nickname}, nil
}
