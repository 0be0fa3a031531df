// Package start is GET /api/v1/social/{channel}/start: where an owner allows CastAD to post.
//
// Writes oauth_states. Calls nobody. Answers the channel's address and sets the
// cookie that binds the attempt to this browser: the page that asks must be open
// in the browser that will follow the address. next is the path of the web client
// to which that browser returns; left out, it ends with the callback's JSON. Anything
// that could lead to another site: 400. A channel that is not set up: 404.
package start

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Accounts keeps attempts.
type Accounts interface {
	Begin(ctx context.Context, tenant id.Tenant, user id.User, channel string, a social.Attempt) error
}

// Channels knows where each channel asks for consent.
type Channels interface {
	AuthorizeURL(channel, state, challenge, redirectURI string) (string, error)
}

type question struct {
	Channel string `path:"channel" max:"32"`
	// Next is a path of the web client, with a query if need be.
	Next  string `query:"next" max:"500"`
	Host  string `cookie:"__Host-castad_social"`
	Plain string `cookie:"castad_social"`
}

type answer struct {
	trigger.Reply
	AuthorizeURL string `json:"authorize_url"`
	// Seconds is how long the owner may take.
	Seconds int `json:"expires_in"`
}

// New returns the function; public is CASTAD_PUBLIC_URL.
func New(accounts Accounts, channels Channels, public string) trigger.Function {
	return trigger.HTTP("social-start", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			if public == "" {
				return answer{}, fault.Newf(fault.CodeMisconfigured, "connect %s: CASTAD_PUBLIC_URL is not set, so no channel can lead back to us", in.Channel)
			}
			cookie := social.CookieOf(public)
			a := social.NewAttempt(cookie.Brought(in.Host, in.Plain)).In(who.Session)
			to, err := channels.AuthorizeURL(in.Channel, a.State, a.Challenge(), social.RedirectURI(public, in.Channel))
			if err != nil {
				return answer{}, err
			}
			a.Scopes, a.Next = social.Asked(to), in.Next
			if err := accounts.Begin(ctx, who.Tenant, who.User, in.Channel, a); err != nil {
				return answer{}, err
			}
			out := answer{AuthorizeURL: to, Seconds: int(social.StateLife.Seconds())}
			out.Cookies = append(out.Cookies, trigger.Cookie(cookie.Name, a.Cookie, "/", social.StateLife, cookie.Secure))
			return out, nil
		})
}
