package ad

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Edit makes the next revision of an ad and starts its run, or nothing. The same
// key and edit again return the ad (created is false); the same key with another
// edit is refused. match, when it is not "", must be the ad's present ETag
// (CodeStale). While a run is under way the ad cannot be edited (CodeAdRunning); one that
// awaits approval is superseded.
func (s *Store) Edit(ctx context.Context, tenant id.Tenant, ad id.Ad, e Edit, key message.Key, match string) (a Ad, created bool, err error) {
	hash, err := hashOf(ad, e)
	if err != nil {
		return Ad{}, false, err
	}
	a, err = s.revised(ctx, tenant, key, hash)
	if !errors.Is(err, store.ErrNoRows) {
		return a, false, err
	}
	err = s.edit(ctx, tenant, ad, revision{key: key, hash: hash, change: e}, match)
	chaos.Point("A4", "")
	if err == nil {
		a, err = s.Show(ctx, tenant, ad)
		return a, true, err
	}
	// Whatever refuses it, the same edit may have been made at this moment.
	if a, made := s.revised(ctx, tenant, key, hash); !errors.Is(made, store.ErrNoRows) {
		return a, false, made
	}
	if index, dup := store.Duplicate(err); dup {
		err = fault.Newf(fault.CodeStale, "edit %v: another edit was first (%s)", ad, index)
	}
	return Ad{}, false, err
}

// edit makes a revision, whose number it gives.
func (s *Store) edit(ctx context.Context, tenant id.Tenant, ad id.Ad, r revision, match string) error {
	p, err := s.present(ctx, tenant, ad)
	if err != nil {
		return err
	}
	if match != "" && !p.meets(match) {
		return fault.Newf(fault.CodeStale, "edit %v: %s is not %s", ad, match, p.tag())
	}
	o, err := s.next(ctx, tenant, p, r.change)
	if err != nil {
		return err
	}
	r.no = p.revision + 1
	return s.revise(ctx, tenant, p, o, r)
}

// hashOf tells a repeated edit from another one.
func hashOf(ad id.Ad, e Edit) ([32]byte, error) {
	text, err := json.Marshal(struct {
		Ad   id.Ad
		Edit Edit
	}{ad, e})
	if err != nil {
		return [32]byte{}, fmt.Errorf("write edit: %w", err)
	}
	return sha256.Sum256(text), nil
}

// next is the order of the revision that an edit makes; it writes nothing.
func (s *Store) next(ctx context.Context, tenant id.Tenant, p present, e Edit) (order, error) {
	if !p.state.Ended() && p.state != pipeline.Awaiting {
		return order{}, fault.Newf(fault.CodeAdRunning, "edit %v: it is %s", p.order.Ad, p.state)
	}
	m, err := s.material(ctx, tenant, p, e)
	if err != nil {
		return order{}, err
	}
	o, err := p.revise(e, m)
	if err != nil {
		return order{}, err
	}
	if o.Posted, err = posted(ctx, s.db, tenant, o.Ad); err != nil {
		return order{}, err
	}
	return o, s.ready(ctx, tenant, o.Wish, o.targets())
}

// revision is what makes one: what was asked for, and under which key.
type revision struct {
	no     int
	key    message.Key
	hash   [32]byte
	change Edit
}

// revise puts the revision and its run into the place of the present ones, if the
// ad is still as it was when the order was made.
func (s *Store) revise(ctx context.Context, tenant id.Tenant, p present, o order, r revision) error {
	now := s.now().UTC().Truncate(time.Microsecond)
	run := id.New[id.Run](now)
	return s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := unmoved(ctx, tx, tenant, p); err != nil {
			return err
		}
		if err := s.engine.Supersede(ctx, tx, tenant, p.run); err != nil {
			return err
		}
		var err error
		if o.Posted, err = posted(ctx, tx, tenant, o.Ad); err != nil { // another post may have been ordered meanwhile
			return err
		}
		wish, err := json.Marshal(o.Wish)
		if err != nil {
			return fmt.Errorf("write wish: %w", err)
		}
		_, err = tx.Exec(ctx, `UPDATE ads SET revision = ?, run_id = ?, wish_json = ?, updated_at = ? WHERE tenant_id = ? AND id = ?`,
			r.no, run, string(wish), now, tenant, o.Ad)
		if err != nil {
			return fmt.Errorf("move %v to revision %d: %w", o.Ad, r.no, err)
		}
		if err := s.begin(ctx, tx, tenant, run, o, r, now); err != nil {
			return err
		}
		chaos.Point("A3", "")
		return nil
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		_, err := store.One(ctx, q, `SELECT revision FROM ad_revisions WHERE tenant_id = ? AND ad_id = ? AND run_id = ? LIMIT 1`,
			func(n *int) []any { return []any{n} }, tenant, o.Ad, run)
		if errors.Is(err, store.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	})
}

// begin writes a revision and starts its run.
func (s *Store) begin(ctx context.Context, tx *store.Tx, tenant id.Tenant, run id.Run, o order, r revision, now time.Time) error {
	ordered, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write order: %w", err)
	}
	change, err := json.Marshal(r.change)
	if err != nil {
		return fmt.Errorf("write change: %w", err)
	}
	var key any
	if r.key != "" {
		key = string(r.key)
	}
	_, err = tx.Exec(ctx, `INSERT INTO ad_revisions (ad_id, revision, tenant_id, run_id, order_json, change_json, request_key, request_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, o.Ad, r.no, tenant, run, string(ordered), string(change), key, r.hash[:], now)
	if err != nil {
		return fmt.Errorf("insert revision %d of %v: %w", r.no, o.Ad, err)
	}
	return s.engine.Start(ctx, tx, pipeline.Order{Run: run, Tenant: tenant, Ad: o.Ad, JSON: ordered})
}

// unmoved refuses with CodeStale when the ad has moved on. Its row is locked, so
// that of two edits at once one waits and then finds that it has; so is its
// run's, so that no retry begins meanwhile.
func unmoved(ctx context.Context, tx *store.Tx, tenant id.Tenant, p present) error {
	revision, err := store.One(ctx, tx, `SELECT revision FROM ads WHERE tenant_id = ? AND id = ? AND deleted_at IS NULL FOR UPDATE`,
		func(n *int) []any { return []any{n} }, tenant, p.order.Ad)
	if errors.Is(err, store.ErrNoRows) {
		return fault.Newf(fault.CodeNotFound, "edit %v: no such ad", p.order.Ad)
	}
	if err != nil {
		return fmt.Errorf("lock %v: %w", p.order.Ad, err)
	}
	version, err := store.One(ctx, tx, `SELECT version FROM pipeline_runs WHERE tenant_id = ? AND id = ? FOR UPDATE`,
		func(n *int) []any { return []any{n} }, tenant, p.run)
	if err != nil {
		return fmt.Errorf("lock %v: %w", p.run, err)
	}
	if revision != p.revision || version != p.version {
		return fault.Newf(fault.CodeStale, "edit %v: it has moved to %d.%d", p.order.Ad, revision, version)
	}
	return nil
}

// revised finds the ad of an edit that was made under a key.
func (s *Store) revised(ctx context.Context, tenant id.Tenant, key message.Key, hash [32]byte) (Ad, error) {
	if key == "" {
		return Ad{}, store.ErrNoRows
	}
	type made struct {
		ad   id.Ad
		hash []byte
	}
	m, err := store.One(ctx, s.db, `SELECT ad_id, request_hash FROM ad_revisions WHERE tenant_id = ? AND request_key = ? LIMIT 1`,
		func(m *made) []any { return []any{&m.ad, &m.hash} }, tenant, string(key))
	if err != nil {
		return Ad{}, fmt.Errorf("find revision of key: %w", err)
	}
	if string(m.hash) != string(hash[:]) {
		return Ad{}, fault.New(fault.CodeKeyReused)
	}
	return s.Show(ctx, tenant, m.ad)
}
