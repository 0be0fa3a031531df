// Package retry is POST /api/v1/ads/{id}/retry: a failed ad goes on.
//
// Only the failed steps run again; what was paid for is kept. An ad that has not
// failed, or whose publication may be live, answers 409.
package retry

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

// Ads controls ads.
type Ads interface {
	Retry(ctx context.Context, tenant id.Tenant, a id.Ad) (ad.Ad, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-retry", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (ad.Ad, error) {
			return ads.Retry(ctx, who.Tenant, in.ID)
		})
}
