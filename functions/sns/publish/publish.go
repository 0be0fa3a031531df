// Package publish is queue sns-publish: the finished film is posted to one channel account, once.
//
// The publication's row is written before the channel is called. Refused: the
// step fails and the owner is told. Answer lost: sns-verify looks for the
// post's marker; it is never sent again by itself.
package publish

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"time"

	"castad/functions/sns"
	"castad/shared/blob"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts runs the publish step.
type Posts interface {
	Submit(ctx context.Context, w message.Wake,
		send func(context.Context, message.SnsPublish, message.Call) (externalID string, err error)) error
}

// Channels posts to social networks.
type Channels interface {
	Publish(ctx context.Context, p provider.Post) (provider.Posted, error)
}

// Files opens files.
type Files interface {
	Open(ctx context.Context, name string) (*blob.Object, error)
}

// maxThumbnail bounds a thumbnail; YouTube's smallest documented limit was 2 MB.
const maxThumbnail = 2 << 20

// New returns the function.
func New(posts Posts, channels Channels, files Files) trigger.Function {
	return trigger.Queue("sns-publish", binding, trigger.Budget{Time: 300 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error {
			return posts.Submit(ctx, w, func(ctx context.Context, in message.SnsPublish, _ message.Call) (string, error) {
				return post(ctx, channels, files, in)
			})
		})
}

func post(ctx context.Context, channels Channels, files Files, in message.SnsPublish) (string, error) {
	thumbnail, err := small(ctx, files, in.Thumbnail)
	if err != nil {
		return "", err
	}
	film, err := files.Open(ctx, in.Blob)
	if err != nil {
		return "", unsent("open film", err)
	}
	defer film.Close()
	posted, err := channels.Publish(ctx, provider.Post{Channel: in.Channel, Account: in.Account, Title: in.Title, Caption: in.Caption,
		Hashtags: in.Hashtags, Marker: sns.Marker(in), Privacy: provider.Public, AI: provider.Generated(), Video: film, Bytes: in.Bytes, SHA256: in.SHA256, Thumbnail: thumbnail})
	return posted.ID, err
}

func small(ctx context.Context, files Files, name string) ([]byte, error) {
	o, err := files.Open(ctx, name)
	if err != nil {
		return nil, unsent("open thumbnail", err)
	}
	defer o.Close()
	b, err := io.ReadAll(io.LimitReader(o, maxThumbnail+1))
	if err != nil {
		return nil, unsent("read thumbnail", err)
	}
	if len(b) > maxThumbnail {
		return nil, fault.Newf(fault.CodeVendorResult, "read thumbnail: more than %d bytes", maxThumbnail)
	}
	return b, nil
}

// unsent says that nothing has been sent yet: whatever went wrong, the post may be tried again.
func unsent(what string, err error) error {
	if k := fault.KindOf(err); k == fault.Unknown || k == fault.Internal {
		return fault.Newf(fault.CodeUnavailable, "%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
