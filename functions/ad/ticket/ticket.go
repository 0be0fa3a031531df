// Package ticket is POST /api/v1/ads/{id}/events/ticket: a browser may open one ad's events, once.
//
// EventSource cannot send a bearer token. The ticket goes into the address
// (?ticket=), so it is good for a minute, for one stream and for one ad, and only while the
// session lives in which it was made; only its hash is kept. When a stream ends (after 200 s at
// the latest) EventSource tries the same address again, is refused and closes: take a new
// ticket then, and go on with ?after= the last event's id.
package ticket

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/ad"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads makes tickets.
type Ads interface {
	Ticket(ctx context.Context, who ad.Bearer, a id.Ad) (ad.Ticket, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

type answer struct {
	trigger.Reply
	ad.Ticket
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-ticket", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			t, err := ads.Ticket(ctx, ad.Bearer{Tenant: who.Tenant, User: who.User, Session: who.Session}, in.ID)
			return answer{Reply: trigger.Reply{Status: trigger.Created}, Ticket: t}, err
		})
}
