// Package list is GET /api/v1/ads: the caller's ads, newest first, page by page.
//
// Reads the replica and may lag a little. `?limit=` 1–100, `?after=` the last id of the page before.
package list

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads lists ads.
type Ads interface {
	List(ctx context.Context, tenant id.Tenant, before id.Ad, limit int) ([]ad.Ad, error)
}

type question struct {
	After id.Ad `query:"after"`
	Limit int   `query:"limit"`
}

type answer struct {
	Items []ad.Ad `json:"items"`
	Next  string  `json:"next,omitempty"`
}

const (
	usual = 20
	most  = 100
)

// New returns the function.
func New(ads Ads) trigger.Function {
	return trigger.HTTP("ad-list", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			if in.Limit == 0 {
				in.Limit = usual
			}
			if in.Limit < 1 || in.Limit > most {
				return answer{}, fault.New(fault.CodeBadValue).In("limit").Wants(fault.Between(1, most, fault.None))
			}
			items, err := ads.List(ctx, who.Tenant, in.After, in.Limit)
			a := answer{Items: items}
			if len(items) == in.Limit {
				a.Next = items[len(items)-1].ID.String()
			}
			return a, err
		})
}
