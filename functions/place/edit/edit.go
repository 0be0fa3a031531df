// Package edit is PATCH /api/v1/places/{id}: what is known of a place is put right.
//
// If-Match (the place's ETag) is required: 428 without, 412 when the place has become
// another. What may be typed is what POST /places takes; a fact keeps its id, and no id
// is given twice. A new link needs its own consent ({"link":…,"consent":{"page":true}}),
// and what was read of the old one goes. Photos are named in the order in which films
// show them. Ads that are made stay as they are; the next order sees the change.
package edit

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/place"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/naver"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Places changes places.
type Places interface {
	Edit(ctx context.Context, tenant id.Tenant, p id.Place, c place.Change, match string) (place.Place, error)
}

type question struct {
	ID    id.Place `path:"id"`
	Match string   `header:"If-Match" required:"true" max:"100"`
	place.Change
	Consent place.Consent `json:"consent,omitempty"`
}

type answer struct {
	trigger.Reply
	place.Place
}

// change returns what was typed, with the link's place when it leads to one.
func (q question) change(by id.User, fetching bool) (c place.Change, err error) {
	c = q.Change
	var text string
	if c.Link != nil {
		text = *c.Link
	}
	var found *place.Link
	if link, err := naver.ParseLink(text); err == nil {
		found = &place.Link{Vendor: link.Vendor, ID: link.ID, URL: link.URL}
	}
	text, c.Origin, err = place.Leads(text, found, place.Origin{Consent: q.Consent.Page, By: by, Fetching: fetching})
	if c.Link != nil {
		c.Link = &text
	}
	return c, err
}

// New returns the function. fetching says that place pages are fetched.
func New(places Places, fetching bool) trigger.Function {
	return trigger.HTTP("place-edit", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			c, err := in.change(who.User, fetching)
			if err != nil {
				return answer{}, err
			}
			p, err := places.Edit(ctx, who.Tenant, in.ID, c, in.Match)
			return answer{trigger.Tagged(p.Tag()), p}, err
		})
}
