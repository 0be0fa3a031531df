// Package show is GET /api/v1/ads/{id}: an ad with its steps and results.
//
// Reads the primary, so that a client sees its own writes. The ETag is what PATCH wants.
package show

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

// Ads reads ads.
type Ads interface {
	Show(ctx context.Context, tenant id.Tenant, a id.Ad) (ad.Ad, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

type answer struct {
	trigger.Reply
	ad.Ad
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			a, err := ads.Show(ctx, who.Tenant, in.ID)
			if err != nil {
				return answer{}, err
			}
			tag, err := a.Tag()
			return answer{Reply: trigger.Tagged(tag), Ad: a}, err
		})
}
