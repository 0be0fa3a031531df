// Package retry is POST /api/v1/ads/{id}/retry: a failed ad goes on.
//
// Only the failed steps run again; what was paid for is kept. While it goes on, and when
// it has ended well, a retry again answers the same and begins nothing; with an
// Idempotency-Key the same one never begins anything again. An ad that has not failed, or whose
// publication may be live, answers 409. When the film is not made and what was read of the place's page
// is too old by now, the retry is an edit that reads it anew: another revision.
package retry

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

// Ads controls ads.
type Ads interface {
	Retry(ctx context.Context, tenant id.Tenant, a id.Ad, key message.Key) (ad.Ad, error)
}

type question struct {
	ID  id.Ad       `path:"id"`
	Key message.Key `header:"Idempotency-Key"`
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-retry", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (ad.Ad, error) {
			return ads.Retry(ctx, who.Tenant, in.ID, in.Key)
		})
}
