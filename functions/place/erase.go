package place

import (
	"context"
	"fmt"

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
		done, err := s.db.Erase(ctx, limit, []any{p, tenant},
			`DELETE FROM place_facts WHERE place_id = ? AND tenant_id = ? ORDER BY fact_no LIMIT ?`,
			`DELETE FROM place_sources WHERE place_id = ? AND tenant_id = ? ORDER BY place_id LIMIT ?`,
			`DELETE FROM places WHERE id = ? AND tenant_id = ? ORDER BY id LIMIT ?`)
		if err != nil {
			return false, fmt.Errorf("erase %v: %w", p, err)
		}
		if !done {
			return false, nil
		}
	}
	return len(places) < limit, nil
}
