// Package callback is GET /api/v1/social/{channel}/callback: the channel leads the owner back.
//
// Anonymous; the state in the query and the cookie of the browser where the
// attempt began are the guard, and say whose account it will be. Calls the
// channel for the grant and for whose it is. Writes social_accounts. A state that
// is not good: 400, no row, no call, and no redirect. Consent refused: 422; code
// used: 400. An attempt with a next, where there is a web client, ends there instead
// of with JSON: with the account's id as connected in the query, or with the code of
// what failed as connect_error.
package callback

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Accounts keeps accounts.
type Accounts interface {
	Spend(ctx context.Context, channel, state, cookie string) (social.Consent, error)
	Keep(ctx context.Context, c social.Consent, owner provider.Account, g provider.Grant) (social.Account, error)
}

// Channels are the channels' OAuth clients.
type Channels interface {
	Exchange(ctx context.Context, channel, code, verifier, redirectURI string) (provider.Grant, error)
	Owner(ctx context.Context, channel, access string) (provider.Account, error)
	Revoke(ctx context.Context, channel string, g provider.Grant) error
}

type arrival struct {
	Channel string `path:"channel" max:"32"`
	State   string `query:"state" max:"128"`
	Code    string `query:"code" max:"4096"`
	// Error is there instead of a code: "access_denied".
	Error string `query:"error" max:"256"`
	Host  string `cookie:"__Host-castad_social" max:"64"`
	Plain string `cookie:"castad_social" max:"64"`
}

type answer struct {
	trigger.Reply
	Account social.Account `json:"account"`
	Message message        `json:"message"`
}

type message struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

var (
	connected = message{"계정을 연결했습니다. 이 창을 닫아도 됩니다.", "The account is connected. You can close this window."}
	partly    = message{"계정을 연결했지만 허용하지 않은 권한이 있어 일부 기능을 쓸 수 없습니다. 다시 연결하여 모두 허용해 주세요.",
		"The account is connected, but not all permissions were given, so not everything will work. Connect again and allow all of them."}
)

// Time for the parts of a callback; together less than the function's.
const (
	exchangeTime = 15 * time.Second
	revokeTime   = 5 * time.Second
)

// New returns the function; public is CASTAD_PUBLIC_URL, app CASTAD_APP_URL.
func New(accounts Accounts, channels Channels, public, app string) trigger.Function {
	return trigger.Public("social-callback", binding, trigger.Budget{Time: 40 * time.Second, Connections: 1},
		func(ctx context.Context, in arrival) (answer, error) {
			consent, err := accounts.Spend(ctx, in.Channel, in.State, social.CookieOf(public).Brought(in.Host, in.Plain))
			if err != nil {
				return answer{}, err
			}
			account, err := finish(ctx, accounts, channels, consent, in, social.RedirectURI(public, in.Channel))
			if app != "" && consent.Next != "" {
				to := social.Back(app, consent.Next, account.ID, err)
				return answer{Reply: trigger.Instead(trigger.Redirect{Location: to, Failed: err})}, nil
			}
			if err != nil {
				return answer{}, err
			}
			said := connected
			if len(account.MissingScopes) > 0 {
				said = partly
			}
			return answer{Account: account, Message: said}, nil
		})
}

func finish(ctx context.Context, accounts Accounts, channels Channels, c social.Consent, in arrival, redirectURI string) (social.Account, error) {
	if in.Error != "" || in.Code == "" {
		return social.Account{}, fault.Newf(fault.CodeConsentRefused, "connect %s: the channel sent no code", c.Channel)
	}
	ask, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	g, err := channels.Exchange(ask, c.Channel, in.Code, c.Verifier, redirectURI)
	if fault.CodeOf(err) == fault.CodeReconnect { // the words for an account that was connected do not fit here
		return social.Account{}, fault.Newf(fault.CodeConsentSpent, "connect %s: %w", c.Channel, err)
	}
	if err != nil {
		return social.Account{}, err
	}
	owner, err := channels.Owner(ask, c.Channel, g.Access)
	switch {
	case fault.CodeOf(err) == fault.CodeReconnect:
		// What was granted does not even tell whose it is: its owner has left that out. The
		// account may be connected already, and giving this back could end that.
		return social.Account{}, fault.Newf(fault.CodeConsentRefused, "connect %s: %w", c.Channel, err)
	case fault.KindOf(err) == fault.Refused:
		// There is no account that could post, so nobody will use what was granted: give
		// it back. Whether that works is no help to the owner.
		give, cancel := context.WithTimeout(ctx, revokeTime)
		defer cancel()
		_ = channels.Revoke(give, c.Channel, g)
		return social.Account{}, err
	case err != nil:
		// It may be an account that is connected already, and giving back one grant can end the other.
		return social.Account{}, err
	}
	return accounts.Keep(ctx, c, owner, g)
}
