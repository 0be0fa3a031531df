package lyric

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Lyric is a lyric with its place in the history of its ad.
type Lyric struct {
	ID        id.Lyric     `json:"id"`
	Ad        id.Ad        `json:"ad"`
	Title     string       `json:"title"`
	Lines     []claim.Line `json:"lines"`
	CreatedAt time.Time    `json:"created_at"`
	// InUse: it is the lyric of the ad's newest revision.
	InUse bool `json:"in_use"`
	// Versions are the lyrics of the ad's revisions, the newest first; PATCH /ads/{id}
	// {"restore": revision} brings one back.
	Versions []Version `json:"versions"`
}

// Version is the lyric of one revision.
type Version struct {
	Revision int       `json:"revision"`
	Lyric    id.Lyric  `json:"lyric"`
	At       time.Time `json:"at"`
	// Made: this revision made it; otherwise it was taken over from an earlier one.
	Made bool `json:"made"`
	// By is owner or writer.
	By    string `json:"by"`
	Title string `json:"title"`
	// Diff leads from the lyric of the revision before to this one; none for the first, or when nothing differs.
	Diff []Change `json:"diff,omitempty"`
}

// Find returns a lyric of the tenant's, without its versions.
func (s *Store) Find(ctx context.Context, tenant id.Tenant, lyric id.Lyric) (Lyric, error) {
	type row struct {
		Lyric
		lines []byte
	}
	r, err := store.One(ctx, s.db, `SELECT id, ad_id, title, lines_json, created_at FROM lyrics WHERE tenant_id = ? AND id = ?`,
		func(r *row) []any { return []any{&r.ID, &r.Ad, &r.Title, &r.lines, &r.CreatedAt} }, tenant, lyric)
	if errors.Is(err, store.ErrNoRows) {
		return Lyric{}, fault.Newf(fault.CodeNotFound, "show %v: no such lyric", lyric)
	}
	if err != nil {
		return Lyric{}, fmt.Errorf("show %v: %w", lyric, err)
	}
	if err := json.Unmarshal(r.lines, &r.Lines); err != nil {
		return Lyric{}, fault.Newf(fault.CodeInternal, "read lines of %v: %w", lyric, err)
	}
	return r.Lyric, nil
}

// Among puts the lyric into the history of its ad.
func (l Lyric) Among(all message.Versions) (Lyric, error) {
	l.Versions = make([]Version, len(all.Items))
	var before *claim.Lyric
	for n := len(all.Items) - 1; n >= 0; n-- { // from the oldest on
		v := all.Items[n]
		var out message.LyricWritten
		if err := json.Unmarshal(v.Output, &out); err != nil {
			return l, fault.Newf(fault.CodeInternal, "read lyric of revision %d of %v: %w", v.Revision, l.Ad, err)
		}
		by := "writer"
		if v.Own {
			by = "owner"
		}
		l.Versions[n] = Version{Revision: v.Revision, Lyric: out.Lyric, At: v.At, Made: v.Made, By: by, Title: out.Text.Title}
		if before != nil {
			l.Versions[n].Diff = diff(before.Lines, out.Text.Lines)
		}
		before = &out.Text
		l.InUse = v.Revision == all.Revision && out.Lyric == l.ID
	}
	return l, nil
}
