// Package show is GET /api/v1/videos/{id}: a film, and the others that its ad has had.
//
// Reads the primary. The ETag is the ad's; another tenant's film is 404.
package show

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/video"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Videos finds films.
type Videos interface {
	Find(ctx context.Context, tenant id.Tenant, s id.Video) (video.Video, error)
}

// Ads knows the versions of an ad.
type Ads interface {
	Versions(ctx context.Context, tenant id.Tenant, a id.Ad, kind message.Kind) (message.Versions, error)
}

type question struct {
	ID id.Video `path:"id"`
}

type answer struct {
	trigger.Reply
	video.Video
}

// New returns the function.
func New(videos Videos, ads Ads) trigger.Function {
	return trigger.HTTP("video-show", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			found, err := videos.Find(ctx, who.Tenant, in.ID)
			if err != nil {
				return answer{}, err
			}
			all, err := ads.Versions(ctx, who.Tenant, found.Ad, message.Video)
			if err != nil {
				return answer{}, err
			}
			found, err = found.Among(all)
			return answer{Reply: trigger.Tagged(all.ETag), Video: found}, err
		})
}
