// Package home is what an owner sees first: how much there is, what waits for them, what
// was made and posted last, and what today has cost.
//
// Tables: none of its own; reads the ads', the places', the modules' and the pipeline's.
// What is put away is not there. Everything but the spending, which is the engine's, is read
// from the replica and may lag by seconds, each part by itself: an ad that ends meanwhile
// can be in two parts or in none. Limits: 5 films, 10 posts of each sort, 20 ads that wait,
// 20 accounts; what is more than that is in the lists.
//
// # Kept
//
// The page is kept (package cache) by its version, which is read each time: one
// statement in the place of seven. So a write is seen by all instances as soon as
// the replica has it, however the writer ends, and keeping adds nothing to the lag. The
// version counts what only grows (see version), in no order of commits. A page that was written
// to while it was read is shown and not kept: the replica may also have been
// exchanged for the primary between two of its statements. The spending is not kept: what
// money there is left is always read.
//
// Rejected: forgetting the page after each write. Half the tables are written by
// background work, and whoever is killed between the commit and the word leaves all others with the
// old page. A row of a tenant's that each write counts up: one more statement and one more lock in
// every transaction of a run, to make the reading of a page cheaper.
package home

import (
	"context"
	"errors"
	"fmt"
	"time"

	"castad/shared/cache"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/pipeline"
	"castad/shared/store"
)

const (
	maxFilms    = 5
	maxPosts    = 10
	maxWaiting  = 20
	maxAccounts = 20
)

// Ledger knows what a tenant spends.
type Ledger interface {
	Spending(ctx context.Context, tenant id.Tenant) (pipeline.Spending, error)
}

// Store reads the page.
type Store struct {
	replica *store.Replica
	ledger  Ledger
	pages   *cache.Kind[Summary] // without the spending
	now     func() time.Time
}

// New returns the store; there is one for a cache.
func New(replica *store.Replica, ledger Ledger, c *cache.Cache, now func() time.Time) *Store {
	return &Store{replica: replica, ledger: ledger, pages: cache.Of[Summary](c, "home", cache.Hour), now: now}
}

// Summary is the page.
type Summary struct {
	Places int `json:"places"`
	Ads    Ads `json:"ads"`
	// Waiting are the ads that wait for their owner's word, the most urgent first.
	Waiting []Waiting `json:"waiting"`
	// Films are the newest.
	Films []Film `json:"films"`
	// Scheduled are posts that go out by themselves, the next first; Posts are all others, the newest first.
	Scheduled []Post `json:"scheduled"`
	Posts     []Post `json:"posts"`
	// Reconnect are the accounts that nothing can be posted to until their owner connects them again.
	Reconnect []Account         `json:"reconnect"`
	Spending  pipeline.Spending `json:"spending"`
}

// Ads counts ads by the state of their newest revision.
type Ads struct {
	Running          int `json:"running"`
	AwaitingApproval int `json:"awaiting_approval"`
	Cancelling       int `json:"cancelling"`
	Succeeded        int `json:"succeeded"`
	Failed           int `json:"failed"`
	Cancelled        int `json:"cancelled"`
}

// Waiting is an ad that is posted when its owner says so, and never after ApproveBy.
type Waiting struct {
	Ad        id.Ad     `json:"ad"`
	PlaceName string    `json:"place_name"`
	ApproveBy time.Time `json:"approve_by"`
}

// Film is the newest film of an ad.
type Film struct {
	Ad id.Ad `json:"ad"`
	// Title is the lyric's.
	Title     string      `json:"title"`
	File      id.Artifact `json:"file"`
	Thumbnail id.Artifact `json:"thumbnail"`
	Seconds   float64     `json:"seconds"`
}

// Post is a publication; its state is the one that GET /posts shows.
type Post struct {
	ID          id.Post    `json:"id"`
	Ad          id.Ad      `json:"ad"`
	Channel     string     `json:"channel"`
	State       string     `json:"state" enum:"scheduled,publishing,published,failed,cancelled,unknown,removed"`
	Title       string     `json:"title"`
	URL         string     `json:"url,omitempty"`
	ScheduledAt *time.Time `json:"scheduled_at,omitempty"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
}

// Account is a channel account whose permission is gone.
type Account struct {
	ID      id.Account `json:"id"`
	Channel string     `json:"channel"`
	Name    string     `json:"name"`
}

// Show returns the tenant's page.
func (s *Store) Show(ctx context.Context, tenant id.Tenant) (Summary, error) {
	v, err := s.version(ctx, tenant)
	if err != nil {
		return Summary{}, err
	}
	p, err := s.pages.Get(ctx, tenant.String(), v, func(ctx context.Context) (Summary, error) {
		p, err := s.read(ctx, tenant)
		if err != nil {
			return p, err
		}
		if now, err := s.version(ctx, tenant); err != nil || now != v {
			return p, errors.Join(err, cache.ErrUnkept)
		}
		return p, nil
	})
	if err != nil {
		return Summary{}, err
	}
	if p.Spending, err = s.ledger.Spending(ctx, tenant); err != nil {
		return Summary{}, fmt.Errorf("read spending for home: %w", err)
	}
	return p, nil
}

// read reads the page but the spending.
func (s *Store) read(ctx context.Context, tenant id.Tenant) (Summary, error) {
	var p Summary
	for _, part := range []struct {
		name string
		read func(context.Context, id.Tenant, *Summary) error
	}{{"places", s.places}, {"ads", s.ads}, {"waiting ads", s.waiting}, {"films", s.films}, {"scheduled posts", s.scheduled}, {"posts", s.posts},
		{"accounts", s.accounts}} {
		if err := part.read(ctx, tenant, &p); err != nil {
			return Summary{}, fmt.Errorf("read %s for home: %w", part.name, err)
		}
	}
	return p, nil
}

func (s *Store) places(ctx context.Context, tenant id.Tenant, p *Summary) (err error) {
	p.Places, err = store.One(ctx, s.replica, `SELECT COUNT(*) FROM places WHERE tenant_id = ? LIMIT 1`, func(n *int) []any { return []any{n} }, tenant)
	return err
}

func (s *Store) ads(ctx context.Context, tenant id.Tenant, p *Summary) (err error) {
	p.Ads, err = store.One(ctx, s.replica, `SELECT COUNT(CASE WHEN r.state = 'running' THEN 1 END), COUNT(CASE WHEN r.state = 'awaiting_approval' THEN 1 END),
		COUNT(CASE WHEN r.state = 'cancelling' THEN 1 END), COUNT(CASE WHEN r.state = 'succeeded' THEN 1 END),
		COUNT(CASE WHEN r.state = 'failed' THEN 1 END), COUNT(CASE WHEN r.state = 'cancelled' THEN 1 END)
		FROM ads a JOIN pipeline_runs r ON r.tenant_id = a.tenant_id AND r.id = a.run_id
		WHERE a.tenant_id = ? AND a.deleted_at IS NULL LIMIT 1`,
		func(n *Ads) []any {
			return []any{&n.Running, &n.AwaitingApproval, &n.Cancelling, &n.Succeeded, &n.Failed, &n.Cancelled}
		}, tenant)
	return err
}

func (s *Store) waiting(ctx context.Context, tenant id.Tenant, p *Summary) error {
	found, err := store.All(ctx, s.replica, `SELECT a.id, p.name, r.approve_by
		FROM ads a JOIN pipeline_runs r ON r.tenant_id = a.tenant_id AND r.id = a.run_id JOIN places p ON p.tenant_id = a.tenant_id AND p.id = a.place_id
		WHERE a.tenant_id = ? AND a.deleted_at IS NULL AND r.state = 'awaiting_approval' AND r.approve_by IS NOT NULL ORDER BY r.approve_by, a.id LIMIT ?`,
		func(w *Waiting) []any { return []any{&w.Ad, &w.PlaceName, &w.ApproveBy} }, tenant, maxWaiting)
	p.Waiting = append([]Waiting{}, found...)
	return err
}

// films are the newest of each ad: an edit that is under way or has failed takes none away. The
// joins are straight: by stale statistics a server begins with all steps of the tenant's, and looks
// for each ad's among them.
func (s *Store) films(ctx context.Context, tenant id.Tenant, p *Summary) error {
	found, err := store.All(ctx, s.replica, `SELECT STRAIGHT_JOIN a.id, COALESCE(l.title, ''), f.id, t.id, v.seconds
		FROM ads a
		JOIN ad_revisions z ON z.tenant_id = a.tenant_id AND z.ad_id = a.id AND z.revision = (SELECT MAX(y.revision) FROM ad_revisions y
			STRAIGHT_JOIN pipeline_steps d ON d.tenant_id = y.tenant_id AND d.run_id = y.run_id AND d.kind = 'video' AND d.state IN ('succeeded', 'skipped')
			WHERE y.tenant_id = a.tenant_id AND y.ad_id = a.id)
		JOIN pipeline_steps m ON m.tenant_id = a.tenant_id AND m.run_id = z.run_id AND m.kind = 'video'
		JOIN videos v ON v.tenant_id = a.tenant_id AND v.run_id = COALESCE(m.made_in, m.run_id) AND v.step_no = m.step_no
		JOIN artifacts f ON f.tenant_id = a.tenant_id AND f.run_id = v.run_id AND f.step_no = v.step_no AND f.kind = 'film'
		JOIN artifacts t ON t.tenant_id = a.tenant_id AND t.run_id = v.run_id AND t.step_no = v.step_no AND t.kind = 'thumbnail'
		LEFT JOIN pipeline_steps w ON w.tenant_id = a.tenant_id AND w.run_id = z.run_id AND w.kind = 'lyric'
		LEFT JOIN lyrics l ON l.tenant_id = a.tenant_id AND l.run_id = COALESCE(w.made_in, w.run_id) AND l.step_no = w.step_no
		WHERE a.tenant_id = ? AND a.deleted_at IS NULL ORDER BY a.id DESC LIMIT ?`,
		func(f *Film) []any { return []any{&f.Ad, &f.Title, &f.File, &f.Thumbnail, &f.Seconds} }, tenant, maxFilms)
	p.Films = append([]Film{}, found...)
	return err
}

func (s *Store) scheduled(ctx context.Context, tenant id.Tenant, p *Summary) error {
	found, err := store.All(ctx, s.replica, `SELECT p.id, p.ad_id, p.channel, 'scheduled', p.title, p.url, p.scheduled_at, p.published_at
		FROM publications p JOIN pipeline_steps s ON s.tenant_id = p.tenant_id AND s.run_id = p.run_id AND s.step_no = p.step_no
		JOIN ads a ON a.tenant_id = p.tenant_id AND a.id = p.ad_id
		WHERE p.tenant_id = ? AND a.deleted_at IS NULL AND p.state = 'ordered' AND s.state = 'ready' AND p.scheduled_at > ? ORDER BY p.scheduled_at, p.id LIMIT ?`,
		postColumns, tenant, s.now(), maxPosts)
	p.Scheduled = append([]Post{}, found...)
	return err
}

// posts says of a post what its step says while its channel has not.
func (s *Store) posts(ctx context.Context, tenant id.Tenant, p *Summary) error {
	found, err := store.All(ctx, s.replica, `SELECT p.id, p.ad_id, p.channel, CASE WHEN p.state IN ('published', 'removed') THEN p.state WHEN s.state = 'succeeded' THEN 'published'
		WHEN s.state = 'unknown' OR s.fail_code = ? THEN 'unknown' WHEN s.state IN ('failed', 'cancelled') THEN s.state ELSE 'publishing' END, p.title, p.url, p.scheduled_at, p.published_at
		FROM publications p JOIN pipeline_steps s ON s.tenant_id = p.tenant_id AND s.run_id = p.run_id AND s.step_no = p.step_no
		JOIN ads a ON a.tenant_id = p.tenant_id AND a.id = p.ad_id
		WHERE p.tenant_id = ? AND a.deleted_at IS NULL AND NOT (p.state = 'ordered' AND s.state = 'ready' AND COALESCE(p.scheduled_at > ?, FALSE)) ORDER BY p.id DESC LIMIT ?`,
		postColumns, string(fault.CodeAbandoned), tenant, s.now(), maxPosts)
	p.Posts = append([]Post{}, found...)
	return err
}

func postColumns(p *Post) []any {
	return []any{&p.ID, &p.Ad, &p.Channel, &p.State, &p.Title, &p.URL, &p.ScheduledAt, &p.PublishedAt}
}

func (s *Store) accounts(ctx context.Context, tenant id.Tenant, p *Summary) error {
	found, err := store.All(ctx, s.replica, `SELECT id, channel, name FROM social_accounts WHERE tenant_id = ? AND state = 'reconnect_needed' ORDER BY id LIMIT ?`,
		func(a *Account) []any { return []any{&a.ID, &a.Channel, &a.Name} }, tenant, maxAccounts)
	p.Reconnect = append([]Account{}, found...)
	return err
}
