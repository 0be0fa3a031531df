package main

import (
	"context"
	"errors"
	"fmt"

	"castad/functions/sns"
	"castad/functions/social"

	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/youtube"
)

// consent is a channel's OAuth client.
type consent interface {
	AuthorizeURL(state, challenge, redirectURI string) string
	Exchange(ctx context.Context, code, verifier, redirectURI string) (provider.Grant, error)
	Refresh(ctx context.Context, g provider.Grant) (provider.Grant, error)
	Owner(ctx context.Context, access string) (provider.Account, error)
	Needs() []string
	Revoke(ctx context.Context, g provider.Grant) error
}

// channel is a social network: owners connect accounts of it, films are published on them.
type channel interface {
	consent
	Publish(ctx context.Context, p provider.Post) (provider.Posted, error)
	Look(ctx context.Context, s provider.Sought) (provider.Posted, error)
	Find(ctx context.Context, s provider.Sought) (provider.Posted, error)
	Metrics(ctx context.Context, s provider.Sought) (provider.Metrics, error)
	Remove(ctx context.Context, s provider.Sought) error
	CheckText(p provider.Post) error
	Identify(address string) (externalID, known string, err error)
	Resolve(ctx context.Context, s provider.Sought) (externalID string, err error)
}

// channels are the channels that are set up here, by name. What is asked about
// another one is refused with CodeChannelOff: there is nothing to fall back to.
type channels map[string]channel

// newChannels makes the clients of the channels that the settings name; h is
// what they send through.
func newChannels(c config.Config, h provider.HTTP) (channels, error) {
	all := channels{}
	if c.YouTubeClientID != "" {
		client, err := youtube.New(youtube.Config{APIURL: c.YouTubeAPIURL, TokenURL: c.YouTubeTokenURL, AuthorizeURL: c.YouTubeAuthorizeURL, WatchURL: c.YouTubeWatchURL,
			ClientID: c.YouTubeClientID, ClientSecret: c.YouTubeClientSecret.Reveal(), MayDelete: c.YouTubeMayDelete, HTTP: h, Now: clock})
		if err != nil {
			return nil, fmt.Errorf("CASTAD_YOUTUBE_…: %w", err)
		}
		all["youtube"] = client
	}
	if c.InstagramAppID != "" {
		client, err := instagram.New(instagram.Config{GraphURL: c.InstagramGraphURL, APIURL: c.InstagramAPIURL, AuthorizeURL: c.InstagramAuthorizeURL,
			Version: c.InstagramVersion, AppID: c.InstagramAppID, AppSecret: c.InstagramAppSecret.Reveal(), Poll: c.InstagramPoll,
			// A reel that is proven not to be live must be so before the window ends.
			Settle: min(instagram.DefaultSettle, c.ReconcileWindow/2), HTTP: h, Now: clock})
		if err != nil {
			return nil, fmt.Errorf("CASTAD_INSTAGRAM_…: %w", err)
		}
		all["instagram"] = client
	}
	return all, nil
}

func (c channels) of(name string) (channel, error) {
	if to := c[name]; to != nil {
		return to, nil
	}
	return nil, fault.Newf(fault.CodeChannelOff, "the channel %q is not set up here", name)
}

func (c channels) Publish(ctx context.Context, p provider.Post) (provider.Posted, error) {
	to, err := c.of(p.Channel)
	if err != nil {
		return provider.Posted{}, err
	}
	return to.Publish(ctx, p)
}

func (c channels) Look(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	at, err := c.of(s.Channel)
	if err != nil {
		return provider.Posted{}, err
	}
	return at.Look(ctx, s)
}

func (c channels) Find(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	at, err := c.of(s.Channel)
	if err != nil {
		return provider.Posted{}, err
	}
	return at.Find(ctx, s)
}

func (c channels) Metrics(ctx context.Context, s provider.Sought) (provider.Metrics, error) {
	at, err := c.of(s.Channel)
	if err != nil {
		return provider.Metrics{}, err
	}
	return at.Metrics(ctx, s)
}

func (c channels) Resolve(ctx context.Context, s provider.Sought) (string, error) {
	at, err := c.of(s.Channel)
	if err != nil {
		return "", err
	}
	return at.Resolve(ctx, s)
}

func (c channels) Remove(ctx context.Context, s provider.Sought) error {
	at, err := c.of(s.Channel)
	if err != nil {
		return err
	}
	return at.Remove(ctx, s)
}

// consents are the channels that can be connected.
func (c channels) consents() consents {
	all := consents{}
	for name, client := range c {
		all[name] = client
	}
	return all
}

// consents are the channels that can be connected, by name.
type consents map[string]consent

func (c consents) of(channel string) (consent, error) {
	if one, ok := c[channel]; ok {
		return one, nil
	}
	return nil, fault.Newf(fault.CodeNotFound, "channel %q cannot be connected here", channel)
}

func (c consents) AuthorizeURL(channel, state, challenge, redirectURI string) (string, error) {
	one, err := c.of(channel)
	if err != nil {
		return "", err
	}
	return one.AuthorizeURL(state, challenge, redirectURI), nil
}

func (c consents) Exchange(ctx context.Context, channel, code, verifier, redirectURI string) (provider.Grant, error) {
	one, err := c.of(channel)
	if err != nil {
		return provider.Grant{}, err
	}
	return one.Exchange(ctx, code, verifier, redirectURI)
}

func (c consents) Refresh(ctx context.Context, channel string, g provider.Grant) (provider.Grant, error) {
	one, err := c.of(channel)
	if err != nil {
		return provider.Grant{}, err
	}
	return one.Refresh(ctx, g)
}

func (c consents) Owner(ctx context.Context, channel, access string) (provider.Account, error) {
	one, err := c.of(channel)
	if err != nil {
		return provider.Account{}, err
	}
	return one.Owner(ctx, access)
}

// Needs is nothing for a channel that is not set up here any more.
func (c consents) Needs(channel string) []string {
	one, err := c.of(channel)
	if err != nil {
		return nil
	}
	return one.Needs()
}

func (c consents) Revoke(ctx context.Context, channel string, g provider.Grant) error {
	one, err := c.of(channel)
	if err != nil {
		return err
	}
	return one.Revoke(ctx, g)
}

// targets says which accounts an ad may be ordered for.
type targets struct {
	channels channels
	accounts *social.Store
}

func (t targets) Ready(ctx context.Context, tenant id.Tenant, channel string, account id.Account) error {
	if _, err := t.channels.of(channel); err != nil {
		return err
	}
	return t.accounts.Ready(ctx, tenant, channel, account)
}

// Check refuses a post whose words its channel would refuse.
func (t targets) Check(p message.SnsPublish) error {
	to, err := t.channels.of(p.Channel)
	if err != nil {
		return err
	}
	// Numbers make a marker longer: what fits with this one fits with any.
	marker := sns.Marker(message.SnsPublish{Ad: 1, Channel: p.Channel, Revision: 9999})
	return to.CheckText(provider.Post{Title: p.Title, Caption: p.Caption, Hashtags: p.Hashtags, Marker: marker})
}

// Identify is the channel's own id of the post at an address, and its known address.
func (t targets) Identify(channel, address string) (externalID, known string, err error) {
	at, err := t.channels.of(channel)
	if err != nil {
		return "", "", err
	}
	return at.Identify(address)
}

// measurer asks channels for figures, as background-measure wants it.
type measurer struct {
	posts    *sns.Orders
	accounts *social.Store
	channels channels
}

func (m measurer) Measure(ctx context.Context) (measured, failed int, err error) {
	return m.posts.Measure(ctx, func(ctx context.Context, t sns.Target) (sns.Counts, error) {
		account, access, err := m.accounts.Access(ctx, t.Tenant, t.Channel, t.Account)
		if err != nil {
			return sns.Counts{}, err
		}
		s := provider.Sought{Channel: t.Channel, Account: account, Access: access, ID: t.ExternalID, URL: t.URL}
		if s.ID == "" {
			if s.ID, err = m.channels.Resolve(ctx, s); errors.As(err, &message.Absent{}) { // its owner has seen it: it is not gone
				err = fault.Newf(fault.CodeNotFound, "%v is not in the list of its account", t.Post)
			}
			if err != nil {
				return sns.Counts{}, err
			}
		}
		n, err := m.channels.Metrics(ctx, s)
		if fault.CodeOf(err) == fault.CodeReconnect {
			// Figures want a permission of their own: what can be looked at all the same is not cut off.
			if _, no := m.channels.Look(ctx, s); fault.CodeOf(no) == fault.CodeReconnect {
				err = errors.Join(err, m.accounts.Reject(ctx, t.Tenant, t.Account, access))
			}
		}
		return sns.Counts{ExternalID: s.ID, Views: n.Views, Likes: n.Likes, Comments: n.Comments, Shares: n.Shares, At: n.At}, err
	})
}
