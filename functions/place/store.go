package place

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Store holds every statement that writes the place's tables.
type Store struct {
	db     *store.Primary
	engine *pipeline.Engine
	now    func() time.Time
}

// New returns the store.
func New(db *store.Primary, engine *pipeline.Engine, now func() time.Time) *Store {
	return &Store{db: db, engine: engine, now: now}
}

// Create keeps a new place. The same key and details again return the place
// that was made; the same key with other details is refused.
func (s *Store) Create(ctx context.Context, tenant id.Tenant, d Details, key message.Key) (p Place, created bool, err error) {
	hash, err := d.hash()
	if err != nil {
		return Place{}, false, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	d.Name = strings.TrimSpace(d.Name)
	p = Place{ID: id.New[id.Place](now), Name: d.Name, Facts: d.Facts(), Photos: []Photo{}, CreatedAt: now, Source: d.Origin.source()}
	var requestKey any
	if key != "" {
		requestKey = string(key)
	}
	err = s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := insert(ctx, tx, tenant, p, requestKey, hash); err != nil {
			return err
		}
		return insertSource(ctx, tx, tenant, p, d.Origin)
	},
		func(ctx context.Context, q store.Querier) (bool, error) { return exists(ctx, q, p.ID) })
	if _, dup := store.Duplicate(err); dup {
		p, err = s.byKey(ctx, tenant, key, hash)
		return p, false, err
	}
	return p, err == nil, err
}

func insert(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place, key any, hash [32]byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO places (id, tenant_id, name, request_key, request_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		p.ID, tenant, p.Name, key, hash[:], p.CreatedAt)
	if err != nil {
		return fmt.Errorf("insert %v: %w", p.ID, err)
	}
	return insertFacts(ctx, tx, tenant, p.ID, p.Facts)
}

func insertFacts(ctx context.Context, tx *store.Tx, tenant id.Tenant, p id.Place, facts []claim.Fact) error {
	for _, f := range facts {
		_, err := tx.Exec(ctx, `INSERT INTO place_facts (place_id, fact_no, tenant_id, kind, text, won, source) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			p, strings.TrimPrefix(f.ID, "f"), tenant, f.Kind, f.Text, f.Won, f.Source)
		if err != nil {
			return fmt.Errorf("insert fact %s of %v: %w", f.ID, p, err)
		}
	}
	return nil
}

func insertSource(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place, from *Origin) error {
	if from == nil {
		return nil
	}
	var at, by any
	if from.Consent {
		at, by = p.CreatedAt, from.By
	}
	_, err := tx.Exec(ctx, `INSERT INTO place_sources (place_id, tenant_id, vendor, external_id, link, consented_at, consented_by, outcome, last_fact) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, tenant, from.Vendor, from.ID, from.URL, at, by, p.Source.Outcome, len(p.Facts))
	if err != nil {
		return fmt.Errorf("insert source of %v: %w", p.ID, err)
	}
	return nil
}

func exists(ctx context.Context, q store.Querier, p id.Place) (bool, error) {
	_, err := store.One(ctx, q, `SELECT id FROM places WHERE id = ?`, func(n *id.Place) []any { return []any{n} }, p)
	if errors.Is(err, store.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) byKey(ctx context.Context, tenant id.Tenant, key message.Key, hash [32]byte) (Place, error) {
	type made struct {
		id   id.Place
		hash []byte
	}
	m, err := store.One(ctx, s.db, `SELECT id, request_hash FROM places WHERE tenant_id = ? AND request_key = ? LIMIT 1`,
		func(m *made) []any { return []any{&m.id, &m.hash} }, tenant, string(key))
	if err != nil {
		return Place{}, fmt.Errorf("find place of key: %w", err)
	}
	if string(m.hash) != string(hash[:]) {
		return Place{}, fault.New(fault.CodeKeyReused)
	}
	return s.Show(ctx, tenant, m.id)
}

// Show returns a place of the tenant's.
func (s *Store) Show(ctx context.Context, tenant id.Tenant, place id.Place) (Place, error) {
	p, _, err := read(ctx, s.db, tenant, place)
	return p, err
}

// read returns a place, and the highest number that a fact of it has had.
func read(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place) (p Place, last int, err error) {
	p, err = store.One(ctx, q, `SELECT id, name, created_at FROM places WHERE tenant_id = ? AND id = ?`,
		func(p *Place) []any { return []any{&p.ID, &p.Name, &p.CreatedAt} }, tenant, place)
	if errors.Is(err, store.ErrNoRows) {
		return Place{}, 0, fault.Newf(fault.CodeNotFound, "show %v: no such place", place)
	}
	if err != nil {
		return Place{}, 0, fmt.Errorf("show %v: %w", place, err)
	}
	if p.Facts, err = store.All(ctx, q, `SELECT fact_no, kind, text, won, source FROM place_facts WHERE tenant_id = ? AND place_id = ? ORDER BY fact_no LIMIT 100`,
		factColumns, tenant, place); err != nil {
		return Place{}, 0, fmt.Errorf("read facts of %v: %w", place, err)
	}
	if p.Photos, err = photos(ctx, q, tenant, place); err != nil {
		return Place{}, 0, err
	}
	p.Source, last, err = source(ctx, q, tenant, place)
	return p, last, err
}

func factColumns(f *claim.Fact) []any {
	return []any{(*factNo)(&f.ID), &f.Kind, &f.Text, &f.Won, &f.Source}
}

// factNo reads a fact's number as its id.
type factNo string

// Scan implements the database's reading of a column.
func (n *factNo) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*n = factNo(factID(int(v)))
	case []byte:
		*n = factNo("f" + string(v))
	default:
		return fmt.Errorf("read fact number: %T", v)
	}
	return nil
}

func photos(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place) ([]Photo, error) {
	type row struct {
		Photo
		sum    []byte
		colors string
	}
	rows, err := store.All(ctx, q, `SELECT id, blob_path, content_type, width, height, bytes, sha256, colors FROM place_photos
		WHERE tenant_id = ? AND place_id = ? ORDER BY id LIMIT 100`,
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

// AddPhoto keeps a photo whose file is in Blob already. The same picture again
// returns the photo that was kept first (added is false).
func (s *Store) AddPhoto(ctx context.Context, tenant id.Tenant, place id.Place, ph Photo) (out Photo, added bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, added = ph, false
		// The place's row is locked, so that two uploads cannot both be the thirtieth.
		_, err := store.One(ctx, tx, `SELECT id FROM places WHERE tenant_id = ? AND id = ? FOR UPDATE`,
			func(n *id.Place) []any { return []any{n} }, tenant, place)
		if errors.Is(err, store.ErrNoRows) {
			return fault.Newf(fault.CodeNotFound, "add photo to %v: no such place", place)
		}
		if err != nil {
			return fmt.Errorf("lock %v: %w", place, err)
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
		_, err = tx.Exec(ctx, `INSERT INTO place_photos (id, tenant_id, place_id, blob_path, content_type, width, height, bytes, sha256, colors, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			ph.ID, tenant, place, ph.Blob, ph.Type, ph.Width, ph.Height, ph.Bytes, ph.SHA256[:], strings.Join(ph.Colors, ","), s.now().UTC().Truncate(time.Microsecond))
		if err != nil {
			return fmt.Errorf("insert %v: %w", ph.ID, err)
		}
		added = true
		return nil
	})
	if err != nil {
		return Photo{}, false, err
	}
	return out, added, nil
}

// Keeps says whether a photo's row names the file.
func (s *Store) Keeps(ctx context.Context, blobName string) (bool, error) {
	n, err := store.One(ctx, s.db, `SELECT COUNT(*) FROM place_photos WHERE blob_path = ?`, func(n *int) []any { return []any{n} }, blobName)
	if err != nil {
		return false, fmt.Errorf("look for photo of %s: %w", blobName, err)
	}
	return n > 0, nil
}
