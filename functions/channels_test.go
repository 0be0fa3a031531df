package main

import (
	"context"
	"testing"

	"castad/functions/social"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"

	"github.com/google/go-cmp/cmp"
)

// counted is a channel that counts what it is asked.
type counted struct {
	channel
	asked int
}

func (c *counted) Publish(context.Context, provider.Post) (provider.Posted, error) {
	c.asked++
	return provider.Posted{ID: "1"}, nil
}

func (c *counted) Look(context.Context, provider.Sought) (provider.Posted, error) {
	c.asked++
	return provider.Posted{ID: "1"}, nil
}

func (c *counted) Find(context.Context, provider.Sought) (provider.Posted, error) {
	c.asked++
	return provider.Posted{ID: "1"}, nil
}

func TestAChannelThatIsNotSetUpIsNotReplaced(t *testing.T) {
	t.Parallel()
	other := &counted{}
	c := channels{"instagram": other}
	for name, ask := range map[string]func(channel string) error{
		"publish": func(n string) error { _, err := c.Publish(t.Context(), provider.Post{Channel: n}); return err },
		"look":    func(n string) error { _, err := c.Look(t.Context(), provider.Sought{Channel: n}); return err },
		"find":    func(n string) error { _, err := c.Find(t.Context(), provider.Sought{Channel: n}); return err },
		"order": func(n string) error {
			if n == "instagram" {
				return nil // the account would be looked up in the database
			}
			return targets{c, (*social.Store)(nil)}.Ready(t.Context(), 7, n, id.Account(9))
		},
	} {
		if err := ask("youtube"); fault.CodeOf(err) != fault.CodeChannelOff || other.asked > 0 {
			t.Errorf("%s on a channel that is not set up: %v; another was asked %d times", name, err, other.asked)
		}
		if err := ask("instagram"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		other.asked = 0
	}
}

func TestOnlyTheChannelsThatAreNamedAreSetUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings config.Config
		want     []string
	}{
		"none":      {config.Config{}, nil},
		"youtube":   {config.Config{YouTubeClientID: "id", YouTubeClientSecret: config.NewSecret("s")}, []string{"youtube"}},
		"instagram": {config.Config{InstagramAppID: "id", InstagramAppSecret: config.NewSecret("s"), InstagramVersion: "v25.0"}, []string{"instagram"}},
		"both": {config.Config{YouTubeClientID: "id", YouTubeClientSecret: config.NewSecret("s"), InstagramAppID: "id", InstagramAppSecret: config.NewSecret("s")},
			[]string{"instagram", "youtube"}},
	} {
		all, err := newChannels(c.settings, provider.HTTP{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, n := range []string{"instagram", "youtube"} {
			_, err := all.of(n)
			_, also := all.consents()[n]
			if err == nil && also {
				got = append(got, n)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
