// Package renew is POST /api/v1/auth/renew: a refresh token becomes an access token
// and the refresh token's successor.
//
// Anonymous; the refresh token is the guard: of the body, or of the browser's cookie,
// which another site's page cannot make it send (SameSite=Lax). The successor goes
// back the same way. {"audience":"admin"} is for operators: 403 for everybody else.
// Writes refresh_tokens. The same token again within ten seconds brings the same
// successor; later it ends the session. A token that is not good: 401.
package renew

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

// Users keeps sessions.
type Users interface {
	Renew(ctx context.Context, refresh, audience string) (auth.Session, error)
	Issue(session auth.Session, audience string) (auth.Tokens, error)
}

type request struct {
	Host  string `cookie:"__Host-castad_refresh" max:"64"`
	Plain string `cookie:"castad_refresh" max:"64"`
	// RefreshToken is for callers without the cookie.
	RefreshToken string `json:"refresh_token" max:"64"`
	// Audience is what the access token opens: "api" (when left out) or "admin".
	Audience string `json:"audience" enum:"api,admin"`
}

type answer struct {
	trigger.Reply
	auth.Tokens
}

// New returns the function.
func New(users Users, site auth.Site) trigger.Function {
	return trigger.Public("auth-renew", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, in request) (answer, error) {
			refresh, cookie := site.Brought(in.RefreshToken, in.Host, in.Plain)
			if refresh == "" {
				return answer{}, fault.Newf(fault.CodeUnauthenticated, "renew session: neither a cookie nor a token came")
			}
			if in.Audience == "" {
				in.Audience = auth.ForAPI
			}
			session, err := users.Renew(ctx, refresh, in.Audience)
			if err != nil {
				return answer{}, err
			}
			var out answer
			if out.Tokens, err = users.Issue(session, in.Audience); err != nil {
				return answer{}, err
			}
			if cookie {
				out.Cookies = append(out.Cookies, trigger.Cookie(site.RefreshCookie(), session.Refresh, "/", session.Life, site.Secure()))
			} else {
				out.RefreshToken = session.Refresh
			}
			return out, nil
		})
}
