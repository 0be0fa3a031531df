package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// row is a post with what its step and its channel say of it.
type row struct {
	Post
	state string // the row's
	tags  []byte
	run   id.Run
	step  int
	own   bool // ordered by itself, not with its ad
	at    pipeline.State
	code  fault.Code

	views, likes, comments, shares *int64
	measured                       *time.Time
}

func columns(r *row) []any {
	return []any{&r.ID, &r.Ad, &r.run, &r.step, &r.Channel, &r.Account, &r.Number, &r.state, &r.Title, &r.Caption, &r.tags, &r.MadeForKids, &r.Thumbnail, &r.Photo, &r.Video,
		&r.Privacy, &r.ExternalID, &r.URL, &r.Note, &r.own, &r.ScheduledAt, &r.CreatedAt, &r.PublishedAt, &r.ConfirmedAt, &r.RemovedAt,
		&r.at, &r.code, &r.views, &r.likes, &r.comments, &r.shares, &r.measured}
}

// read returns the tenant's post; NotFound when it is not the tenant's.
func (o *Orders) read(ctx context.Context, q store.Querier, tenant id.Tenant, post id.Post) (row, error) {
	r, err := store.One(ctx, q, `SELECT p.id, p.ad_id, p.run_id, p.step_no, p.channel, p.account_id, p.revision, p.state, p.title, p.caption, p.hashtags_json, p.made_for_kids, p.thumbnail_file, p.thumbnail_photo, p.video_id,
		p.privacy, COALESCE(p.external_post_id, ''), p.url, p.note, p.request_key IS NOT NULL, p.scheduled_at, p.created_at, p.published_at, p.confirmed_at, p.removed_at,
		s.state, s.fail_code, m.views, m.likes, m.comments, m.shares, m.at
		FROM publications p JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no
		LEFT JOIN post_metrics m ON m.post_id = p.id AND m.at = (SELECT MAX(l.at) FROM post_metrics l WHERE l.post_id = p.id)
		WHERE p.tenant_id = ? AND p.id = ? LIMIT 1`, columns, tenant, post)
	if errors.Is(err, store.ErrNoRows) {
		return row{}, fault.Newf(fault.CodeNotFound, "show %v: no such post", post)
	}
	if err != nil {
		return row{}, fmt.Errorf("show %v: %w", post, err)
	}
	return r, nil
}

// Show returns a post of the tenant's.
func (o *Orders) Show(ctx context.Context, tenant id.Tenant, post id.Post) (Post, error) {
	r, err := o.read(ctx, o.c.DB, tenant, post)
	if err != nil {
		return Post{}, err
	}
	return r.shown(o.now())
}

// List returns the tenant's posts, newest first, that were made before the given one
// (0 = from the newest), at most limit; of one ad, or of all (0). It reads the replica
// and may lag.
func (o *Orders) List(ctx context.Context, tenant id.Tenant, ad id.Ad, before id.Post, limit int) ([]Post, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	rows, err := store.All(ctx, o.c.Replica, `SELECT p.id, p.ad_id, p.run_id, p.step_no, p.channel, p.account_id, p.revision, p.state, p.title, p.caption, p.hashtags_json, p.made_for_kids, p.thumbnail_file, p.thumbnail_photo, p.video_id,
		p.privacy, COALESCE(p.external_post_id, ''), p.url, p.note, p.request_key IS NOT NULL, p.scheduled_at, p.created_at, p.published_at, p.confirmed_at, p.removed_at,
		s.state, s.fail_code, m.views, m.likes, m.comments, m.shares, m.at
		FROM publications p JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no
		LEFT JOIN post_metrics m ON m.post_id = p.id AND m.at = (SELECT MAX(l.at) FROM post_metrics l WHERE l.post_id = p.id)
		WHERE p.tenant_id = ? AND p.id < ? AND (? = 0 OR p.ad_id = ?) ORDER BY p.id DESC LIMIT ?`, columns, tenant, before, ad, ad, limit)
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	posts := make([]Post, 0, len(rows))
	for _, r := range rows {
		p, err := r.shown(o.now())
		if err != nil {
			return nil, err
		}
		posts = append(posts, p)
	}
	return posts, nil
}

// shown is the post as its owner sees it at a time. A post that is not public is what
// its step says: that is the truth, also after a crash, a refusal that is tried again,
// or an answer that never came.
func (r row) shown(now time.Time) (Post, error) {
	p := r.Post
	if r.tags != nil {
		if err := json.Unmarshal(r.tags, &p.Hashtags); err != nil {
			return Post{}, fault.Newf(fault.CodeInternal, "read hashtags of %v: %w", p.ID, err)
		}
	}
	if p.Hashtags == nil { // written as null
		p.Hashtags = []string{}
	}
	if r.measured != nil {
		p.Metrics = &Metrics{counted(r.views), counted(r.likes), counted(r.comments), counted(r.shares), *r.measured}
	}
	switch {
	case r.state == removed:
		p.State = Removed
	case r.state == published, r.at == pipeline.Succeeded:
		p.State = Published
	case r.at == pipeline.Unknown, r.code == fault.CodeAbandoned:
		p.State = Unknown
	case r.at == pipeline.Failed:
		p.State = Failed
	case r.at == pipeline.Cancelled:
		p.State = Cancelled
	case r.at == pipeline.Ready && r.state == ordered && p.ScheduledAt != nil && p.ScheduledAt.After(now):
		p.State = Scheduled
	default:
		p.State = Publishing
	}
	if p.State == Failed || p.State == Unknown {
		p.Fail = fault.Tell(r.code)
	}
	if r.code == fault.CodePaused {
		p.Paused = fault.Tell(r.code)
	}
	return p, nil
}

// counted is nil for what a channel does not count.
func counted(n *int64) *int64 {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}
