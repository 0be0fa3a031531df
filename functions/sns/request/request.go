// Package request is POST /api/v1/posts: an ad's film is posted on one account, now or at a time.
//
// Idempotency-Key is required: the same key and post again answer 200 with the post
// that was made, another 422. 201 says that the order is in the database; a crash a
// line later loses nothing. The film goes out as made by AI, whatever is asked for.
// Refused at once: words that the channel would refuse, an account that is not
// connected, an ad without a finished film, and a second post of the same ad on the
// same account without "again": true.
package request

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/sns"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts accepts posts.
type Posts interface {
	Request(ctx context.Context, tenant id.Tenant, d sns.Draft, key message.Key) (p sns.Post, created bool, err error)
}

type order struct {
	Key message.Key `header:"Idempotency-Key" required:"true"`
	sns.Draft
}

type answer struct {
	trigger.Reply
	sns.Post
}

// New returns the function.
func New(posts Posts) trigger.Function {
	return trigger.HTTP("sns-request", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in order) (answer, error) {
			p, created, err := posts.Request(ctx, who.Tenant, in.Draft, in.Key)
			return answer{trigger.Reply{}.MadeAt(created, "posts/"+p.ID.String()), p}, err
		})
}
