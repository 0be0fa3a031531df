// Package request is POST /api/v1/ads: a place and some wishes become an order.
//
// Idempotency-Key is required: the same key and wish again answer 200 with the
// ad that was made, another wish 422. 201 says that the order is in the
// database; a crash a line later loses nothing.
package request

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/ad"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads accepts orders.
type Ads interface {
	Start(ctx context.Context, tenant id.Tenant, w ad.Wish, key message.Key) (a ad.Ad, created bool, err error)
}

type order struct {
	Key message.Key `header:"Idempotency-Key" required:"true"`
	ad.Wish
}

type answer struct {
	trigger.Reply
	ad.Ad
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-request", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in order) (answer, error) {
			a, created, err := ads.Start(ctx, who.Tenant, in.Wish, in.Key)
			return answer{trigger.Reply{}.MadeAt(created, "ads/"+a.ID.String()), a}, err
		})
}
