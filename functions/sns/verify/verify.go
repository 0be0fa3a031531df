// Package verify is queue sns-verify: asks the channel until the post is public, and keeps its address.
//
// Ends the publish step. Only reads at the channel. A post whose answer was lost
// is looked for by its marker.
package verify

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/sns"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts runs the publish step.
type Posts interface {
	Verify(ctx context.Context, w message.Wake,
		ask func(context.Context, message.SnsPublish, message.Call) (message.SnsPosted, error)) error
}

// Channels reads social networks.
type Channels interface {
	Look(ctx context.Context, s provider.Sought) (provider.Posted, error)
	Find(ctx context.Context, s provider.Sought) (provider.Posted, error)
}

// New returns the function.
func New(posts Posts, channels Channels) trigger.Function {
	return trigger.Queue("sns-verify", binding, trigger.Budget{Time: 30 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error {
			return posts.Verify(ctx, w, func(ctx context.Context, in message.SnsPublish, call message.Call) (message.SnsPosted, error) {
				return look(ctx, channels, in, call)
			})
		})
}

func look(ctx context.Context, channels Channels, in message.SnsPublish, call message.Call) (message.SnsPosted, error) {
	sought := provider.Sought{Channel: in.Channel, Account: in.Account, Marker: sns.Marker(in), ID: call.ExternalID, Bytes: in.Bytes}
	ask := channels.Look
	if call.Unsure {
		ask = channels.Find
	}
	posted, err := ask(ctx, sought)
	if err != nil {
		return message.SnsPosted{}, err
	}
	// A post that was found has its id written to its call before anything else,
	// so that no post is without one; the next question asks by the id.
	if call.Unsure || posted.State != provider.Published {
		return message.SnsPosted{}, message.NotYet{ExternalID: posted.ID}
	}
	return message.SnsPosted{ExternalID: posted.ID, URL: posted.URL}, nil
}
