// Package confirm is POST /api/v1/posts/{id}/confirm: an owner says what is on the channel.
//
// Only for a post that ended with its outcome unknown (run.outcome_never_known): with
// "published" true it counts as published, at the url if one is given; with false it
// failed, and may be ordered or retried. The same word again changes nothing.
package confirm

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

// Posts settles posts.
type Posts interface {
	Confirm(ctx context.Context, tenant id.Tenant, by id.User, post id.Post, there bool, address string) (sns.Post, error)
}

type word struct {
	ID        id.Post `path:"id"`
	Published bool    `json:"published" required:"true"`
	// URL is the post's address on the channel, as it is shared there.
	URL string `json:"url,omitempty" max:"500"`
}

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.HTTP("sns-confirm", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in word) (sns.Post, error) {
			if in.URL != "" && !in.Published {
				return sns.Post{}, fault.New(fault.CodeBadValue).In("url").Wants(fault.Words{Ko: "published가 true일 때만", En: "only with published true"})
			}
			return posts.Confirm(ctx, who.Tenant, who.User, in.ID, in.Published, in.URL)
		})
}
