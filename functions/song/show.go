package song

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// Song is a song with its place in the history of its ad.
type Song struct {
	ID        id.Song   `json:"id"`
	Ad        id.Ad     `json:"ad"`
	Takes     []Take    `json:"takes"`
	CreatedAt time.Time `json:"created_at"`
	// Chosen is the index of the take that the newest film with this song is cut to.
	Chosen int `json:"chosen"`
	// InUse: it is the song of the ad's newest revision.
	InUse bool `json:"in_use"`
	// Versions are the songs of the ad's revisions, the newest first.
	Versions []Version `json:"versions"`
}

// Take is one way in which it is sung.
type Take struct {
	File    id.Artifact        `json:"file"`
	Seconds float64            `json:"seconds"`
	Lines   []message.LineTime `json:"lines"`
	// Missing are the indexes of the lyric lines that it does not sing, or not in their place.
	Missing []int `json:"missing"`
	// Loudness is in LUFS, TruePeak in dBTP; null when not measured. Tempo is in beats per minute.
	Loudness *float64 `json:"lufs"`
	TruePeak *float64 `json:"true_peak"`
	Tempo    float64  `json:"tempo,omitempty"`
}

// Version is the song of one revision.
type Version struct {
	Revision int       `json:"revision"`
	Song     id.Song   `json:"song"`
	At       time.Time `json:"at"`
	// Made: this revision made it; otherwise it was taken over from an earlier one.
	Made bool `json:"made"`
	// Take is the index of the take that the film is cut to.
	Take int `json:"take"`
}

// Find returns a song of the tenant's, without its versions.
func (s *Store) Find(ctx context.Context, tenant id.Tenant, song id.Song) (Song, error) {
	type row struct {
		Song
		run   id.Run
		step  int
		takes []byte
	}
	r, err := store.One(ctx, s.db, `SELECT id, ad_id, run_id, step_no, takes_json, chosen, created_at FROM songs WHERE tenant_id = ? AND id = ?`,
		func(r *row) []any {
			return []any{&r.ID, &r.Ad, &r.run, &r.step, &r.takes, &r.Chosen, &r.CreatedAt}
		}, tenant, song)
	if errors.Is(err, store.ErrNoRows) {
		return Song{}, fault.Newf(fault.CodeNotFound, "show %v: no such song", song)
	}
	if err != nil {
		return Song{}, fmt.Errorf("show %v: %w", song, err)
	}
	var takes []message.Take
	if err := json.Unmarshal(r.takes, &takes); err != nil {
		return Song{}, fault.Newf(fault.CodeInternal, "read takes of %v: %w", song, err)
	}
	files, err := s.files(ctx, tenant, r.run, r.step)
	if err != nil {
		return Song{}, err
	}
	for _, t := range takes {
		r.Takes = append(r.Takes, Take{File: files[t.Blob], Seconds: t.Seconds, Lines: t.Lines, Missing: append([]int{}, t.Missing...),
			Loudness: t.Loudness, TruePeak: t.TruePeak, Tempo: t.Tempo})
	}
	return r.Song, nil
}

// files maps the blob paths of a step's files to the ids that clients may know.
func (s *Store) files(ctx context.Context, tenant id.Tenant, run id.Run, step int) (map[string]id.Artifact, error) {
	type file struct {
		id   id.Artifact
		blob string
	}
	rows, err := store.All(ctx, s.db, `SELECT id, blob_path FROM artifacts WHERE tenant_id = ? AND run_id = ? AND step_no = ? LIMIT 10`,
		func(f *file) []any { return []any{&f.id, &f.blob} }, tenant, run, step)
	if err != nil {
		return nil, fmt.Errorf("read takes of %v: %w", run, err)
	}
	files := map[string]id.Artifact{}
	for _, f := range rows {
		files[f.blob] = f.id
	}
	return files, nil
}

// Among puts the song into the history of its ad.
func (s Song) Among(all message.Versions) (Song, error) {
	s.Versions = make([]Version, len(all.Items))
	for n := len(all.Items) - 1; n >= 0; n-- { // from the oldest on
		v := all.Items[n]
		var out message.SongMade
		if err := json.Unmarshal(v.Output, &out); err != nil {
			return s, fault.Newf(fault.CodeInternal, "read song of revision %d of %v: %w", v.Revision, s.Ad, err)
		}
		s.Versions[n] = Version{Revision: v.Revision, Song: out.Song, At: v.At, Made: v.Made, Take: v.Take}
		if out.Song == s.ID {
			s.Chosen, s.InUse = v.Take, v.Revision == all.Revision
		}
	}
	return s, nil
}
