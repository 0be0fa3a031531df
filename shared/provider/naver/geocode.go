package naver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"castad/shared/provider"
)

// Position is where an address is.
type Position struct {
	// RoadAddress is the street address, Address the lot-number address; either may be "".
	RoadAddress, Address string
	// Lat and Lng are WGS84 degrees.
	Lat, Lng float64
}

// Geocode returns the positions of an address in Korea, the most fitting first; none
// for an address that is not known. Like hits, they are not to be stored.
func (c *Client) Geocode(ctx context.Context, address string) ([]Position, error) {
	address = strings.TrimSpace(address)
	call := provider.Call{Op: "geocode", Method: http.MethodGet, Path: "/map-geocode/v2/geocode", Query: url.Values{"query": {address}},
		Header: gateway(c.c.MapID, c.c.MapSecret)}
	switch {
	case c.c.MapID == "":
		e := c.maps.Fail(call, nil, provider.OurFault, "not_set", "")
		e.Err = errors.New("the geocoder has no key")
		return nil, e
	case address == "" || !validText(address):
		return nil, provider.Refused(name, call.Op, "address", "is empty or not one line of text")
	}
	a, err := c.maps.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if a.Status >= 400 {
		return nil, c.refused(c.maps, call, a)
	}
	var page geocoded
	if err := json.Unmarshal(a.Body, &page); err != nil {
		return nil, c.maps.Unintelligible(call, a, err)
	}
	switch page.Status {
	case "OK":
		return page.positions(), nil
	case "INVALID_REQUEST":
		return nil, c.maps.Fail(call, a, provider.OurFault, string(page.Status), c.mask(or(string(page.ErrorMessage), "-")))
	}
	return nil, c.maps.Fail(call, a, provider.Later, string(page.Status), c.mask(or(string(page.ErrorMessage), "-"))) // SYSTEM_ERROR, or one that we do not know
}

// geocoded is the geocoder's answer.
type geocoded struct {
	Status       loose `json:"status"`
	ErrorMessage loose `json:"errorMessage"`
	Addresses    []struct {
		RoadAddress, JibunAddress, X, Y loose
	} `json:"addresses"`
}

// positions are those of its addresses that lie in Korea.
func (g geocoded) positions() []Position {
	out := []Position{}
	for _, i := range g.Addresses {
		p := Position{RoadAddress: plain(string(i.RoadAddress)), Address: plain(string(i.JibunAddress))}
		if p.Lat, p.Lng = position(string(i.X), string(i.Y)); p.Lat != 0 {
			out = append(out, p)
		}
	}
	return out
}
