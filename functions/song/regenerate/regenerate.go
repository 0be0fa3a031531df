// Package regenerate is POST /api/v1/songs/{id}/regenerate: the song is made anew, everything else stays.
//
// Idempotency-Key is required. 201 with the ad's new revision; the same key again
// 200. A song that the ad no longer has is 412, an ad that is being made 409.
package regenerate

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
	SongAgain(ctx context.Context, tenant id.Tenant, s id.Song, key message.Key) (message.Edited, error)
}

type question struct {
	ID  id.Song     `path:"id"`
	Key message.Key `header:"Idempotency-Key" required:"true"`
}

type answer struct {
	trigger.Reply
	message.Edited
}

// New returns the function.
func New(edits Edits) trigger.Function {
	return trigger.HTTP("song-regenerate", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			e, err := edits.SongAgain(ctx, who.Tenant, in.ID, in.Key)
			return answer{trigger.Tagged(e.ETag).MadeAt(e.Created, "ads/"+e.Ad.String()), e}, err
		})
}
