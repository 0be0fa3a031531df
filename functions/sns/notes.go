package sns

import (
	"context"
	"fmt"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/seal"
	"castad/shared/store"
)

// Notes are what a channel remembers of one publication: an upload's session and
// how far it got, a container's id. They are secrets and kept sealed for this
// publication of this tenant. They hold no connection but while they are kept.
type Notes struct {
	store *Store
	post  id.Post
	call  message.Call
	label seal.Label
	last  []byte
	state string
	// ours: the publication is the step's that asks for it. away: its ad was put away.
	ours, away bool
}

// notes reads what was kept for a publication; store.ErrNoRows when it has no row.
func (s *Store) notes(ctx context.Context, in message.SnsPublish, call message.Call) (*Notes, error) {
	type row struct {
		post   id.Post
		run    id.Run
		step   int
		state  string
		sealed []byte
		away   bool
	}
	r, err := store.One(ctx, s.db, `SELECT p.id, p.run_id, p.step_no, p.state, p.notes_sealed,
		EXISTS (SELECT 1 FROM ads a WHERE a.tenant_id = p.tenant_id AND a.id = p.ad_id AND a.deleted_at IS NOT NULL) FROM publications p
		WHERE p.tenant_id = ? AND p.ad_id = ? AND p.channel = ? AND p.account_id = ? AND p.revision = ? LIMIT 1`,
		func(r *row) []any { return []any{&r.post, &r.run, &r.step, &r.state, &r.sealed, &r.away} }, call.Tenant, in.Ad, in.Channel, in.Account.String(), in.Number())
	if err != nil {
		return nil, fmt.Errorf("read publication of %v on %s: %w", in.Ad, in.Channel, err)
	}
	n := &Notes{store: s, post: r.post, call: call, label: labelOf(call.Tenant, r.post, in.Channel), state: r.state, ours: r.run == call.Run && r.step == call.Step, away: r.away}
	if r.sealed == nil {
		return n, nil
	}
	if n.last, err = s.vault.Open(ctx, n.label, r.sealed); err != nil {
		return nil, fmt.Errorf("open notes of %v: %w", r.post, err)
	}
	return n, nil
}

// labelOf is what the notes of a publication are sealed for.
func labelOf(tenant id.Tenant, post id.Post, channel string) seal.Label {
	return seal.Label{Tenant: tenant, Subject: post.String(), Provider: channel, Purpose: "upload"}
}

// Last returns what was kept last, also by a process that has died; nil = nothing.
func (n *Notes) Last() []byte { return n.last }

// Keep replaces it. When it returns nil the notes survive a crash. It fails,
// with CodeConflict, once the claim of this attempt is lost: whoever has taken
// over has read the notes, or will, and must find all there is.
func (n *Notes) Keep(ctx context.Context, notes []byte) error {
	sealed, err := n.store.vault.Seal(ctx, n.label, notes)
	if err != nil {
		return fmt.Errorf("seal notes of %v: %w", n.post, err)
	}
	chaos.Point("N1", n.label.Provider)
	err = n.store.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := n.store.engine.Holds(ctx, tx, n.call); err != nil {
			return err
		}
		rows, err := tx.Exec(ctx, `UPDATE publications SET notes_sealed = ? WHERE tenant_id = ? AND id = ? AND state = 'publishing'`, sealed, n.call.Tenant, n.post)
		if err != nil {
			return err
		}
		if rows != 1 {
			return fault.Newf(fault.CodeConflict, "%v is not being published", n.post)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep notes of %v: %w", n.post, err)
	}
	chaos.Point("N2", n.label.Provider)
	n.last = append([]byte{}, notes...)
	return nil
}
