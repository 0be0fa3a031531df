package sns

import (
	"context"
	"errors"
	"fmt"

	"castad/shared/id"
	"castad/shared/seal"
	"castad/shared/store"
)

// Resealer brings a sealed value under the current key.
type Resealer interface {
	Reseal(ctx context.Context, l seal.Label, sealed []byte) (fresh []byte, changed bool, err error)
}

// Progress is how far resealing has come.
type Progress struct {
	// Last is the last publication that was looked at; 0 = there are no more.
	Last id.Post
	// Changed were resealed. Left are still under another key: their channel kept
	// something at the same moment, and they come with the next round.
	Changed, Left int
	// Lost cannot be opened, each for its reason in Why: with none of the keys, or because it
	// was changed. They are left as they are.
	Lost int
	Why  error
}

// Reseal brings what is kept of at most limit publications after the given one
// under the current key version: of those under way, and of failed ones, which
// their owner may retry for as long as the ad is there. One that cannot be opened does not
// keep the others. It can be killed anywhere and begun anew.
func Reseal(ctx context.Context, db *store.Primary, keys Resealer, after id.Post, limit int) (Progress, error) {
	type row struct {
		post    id.Post
		tenant  id.Tenant
		channel string
		sealed  []byte
	}
	var p Progress
	rows, err := store.All(ctx, db, `SELECT id, tenant_id, channel, notes_sealed FROM publications
		WHERE id > ? AND notes_sealed IS NOT NULL ORDER BY id LIMIT ?`,
		func(r *row) []any { return []any{&r.post, &r.tenant, &r.channel, &r.sealed} }, after, limit)
	if err != nil {
		return p, fmt.Errorf("read publications after %v: %w", after, err)
	}
	for _, r := range rows {
		fresh, old, err := keys.Reseal(ctx, labelOf(r.tenant, r.post, r.channel), r.sealed)
		switch {
		case seal.Lost(err):
			p.Lost, p.Why = p.Lost+1, errors.Join(p.Why, fmt.Errorf("reseal notes of %v: %w", r.post, err))
		case err != nil:
			return p, fmt.Errorf("reseal notes of %v: %w", r.post, err)
		case old:
			n, err := db.Exec(ctx, `UPDATE publications SET notes_sealed = ? WHERE id = ? AND notes_sealed = ?`, fresh, r.post, r.sealed)
			if err != nil {
				return p, fmt.Errorf("reseal notes of %v: %w", r.post, err)
			}
			p.Changed += int(n)
			p.Left += 1 - int(n)
		}
		p.Last = r.post
	}
	if len(rows) < limit {
		p.Last = 0
	}
	return p, nil
}
