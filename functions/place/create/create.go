// Package create is POST /api/v1/places: typed facts, a link, or both become a place.
//
// Writes places, place_facts and, for a link to a place at a map service,
// place_sources with the owner's consent ({"link":…,"consent":{"page":true}}). Calls
// nobody: a page is fetched with the first order. The same Idempotency-Key and body again
// answer 200 with the place that was made; bad facts 400, a link that cannot give what is not typed 422, no row.
package create

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"castad/functions/place"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/provider/naver"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Places keeps places.
type Places interface {
	Create(ctx context.Context, tenant id.Tenant, d place.Details, key message.Key) (p place.Place, created bool, err error)
}

type order struct {
	Key message.Key `header:"Idempotency-Key"`
	place.Details
	Consent place.Consent `json:"consent,omitempty"`
}

type answer struct {
	trigger.Reply
	place.Place
}

// Validate leaves the looking to details, which knows whether pages are fetched.
func (o order) Validate() error { return nil }

// details returns what was typed, with the link's place when it leads to one.
func (o order) details(by id.User, fetching bool) (place.Details, error) {
	d := o.Details
	var found *place.Link
	if link, err := naver.ParseLink(d.Link); err == nil {
		found = &place.Link{Vendor: link.Vendor, ID: link.ID, URL: link.URL}
		if strings.TrimSpace(d.Name) == "" { // what the app shared with the link was pasted by the owner
			d.Name = link.Name
		}
		if strings.TrimSpace(d.Address) == "" {
			d.Address = link.Address
		}
	}
	var err error
	if d.Link, d.Origin, err = place.Leads(d.Link, found, place.Origin{Consent: o.Consent.Page, By: by, Fetching: fetching}); err != nil {
		return d, err
	}
	return d, d.Validate()
}

// New returns the function. fetching says that place pages are fetched.
func New(places Places, fetching bool) trigger.Function {
	return trigger.HTTP("place-create", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in order) (answer, error) {
			d, err := in.details(who.User, fetching)
			if err != nil {
				return answer{}, err
			}
			p, created, err := places.Create(ctx, who.Tenant, d, in.Key)
			return answer{trigger.Tagged(p.Tag()).MadeAt(created, "places/"+p.ID.String()), p}, err
		})
}
