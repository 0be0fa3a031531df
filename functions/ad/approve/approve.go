// Package approve is POST /api/v1/ads/{id}/approve: a finished film may be posted.
//
// The posts that the ad's run holds back go out. Approving again changes
// nothing; an ad that does not wait for it answers 409. With If-Match (the ad's ETag as
// the film was seen) 412 when it has been edited since: nobody approves a film unseen.
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
	Approve(ctx context.Context, tenant id.Tenant, a id.Ad, match string) (ad.Ad, error)
}

type question struct {
	ID    id.Ad  `path:"id"`
	Match string `header:"If-Match" max:"100"`
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-approve", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (ad.Ad, error) {
			return ads.Approve(ctx, who.Tenant, in.ID, in.Match)
		})
}
