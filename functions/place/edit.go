package place

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// Edit changes a place whose ETag is match and returns it as it is then (CodeStale
// when it has another). What is collected already stays as it was.
func (s *Store) Edit(ctx context.Context, tenant id.Tenant, place id.Place, c Change, match string) (Place, error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	var version int
	err := s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, last, err := s.locked(ctx, tx, tenant, place)
		if err != nil {
			return err
		}
		if p.Tag() != match {
			return fault.Newf(fault.CodeStale, "edit %v: %s is not %s", place, match, p.Tag())
		}
		version = p.Version + 1
		f, err := p.change(c, last)
		if err != nil {
			return err
		}
		order, err := ordered(p.Photos, c.Photos)
		if err != nil {
			return err
		}
		return rewrite(ctx, tx, tenant, p, f, order, c, now)
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		n, err := store.One(ctx, q, `SELECT COUNT(*) FROM places WHERE tenant_id = ? AND id = ? AND version = ? AND updated_at = ?`,
			func(n *int) []any { return []any{n} }, tenant, place, version, now)
		return n > 0, err
	})
	if err != nil {
		return Place{}, err
	}
	return s.Show(ctx, tenant, place)
}

// rewrite makes p what it is to be: its facts, its link's place and the order of its photos.
func rewrite(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place, f facts, order []Photo, c Change, now time.Time) error {
	if err := refact(ctx, tx, tenant, p, f.all); err != nil {
		return err
	}
	for i, ph := range order {
		if len(c.Photos) == 0 {
			break
		}
		if _, err := tx.Exec(ctx, `UPDATE place_photos SET sort = ? WHERE tenant_id = ? AND place_id = ? AND id = ?`, i+1, tenant, p.ID, ph.ID); err != nil {
			return fmt.Errorf("order %v: %w", ph.ID, err)
		}
	}
	if c.Link != nil {
		if _, err := tx.Exec(ctx, `DELETE FROM place_sources WHERE tenant_id = ? AND place_id = ?`, tenant, p.ID); err != nil {
			return fmt.Errorf("forget the source of %v: %w", p.ID, err)
		}
		next := Place{ID: p.ID, Facts: f.all, Source: c.Origin.source(now)}
		if err := insertSource(ctx, tx, tenant, next, c.Origin, now); err != nil {
			return err
		}
	}
	p.Name = f.name()
	if err := rename(ctx, tx, tenant, p); err != nil {
		return err
	}
	return touch(ctx, tx, tenant, p.ID, f.last, now)
}

// refact writes the facts that are others than they were.
func refact(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place, to []claim.Fact) error {
	had := map[string]claim.Fact{}
	for _, f := range p.Facts {
		had[f.ID] = f
		if slices.ContainsFunc(to, func(n claim.Fact) bool { return n.ID == f.ID }) {
			continue
		}
		if _, err := tx.Exec(ctx, `DELETE FROM place_facts WHERE tenant_id = ? AND place_id = ? AND fact_no = ?`, tenant, p.ID, strings.TrimPrefix(f.ID, "f")); err != nil {
			return fmt.Errorf("remove fact %s of %v: %w", f.ID, p.ID, err)
		}
	}
	var added []claim.Fact
	for _, f := range to {
		switch old, is := had[f.ID]; {
		case !is:
			added = append(added, f)
		case old != f:
			_, err := tx.Exec(ctx, `UPDATE place_facts SET text = ?, won = ?, source = ? WHERE tenant_id = ? AND place_id = ? AND fact_no = ?`,
				f.Text, f.Won, f.Source, tenant, p.ID, strings.TrimPrefix(f.ID, "f"))
			if err != nil {
				return fmt.Errorf("change fact %s of %v: %w", f.ID, p.ID, err)
			}
		}
	}
	return insertFacts(ctx, tx, tenant, p.ID, added)
}
