// Package search is GET /api/v1/places?query=: places to choose from, by name and neighbourhood.
//
// Reads no table and writes none. Calls the place search that is set up, once. What
// it finds is passed on and forgotten: its terms forbid keeping it (package naver), and
// what CastAD knows about a place is what its owner confirms with POST /places.
package search

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Finder searches places.
type Finder interface {
	Local(ctx context.Context, query string) ([]provider.PlaceHit, error)
}

type question struct {
	Query string `query:"query" required:"true" max:"100"`
}

type answer struct {
	Items []hit `json:"items"`
}

// hit is a provider.PlaceHit on the wire.
type hit struct {
	// Source is who was asked; ID is the place's id there, when it tells one.
	Source      string  `json:"source"`
	ID          string  `json:"id,omitempty"`
	Name        string  `json:"name"`
	Category    string  `json:"category,omitempty"`
	Phone       string  `json:"phone,omitempty"`
	Address     string  `json:"address,omitempty"`
	RoadAddress string  `json:"road_address,omitempty"`
	Lat         float64 `json:"lat,omitempty"` // WGS84 degrees
	Lng         float64 `json:"lng,omitempty"`
	URL         string  `json:"url,omitempty"`
}

// New returns the function. finder is nil when no search is set up.
func New(finder Finder) trigger.Function {
	return trigger.HTTP("place-search", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Principal, in question) (answer, error) {
			if finder == nil {
				return answer{}, fault.Newf(fault.CodeVendorSettings, "search places: no search is set up")
			}
			found, err := finder.Local(ctx, in.Query)
			if err != nil {
				return answer{}, err
			}
			a := answer{Items: make([]hit, 0, len(found))}
			for _, h := range found {
				a.Items = append(a.Items, hit{Source: h.Source, ID: h.ID, Name: h.Name, Category: h.Category, Phone: h.Phone, Address: h.Address,
					RoadAddress: h.RoadAddress, Lat: h.Lat, Lng: h.Lng, URL: h.URL})
			}
			return a, nil
		})
}
