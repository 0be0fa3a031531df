// Package remove is DELETE /api/v1/archive/{id}: an ad is put away for 30 days and then deleted for good.
//
// It and its files are 404 until it is restored. Posts that are public stay on their
// channels, and the answer says so. 409 while a run of it has not ended: being made, awaiting
// approval, or with a post to come. Again answers the same.
package remove

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/archive"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads puts ads away.
type Ads interface {
	PutAway(ctx context.Context, tenant id.Tenant, ad id.Ad, by id.User) (at time.Time, err error)
}

// Archive reads ads.
type Archive interface {
	Show(ctx context.Context, tenant id.Tenant, ad id.Ad) (archive.Entry, error)
}

type question struct {
	ID id.Ad `path:"id"`
}

type answer struct {
	ID        id.Ad      `json:"id"`
	DeletedAt time.Time  `json:"deleted_at"`
	RestoreBy *time.Time `json:"restore_by"`
	// Stays are posts that are public and stay where they are.
	Stays []archive.Post `json:"posts_stay"`
	Note  words          `json:"note"`
}

type words struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

var note = words{"30일 안에 되돌릴 수 있고, 그 뒤에는 완전히 지워집니다. 이미 게시된 글은 채널에 그대로 남습니다.",
	"It can be brought back within 30 days and is deleted for good after that. Posts that are public stay on their channels."}

// New returns the function.
func New(ads Ads, a Archive) trigger.Function {
	return trigger.HTTP("archive-remove", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			at, err := ads.PutAway(ctx, who.Tenant, in.ID, who.User)
			if err != nil {
				return answer{}, err
			}
			e, err := a.Show(ctx, who.Tenant, in.ID)
			out := answer{ID: in.ID, DeletedAt: at, RestoreBy: e.RestoreBy, Stays: []archive.Post{}, Note: note}
			for _, p := range e.Posts {
				if p.State == "published" {
					out.Stays = append(out.Stays, p)
				}
			}
			return out, err
		})
}
