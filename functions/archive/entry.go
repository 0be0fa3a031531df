package archive

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Entry is an ad with what it says, on what grounds, and who made it.
type Entry struct {
	Item
	Lyric claim.Lyric `json:"lyric"`
	// Facts are what was known of the place when the lyric was written; lines name them.
	Facts []claim.Fact `json:"facts"`
	Posts []Post       `json:"posts"`
	Steps []Step       `json:"steps"`
	// Costs are what was booked for the ad, with all its revisions, the newest thousand;
	// SpentWon is what all of them come to.
	Costs    []Cost `json:"costs"`
	SpentWon int64  `json:"spent_won"`
}

// Post is a publication; it stays on its channel when the ad is put away.
type Post struct {
	ID      id.Post `json:"id"`
	Channel string  `json:"channel"`
	// State is the one that GET /posts shows.
	State       string     `json:"state" enum:"scheduled,publishing,published,failed,cancelled,unknown,removed"`
	ExternalID  string     `json:"external_id,omitempty"`
	URL         string     `json:"url,omitempty"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
}

// Step says who made a part of the ad, and when.
type Step struct {
	Kind     message.Kind `json:"kind"`
	Provider string       `json:"provider"`
	State    string       `json:"state"`
	// Run is the one that has made it: an earlier one when an edit changed nothing about it.
	Run     id.Run     `json:"run"`
	ReadyAt *time.Time `json:"ready_at,omitempty"`
	EndedAt *time.Time `json:"ended_at,omitempty"`
}

// Cost is one booking of the ledger.
type Cost struct {
	Run    id.Run    `json:"run"`
	Step   int       `json:"step"`
	Entry  string    `json:"entry"`
	Debit  string    `json:"debit"`
	Credit string    `json:"credit"`
	Won    int64     `json:"won"`
	At     time.Time `json:"at"`
}

// File is a kept file of an entry.
type File struct {
	Blob, Type, SHA256 string
	Bytes              int64
}

// Bundle is what an export is made of.
type Bundle struct {
	Entry
	// Sung are the lines as the film shows them, with their times.
	Sung []message.LineTime
	Film File
}

// MadeAt is when the film was made.
func (b Bundle) MadeAt() time.Time {
	for _, s := range b.Steps {
		if s.Kind == message.Video && s.EndedAt != nil {
			return *s.EndedAt
		}
	}
	return b.CreatedAt
}

const (
	maxSteps    = 100
	maxPosts    = 1_000
	maxBookings = 1_000
)

// Show returns an ad's entry, also one that is put away or has no film yet.
func (s *Store) Show(ctx context.Context, tenant id.Tenant, ad id.Ad) (Entry, error) {
	b, err := s.bundle(ctx, tenant, ad)
	return b.Entry, err
}

// Bundle returns what an export of an entry is made of; NotFound for one that is put
// away or has no film.
func (s *Store) Bundle(ctx context.Context, tenant id.Tenant, ad id.Ad) (Bundle, error) {
	b, err := s.bundle(ctx, tenant, ad)
	if err != nil {
		return Bundle{}, err
	}
	if b.DeletedAt != nil || b.Item.Film == nil {
		return Bundle{}, fault.Newf(fault.CodeNotFound, "export %v: it is put away or has no film", ad)
	}
	b.Film, err = s.file(ctx, tenant, b.Item.Film.File)
	return b, err
}

func (s *Store) bundle(ctx context.Context, tenant id.Tenant, ad id.Ad) (Bundle, error) {
	item, run, err := s.item(ctx, tenant, ad)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{Entry: Entry{Item: item, Lyric: claim.Lyric{Lines: []claim.Line{}}, Facts: []claim.Fact{}}}
	if err := s.steps(ctx, tenant, run, &b); err != nil {
		return Bundle{}, err
	}
	if b.Posts, err = s.posts(ctx, tenant, ad); err != nil {
		return Bundle{}, err
	}
	if b.Costs, err = s.costs(ctx, tenant, ad); err != nil {
		return Bundle{}, err
	}
	b.SpentWon, err = s.spent(ctx, tenant, ad)
	return b, err
}

// steps reads who made what. What was taken over from an earlier run is told as that one made it.
func (s *Store) steps(ctx context.Context, tenant id.Tenant, run id.Run, b *Bundle) error {
	type row struct {
		Step
		in, out []byte
	}
	rows, err := store.All(ctx, s.db, `SELECT s.kind, m.provider, s.state, m.run_id, m.ready_at, m.ended_at, CASE WHEN s.kind = 'video' THEN s.input_json END, s.output_json
		FROM pipeline_steps s JOIN pipeline_steps m ON m.tenant_id = s.tenant_id AND m.run_id = COALESCE(s.made_in, s.run_id) AND m.step_no = s.step_no
		WHERE s.tenant_id = ? AND s.run_id = ? ORDER BY s.step_no LIMIT ?`,
		func(r *row) []any {
			return []any{&r.Kind, &r.Provider, &r.State, &r.Run, &r.ReadyAt, &r.EndedAt, &r.in, &r.out}
		}, tenant, run, maxSteps)
	if err != nil {
		return fmt.Errorf("read steps of %v: %w", b.ID, err)
	}
	b.Steps = []Step{}
	for _, r := range rows {
		b.Steps = append(b.Steps, r.Step)
		if r.out == nil {
			continue
		}
		if err := b.made(r.Kind, r.in, r.out); err != nil {
			return fault.Newf(fault.CodeInternal, "read %s of %v: %w", r.Kind, b.ID, err)
		}
	}
	return nil
}

// made takes from a step what an entry shows.
func (b *Bundle) made(kind message.Kind, in, out []byte) error {
	switch kind {
	case message.Place:
		var place message.PlaceFacts
		err := json.Unmarshal(out, &place)
		b.Facts = append(b.Facts, place.Facts...)
		return err
	case message.Lyric:
		var lyric message.LyricWritten
		err := json.Unmarshal(out, &lyric)
		b.Lyric = lyric.Text
		return err
	case message.Video:
		var render message.VideoRender
		err := json.Unmarshal(in, &render)
		b.Sung = render.Take.Lines
		return err
	}
	return nil
}

func (s *Store) posts(ctx context.Context, tenant id.Tenant, ad id.Ad) ([]Post, error) {
	posts, err := store.All(ctx, s.db, `SELECT p.id, p.channel, CASE WHEN p.state IN ('published', 'removed') THEN p.state WHEN s.state = 'succeeded' THEN 'published'
		WHEN s.state = 'unknown' OR s.fail_code = ? THEN 'unknown' WHEN s.state IN ('failed', 'cancelled') THEN s.state
		WHEN p.state = 'ordered' AND s.state = 'ready' AND p.scheduled_at > UTC_TIMESTAMP(6) THEN 'scheduled' ELSE 'publishing' END,
		COALESCE(p.external_post_id, ''), p.url, p.published_at
		FROM publications p JOIN pipeline_steps s ON s.tenant_id = p.tenant_id AND s.run_id = p.run_id AND s.step_no = p.step_no
		WHERE p.tenant_id = ? AND p.ad_id = ? ORDER BY p.id LIMIT ?`,
		func(p *Post) []any { return []any{&p.ID, &p.Channel, &p.State, &p.ExternalID, &p.URL, &p.PublishedAt} }, string(fault.CodeAbandoned), tenant, ad, maxPosts)
	if err != nil {
		return nil, fmt.Errorf("read posts of %v: %w", ad, err)
	}
	return append([]Post{}, posts...), nil
}

func (s *Store) costs(ctx context.Context, tenant id.Tenant, ad id.Ad) ([]Cost, error) {
	costs, err := store.All(ctx, s.db, `SELECT c.run_id, c.step_no, c.entry, c.debit, c.credit, c.amount_won, c.at
		FROM pipeline_runs r JOIN credit_ledger c ON c.run_id = r.id AND c.tenant_id = r.tenant_id
		WHERE r.tenant_id = ? AND r.ad_id = ? ORDER BY c.id DESC LIMIT ?`,
		func(c *Cost) []any { return []any{&c.Run, &c.Step, &c.Entry, &c.Debit, &c.Credit, &c.Won, &c.At} }, tenant, ad, maxBookings)
	if err != nil {
		return nil, fmt.Errorf("read costs of %v: %w", ad, err)
	}
	slices.Reverse(costs)
	return append([]Cost{}, costs...), nil
}

func (s *Store) spent(ctx context.Context, tenant id.Tenant, ad id.Ad) (int64, error) {
	won, err := store.One(ctx, s.db, `SELECT COALESCE(SUM(c.amount_won), 0) FROM pipeline_runs r JOIN credit_ledger c ON c.run_id = r.id AND c.tenant_id = r.tenant_id
		WHERE r.tenant_id = ? AND r.ad_id = ? AND c.credit = 'spent' LIMIT 1`, func(n *int64) []any { return []any{n} }, tenant, ad)
	if err != nil {
		return 0, fmt.Errorf("sum costs of %v: %w", ad, err)
	}
	return won, nil
}

func (s *Store) file(ctx context.Context, tenant id.Tenant, file id.Artifact) (File, error) {
	type row struct {
		File
		sum []byte
	}
	f, err := store.One(ctx, s.db, `SELECT blob_path, content_type, bytes, sha256 FROM artifacts WHERE tenant_id = ? AND id = ?`,
		func(f *row) []any { return []any{&f.Blob, &f.Type, &f.Bytes, &f.sum} }, tenant, file)
	if err != nil {
		return File{}, fmt.Errorf("find %v: %w", file, err)
	}
	f.SHA256 = hex.EncodeToString(f.sum)
	return f.File, nil
}
