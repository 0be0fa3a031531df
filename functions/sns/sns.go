// Package sns publishes the finished ad to the owner's channels.
//
// Table: publications. Queues: sns-publish, sns-verify. A post is sent at most
// once: the publication's row is written before the channel is called, its
// marker is found again on the channel when an answer is lost, and an outcome
// that stays unknown is left to a person, never repeated.
package sns

import (
	"context"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Store holds every statement that writes publications.
type Store struct {
	db     *store.Primary
	engine *pipeline.Engine
	now    func() time.Time
}

// New returns the store.
func New(db *store.Primary, engine *pipeline.Engine, now func() time.Time) *Store {
	return &Store{db: db, engine: engine, now: now}
}

// Marker is the text by which a post is found again on its channel.
func Marker(in message.SnsPublish) string { return fmt.Sprintf("castad-%v-%s", in.Ad, in.Channel) }

// Submit posts: send is called at most once per claim, after the publication's
// row says that it may have been.
func (s *Store) Submit(ctx context.Context, w message.Wake,
	send func(context.Context, message.SnsPublish, message.Call) (externalID string, err error)) error {
	return pipeline.Submit(ctx, s.engine, w, message.Publish, func(ctx context.Context, in message.SnsPublish, call message.Call) (string, error) {
		if err := s.publishing(ctx, in, call); err != nil {
			return "", err
		}
		external, err := send(ctx, in, call)
		if k := fault.KindOf(err); err != nil && k != fault.Unknown && k != fault.Internal {
			s.mark(ctx, in, "failed")
		}
		return external, err
	})
}

// publishing writes the row before the channel is called; a further attempt finds it there.
func (s *Store) publishing(ctx context.Context, in message.SnsPublish, call message.Call) error {
	now := s.now().UTC().Truncate(time.Microsecond)
	_, err := s.db.Exec(ctx, `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'publishing', '', ?) ON DUPLICATE KEY UPDATE state = IF(state = 'published', state, 'publishing')`,
		id.New[id.Post](now), call.Tenant, in.Ad, call.Run, call.Step, in.Channel, in.Account, now)
	if err != nil {
		// Nothing has been sent: whatever happened to the row, the step may be tried again.
		return fault.Newf(fault.CodeUnavailable, "insert publication of %v on %s: %w", in.Ad, in.Channel, err)
	}
	return nil
}

// mark moves an unpublished row; failing to is no harm: the step's state is the truth.
func (s *Store) mark(ctx context.Context, in message.SnsPublish, state string) {
	_, _ = s.db.Exec(ctx, `UPDATE publications SET state = ? WHERE ad_id = ? AND channel = ? AND account_id = ? AND revision = 1 AND state <> 'published'`,
		state, in.Ad, in.Channel, in.Account)
}

// Verify asks the channel until the post is public, and keeps its address.
func (s *Store) Verify(ctx context.Context, w message.Wake,
	ask func(context.Context, message.SnsPublish, message.Call) (message.SnsPosted, error)) error {
	var target message.SnsPublish
	return pipeline.Collect(ctx, s.engine, w, message.Publish,
		func(ctx context.Context, in message.SnsPublish, call message.Call) (message.SnsPosted, []message.Artifact, error) {
			target = in
			posted, err := ask(ctx, in, call)
			return posted, nil, err
		},
		func(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.SnsPosted) (message.SnsPosted, error) {
			n, err := tx.Exec(ctx, `UPDATE publications SET state = 'published', external_post_id = ?, url = ?, published_at = ?
				WHERE ad_id = ? AND channel = ? AND account_id = ? AND revision = 1`,
				out.ExternalID, out.URL, ref.Now, target.Ad, target.Channel, target.Account)
			if err != nil {
				return out, fmt.Errorf("mark publication of %v on %s: %w", target.Ad, target.Channel, err)
			}
			if n != 1 {
				return out, fault.Newf(fault.CodeInternal, "mark publication of %v on %s: %d rows", target.Ad, target.Channel, n)
			}
			out.Post, err = store.One(ctx, tx, `SELECT id FROM publications WHERE ad_id = ? AND channel = ? AND account_id = ? AND revision = 1 LIMIT 1`,
				func(p *id.Post) []any { return []any{p} }, target.Ad, target.Channel, target.Account)
			if err != nil {
				return out, fmt.Errorf("read publication of %v on %s: %w", target.Ad, target.Channel, err)
			}
			return out, nil
		})
}
