package ad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// tag is the ETag of an ad: it changes with every revision and with everything
// that happens to the newest one's run.
func tag(revision, version int) string { return fmt.Sprintf(`"%d.%d"`, revision, version) }

func (p present) tag() string { return tag(p.revision, p.version) }

// meets says whether an If-Match was the ETag of this state. What an ETag has
// besides (see Ad.Tag) is about posts and of no concern to an edit.
func (p present) meets(match string) bool {
	return match == p.tag() || strings.HasPrefix(match, strings.TrimSuffix(p.tag(), `"`)+".")
}

// present reads an ad with what its newest run has made.
func (s *Store) present(ctx context.Context, tenant id.Tenant, ad id.Ad) (present, error) {
	type row struct {
		present
		text []byte
	}
	r, err := store.One(ctx, s.db, `SELECT a.revision, a.run_id, r.state, r.version, r.order_json FROM ads a JOIN pipeline_runs r ON r.id = a.run_id
		WHERE a.tenant_id = ? AND a.id = ? AND a.deleted_at IS NULL LIMIT 1`,
		func(r *row) []any { return []any{&r.revision, &r.run, &r.state, &r.version, &r.text} }, tenant, ad)
	if errors.Is(err, store.ErrNoRows) {
		return present{}, fault.Newf(fault.CodeNotFound, "edit %v: no such ad", ad)
	}
	if err != nil {
		return present{}, fmt.Errorf("read %v: %w", ad, err)
	}
	p := r.present
	if p.order, err = read(r.text); err != nil {
		return present{}, err
	}
	return p, s.made(ctx, tenant, &p)
}

// made reads what the run has made so far.
func (s *Store) made(ctx context.Context, tenant id.Tenant, p *present) error {
	type row struct {
		kind   message.Kind
		state  pipeline.State
		output []byte
	}
	rows, err := store.All(ctx, s.db, `SELECT kind, state, output_json FROM pipeline_steps WHERE tenant_id = ? AND run_id = ? AND output_json IS NOT NULL ORDER BY step_no LIMIT 100`,
		func(r *row) []any { return []any{&r.kind, &r.state, &r.output} }, tenant, p.run)
	if err != nil {
		return fmt.Errorf("read outputs of %v: %w", p.run, err)
	}
	for _, r := range rows {
		if !r.state.Good() {
			continue
		}
		var to any
		switch r.kind {
		case message.Place:
			to = &p.place
		case message.Lyric:
			to = &p.lyric
		case message.Song:
			to = &p.song
		case message.Video:
			to = &p.video
		default:
			continue
		}
		if err := json.Unmarshal(r.output, to); err != nil {
			return fault.Newf(fault.CodeInternal, "read %s of %v: %w", r.kind, p.run, err)
		}
	}
	return nil
}

// material looks up what an edit names by number.
func (s *Store) material(ctx context.Context, tenant id.Tenant, p present, e Edit) (material, error) {
	var m material
	if err := e.check(); err != nil {
		return m, err
	}
	place := p.place
	if e.Restore > 0 {
		o, then, err := s.revision(ctx, tenant, p.order.Ad, e.Restore)
		if err != nil {
			return m, err
		}
		m.restore, place = &o, then
	}
	m.stale = s.tooOld(place)
	if len(e.Photos) == 0 {
		return m, nil
	}
	all, err := placePhotos(ctx, s.db, tenant, p.order.Wish.Place)
	if err != nil {
		return m, err
	}
	for i, want := range e.Photos {
		n := slices.IndexFunc(all, func(ph message.Photo) bool { return ph.ID == want })
		if n < 0 {
			return m, fault.Newf(fault.CodeNotFound, "edit %v: %v is not its place's", p.order.Ad, want).In(fmt.Sprintf("photos[%d]", i))
		}
		m.photos = append(m.photos, all[n])
	}
	return m, nil
}

// tooOld says that what was read from a place's page must not be used for anything new.
func (s *Store) tooOld(p message.PlaceFacts) bool {
	return p.UseBy != nil && !s.now().Before(*p.UseBy)
}

// revision reads an order of before, and what was known of its place.
func (s *Store) revision(ctx context.Context, tenant id.Tenant, ad id.Ad, no int) (order, message.PlaceFacts, error) {
	type row struct{ text, place []byte }
	var known message.PlaceFacts
	r, err := store.One(ctx, s.db, `SELECT v.order_json, s.output_json FROM ad_revisions v
		LEFT JOIN pipeline_steps s ON s.tenant_id = v.tenant_id AND s.run_id = v.run_id AND s.kind = 'place'
		WHERE v.tenant_id = ? AND v.ad_id = ? AND v.revision = ? LIMIT 1`, func(r *row) []any { return []any{&r.text, &r.place} }, tenant, ad, no)
	if errors.Is(err, store.ErrNoRows) {
		return order{}, known, fault.Newf(fault.CodeNotFound, "restore %d of %v: no such revision", no, ad).In("restore")
	}
	if err != nil {
		return order{}, known, fmt.Errorf("read revision %d of %v: %w", no, ad, err)
	}
	if r.place != nil {
		if err := json.Unmarshal(r.place, &known); err != nil {
			return order{}, known, fault.Newf(fault.CodeInternal, "read place of revision %d of %v: %w", no, ad, err)
		}
	}
	o, err := read(r.text)
	return o, known, err
}

// posted are the accounts on which an ad has been posted, is being posted or is to be.
func posted(ctx context.Context, q store.Querier, tenant id.Tenant, ad id.Ad) ([]string, error) {
	accounts, err := store.All(ctx, q, `SELECT DISTINCT account_id FROM publications WHERE tenant_id = ? AND ad_id = ? ORDER BY account_id LIMIT 100`,
		func(a *string) []any { return []any{a} }, tenant, ad)
	if err != nil {
		return nil, fmt.Errorf("read posts of %v: %w", ad, err)
	}
	return accounts, nil
}

// placePhotos are the photos that a place has now, in its order.
func placePhotos(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place) ([]message.Photo, error) {
	type row struct {
		message.Photo
		colors string
	}
	rows, err := store.All(ctx, q, `SELECT id, blob_path, content_type, width, height, colors FROM place_photos
		WHERE tenant_id = ? AND place_id = ? AND removed_at IS NULL ORDER BY sort, id LIMIT 100`,
		func(r *row) []any { return []any{&r.ID, &r.Blob, &r.Type, &r.Width, &r.Height, &r.colors} }, tenant, place)
	if err != nil {
		return nil, fmt.Errorf("read photos of %v: %w", place, err)
	}
	photos := make([]message.Photo, 0, len(rows))
	for _, r := range rows {
		if r.colors != "" {
			r.Colors = strings.Split(r.colors, ",")
		}
		photos = append(photos, r.Photo)
	}
	return photos, nil
}
