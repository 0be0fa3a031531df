// Package create is POST /api/v1/places: typed facts become a place.
//
// Writes places and place_facts. Calls nobody. The same Idempotency-Key and
// facts again answer 200 with the place that was made; bad facts 400, no row.
package create

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/place"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Places keeps places.
type Places interface {
	Create(ctx context.Context, tenant id.Tenant, d place.Details, key message.Key) (p place.Place, created bool, err error)
}

type order struct {
	Key message.Key `header:"Idempotency-Key" max:"64"`
	place.Details
}

type answer struct {
	trigger.Reply
	place.Place
}

// New returns the function.
func New(places Places) trigger.Function {
	return trigger.HTTP("place-create", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in order) (answer, error) {
			p, created, err := places.Create(ctx, who.Tenant, in.Details, in.Key)
			a := answer{Place: p}
			if created {
				a.Status = trigger.Created
			}
			return a, err
		})
}
