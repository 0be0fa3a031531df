// Package show is GET /api/v1/posts/{id}: one post, where it is and how it is doing.
//
// Reads the primary, so that a client sees its own writes. The figures are the latest
// that the channel has told: every hour at first, later less often. ETag changes with
// anything that is shown.
package show

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

// Posts reads posts.
type Posts interface {
	Show(ctx context.Context, tenant id.Tenant, post id.Post) (sns.Post, error)
}

type question struct {
	ID id.Post `path:"id"`
}

type answer struct {
	trigger.Reply
	sns.Post
}

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.HTTP("sns-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			p, err := posts.Show(ctx, who.Tenant, in.ID)
			if err != nil {
				return answer{}, err
			}
			tag, err := p.Tag()
			return answer{Reply: trigger.Tagged(tag), Post: p}, err
		})
}
