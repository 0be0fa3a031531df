package video

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Video is a film with its place in the history of its ad.
type Video struct {
	ID        id.Video    `json:"id"`
	Ad        id.Ad       `json:"ad"`
	File      id.Artifact `json:"file"`
	Thumbnail id.Artifact `json:"thumbnail"`
	SHA256    string      `json:"sha256"`
	Bytes     int64       `json:"bytes"`
	Seconds   float64     `json:"seconds"`
	Width     int         `json:"width"`
	Height    int         `json:"height"`
	CreatedAt time.Time   `json:"created_at"`
	// InUse: it is the film of the ad's newest revision.
	InUse bool `json:"in_use"`
	// Versions are the films of the ad's revisions, the newest first.
	Versions []Version `json:"versions"`
}

// Version is the film of one revision.
type Version struct {
	Revision int       `json:"revision"`
	Video    id.Video  `json:"video"`
	At       time.Time `json:"at"`
	// Made: this revision made it; otherwise it was taken over from an earlier one.
	Made bool `json:"made"`
}

// Find returns a film of the tenant's, without its versions.
func (s *Store) Find(ctx context.Context, tenant id.Tenant, video id.Video) (Video, error) {
	type row struct {
		Video
		sum []byte
	}
	r, err := store.One(ctx, s.db, `SELECT v.id, v.ad_id, v.width, v.height, v.seconds, v.created_at, f.id, f.sha256, f.bytes, t.id FROM videos v
		JOIN artifacts f ON f.tenant_id = v.tenant_id AND f.run_id = v.run_id AND f.step_no = v.step_no AND f.blob_path = v.blob_path
		JOIN artifacts t ON t.tenant_id = v.tenant_id AND t.run_id = v.run_id AND t.step_no = v.step_no AND t.blob_path = v.thumbnail_path
		WHERE v.tenant_id = ? AND v.id = ? LIMIT 1`,
		func(r *row) []any {
			return []any{&r.ID, &r.Ad, &r.Width, &r.Height, &r.Seconds, &r.CreatedAt, &r.File, &r.sum, &r.Bytes, &r.Thumbnail}
		}, tenant, video)
	if errors.Is(err, store.ErrNoRows) {
		return Video{}, fault.Newf(fault.CodeNotFound, "show %v: no such film", video)
	}
	if err != nil {
		return Video{}, fmt.Errorf("show %v: %w", video, err)
	}
	r.SHA256 = hex.EncodeToString(r.sum)
	return r.Video, nil
}

// Among puts the film into the history of its ad.
func (v Video) Among(all message.Versions) (Video, error) {
	v.Versions = make([]Version, 0, len(all.Items))
	for _, one := range all.Items {
		var out message.VideoMade
		if err := json.Unmarshal(one.Output, &out); err != nil {
			return v, fault.Newf(fault.CodeInternal, "read film of revision %d of %v: %w", one.Revision, v.Ad, err)
		}
		v.Versions = append(v.Versions, Version{Revision: one.Revision, Video: out.Video, At: one.At, Made: one.Made})
		v.InUse = v.InUse || out.Video == v.ID && one.Revision == all.Revision
	}
	return v, nil
}
