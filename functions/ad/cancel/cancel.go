// Package cancel is POST /api/v1/ads/{id}/cancel: an ad is stopped.
//
// What has not begun is cancelled now; a call in flight is settled first and the
// ad then ends as cancelled. A post whose outcome stays unknown is not called
// cancelled: it may be there. Cancelling again is no error; an ad that has ended
// otherwise answers 409.
package cancel

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
	Cancel(ctx context.Context, tenant id.Tenant, a id.Ad) (ad.Ad, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-cancel", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (ad.Ad, error) {
			return ads.Cancel(ctx, who.Tenant, in.ID)
		})
}
