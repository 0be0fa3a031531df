package sns

import (
	"context"
	"encoding/json"
	"fmt"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Cancel stops a post that is not out yet: at once before it is due and between two
// rounds of its upload; a round under way is settled first, and what the channel has
// taken cannot be called back. Cancelling again is no error. CodePostOfAd: it belongs
// to its ad's order; CodePostEnded: it is out, or has come to nothing.
func (o *Orders) Cancel(ctx context.Context, tenant id.Tenant, post id.Post) (Post, error) {
	r, err := o.read(ctx, o.c.DB, tenant, post)
	if err != nil {
		return Post{}, err
	}
	if !r.own {
		return Post{}, fault.Newf(fault.CodePostOfAd, "cancel %v: it is a step of %v", post, r.run)
	}
	if r.at == pipeline.Cancelled {
		return r.shown(o.now())
	}
	err = o.c.Engine.Cancel(ctx, tenant, r.run)
	if fault.CodeOf(err) == fault.CodeAdEnded { // meanwhile, and perhaps by another cancel
		if r, err = o.read(ctx, o.c.DB, tenant, post); err == nil && r.at != pipeline.Cancelled {
			err = fault.Newf(fault.CodePostEnded, "cancel %v: it is %s", post, r.at)
		}
	}
	if err != nil {
		return Post{}, err
	}
	return o.Show(ctx, tenant, post)
}

// Remove takes a published post down. erase deletes it at its channel; that it is gone
// already is no error, so that a removal whose answer was lost is simply asked for
// again. CodeNotPublished: there is none; CodeRemoveByHand, with the address: only its
// owner can delete it.
func (o *Orders) Remove(ctx context.Context, tenant id.Tenant, post id.Post, erase func(context.Context, Target) error) (Post, error) {
	r, err := o.read(ctx, o.c.DB, tenant, post)
	if err != nil {
		return Post{}, err
	}
	if r.state == removed {
		return r.shown(o.now())
	}
	if r.state != published {
		return Post{}, fault.Newf(fault.CodeNotPublished, "remove %v: it is %s", post, r.state)
	}
	t, err := r.target(tenant)
	if err != nil {
		return Post{}, err
	}
	byHand := func(cause error) error {
		return fault.Newf(fault.CodeRemoveByHand, "remove %v: %w", post, cause).At(r.URL)
	}
	if t.ExternalID == "" {
		return Post{}, byHand(fmt.Errorf("the channel's id of it is not known"))
	}
	err = erase(ctx, t)
	chaos.Point("R1", r.Channel)
	if fault.CodeOf(err) == fault.CodeVendorRefused {
		return Post{}, byHand(err)
	}
	if err != nil {
		return Post{}, fmt.Errorf("remove %v: %w", post, err)
	}
	_, err = o.c.DB.Exec(ctx, `UPDATE publications SET state = 'removed', removed_at = ?, measure_at = NULL WHERE tenant_id = ? AND id = ? AND state = 'published'`,
		o.now(), tenant, post)
	if err != nil {
		return Post{}, fmt.Errorf("mark %v removed: %w", post, err)
	}
	return o.Show(ctx, tenant, post)
}

// target is where the post is.
func (r row) target(tenant id.Tenant) (Target, error) {
	t := Target{Post: r.ID, Tenant: tenant, Channel: r.Channel, ExternalID: r.ExternalID, URL: r.URL}
	if err := t.Account.UnmarshalText([]byte(r.Account)); err != nil { // from before accounts were connected
		return t, fault.Newf(fault.CodeReconnect, "read account of %v: %w", r.ID, err)
	}
	return t, nil
}

// Confirm settles a post whose outcome never became known by what its owner has seen
// on the channel: it is there, at an address or "", or it is not and may be ordered
// again. The same word again changes nothing. CodeNotUnknown: its outcome is known.
func (o *Orders) Confirm(ctx context.Context, tenant id.Tenant, by id.User, post id.Post, there bool, address string) (Post, error) {
	r, err := o.read(ctx, o.c.DB, tenant, post)
	if err != nil {
		return Post{}, err
	}
	out := message.SnsPosted{Post: post, URL: address, Privacy: r.Privacy, Note: "confirmed by its owner"}
	if there && address != "" {
		if out.ExternalID, out.URL, err = o.c.Channels.Identify(r.Channel, address); err != nil {
			return Post{}, fault.Newf(fault.CodeBadValue, "confirm %v: %w", post, err).In("url").Wants(fault.Words{Ko: "채널에서 공유로 복사한 게시물 주소", En: "the post's address, as the channel shares it"})
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return Post{}, fmt.Errorf("write what was confirmed of %v: %w", post, err)
	}
	err = o.c.Engine.Confirm(ctx, tenant, r.run, r.step, there, text, func(ctx context.Context, tx *store.Tx, ref pipeline.Ref) error {
		return o.confirmed(ctx, tx, ref, by, there, out)
	})
	if _, dup := store.Duplicate(err); dup {
		return Post{}, fault.Newf(fault.CodeConflict, "confirm %v: another post is at that address", post).In("url")
	}
	if err != nil {
		return Post{}, fmt.Errorf("confirm %v: %w", post, err)
	}
	return o.Show(ctx, tenant, post)
}

// confirmed writes the owner's word beside the step's new state. The channel's notes
// are dropped: there is nothing left to find, or a retry begins at the beginning.
func (o *Orders) confirmed(ctx context.Context, tx *store.Tx, ref pipeline.Ref, by id.User, there bool, out message.SnsPosted) error {
	if !there {
		_, err := tx.Exec(ctx, `UPDATE publications SET state = 'failed', notes_sealed = NULL, confirmed_at = ?, confirmed_by = ? WHERE tenant_id = ? AND id = ?`,
			ref.Now, by, ref.Tenant, out.Post)
		return err
	}
	if err := o.unclaimed(ctx, tx, ref.Tenant, out); err != nil {
		return err
	}
	var external, measure any
	if out.ExternalID != "" {
		external = out.ExternalID
	}
	if out.URL != "" { // where an address does not tell the id, the channel is asked for it then
		measure = ref.Now
	}
	_, err := tx.Exec(ctx, `UPDATE publications SET state = 'published', external_post_id = ?, url = ?, note = ?, notes_sealed = NULL, published_at = ?,
		measure_at = ?, confirmed_at = ?, confirmed_by = ? WHERE tenant_id = ? AND id = ?`,
		external, out.URL, out.Note, ref.Now, measure, ref.Now, by, ref.Tenant, out.Post)
	return err
}

// unclaimed refuses an address that another post of the tenant's has. The channel's id
// would do that as well (publications_external), but not every address tells it.
func (o *Orders) unclaimed(ctx context.Context, tx *store.Tx, tenant id.Tenant, out message.SnsPosted) error {
	if out.URL == "" {
		return nil
	}
	others, err := store.One(ctx, tx, `SELECT COUNT(*) FROM publications WHERE tenant_id = ? AND url = ? AND id <> ?`, func(n *int) []any { return []any{n} }, tenant, out.URL, out.Post)
	if err != nil {
		return fmt.Errorf("look for %v's address: %w", out.Post, err)
	}
	if others > 0 {
		return fault.Newf(fault.CodeConflict, "confirm %v: another post is at that address", out.Post).In("url")
	}
	return nil
}
