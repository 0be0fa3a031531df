// Package leave is POST /api/v1/auth/leave: signs out here, or everywhere.
//
// Ends the session of the refresh token (of the body or the cookie), or with
// {"everywhere":true} all of the user's, and takes the cookie away. Writes
// refresh_tokens and ended_sessions. The access tokens of what has ended open nothing two
// seconds later, this request's among them, and neither do tickets; a stream of events
// that is open ends a second after that. A session that has ended already ends nothing.
package leave

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users keeps sessions.
type Users interface {
	Leave(ctx context.Context, who identity.Principal, refresh string, everywhere bool) (int, error)
}

type request struct {
	Host  string `cookie:"__Host-castad_refresh" max:"64"`
	Plain string `cookie:"castad_refresh" max:"64"`
	// RefreshToken is for callers without the cookie.
	RefreshToken string `json:"refresh_token" max:"64"`
	Everywhere   bool   `json:"everywhere"`
}

type answer struct {
	trigger.Reply
	// Sessions is how many sessions have ended now.
	Sessions int `json:"sessions_ended"`
}

// New returns the function.
func New(users Users, site auth.Site) trigger.Function {
	return trigger.HTTP("auth-leave", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in request) (answer, error) {
			refresh, cookie := site.Brought(in.RefreshToken, in.Host, in.Plain)
			if refresh == "" && !in.Everywhere {
				return answer{}, fault.New(fault.CodeMissingField).In("refresh_token")
			}
			n, err := users.Leave(ctx, who, refresh, in.Everywhere)
			if err != nil {
				return answer{}, err
			}
			out := answer{Sessions: n}
			if cookie {
				out.Cookies = append(out.Cookies, trigger.Cookie(site.RefreshCookie(), "", "/", auth.Gone, site.Secure()))
			}
			return out, nil
		})
}
