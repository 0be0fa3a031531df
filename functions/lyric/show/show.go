// Package show is GET /api/v1/lyrics/{id}: a lyric, and how it became what it is.
//
// Lists the versions of the ad's revisions with what changed from one to the
// next. Reads the primary. The ETag is what PATCH wants; another tenant's lyric is 404.
package show

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/lyric"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Lyrics finds lyrics.
type Lyrics interface {
	Find(ctx context.Context, tenant id.Tenant, l id.Lyric) (lyric.Lyric, error)
}

// Ads knows the versions of an ad.
type Ads interface {
	Versions(ctx context.Context, tenant id.Tenant, a id.Ad, kind message.Kind) (message.Versions, error)
}

type question struct {
	ID id.Lyric `path:"id"`
}

type answer struct {
	trigger.Reply
	lyric.Lyric
}

// New returns the function.
func New(lyrics Lyrics, ads Ads) trigger.Function {
	return trigger.HTTP("lyric-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			l, err := lyrics.Find(ctx, who.Tenant, in.ID)
			if err != nil {
				return answer{}, err
			}
			all, err := ads.Versions(ctx, who.Tenant, l.Ad, message.Lyric)
			if err != nil {
				return answer{}, err
			}
			l, err = l.Among(all)
			return answer{Reply: trigger.Tagged(all.ETag), Lyric: l}, err
		})
}
