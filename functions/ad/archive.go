package ad

import (
	"context"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// KeepAway is how long an ad that was put away can be brought back.
const KeepAway = 30 * 24 * time.Hour

// maxRuns is more runs than an ad has: each is an edit or a post that a person ordered.
const maxRuns = 10_000

// PutAway hides an ad and its files and returns when that was; one that is away
// stays as it is. An ad with a run under way, one that awaits approval or one with
// a post that is still to come is refused with CodeAdInUse. Posts that are public stay.
func (s *Store) PutAway(ctx context.Context, tenant id.Tenant, ad id.Ad, by id.User) (at time.Time, err error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	err = s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		away, err := lock(ctx, tx, tenant, ad)
		if err != nil {
			return err
		}
		if away != nil {
			at = *away
			return nil
		}
		at = now
		open, err := underWay(ctx, tx, tenant, ad)
		if err != nil {
			return err
		}
		if open {
			return fault.Newf(fault.CodeAdInUse, "put %v away: a run of it has not ended", ad)
		}
		if _, err := tx.Exec(ctx, `UPDATE ads SET deleted_at = ?, deleted_by = ? WHERE tenant_id = ? AND id = ?`, now, by, tenant, ad); err != nil {
			return fmt.Errorf("put %v away: %w", ad, err)
		}
		return nil
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		away, err := awayAt(ctx, q, tenant, ad)
		return away != nil && away.Equal(now), err
	})
	return at, err
}

// Restore brings an ad back that was put away less than KeepAway ago; one that is
// not away stays as it is. After that it is NotFound, also while it is still being deleted.
func (s *Store) Restore(ctx context.Context, tenant id.Tenant, ad id.Ad) error {
	now := s.now().UTC()
	return s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		away, err := lock(ctx, tx, tenant, ad)
		switch {
		case err != nil || away == nil:
			return err
		case !away.After(now.Add(-KeepAway)):
			return fault.Newf(fault.CodeNotFound, "restore %v: it was put away at %v", ad, away)
		}
		if _, err := tx.Exec(ctx, `UPDATE ads SET deleted_at = NULL, deleted_by = NULL WHERE tenant_id = ? AND id = ?`, tenant, ad); err != nil {
			return fmt.Errorf("restore %v: %w", ad, err)
		}
		return nil
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		away, err := awayAt(ctx, q, tenant, ad)
		return err == nil && away == nil, err
	})
}

// lock locks an ad's row and says when it was put away; nil = it is not.
func lock(ctx context.Context, tx *store.Tx, tenant id.Tenant, ad id.Ad) (*time.Time, error) {
	at, err := store.One(ctx, tx, `SELECT deleted_at FROM ads WHERE tenant_id = ? AND id = ? FOR UPDATE`, func(t **time.Time) []any { return []any{t} }, tenant, ad)
	return awayOf(ad, at, err)
}

func awayAt(ctx context.Context, q store.Querier, tenant id.Tenant, ad id.Ad) (*time.Time, error) {
	at, err := store.One(ctx, q, `SELECT deleted_at FROM ads WHERE tenant_id = ? AND id = ?`, func(t **time.Time) []any { return []any{t} }, tenant, ad)
	return awayOf(ad, at, err)
}

func awayOf(ad id.Ad, at *time.Time, err error) (*time.Time, error) {
	if errors.Is(err, store.ErrNoRows) {
		return nil, fault.Newf(fault.CodeNotFound, "look for %v: no such ad", ad)
	}
	if err != nil {
		return nil, fmt.Errorf("look for %v: %w", ad, err)
	}
	return at, nil
}

// underWay says whether a run of the ad has not ended. All its runs are locked, so
// that none that has ended begins again meanwhile.
func underWay(ctx context.Context, tx *store.Tx, tenant id.Tenant, ad id.Ad) (bool, error) {
	ends, err := store.All(ctx, tx, `SELECT ended_at FROM pipeline_runs WHERE tenant_id = ? AND ad_id = ? ORDER BY id LIMIT ? FOR UPDATE`,
		func(t **time.Time) []any { return []any{t} }, tenant, ad, maxRuns)
	if err != nil {
		return false, fmt.Errorf("lock runs of %v: %w", ad, err)
	}
	for _, end := range ends {
		if end == nil {
			return true, nil
		}
	}
	return false, nil
}

// Gone is an ad that nobody can bring back.
type Gone struct {
	Tenant id.Tenant
	Ad     id.Ad
	// At is when it was put away.
	At time.Time
}

// Gone returns at most limit ads that were put away before a time, the oldest first, those that
// follow after one (nil = all). One that has begun something meanwhile waits until that has
// ended, and so does one a picture of which was chosen for a post of another ad that is still to come.
func (s *Store) Gone(ctx context.Context, before time.Time, after *Gone, limit int) ([]Gone, error) {
	if after == nil {
		after = &Gone{At: time.Unix(0, 0).UTC()}
	}
	gone, err := store.All(ctx, s.db, `SELECT a.tenant_id, a.id, a.deleted_at FROM ads a WHERE a.deleted_at <= ? AND a.deleted_at >= ? AND (a.deleted_at > ? OR a.id > ?)
		AND NOT EXISTS (SELECT 1 FROM pipeline_runs r WHERE r.tenant_id = a.tenant_id AND r.ad_id = a.id AND r.ended_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM publications p JOIN pipeline_runs r ON r.id = p.run_id AND r.ended_at IS NULL JOIN artifacts f ON f.id = p.thumbnail_file
			JOIN pipeline_runs m ON m.id = f.run_id WHERE p.tenant_id = a.tenant_id AND m.ad_id = a.id) ORDER BY a.deleted_at, a.id LIMIT ?`,
		func(g *Gone) []any { return []any{&g.Tenant, &g.Ad, &g.At} }, before, after.At, after.At, after.Ad, limit)
	if err != nil {
		return nil, fmt.Errorf("find ads that are gone: %w", err)
	}
	return gone, nil
}

// Forget deletes an ad's own rows, the ad's last: by it what a crash has left is
// found again, so everything else of the ad's must have been deleted before.
func (s *Store) Forget(ctx context.Context, tenant id.Tenant, ad id.Ad) error {
	for _, statement := range []string{
		`DELETE FROM event_tickets WHERE tenant_id = ? AND ad_id = ?`,
		`DELETE FROM ad_revisions WHERE tenant_id = ? AND ad_id = ?`,
		`DELETE FROM ads WHERE tenant_id = ? AND id = ? AND deleted_at IS NOT NULL`,
	} {
		if _, err := s.db.Exec(ctx, statement, tenant, ad); err != nil {
			return fmt.Errorf("forget %v: %w", ad, err)
		}
	}
	return nil
}
