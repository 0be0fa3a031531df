package place

import (
	"context"
	"fmt"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// Erase deletes at most limit of the tenant's photos with their files, then places with
// what is known of them; done says that none is left. A file goes before its row, so
// that a process that dies in between leaves a row that finds it. The tenant's runs
// must have ended.
func (s *Store) Erase(ctx context.Context, tenant id.Tenant, limit int, remove func(ctx context.Context, file string) error) (done bool, err error) {
	type photo struct {
		id   id.Photo
		file string
	}
	photos, err := store.All(ctx, s.db, `SELECT f.id, f.blob_path FROM places p JOIN place_photos f ON f.place_id = p.id
		WHERE p.tenant_id = ? AND f.tenant_id = ? ORDER BY p.id LIMIT ?`, func(p *photo) []any { return []any{&p.id, &p.file} }, tenant, tenant, limit)
	if err != nil {
		return false, fmt.Errorf("find photos of %v: %w", tenant, err)
	}
	for _, p := range photos {
		if err := remove(ctx, p.file); err != nil {
			return false, fmt.Errorf("erase %v: %w", p.id, err)
		}
		if _, err := s.db.Exec(ctx, `DELETE FROM place_photos WHERE id = ? AND tenant_id = ?`, p.id, tenant); err != nil {
			return false, fmt.Errorf("erase %v: %w", p.id, err)
		}
	}
	if len(photos) == limit {
		return false, nil
	}
	places, err := store.All(ctx, s.db, `SELECT id FROM places WHERE tenant_id = ? ORDER BY id LIMIT ?`, func(p *id.Place) []any { return []any{p} }, tenant, limit)
	if err != nil {
		return false, fmt.Errorf("find places of %v: %w", tenant, err)
	}
	for _, p := range places {
		gone, err := s.erase(ctx, tenant, p)
		if err != nil {
			return false, fmt.Errorf("erase %v: %w", p, err)
		}
		if !gone {
			return false, nil
		}
	}
	return len(places) < limit, nil
}

// erase deletes a place, unless it has a photo again. Its row is locked, so that
// whoever adds something to it meanwhile is either seen here or finds no place: what is
// left without its place is never found.
func (s *Store) erase(ctx context.Context, tenant id.Tenant, place id.Place) (gone bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := lock(ctx, tx, tenant, place)
		if gone = fault.KindOf(err) == fault.NotFound; gone { // another run of the timer was faster
			return nil
		}
		if err != nil {
			return err
		}
		n, err := store.One(ctx, tx, `SELECT COUNT(*) FROM place_photos WHERE place_id = ? AND tenant_id = ?`, func(n *int) []any { return []any{n} }, place, tenant)
		if gone = err == nil && n == 0; !gone {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM place_facts WHERE place_id = ? AND tenant_id = ?`,
			`DELETE FROM place_sources WHERE place_id = ? AND tenant_id = ?`,
			`DELETE FROM places WHERE id = ? AND tenant_id = ?`,
		} {
			if _, err := tx.Exec(ctx, statement, place, tenant); err != nil {
				return err
			}
		}
		return nil
	})
	return gone && err == nil, err
}
