// Package show is GET /api/v1/places/{id}: a place with its facts and photos.
//
// Reads the primary. Its ETag is what changes to it need as If-Match. Another tenant's place is 404.
package show

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/place"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Places reads places.
type Places interface {
	Show(ctx context.Context, tenant id.Tenant, p id.Place) (place.Place, error)
}

type question struct {
	ID id.Place `path:"id"`
}

type answer struct {
	trigger.Reply
	place.Place
}

// New returns the function.
func New(places Places) trigger.Function {
	return trigger.HTTP("place-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			p, err := places.Show(ctx, who.Tenant, in.ID)
			return answer{trigger.Tagged(p.Tag()), p}, err
		})
}
