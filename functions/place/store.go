package place

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
	p = Place{ID: id.New[id.Place](now), Name: d.Name, Facts: d.Facts(), Photos: []Photo{}, CreatedAt: now, Source: d.Origin.source(now), Version: 1}
	var requestKey any
	if key != "" {
		requestKey = string(key)
	}
	err = s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := insert(ctx, tx, tenant, p, requestKey, hash); err != nil {
			return err
		}
		return insertSource(ctx, tx, tenant, p, d.Origin, now)
	},
		func(ctx context.Context, q store.Querier) (bool, error) { return exists(ctx, q, p.ID) })
	if _, dup := store.Duplicate(err); dup {
		p, err = s.byKey(ctx, tenant, key, hash)
		return p, false, err
	}
	return p, err == nil, err
}

func insert(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place, key any, hash [32]byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO places (id, tenant_id, name, request_key, request_hash, created_at, version, last_fact) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, tenant, p.Name, key, hash[:], p.CreatedAt, p.Version, len(p.Facts))
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

func insertSource(ctx context.Context, tx *store.Tx, tenant id.Tenant, p Place, from *Origin, now time.Time) error {
	if from == nil {
		return nil
	}
	var at, by any
	if from.Consent {
		at, by = now, from.By
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
	type row struct {
		Place
		last int
	}
	r, err := store.One(ctx, q, `SELECT id, name, created_at, updated_at, version, last_fact FROM places WHERE tenant_id = ? AND id = ?`,
		func(r *row) []any { return []any{&r.ID, &r.Name, &r.CreatedAt, &r.UpdatedAt, &r.Version, &r.last} }, tenant, place)
	if errors.Is(err, store.ErrNoRows) {
		return Place{}, 0, fault.Newf(fault.CodeNotFound, "show %v: no such place", place)
	}
	if err != nil {
		return Place{}, 0, fmt.Errorf("show %v: %w", place, err)
	}
	p = r.Place
	if p.Facts, err = store.All(ctx, q, `SELECT fact_no, kind, text, won, source FROM place_facts WHERE tenant_id = ? AND place_id = ? ORDER BY fact_no LIMIT 100`,
		factColumns, tenant, place); err != nil {
		return Place{}, 0, fmt.Errorf("read facts of %v: %w", place, err)
	}
	if p.Photos, err = photos(ctx, q, tenant, place); err != nil {
		return Place{}, 0, err
	}
	p.Source, last, err = source(ctx, q, tenant, place)
	return p, max(last, r.last, highest(p.Facts)), err
}

// highest is the highest number of the facts: places of before have kept no other.
func highest(facts []claim.Fact) (n int) {
	for _, f := range facts {
		if no, err := strconv.Atoi(strings.TrimPrefix(f.ID, "f")); err == nil {
			n = max(n, no)
		}
	}
	return n
}

// lock locks a place's row, so that of two who write one waits; NotFound when it is not the tenant's.
func lock(ctx context.Context, tx *store.Tx, tenant id.Tenant, place id.Place) error {
	_, err := store.One(ctx, tx, `SELECT id FROM places WHERE tenant_id = ? AND id = ? FOR UPDATE`, func(n *id.Place) []any { return []any{n} }, tenant, place)
	if errors.Is(err, store.ErrNoRows) {
		return fault.Newf(fault.CodeNotFound, "lock %v: no such place", place)
	}
	if err != nil {
		return fmt.Errorf("lock %v: %w", place, err)
	}
	return nil
}

// touch makes the next version of a place; last is the highest number that a fact of it has had.
func touch(ctx context.Context, tx *store.Tx, tenant id.Tenant, place id.Place, last int, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE places SET version = version + 1, updated_at = ?, last_fact = GREATEST(last_fact, ?) WHERE tenant_id = ? AND id = ?`, now, last, tenant, place)
	if err != nil {
		return fmt.Errorf("count version of %v: %w", place, err)
	}
	return nil
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
