// Package search is GET /api/v1/places?query=: places to choose from, by name and neighbourhood.
//
// Reads no table and writes none. Calls the place searches that are set up, one after
// the other until one finds something; that one cannot be asked is told only when none can
// answer. What is found is passed on and forgotten within a minute: the terms forbid keeping it
// (package naver), and what CastAD knows about a place is what its owner confirms with POST /places.
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

// New returns the function. Kakao goes first where it is set up: it tells ids and telephone numbers.
func New(finders []Finder) trigger.Function {
	return trigger.HTTP("place-search", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Principal, in question) (answer, error) {
			found, err := find(ctx, finders, in.Query)
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

// patience is how long each search may take, so that a slow one leaves time for the next.
const patience = 4 * time.Second

// find asks one search after the other. A failure is told when no search has answered.
func find(ctx context.Context, finders []Finder, query string) ([]provider.PlaceHit, error) {
	if len(finders) == 0 {
		return nil, fault.Newf(fault.CodeVendorSettings, "search places: no search is set up")
	}
	var failed error
	answered := false
	for _, f := range finders {
		one, cancel := context.WithTimeout(ctx, patience)
		found, err := f.Local(one, query)
		cancel()
		switch {
		case err == nil && len(found) > 0:
			return found, nil
		case err == nil:
			answered = true
		default:
			trigger.Note(ctx, "search_failed", err.Error())
			failed = err
		}
	}
	if answered {
		return nil, nil
	}
	return nil, failed
}
