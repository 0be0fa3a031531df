// Package verify is queue sns-verify: asks the channel until the post is public, and keeps its address.
//
// Ends the publish step. Only reads at the channel. A post whose answer was lost
// is looked for by what the channel remembers of it and by its marker.
package verify

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts runs the publish step.
type Posts interface {
	Verify(ctx context.Context, w message.Wake,
		ask func(ctx context.Context, in message.SnsPublish, call message.Call, notes []byte) (message.SnsPosted, error)) error
}

// Accounts opens channel accounts.
type Accounts interface {
	// Access returns the channel's own id of an account and an access token that
	// lives; CodeReconnect when its owner must connect it again.
	Access(ctx context.Context, tenant id.Tenant, channel string, account id.Account) (external, access string, err error)
	// Reject says that the channel does not take an access token any more. The next
	// Access renews it, or is CodeReconnect.
	Reject(ctx context.Context, tenant id.Tenant, account id.Account, access string) error
}

// Channels reads social networks.
type Channels interface {
	Look(ctx context.Context, s provider.Sought) (provider.Posted, error)
	Find(ctx context.Context, s provider.Sought) (provider.Posted, error)
}

// New returns the function.
func New(posts Posts, accounts Accounts, channels Channels) trigger.Function {
	return trigger.Queue("sns-verify", binding, trigger.Budget{Time: 30 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error {
			return posts.Verify(ctx, w, func(ctx context.Context, in message.SnsPublish, call message.Call, notes []byte) (message.SnsPosted, error) {
				account, access, err := accounts.Access(ctx, call.Tenant, in.Channel, in.Account)
				if err != nil {
					return message.SnsPosted{}, err
				}
				posted, err := look(ctx, channels, call.Unsure, provider.Sought{Channel: in.Channel, Account: account, Access: access, Marker: sns.Marker(in),
					ID: call.ExternalID, Bytes: in.Bytes, Notes: notes})
				if fault.CodeOf(err) == fault.CodeReconnect {
					err = errors.Join(err, accounts.Reject(ctx, call.Tenant, in.Account, access))
				}
				return posted, err
			})
		})
}

func look(ctx context.Context, channels Channels, unsure bool, s provider.Sought) (message.SnsPosted, error) {
	ask := channels.Look
	if unsure {
		ask = channels.Find
	}
	posted, err := ask(ctx, s)
	if err != nil { // with the id, when the error is about the post and not about the question
		return message.SnsPosted{ExternalID: posted.ID}, err
	}
	// A post that was found has its id written to its call before anything else,
	// so that no post is without one; the next question asks by the id.
	if unsure || posted.State != provider.Published {
		return message.SnsPosted{}, message.NotYet{ExternalID: posted.ID}
	}
	return message.SnsPosted{ExternalID: posted.ID, URL: posted.URL, Privacy: posted.Privacy, Note: posted.Note}, nil
}
