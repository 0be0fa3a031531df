package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/functions/social"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/providertest"
	"castad/shared/store/storetest"

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

// An owner who has taken the permission back is told so by the figures that fail, not
// first by a post that does. A permission that only figures want cuts nothing off.
func TestAPermissionThatWasTakenBackIsFoundByMeasuring(t *testing.T) {
	t.Parallel()
	b := newSocialBench(t)
	u := b.user()
	gram := u.connect("instagram", url.Values{"username": {"hanbit"}})
	client, err := instagram.New(instagram.Config{GraphURL: b.instagram.URL, APIURL: b.instagram.URL, AppID: "c", AppSecret: "s", Now: b.now})
	must(t, err)
	t.Cleanup(client.Close)
	storetest.Exec(t, b.db.Primary(), `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, external_post_id, url, created_at, published_at, measure_at)
		VALUES (1, ?, 2, 3, 1, 'instagram', ?, 1, 'published', '18000', '', ?, ?, ?)`, tenantOf(t, u), gram.ID.String(), b.now(), b.now(), b.now())
	m := measurer{sns.NewOrders(sns.OrdersConfig{DB: b.db.Primary(), Now: b.now}), b.social, channels{"instagram": client}}
	measured := func(what, want string) {
		t.Helper()
		if _, failed, err := m.Measure(t.Context()); failed != 1 || err != nil {
			t.Errorf("%s: %d failed, %v", what, failed, err)
		}
		var listed struct{ Items []social.Account }
		must(t, json.Unmarshal(u.api(http.MethodGet, "/accounts").body, &listed))
		if len(listed.Items) != 1 || listed.Items[0].State != want {
			t.Errorf("%s: %+v, want %s", what, listed.Items, want)
		}
		b.later(25 * time.Hour)
	}
	b.instagram.Next(providertest.Fault{Op: "metrics", Kind: providertest.Status, Status: 403, Code: "10"})
	measured("no permission for figures", social.Connected)
	b.instagram.Withdraw("hanbit")
	measured("no permission at all", social.ReconnectNeeded)
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
