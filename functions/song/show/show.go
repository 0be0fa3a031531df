// Package show is GET /api/v1/songs/{id}: a song, and the others that its ad has had.
//
// Reads the primary. The ETag is the ad's; another tenant's song is 404.
package show

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/song"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Songs finds songs.
type Songs interface {
	Find(ctx context.Context, tenant id.Tenant, s id.Song) (song.Song, error)
}

// Ads knows the versions of an ad.
type Ads interface {
	Versions(ctx context.Context, tenant id.Tenant, a id.Ad, kind message.Kind) (message.Versions, error)
}

type question struct {
	ID id.Song `path:"id"`
}

type answer struct {
	trigger.Reply
	song.Song
}

// New returns the function.
func New(songs Songs, ads Ads) trigger.Function {
	return trigger.HTTP("song-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			found, err := songs.Find(ctx, who.Tenant, in.ID)
			if err != nil {
				return answer{}, err
			}
			all, err := ads.Versions(ctx, who.Tenant, found.Ad, message.Song)
			if err != nil {
				return answer{}, err
			}
			found, err = found.Among(all)
			return answer{Reply: trigger.Tagged(all.ETag), Song: found}, err
		})
}
