// Package sns publishes the finished ad to the owner's channels.
//
// Tables: publications, post_metrics. Queues: sns-publish, sns-verify. A post is
// sent at most once: the publication's row is written before the channel is called,
// what the channel remembers of it (Notes) is written before each step that the
// memory protects, and an outcome that stays unknown is left to a person, never
// repeated.
//
// # Who orders a post
//
// An ad's own run makes the first post of the ad on each of its accounts; its row
// appears when the step begins. Whoever wants another text, another time or another
// account orders a post (Orders): a run of its own with this one step, whose row is
// there from the order on. Both are rows of one table and numbered together
// (revision), for each ad and account: a second post of the same film is a second
// number, with a marker and notes of its own, and so never taken for the first one.
// A row belongs to one step for ever. A step that finds its number taken by another,
// or its row replaced by a later order, sends nothing.
//
// # One post
//
// Publishing is a submission in rounds (package pipeline): a channel that is
// still working on what it got is asked again later, by the same step. A channel
// shows nothing before its first Keep has returned, and nothing that its last
// Keep does not allow for. A process that was killed or has lost its claim can
// keep nothing any more, so that whoever looks afterwards knows how far it may
// have come:
//
//	no notes                      nothing can appear: published at once
//	notes, the channel proves     provider.Unfinished: published on, from the notes
//	  that it waits for more
//	anything else                 looked for until the reconcile window ends
//
// A question that is refused (the account must be connected again or is suspended,
// the channel's settings are gone) ends nothing: the post may be there. It is asked
// again. What ends a post is a refusal that names it. What is still unknown at the
// step's end is for its owner to settle, who can look (Orders.Confirm).
package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/seal"
	"castad/shared/store"
)

// Vault seals what channels remember.
type Vault interface {
	Seal(ctx context.Context, l seal.Label, value []byte) ([]byte, error)
	Open(ctx context.Context, l seal.Label, sealed []byte) ([]byte, error)
}

// Store holds every statement that writes publications.
type Store struct {
	db     *store.Primary
	engine *pipeline.Engine
	vault  Vault
	now    func() time.Time
}

// New returns the store.
func New(db *store.Primary, engine *pipeline.Engine, vault Vault, now func() time.Time) *Store {
	return &Store{db: db, engine: engine, vault: vault, now: now}
}

// Marker is the text by which a post is found again on its channel. The first one's
// has no number: posts from before there were more are found by it.
func Marker(in message.SnsPublish) string {
	if in.Number() == 1 {
		return fmt.Sprintf("castad-%v-%s", in.Ad, in.Channel)
	}
	return fmt.Sprintf("castad-%v-%s-%d", in.Ad, in.Channel, in.Number())
}

// Submit posts, or does one round of it: send is called at most once per claim,
// after the publication's row says that it may have been. It returns
// message.NotYet until the channel has taken the post.
func (s *Store) Submit(ctx context.Context, w message.Wake,
	send func(context.Context, message.SnsPublish, message.Call, *Notes) (message.SnsPosted, error)) error {
	return pipeline.Submit(ctx, s.engine, w, message.Publish, func(ctx context.Context, in message.SnsPublish, call message.Call) (string, error) {
		notes, err := s.publishing(ctx, in, call)
		if err != nil {
			return "", Unsent("begin publication", err)
		}
		posted, err := send(ctx, in, call, notes)
		switch k := fault.KindOf(err); {
		case err == nil:
			s.told(ctx, notes, posted)
		case errors.As(err, &message.NotYet{}), k == fault.Unknown, k == fault.Internal:
		default:
			s.failed(ctx, notes)
		}
		return posted.ExternalID, err
	})
}

// Unsent says that nothing has been sent yet: whatever went wrong, the post may be tried again.
func Unsent(what string, err error) error {
	if k := fault.KindOf(err); k == fault.Unknown || k == fault.Internal {
		return fault.Newf(fault.CodeUnavailable, "%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// publishing writes the row before the channel is called; a further attempt finds
// it there, with what the channel remembers, and so does a post that was ordered.
// CodePostReplaced: the row is another step's, or a later post has taken its place.
// CodeAdAway: nobody wants to see the ad any more.
func (s *Store) publishing(ctx context.Context, in message.SnsPublish, call message.Call) (*Notes, error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	tags, err := json.Marshal(in.Hashtags)
	if err != nil {
		return nil, fmt.Errorf("write hashtags of %v on %s: %w", in.Ad, in.Channel, err)
	}
	_, err = s.db.Exec(ctx, `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, privacy, made_for_kids,
		title, caption, hashtags_json, video_id, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'publishing', '', ?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE state = IF(run_id = ? AND step_no = ? AND state IN ('ordered', 'failed'), 'publishing', state)`,
		id.New[id.Post](now), call.Tenant, in.Ad, call.Run, call.Step, in.Channel, in.Account.String(), in.Number(), in.Privacy, in.MadeForKids,
		clip(in.Title, maxTitle), clip(in.Caption, maxCaption), string(tags), in.Video, now, call.Run, call.Step)
	if err != nil {
		return nil, fmt.Errorf("insert publication of %v on %s: %w", in.Ad, in.Channel, err)
	}
	n, err := s.notes(ctx, in, call)
	if err == nil && n.away {
		return nil, fault.Newf(fault.CodeAdAway, "publish %v on %s: it was put away", in.Ad, in.Channel)
	}
	if err == nil && (n.state != publishing && n.state != published || !n.ours) {
		return nil, fault.Newf(fault.CodePostReplaced, "publish %v on %s: %v is %s", in.Ad, in.Channel, n.post, n.state)
	}
	return n, err
}

// told keeps what the channel said when it took the post. Failing to is no harm:
// it is asked again, and a note about a thumbnail may be lost.
func (s *Store) told(ctx context.Context, n *Notes, posted message.SnsPosted) {
	if posted.Note == "" && posted.Privacy == "" {
		return
	}
	privacy := clip(posted.Privacy, maxPrivacy)
	_, _ = s.db.Exec(ctx, `UPDATE publications SET note = ?, privacy = IF(? = '', privacy, ?) WHERE tenant_id = ? AND id = ?`,
		clip(posted.Note, maxNote), privacy, privacy, n.call.Tenant, n.post)
}

// failed marks an unpublished row; failing to is no harm: the step's state is the truth.
func (s *Store) failed(ctx context.Context, n *Notes) {
	_, _ = s.db.Exec(ctx, `UPDATE publications SET state = 'failed' WHERE tenant_id = ? AND id = ? AND state = 'publishing'`, n.call.Tenant, n.post)
}

// Verify asks the channel until the post is public, and keeps its address. ask
// is given what the channel remembers, nil = nothing. A refusal with an ExternalID
// is the channel's word on that post; without one the question was refused.
func (s *Store) Verify(ctx context.Context, w message.Wake,
	ask func(ctx context.Context, in message.SnsPublish, call message.Call, notes []byte) (message.SnsPosted, error)) error {
	var target message.SnsPublish
	return pipeline.Collect(ctx, s.engine, w, message.Publish,
		func(ctx context.Context, in message.SnsPublish, call message.Call) (message.SnsPosted, []message.Artifact, error) {
			target = in
			posted, err := s.verify(ctx, in, call, ask)
			return posted, nil, err
		},
		func(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.SnsPosted) (message.SnsPosted, error) {
			return s.published(ctx, tx, ref, target, out)
		})
}

// lagPolls is how often a post that was taken must be missed before it counts as
// gone; with the default waits that is some five minutes. To call a post that is
// live failed would have its owner post it again.
const lagPolls = 20

func (s *Store) verify(ctx context.Context, in message.SnsPublish, call message.Call,
	ask func(context.Context, message.SnsPublish, message.Call, []byte) (message.SnsPosted, error)) (message.SnsPosted, error) {
	notes, err := s.notes(ctx, in, call)
	switch {
	case errors.Is(err, store.ErrNoRows), err == nil && call.Unsure && (notes.Last() == nil || !notes.ours):
		// Killed before the channel was asked for anything that could be seen.
		return message.SnsPosted{}, message.Absent{Settled: true}
	case err != nil:
		return message.SnsPosted{}, err
	}
	posted, err := ask(ctx, in, call, notes.Last())
	absent, refused := errors.As(err, &message.Absent{}), fault.KindOf(err) == fault.Refused
	if refused && posted.ExternalID == "" {
		return posted, fault.Newf(fault.CodeUnavailable, "the channel cannot be asked: %w", err)
	}
	if absent && !call.Unsure && call.Polls < lagPolls {
		return posted, message.NotYet{} // taken a moment ago: the channel's lists lag behind its uploads
	}
	if (absent || refused) && !call.Unsure {
		// The post was taken and has come to nothing: a retry begins at the beginning.
		if err := s.forget(ctx, notes); err != nil {
			return posted, err
		}
	}
	return posted, err
}

// forget drops what the channel remembers of a post that it has given up.
func (s *Store) forget(ctx context.Context, n *Notes) error {
	if _, err := s.db.Exec(ctx, `UPDATE publications SET notes_sealed = NULL WHERE tenant_id = ? AND id = ?`, n.call.Tenant, n.post); err != nil {
		return fault.Newf(fault.CodeUnavailable, "forget the notes of %v: %w", n.post, err)
	}
	return nil
}

// published writes where the post is; what the channel remembered of its making is dropped.
func (s *Store) published(ctx context.Context, tx *store.Tx, ref pipeline.Ref, in message.SnsPublish, out message.SnsPosted) (message.SnsPosted, error) {
	type row struct {
		post          id.Post
		note, privacy string
	}
	was, err := store.One(ctx, tx, `SELECT id, note, privacy FROM publications
		WHERE tenant_id = ? AND ad_id = ? AND channel = ? AND account_id = ? AND revision = ? LIMIT 1 FOR UPDATE`,
		func(r *row) []any { return []any{&r.post, &r.note, &r.privacy} }, ref.Tenant, in.Ad, in.Channel, in.Account.String(), in.Number())
	if err != nil {
		return out, fmt.Errorf("read publication of %v on %s: %w", in.Ad, in.Channel, err)
	}
	if out.Post = was.post; out.Note == "" {
		out.Note = was.note
	}
	if out.Privacy == "" {
		out.Privacy = was.privacy
	}
	if out.Privacy = clip(out.Privacy, maxPrivacy); len(out.URL) > maxURL { // half an address is none
		out.URL = ""
	}
	// What the channel says of this post counts more than what an owner, whoever it is, has
	// said of another: nobody can keep a post from its owner by naming its address first.
	_, err = tx.Exec(ctx, `UPDATE publications SET external_post_id = NULL, url = '', measure_at = NULL, note = 'another post is at the address that was given'
		WHERE channel = ? AND external_post_id = ? AND id <> ? AND confirmed_at IS NOT NULL`, in.Channel, out.ExternalID, was.post)
	if err != nil {
		return out, fmt.Errorf("free the address of %v: %w", was.post, err)
	}
	n, err := tx.Exec(ctx, `UPDATE publications SET state = 'published', external_post_id = ?, url = ?, privacy = ?, note = ?, notes_sealed = NULL, published_at = ?,
		confirmed_at = NULL, confirmed_by = NULL, measure_at = ? WHERE tenant_id = ? AND id = ?`,
		out.ExternalID, out.URL, out.Privacy, clip(out.Note, maxNote), ref.Now, ref.Now, ref.Tenant, was.post)
	if err != nil {
		return out, fmt.Errorf("mark publication of %v on %s: %w", in.Ad, in.Channel, err)
	}
	if n != 1 {
		return out, fault.Newf(fault.CodeInternal, "mark publication of %v on %s: %d rows", in.Ad, in.Channel, n)
	}
	return out, nil
}

// States of a publication's row. How far a post that is being published has come is
// its step's state.
const (
	ordered    = "ordered" // by its owner; its step has not begun
	publishing = "publishing"
	published  = "published"
	failed     = "failed"
	replaced   = "replaced" // came to nothing, and another has been ordered instead
	removed    = "removed"
)

// Lengths of columns, in characters.
const (
	maxTitle   = 200
	maxCaption = 2200
	maxURL     = 500
	maxPrivacy = 16
	maxNote    = 200
)

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
