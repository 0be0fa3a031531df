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
	Ad id.Ad `query:"ad"`
	trigger.Page[id.Post]
}

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.HTTP("sns-list", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (trigger.List[sns.Post], error) {
			items, err := posts.List(ctx, who.Tenant, in.Ad, in.After, in.Size())
			return trigger.Listed(items, in.Size(), func(i sns.Post) string { return i.ID.String() }), err
		})
}
