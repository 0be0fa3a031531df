// Package render is queue video-render: photos, song and lines go to the renderer, a job id comes back.
//
// Writes the video's step. Calls the provider once per claim. Next:
// video-collect. Without a public address the renderer could not fetch anything,
// so the step fails with that reason before any call. Answer lost: settled by
// the webhook, whose metadata carries our tag.
package render

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/message"
	"castad/shared/provider/creatomate"
	"castad/shared/storyboard"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Videos runs the video step.
type Videos interface {
	Submit(ctx context.Context, w message.Wake,
		send func(context.Context, message.VideoRender, message.Call) (externalID string, err error)) error
}

// Renderer renders films.
type Renderer interface {
	Render(ctx context.Context, s creatomate.Script, webhookURL, metadata string) (id string, err error)
}

// Links makes addresses under which the renderer may fetch one file.
type Links interface {
	URL(blobName string, until time.Time) (string, error)
}

// linkLife is how long the renderer may fetch: its queue and its render take
// up to an hour (their own client waits that long), doubled.
const linkLife = 2 * time.Hour

// New returns the function.
func New(videos Videos, renderer Renderer, links Links, now func() time.Time) trigger.Function {
	return trigger.Queue("video-render", binding, trigger.Budget{Time: 45 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error {
			return videos.Submit(ctx, w, func(ctx context.Context, in message.VideoRender, call message.Call) (string, error) {
				until := now().Add(linkLife)
				s, err := storyboard.Script(in, func(blobName string) (string, error) { return links.URL(blobName, until) })
				if err != nil {
					return "", err
				}
				return renderer.Render(ctx, s, call.CallbackURL, call.Tag)
			})
		})
}
