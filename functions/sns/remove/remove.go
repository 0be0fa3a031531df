// Package remove is POST /api/v1/posts/{id}/remove: a published post is taken down.
//
// YouTube deletes it where the account allows that. Where no app may delete
// (Instagram, or an account without the permission) the answer is 422
// post.remove_by_hand with the post's address in "link"; once its owner has deleted it
// there, the same request finds that it is gone. Removing again is no error.
package remove

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Posts removes posts.
type Posts interface {
	Remove(ctx context.Context, tenant id.Tenant, post id.Post, erase func(context.Context, sns.Target) error) (sns.Post, error)
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

// Channels deletes posts at social networks.
type Channels interface {
	Remove(ctx context.Context, s provider.Sought) error
	Look(ctx context.Context, s provider.Sought) (provider.Posted, error)
}

type question struct {
	ID id.Post `path:"id"`
}

// New returns the function.
func New(posts Posts, accounts Accounts, channels Channels) trigger.Function {
	return trigger.HTTP("sns-remove", binding, trigger.Budget{Time: 40 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (sns.Post, error) {
			return posts.Remove(ctx, who.Tenant, in.ID, func(ctx context.Context, t sns.Target) error {
				return erase(ctx, t, accounts, channels)
			})
		})
}

// erase deletes a post, or finds that its owner has.
func erase(ctx context.Context, t sns.Target, accounts Accounts, channels Channels) error {
	account, access, err := accounts.Access(ctx, t.Tenant, t.Channel, t.Account)
	if fault.KindOf(err) == fault.NotFound { // disconnected since: we may not touch it any more
		err = fault.Newf(fault.CodeReconnect, "%w", err)
	}
	if err != nil {
		return err
	}
	s := provider.Sought{Channel: t.Channel, Account: account, Access: access, ID: t.ExternalID}
	no := channels.Remove(ctx, s)
	if fault.CodeOf(no) == fault.CodeVendorRefused {
		_, err := channels.Look(ctx, s)
		switch {
		case errors.As(err, &message.Absent{}):
			return nil
		case fault.CodeOf(err) == fault.CodeReconnect: // nobody can tell whether it is there
			no = err
		}
	}
	if fault.CodeOf(no) == fault.CodeReconnect {
		return errors.Join(no, accounts.Reject(ctx, t.Tenant, t.Account, access))
	}
	return no
}
