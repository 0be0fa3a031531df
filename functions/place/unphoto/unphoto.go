// Package unphoto is DELETE /api/v1/places/{id}/photos/{photo}: a photo is taken away from its place.
//
// No new order shows it; ads that may show it keep its file until they are deleted
// for good, and without any it is deleted after 30 days. The same picture uploaded before that
// comes back under its id. Again answers the same, another tenant's is 404.
package unphoto

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

// Places takes photos away.
type Places interface {
	RemovePhoto(ctx context.Context, tenant id.Tenant, p id.Place, ph id.Photo) (place.Place, error)
}

type question struct {
	ID    id.Place `path:"id"`
	Photo id.Photo `path:"photo"`
}

type answer struct {
	trigger.Reply
	place.Place
}

// New returns the function.
func New(places Places) trigger.Function {
	return trigger.HTTP("place-unphoto", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			p, err := places.RemovePhoto(ctx, who.Tenant, in.ID, in.Photo)
			return answer{trigger.Tagged(p.Tag()), p}, err
		})
}
