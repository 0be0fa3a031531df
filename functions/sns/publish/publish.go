// Package publish is queue sns-publish: the finished film is posted to one channel account, once.
//
// The publication's row is written before the channel is called, and what the
// channel remembers before each step of it. Channel still working: the same
// step again when it says, without a failed attempt. Refused: the step fails and
// the owner is told. Account must be connected again: the same. Answer lost, or
// killed: sns-verify looks how far it has come; it is never sent again blindly.
package publish

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"time"

	"castad/functions/sns"
	"castad/shared/blob"
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
	Submit(ctx context.Context, w message.Wake,
		send func(context.Context, message.SnsPublish, message.Call, *sns.Notes) (message.SnsPosted, error)) error
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

// Channels posts to social networks.
type Channels interface {
	Publish(ctx context.Context, p provider.Post) (provider.Posted, error)
}

// Files opens files.
type Files interface {
	Open(ctx context.Context, name string) (*blob.Object, error)
}

// Links makes addresses under which a channel may fetch one file.
type Links interface {
	URL(blobName string, until time.Time) (string, error)
}

const (
	// maxThumbnail bounds a thumbnail: no film's own is larger. A channel that takes less
	// (YouTube's smallest documented limit was 2 MB) posts the film without it, and says so.
	maxThumbnail = 8 << 20
	// linkLife is how long a channel may fetch. Meta's fetcher comes within minutes,
	// and again when it has failed; each container gets an address of its own.
	linkLife = 6 * time.Hour
)

// Parts are what the function is made of.
type Parts struct {
	Posts    Posts
	Accounts Accounts
	Channels Channels
	Files    Files
	Links    Links
	Now      func() time.Time
}

// New returns the function.
func New(p Parts) trigger.Function {
	return trigger.Queue("sns-publish", binding, trigger.Budget{Time: 300 * time.Second, Connections: 1},
		func(ctx context.Context, w message.Wake) error { return p.Posts.Submit(ctx, w, p.post) })
}

func (p Parts) post(ctx context.Context, in message.SnsPublish, call message.Call, notes *sns.Notes) (message.SnsPosted, error) {
	account, access, err := p.Accounts.Access(ctx, call.Tenant, in.Channel, in.Account)
	if fault.KindOf(err) == fault.NotFound { // its owner has disconnected it since the order
		err = fault.Newf(fault.CodeReconnect, "%w", err)
	}
	if err != nil {
		return message.SnsPosted{}, sns.Unsent("open account", err)
	}
	thumbnail, err := p.small(ctx, in.Thumbnail)
	if err != nil {
		return message.SnsPosted{}, err
	}
	film, err := p.Files.Open(ctx, in.Blob)
	if err != nil {
		return message.SnsPosted{}, sns.Unsent("open film", err)
	}
	defer film.Close()
	until := p.Now().Add(linkLife)
	post := provider.Post{Channel: in.Channel, Account: account, Access: access, Title: in.Title, Caption: in.Caption, Hashtags: in.Hashtags,
		Marker: sns.Marker(in), Privacy: in.Privacy, MadeForKids: in.MadeForKids, AI: provider.Generated(),
		Video: film, Bytes: in.Bytes, SHA256: in.SHA256, Wide: in.Wide, Thumbnail: thumbnail, Notes: notes}
	if post.VideoURL, err = p.link(in.Blob, until); err == nil {
		post.CoverURL, err = p.link(in.Thumbnail, until)
	}
	if err != nil {
		return message.SnsPosted{}, sns.Unsent("link film", err)
	}
	posted, err := p.Channels.Publish(ctx, post)
	if fault.CodeOf(err) == fault.CodeReconnect {
		err = rejected(p.Accounts.Reject(ctx, call.Tenant, in.Account, access), err)
	}
	return message.SnsPosted{ExternalID: posted.ID, URL: posted.URL, Privacy: posted.Privacy, Note: posted.Note}, err
}

// rejected is what follows a token that the channel does not take: nothing was
// sent, and the next attempt has a new token or is told that there is none.
func rejected(told, err error) error {
	return fault.Newf(fault.CodeUnavailable, "the channel rejects the account's token: %w", errors.Join(err, told))
}

// link is "" where there is no public address: a channel that must fetch then
// refuses the post, one that is sent the film does not need it.
func (p Parts) link(name string, until time.Time) (string, error) {
	url, err := p.Links.URL(name, until)
	if fault.KindOf(err) == fault.Misconfigured {
		return "", nil
	}
	return url, err
}

func (p Parts) small(ctx context.Context, name string) ([]byte, error) {
	o, err := p.Files.Open(ctx, name)
	if err != nil {
		return nil, sns.Unsent("open thumbnail", err)
	}
	defer o.Close()
	b, err := io.ReadAll(io.LimitReader(o, maxThumbnail+1))
	if err != nil {
		return nil, sns.Unsent("read thumbnail", err)
	}
	if len(b) > maxThumbnail {
		return nil, fault.Newf(fault.CodeVendorResult, "read thumbnail: more than %d bytes", maxThumbnail)
	}
	return b, nil
}
