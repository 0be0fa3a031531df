// Package edit is PATCH /api/v1/ads/{id}: an ad is changed, and what that changes is made again.
//
// If-Match (the ad's ETag) and Idempotency-Key are required. Makes a revision
// with a run of its own; steps whose input stays are not done again, and {"restore": n} brings
// a revision back at no cost. 409 while the ad is being made or when nothing would
// change, 412 when it has moved on. It is not posted again where it has been posted.
package edit

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

// Ads edits ads.
type Ads interface {
	Edit(ctx context.Context, tenant id.Tenant, a id.Ad, e ad.Edit, key message.Key, match string) (edited ad.Ad, created bool, err error)
}

type question struct {
	ID    id.Ad       `path:"id"`
	Match string      `header:"If-Match" required:"true" max:"100"`
	Key   message.Key `header:"Idempotency-Key" required:"true"`
	ad.Change
}

type answer struct {
	trigger.Reply
	ad.Ad
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-edit", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			a, _, err := ads.Edit(ctx, who.Tenant, in.ID, ad.Edit{Change: in.Change}, in.Key, in.Match)
			if err != nil {
				return answer{}, err
			}
			tag, err := a.Tag()
			return answer{Reply: trigger.Tagged(tag), Ad: a}, err
		})
}
