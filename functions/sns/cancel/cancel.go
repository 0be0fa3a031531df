// Package cancel is POST /api/v1/posts/{id}/cancel: a post that is not out yet stays at home.
//
// At once before it is due and between two rounds of its upload. A round under way is
// settled first: the post may then be out after all. Cancelling again is no error. A
// post of an ad's own order is cancelled with its ad.
package cancel

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

// Posts cancels posts.
type Posts interface {
	Cancel(ctx context.Context, tenant id.Tenant, post id.Post) (sns.Post, error)
}

type question struct {
	ID id.Post `path:"id"`
}

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.HTTP("sns-cancel", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (sns.Post, error) {
			return posts.Cancel(ctx, who.Tenant, in.ID)
		})
}
