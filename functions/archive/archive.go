// Package archive is what an owner has had made: ads with their films, found by their
// words, put away for 30 days, brought back, taken along as one file.
//
// An ad is here from the moment it has a film, and shown as the newest revision that
// has one: an edit that is under way, has failed or was cancelled takes nothing away.
//
// Tables: none of its own; reads the ad's, the place's, the modules' and the
// pipeline's. Who puts an ad away is package ad. Lists read the replica and may lag; one ad is
// read from the primary. An entry's id is the ad's. Limits: a page of 100, a query of 60
// characters, which is looked for in the place's name, the lyric's title and its lines.
package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Store reads the archive.
type Store struct {
	db      *store.Primary
	replica *store.Replica
	keep    time.Duration
	now     func() time.Time
}

// New returns the store. keep is how long an ad that was put away can be brought back;
// after that it is nowhere, although it may not be deleted yet.
func New(db *store.Primary, replica *store.Replica, keep time.Duration, now func() time.Time) *Store {
	return &Store{db: db, replica: replica, keep: keep, now: now}
}

// Item is an ad as the newest of its revisions that has a film; without any, as the newest.
type Item struct {
	ID        id.Ad    `json:"id"`
	Place     id.Place `json:"place"`
	PlaceName string   `json:"place_name"`
	// Title is the lyric's; "" when there is none.
	Title string `json:"title"`
	// State is that revision's: failed or cancelled with a film was not posted everywhere.
	State    string `json:"state" enum:"running,awaiting_approval,cancelling,succeeded,failed,cancelled"`
	Revision int    `json:"revision"`
	// Film is what was made; null for an ad without, which is listed only when it is put away.
	Film      *Film     `json:"film"`
	CreatedAt time.Time `json:"created_at"`
	// EndedAt is absent while the revision is being made, waits for approval or is being posted.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// DeletedAt is when it was put away, RestoreBy until when it can be brought back.
	DeletedAt *time.Time `json:"deleted_at,omitempty"`
	RestoreBy *time.Time `json:"restore_by,omitempty"`
}

// Film is the film of an ad. Its files are not there while the ad is put away.
type Film struct {
	ID        id.Video    `json:"id"`
	File      id.Artifact `json:"file"`
	Thumbnail id.Artifact `json:"thumbnail"`
	Seconds   float64     `json:"seconds"`
	Width     int         `json:"width"`
	Height    int         `json:"height"`
	Bytes     int64       `json:"bytes"`
}

// Query is what is looked for.
type Query struct {
	// Text is in the place's name, the lyric's title or one of its lines; "" = everything.
	Text string
	// Away lists what is put away instead.
	Away bool
	// Before is the last id of the page before, 0 = the first page.
	Before id.Ad
	Limit  int

	// any takes the ad as it is: put away or not, with a film or without.
	any bool
}

// List returns ads that have a film, or what is put away, the newest first.
func (s *Store) List(ctx context.Context, tenant id.Tenant, q Query) ([]Item, error) {
	last := id.Ad(1<<63 - 1)
	if q.Before != 0 {
		last = q.Before - 1
	}
	return s.items(ctx, s.replica, tenant, 0, last, q)
}

// item reads one ad, put away or not, and the run that its revision is of.
func (s *Store) item(ctx context.Context, tenant id.Tenant, ad id.Ad) (Item, id.Run, error) {
	found, err := s.rows(ctx, s.db, tenant, ad, ad, Query{Limit: 1, any: true})
	if err != nil {
		return Item{}, 0, err
	}
	if len(found) == 0 {
		return Item{}, 0, fault.Newf(fault.CodeNotFound, "show %v: no such ad", ad)
	}
	i, err := found[0].item(s.keep)
	return i, found[0].run, err
}

func (s *Store) items(ctx context.Context, from store.Querier, tenant id.Tenant, first, last id.Ad, q Query) ([]Item, error) {
	found, err := s.rows(ctx, from, tenant, first, last, q)
	if err != nil {
		return nil, err
	}
	items := make([]Item, 0, len(found))
	for _, r := range found {
		i, err := r.item(s.keep)
		if err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	return items, nil
}

type row struct {
	Item
	run             id.Run
	film            []byte
	file, thumbnail *id.Artifact
}

func (r row) item(keep time.Duration) (Item, error) {
	i := r.Item
	if i.DeletedAt != nil {
		by := i.DeletedAt.Add(keep)
		i.RestoreBy = &by
	}
	if r.film == nil || r.file == nil || r.thumbnail == nil {
		return i, nil
	}
	var made message.VideoMade
	if err := json.Unmarshal(r.film, &made); err != nil {
		return Item{}, fault.Newf(fault.CodeInternal, "read film of %v: %w", i.ID, err)
	}
	i.Film = &Film{ID: made.Video, File: *r.file, Thumbnail: *r.thumbnail, Seconds: made.Seconds, Width: made.Width, Height: made.Height, Bytes: made.Bytes}
	return i, nil
}

// rows reads ads as the newest revision that has made a film or has taken it over, with
// what that has made; those without as the newest. The joins are straight, so that reading ends with
// the page: else a server begins with all steps of the tenant's and looks for each ad's among them
// (seen with 1,000 ads: 50 ms for a page of 20, 30 s by stale statistics; straight 1.2 ms).
func (s *Store) rows(ctx context.Context, from store.Querier, tenant id.Tenant, first, last id.Ad, q Query) ([]row, error) {
	like, inJSON := patterns(q.Text)
	rows, err := store.All(ctx, from, `SELECT STRAIGHT_JOIN a.id, a.place_id, p.name, COALESCE(z.revision, a.revision), r.id, a.created_at, a.deleted_at, r.state, r.ended_at, COALESCE(l.title, ''), v.output_json, f.id, t.id
		FROM ads a
		JOIN places p ON p.tenant_id = a.tenant_id AND p.id = a.place_id
		LEFT JOIN ad_revisions z ON z.tenant_id = a.tenant_id AND z.ad_id = a.id AND z.revision = (SELECT MAX(y.revision) FROM ad_revisions y
			STRAIGHT_JOIN pipeline_steps m ON m.tenant_id = y.tenant_id AND m.run_id = y.run_id AND m.kind = 'video' AND m.state IN ('succeeded', 'skipped')
			WHERE y.tenant_id = a.tenant_id AND y.ad_id = a.id)
		JOIN pipeline_runs r ON r.tenant_id = a.tenant_id AND r.id = COALESCE(z.run_id, a.run_id)
		LEFT JOIN pipeline_steps w ON w.tenant_id = a.tenant_id AND w.run_id = r.id AND w.kind = 'lyric'
		LEFT JOIN lyrics l ON l.tenant_id = a.tenant_id AND l.run_id = COALESCE(w.made_in, w.run_id) AND l.step_no = w.step_no
		LEFT JOIN pipeline_steps v ON v.tenant_id = a.tenant_id AND v.run_id = z.run_id AND v.kind = 'video'
		LEFT JOIN artifacts f ON f.tenant_id = a.tenant_id AND f.run_id = COALESCE(v.made_in, v.run_id) AND f.step_no = v.step_no AND f.kind = 'film'
		LEFT JOIN artifacts t ON t.tenant_id = a.tenant_id AND t.run_id = COALESCE(v.made_in, v.run_id) AND t.step_no = v.step_no AND t.kind = 'thumbnail'
		WHERE a.tenant_id = ? AND a.id BETWEEN ? AND ? AND (a.deleted_at IS NULL OR a.deleted_at > ?)
		AND (? OR (a.deleted_at IS NOT NULL) = ? AND (? OR f.id IS NOT NULL))
		AND (? = '' OR p.name LIKE ? OR l.title LIKE ? OR REPLACE(LOWER(JSON_EXTRACT(l.lines_json, '$[*].text')), ?, '&') LIKE ?)
		ORDER BY a.id DESC LIMIT ?`,
		func(r *row) []any {
			return []any{&r.ID, &r.Place, &r.PlaceName, &r.Revision, &r.run, &r.CreatedAt, &r.DeletedAt, &r.State, &r.EndedAt, &r.Title, &r.film, &r.file, &r.thumbnail}
		}, tenant, first, last, s.now().UTC().Add(-s.keep), q.any, q.Away, q.Away, q.Text, like, like, ampersand, inJSON, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	return rows, nil
}

// ampersand is how encoding/json writes & and MariaDB keeps it; MySQL keeps the letter.
// It writes < and > so, too, which no lyric has (claim.Check).
const ampersand = `\u0026`

// wild makes a text stand for itself in LIKE.
var wild = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// patterns are for LIKE over a text and over a text in JSON.
func patterns(text string) (like, inJSON string) {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.ToLower(text))
	return "%" + wild.Replace(text) + "%", "%" + wild.Replace(quoted) + "%"
}
