package place

import (
	"context"
	"errors"
	"fmt"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

const (
	// purgedLater is how much longer than it is used what was fetched is kept: an order that
	// began to use it in time has done so by then, whatever its clock.
	purgedLater = 24 * time.Hour
	// purgedAtOnce bounds one visit; the timer comes again.
	purgedAtOnce = 1000
)

// PurgeFetched deletes what was fetched of at most 1,000 places KeepFetched ago and a day, and
// returns of how many. The next order of one fetches it anew. Its name stays until then, so
// that its owner knows it and its ads by it; no order uses it. (It looks at every row
// of place_sources, once a night.)
func (s *Store) PurgeFetched(ctx context.Context) (int64, error) {
	type place struct {
		id     id.Place
		tenant id.Tenant
	}
	before := s.now().UTC().Add(-KeepFetched - purgedLater)
	old, err := store.All(ctx, s.db, `SELECT place_id, tenant_id FROM place_sources WHERE outcome = ? AND fetched_at < ? ORDER BY fetched_at LIMIT ?`,
		func(p *place) []any { return []any{&p.id, &p.tenant} }, Fetched, before, purgedAtOnce)
	if err != nil {
		return 0, fmt.Errorf("find what was fetched before %v: %w", before, err)
	}
	n := int64(0)
	var stuck []error
	for _, p := range old { // one that cannot be purged does not keep the others
		if err := s.purgeFetched(ctx, p.tenant, p.id, before); err != nil {
			stuck = append(stuck, fmt.Errorf("purge what was fetched of %v: %w", p.id, err))
			continue
		}
		n++
	}
	return n, errors.Join(stuck...)
}

func (s *Store) purgeFetched(ctx context.Context, tenant id.Tenant, place id.Place, before time.Time) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx, tenant, place); fault.KindOf(err) == fault.NotFound { // erased meanwhile, with all that was fetched
			return nil
		} else if err != nil {
			return err
		}
		now := s.now().UTC().Truncate(time.Microsecond)
		purged, err := tx.Exec(ctx, `UPDATE place_sources SET outcome = ?, fetched_at = NULL WHERE tenant_id = ? AND place_id = ? AND outcome = ? AND fetched_at < ?`,
			Waiting, tenant, place, Fetched, before)
		if err != nil || purged == 0 { // an order has been faster
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM place_facts WHERE tenant_id = ? AND place_id = ? AND source <> ? AND kind <> ?`, tenant, place, owner, claim.Name); err != nil {
			return err
		}
		return touch(ctx, tx, tenant, place, 0, now)
	})
}
