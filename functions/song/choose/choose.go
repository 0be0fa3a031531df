// Package choose is POST /api/v1/songs/{id}/choose: the film is cut to another take.
//
// {"take": 1} is the second. Idempotency-Key is required. 201 with the ad's new
// revision, whose film alone is made again; the same key again 200. A song that the ad no longer has is 412.
package choose

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Edits makes revisions.
type Edits interface {
	Choose(ctx context.Context, tenant id.Tenant, s id.Song, take int, key message.Key) (message.Edited, error)
}

type question struct {
	ID   id.Song     `path:"id"`
	Key  message.Key `header:"Idempotency-Key" required:"true"`
	Take *int        `json:"take" required:"true" min:"0"`
}

type answer struct {
	trigger.Reply
	message.Edited
}

// New returns the function.
func New(edits Edits) trigger.Function {
	return trigger.HTTP("song-choose", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			e, err := edits.Choose(ctx, who.Tenant, in.ID, *in.Take, in.Key)
			return answer{trigger.Tagged(e.ETag).MadeAt(e.Created, "ads/"+e.Ad.String()), e}, err
		})
}
