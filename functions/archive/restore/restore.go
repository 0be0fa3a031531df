// Package restore is POST /api/v1/archive/{id}/restore: an ad that was put away is there again.
//
// Within 30 days; after that it is 404. One that is not put away stays as it is, and is
// answered as it is, also while it is being made.
package restore

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/archive"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads brings ads back.
type Ads interface {
	Restore(ctx context.Context, tenant id.Tenant, ad id.Ad) error
}

// Archive reads ads.
type Archive interface {
	Show(ctx context.Context, tenant id.Tenant, ad id.Ad) (archive.Entry, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

// New returns the function.
func New(ads Ads, a Archive) trigger.Function {
	return trigger.HTTP("archive-restore", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (archive.Entry, error) {
			if err := ads.Restore(ctx, who.Tenant, in.ID); err != nil {
				return archive.Entry{}, err
			}
			return a.Show(ctx, who.Tenant, in.ID)
		})
}
