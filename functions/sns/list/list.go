// Package list is GET /api/v1/posts: the caller's posts, newest first, page by page.
//
// Reads the replica and may lag a little. `?ad=` only that ad's; `?limit=` 1–100,
// `?after=` the last id of the page before.
package list

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts lists posts.
type Posts interface {
	List(ctx context.Context, tenant id.Tenant, ad id.Ad, before id.Post, limit int) ([]sns.Post, error)
}

type question struct {
	Ad    id.Ad   `query:"ad"`
	After id.Post `query:"after"`
	Limit int     `query:"limit"`
}

type answer struct {
	Items []sns.Post `json:"items"`
	Next  string     `json:"next,omitempty"`
}

const (
	usual = 20
	most  = 100
)

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.HTTP("sns-list", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			if in.Limit == 0 {
				in.Limit = usual
			}
			if in.Limit < 1 || in.Limit > most {
				return answer{}, fault.New(fault.CodeBadValue).In("limit").Wants(fault.Between(1, most, fault.None))
			}
			items, err := posts.List(ctx, who.Tenant, in.Ad, in.After, in.Limit)
			a := answer{Items: items}
			if len(items) == in.Limit {
				a.Next = items[len(items)-1].ID.String()
			}
			return a, err
		})
}
