package ad

import (
	"context"
	"encoding/json"
	"fmt"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// maxVersions bounds a list of versions: nobody compares more.
const maxVersions = 100

// Versions returns what the revisions of an ad have made of one kind, the newest first.
func (s *Store) Versions(ctx context.Context, tenant id.Tenant, ad id.Ad, kind message.Kind) (message.Versions, error) {
	p, err := s.present(ctx, tenant, ad)
	if err != nil {
		return message.Versions{}, err
	}
	type row struct {
		message.Version
		state    pipeline.State
		provider string
		ordered  []byte
	}
	rows, err := store.All(ctx, s.db, `SELECT v.revision, v.created_at, v.order_json, s.state, s.provider, s.output_json FROM ad_revisions v
		JOIN pipeline_steps s ON s.tenant_id = v.tenant_id AND s.run_id = v.run_id
		WHERE v.tenant_id = ? AND v.ad_id = ? AND s.kind = ? AND s.output_json IS NOT NULL ORDER BY v.revision DESC LIMIT ?`,
		func(r *row) []any {
			return []any{&r.Revision, &r.At, &r.ordered, &r.state, &r.provider, (*[]byte)(&r.Output)}
		}, tenant, ad, kind, maxVersions)
	if err != nil {
		return message.Versions{}, fmt.Errorf("read versions of %v: %w", ad, err)
	}
	out := message.Versions{ETag: p.tag(), Revision: p.revision}
	for _, r := range rows {
		if !r.state.Good() {
			continue
		}
		r.Made, r.Own = r.state == pipeline.Succeeded, r.provider == "castad"
		if kind == message.Song {
			if r.Take, err = takeOf(r.ordered, r.Output); err != nil {
				return message.Versions{}, err
			}
		}
		out.Items = append(out.Items, r.Version)
	}
	return out, nil
}

// takeOf is the take of a song that an order's film is cut to.
func takeOf(ordered, output []byte) (int, error) {
	o, err := read(ordered)
	if err != nil {
		return 0, err
	}
	var song message.SongMade
	if err := json.Unmarshal(output, &song); err != nil {
		return 0, fault.Newf(fault.CodeInternal, "read song of %v: %w", o.Ad, err)
	}
	return o.chosen(song), nil
}

// Edited is an ad as the edits of its parts are answered.
func (a Ad) Edited(created bool) (message.Edited, error) {
	tag, err := a.Tag()
	return message.Edited{Ad: a.ID, Revision: a.Revision, Run: a.Run, State: a.State, ETag: tag, Created: created}, err
}
