// Package approve is POST /api/v1/ads/{id}/approve: a finished film may be posted.
//
// The posts that the ad's run holds back go out. Approving again changes
// nothing; an ad that does not wait for it answers 409.
package approve

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
	Approve(ctx context.Context, tenant id.Tenant, a id.Ad) (ad.Ad, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-approve", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (ad.Ad, error) {
			return ads.Approve(ctx, who.Tenant, in.ID)
		})
}
