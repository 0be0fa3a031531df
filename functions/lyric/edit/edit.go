// Package edit is PATCH /api/v1/lyrics/{id}: the owner's own words.
//
// If-Match (the lyric's ETag) and Idempotency-Key are required. The text is
// checked against the facts at once: a line that claims too much is 422 and named. Then
// the ad has a new revision: nobody writes, and with other lines the song is sung and the film
// cut again; another title makes neither anew. A lyric that the ad no longer has is 412.
package edit

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Edits makes revisions.
type Edits interface {
	Lyric(ctx context.Context, tenant id.Tenant, l id.Lyric, own message.OwnLyric, key message.Key, match string) (message.Edited, error)
}

type question struct {
	ID    id.Lyric    `path:"id"`
	Match string      `header:"If-Match" required:"true" max:"100"`
	Key   message.Key `header:"Idempotency-Key" required:"true"`
	message.OwnLyric
}

type answer struct {
	trigger.Reply
	message.Edited
}

// New returns the function.
func New(edits Edits) trigger.Function {
	return trigger.HTTP("lyric-edit", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			if in.Title == nil && len(in.Lines) == 0 {
				return answer{}, fault.New(fault.CodeMissingField).In("lines")
			}
			e, err := edits.Lyric(ctx, who.Tenant, in.ID, in.OwnLyric, in.Key, in.Match)
			return answer{Reply: trigger.Tagged(e.ETag), Edited: e}, err
		})
}
