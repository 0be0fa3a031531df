// Package show is GET /api/v1/archive/{id}: a finished ad with its words, the facts that
// they stand on, its posts, who made what, and what it has cost.
//
// The id is the ad's. An ad that is put away is shown, too, with the day until which it
// can be brought back. Reads the primary. 404 while the ad is being made.
package show

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

// Archive reads finished ads.
type Archive interface {
	Show(ctx context.Context, tenant id.Tenant, ad id.Ad) (archive.Entry, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

// New returns the function.
func New(a Archive) trigger.Function {
	return trigger.HTTP("archive-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (archive.Entry, error) {
			return a.Show(ctx, who.Tenant, in.ID)
		})
}
