// Package list is GET /api/v1/ads: the caller's ads, newest first, page by page.
//
// Reads the replica and may lag a little. `?limit=` 1–100, `?after=` the last id of the page before.
package list

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

// Ads lists ads.
type Ads interface {
	List(ctx context.Context, tenant id.Tenant, before id.Ad, limit int) ([]ad.Ad, error)
}

type question struct {
	trigger.Page[id.Ad]
}

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-list", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (trigger.List[ad.Ad], error) {
			items, err := ads.List(ctx, who.Tenant, in.After, in.Size())
			return trigger.Listed(items, in.Size(), func(i ad.Ad) string { return i.ID.String() }), err
		})
}
