// Package show is GET /api/v1/archive/{id}: an ad's film with its words, the facts that
// they stand on, its posts, who made what, and what it has cost.
//
// The id is the ad's. Shown is the newest revision that has a film; of an ad without any,
// the newest. An ad that is put away is shown, too, with the day until which it can be
// brought back; after that it is 404. Reads the primary. Another tenant's ad is 404.
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

// Archive reads ads.
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
