package place

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// keepRemoved is how long a photo that was taken away is kept at least: what shows it
// may have begun, and the owner may send it again.
const keepRemoved = 30 * 24 * time.Hour

// photos are those of a place that were not taken away, in their order.
func photos(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place) ([]Photo, error) {
	type row struct {
		Photo
		sum    []byte
		colors string
	}
	rows, err := store.All(ctx, q, `SELECT id, blob_path, content_type, width, height, bytes, sha256, colors FROM place_photos
		WHERE tenant_id = ? AND place_id = ? AND removed_at IS NULL ORDER BY sort, id LIMIT 100`,
		func(r *row) []any {
			return []any{&r.ID, &r.Blob, &r.Type, &r.Width, &r.Height, &r.Bytes, &r.sum, &r.colors}
		}, tenant, place)
	if err != nil {
		return nil, fmt.Errorf("read photos of %v: %w", place, err)
	}
	photos := make([]Photo, 0, len(rows))
	for _, r := range rows {
		copy(r.SHA256[:], r.sum)
		if r.colors != "" {
			r.Colors = strings.Split(r.colors, ",")
		}
		photos = append(photos, r.Photo)
	}
	return photos, nil
}

// Has says whether the place is the tenant's; NotFound when it is not.
func (s *Store) Has(ctx context.Context, tenant id.Tenant, place id.Place) error {
	_, err := store.One(ctx, s.db, `SELECT id FROM places WHERE tenant_id = ? AND id = ?`, func(n *id.Place) []any { return []any{n} }, tenant, place)
	if errors.Is(err, store.ErrNoRows) {
		return fault.Newf(fault.CodeNotFound, "add photo to %v: no such place", place)
	}
	if err != nil {
		return fmt.Errorf("look for %v: %w", place, err)
	}
	return nil
}

// Kept returns the photo that the place has of the same picture, if it has one;
// otherwise it says whether there is room for another.
func (s *Store) Kept(ctx context.Context, tenant id.Tenant, place id.Place, sum [32]byte) (ph Photo, kept bool, err error) {
	all, err := photos(ctx, s.db, tenant, place)
	if err != nil {
		return Photo{}, false, err
	}
	return among(all, sum)
}

// among finds the picture; a full place refuses only pictures that it does not
// have, so that an upload whose answer was lost can be repeated.
func among(all []Photo, sum [32]byte) (ph Photo, kept bool, err error) {
	for _, k := range all {
		if k.SHA256 == sum {
			return k, true, nil
		}
	}
	if len(all) >= MaxPhotos {
		return Photo{}, false, fault.New(fault.CodeTooManyPhotos)
	}
	return Photo{}, false, nil
}

// AddPhoto keeps a photo whose file is in Blob already, as the last one. The same picture
// again returns the photo that was kept first (added is false); one that was taken
// away comes back as it was.
func (s *Store) AddPhoto(ctx context.Context, tenant id.Tenant, place id.Place, ph Photo) (out Photo, added bool, err error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	err = s.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, added = ph, false
		// The place's row is locked, so that two uploads cannot both be the thirtieth.
		if err := lock(ctx, tx, tenant, place); err != nil {
			return err
		}
		all, err := photos(ctx, tx, tenant, place)
		if err != nil {
			return err
		}
		first, kept, err := among(all, ph.SHA256)
		if err != nil || kept {
			out = first
			return err
		}
		last, err := store.One(ctx, tx, `SELECT COALESCE(MAX(sort), 0) FROM place_photos WHERE tenant_id = ? AND place_id = ?`, func(n *int) []any { return []any{n} }, tenant, place)
		if err != nil {
			return fmt.Errorf("order photos of %v: %w", place, err)
		}
		if out, err = put(ctx, tx, tenant, place, ph, last+1, now); err != nil {
			return err
		}
		added = true
		return touch(ctx, tx, tenant, place, 0, now)
	})
	if err != nil {
		return Photo{}, false, err
	}
	return out, added, nil
}

// put writes a photo's row, or brings back the one that the picture had.
func put(ctx context.Context, tx *store.Tx, tenant id.Tenant, place id.Place, ph Photo, sort int, now time.Time) (Photo, error) {
	back, err := tx.Exec(ctx, `UPDATE place_photos SET removed_at = NULL, sort = ? WHERE tenant_id = ? AND place_id = ? AND sha256 = ?`, sort, tenant, place, ph.SHA256[:])
	if err != nil {
		return Photo{}, fmt.Errorf("bring back photo of %v: %w", place, err)
	}
	if back > 0 {
		all, err := photos(ctx, tx, tenant, place)
		if err != nil {
			return Photo{}, err
		}
		ph, _, err = among(all, ph.SHA256)
		return ph, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO place_photos (id, tenant_id, place_id, blob_path, content_type, width, height, bytes, sha256, colors, sort, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		ph.ID, tenant, place, ph.Blob, ph.Type, ph.Width, ph.Height, ph.Bytes, ph.SHA256[:], strings.Join(ph.Colors, ","), sort, now)
	if err != nil {
		return Photo{}, fmt.Errorf("insert %v: %w", ph.ID, err)
	}
	return ph, nil
}

// RemovePhoto takes a photo away from its place and returns the place; again changes
// nothing. No new order shows it. Its file stays for the ads that may: see PurgePhotos.
func (s *Store) RemovePhoto(ctx context.Context, tenant id.Tenant, place id.Place, ph id.Photo) (Place, error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	err := s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx, tenant, place); err != nil {
			return err
		}
		gone, err := removed(ctx, tx, tenant, place, ph)
		if errors.Is(err, store.ErrNoRows) {
			return fault.Newf(fault.CodeNotFound, "remove %v of %v: no such photo", ph, place)
		}
		if err != nil || gone {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE place_photos SET removed_at = ? WHERE tenant_id = ? AND place_id = ? AND id = ?`, now, tenant, place, ph); err != nil {
			return fmt.Errorf("remove %v: %w", ph, err)
		}
		return touch(ctx, tx, tenant, place, 0, now)
	}, func(ctx context.Context, q store.Querier) (bool, error) { return removed(ctx, q, tenant, place, ph) })
	if err != nil {
		return Place{}, err
	}
	return s.Show(ctx, tenant, place)
}

// removed says whether a photo was taken away; ErrNoRows when there is none.
func removed(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place, ph id.Photo) (bool, error) {
	at, err := store.One(ctx, q, `SELECT removed_at FROM place_photos WHERE tenant_id = ? AND place_id = ? AND id = ?`,
		func(at **time.Time) []any { return []any{at} }, tenant, place, ph)
	if err != nil {
		return false, fmt.Errorf("look for %v: %w", ph, err)
	}
	return at != nil, nil
}

// PurgePhotos deletes at most 1,000 photos that were taken away 30 days ago and that no
// ad can show: an ad that is older than the removal may be edited, and is then rendered
// from what was collected first, so the photo waits until that ad is deleted for good.
// (The day bridges what clocks differ.) One that was chosen for a post waits until that has
// gone out or ended otherwise. The file is background-purge's then.
func (s *Store) PurgePhotos(ctx context.Context) (int64, error) {
	n, err := s.db.Exec(ctx, `DELETE FROM place_photos WHERE removed_at < ? AND NOT EXISTS (SELECT 1 FROM ads a
		WHERE a.tenant_id = place_photos.tenant_id AND a.place_id = place_photos.place_id AND a.created_at < place_photos.removed_at + INTERVAL 1 DAY)
		AND NOT EXISTS (SELECT 1 FROM publications b JOIN pipeline_runs r ON r.id = b.run_id AND r.ended_at IS NULL
		WHERE b.tenant_id = place_photos.tenant_id AND b.thumbnail_photo = place_photos.id)
		ORDER BY removed_at LIMIT 1000`, s.now().UTC().Add(-keepRemoved))
	if err != nil {
		return 0, fmt.Errorf("purge photos: %w", err)
	}
	return n, nil
}

// Keeps says whether a photo's row names the file, be it that of one that was taken away.
func (s *Store) Keeps(ctx context.Context, blobName string) (bool, error) {
	n, err := store.One(ctx, s.db, `SELECT COUNT(*) FROM place_photos WHERE blob_path = ?`, func(n *int) []any { return []any{n} }, blobName)
	if err != nil {
		return false, fmt.Errorf("look for photo of %s: %w", blobName, err)
	}
	return n > 0, nil
}

// Named returns the names of files that photos have, from one to another, in order, at most limit.
func (s *Store) Named(ctx context.Context, from, to string, limit int) ([]string, error) {
	names, err := store.All(ctx, s.db, `SELECT DISTINCT blob_path FROM place_photos WHERE blob_path BETWEEN ? AND ? ORDER BY blob_path LIMIT ?`,
		func(n *string) []any { return []any{n} }, from, to, limit)
	if err != nil {
		return nil, fmt.Errorf("read files of photos: %w", err)
	}
	return names, nil
}
