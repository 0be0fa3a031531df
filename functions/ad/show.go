package ad

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Show returns an ad of the tenant's with its steps and results.
func (s *Store) Show(ctx context.Context, tenant id.Tenant, ad id.Ad) (Ad, error) {
	a, o, err := s.head(ctx, tenant, ad)
	if err != nil {
		return Ad{}, err
	}
	// Between two rounds of a post the channel works: to its owner it is being submitted.
	steps, err := store.All(ctx, s.db, `SELECT s.step_no, s.kind, CASE WHEN s.state = 'ready' AND s.call_state = 'part' THEN 'submitting' ELSE s.state END, GREATEST(s.attempt - s.parts, LEAST(s.attempt, 1)), s.ready_at, s.ended_at, s.fail_code, s.output_json,
		(SELECT COUNT(*) FROM provider_calls c WHERE c.run_id = s.run_id AND c.step_no = s.step_no AND c.provider <> 'castad')
		FROM pipeline_steps s WHERE s.tenant_id = ? AND s.run_id = ? ORDER BY s.step_no LIMIT 100`, stepColumns, tenant, a.Run)
	if err != nil {
		return Ad{}, fmt.Errorf("read steps of %v: %w", ad, err)
	}
	files, err := s.files(ctx, tenant, a.Run)
	if err != nil {
		return Ad{}, err
	}
	now := s.now().UTC()
	for _, r := range steps {
		r.Fail, r.Paused = told(r.code)
		if r.ReadyAt != nil {
			end := now
			if r.EndedAt != nil {
				end = *r.EndedAt
			}
			r.Seconds = float64(end.Sub(*r.ReadyAt).Round(time.Millisecond).Milliseconds()) / 1000
		}
		a.Steps = append(a.Steps, r.Step)
		if r.State.Good() {
			if err := a.result(o, r, files); err != nil {
				return Ad{}, err
			}
		}
	}
	if a.Posts, err = s.posts(ctx, tenant, ad); err != nil {
		return Ad{}, err
	}
	return a, nil
}

// told is a step's code as its owner is told: why it failed, or why it waits.
func told(code fault.Code) (fail, paused *Failure) {
	if code == fault.CodePaused {
		return nil, fault.Tell(code)
	}
	return fault.Tell(code), nil
}

type stepRow struct {
	Step
	code   fault.Code
	output []byte
}

func stepColumns(r *stepRow) []any {
	return []any{&r.No, &r.Kind, &r.State, &r.Attempt, &r.ReadyAt, &r.EndedAt, &r.code, &r.output, &r.Calls}
}

// result puts a step's output where clients look for it.
func (a *Ad) result(o order, r stepRow, files map[string]id.Artifact) error {
	read := func(v any) error {
		if err := json.Unmarshal(r.output, v); err != nil {
			return fault.Newf(fault.CodeInternal, "read output of step %d of %v: %w", r.No, a.ID, err)
		}
		return nil
	}
	switch r.Kind {
	case message.Lyric:
		var out message.LyricWritten
		if err := read(&out); err != nil {
			return err
		}
		a.Lyric = &Lyric{ID: out.Lyric, Title: out.Text.Title, Lines: out.Text.Lines, Captions: o.texts(out.Text)}
	case message.Song:
		var out message.SongMade
		if err := read(&out); err != nil {
			return err
		}
		a.Song = &Song{ID: out.Song, Chosen: o.chosen(out)}
		for _, t := range out.Takes {
			a.Song.Takes = append(a.Song.Takes, Take{File: files[t.Blob], Seconds: t.Seconds, Lines: t.Lines, Missing: a.missing(t),
				Loudness: t.Loudness, TruePeak: t.TruePeak, Tempo: t.Tempo})
		}
	case message.Video:
		var out message.VideoMade
		if err := read(&out); err != nil {
			return err
		}
		a.Video = &Video{ID: out.Video, File: files[out.Blob], Thumbnail: files[out.Thumbnail], SHA256: out.SHA256, Bytes: out.Bytes,
			Seconds: out.Seconds, Width: out.Width, Height: out.Height}
	}
	return nil
}

// missing names the lyric lines that the take does not sing in their place. The
// lyric's step comes before the song's, so that its lines are known.
func (a *Ad) missing(t message.Take) []MissingLine {
	out := make([]MissingLine, 0, len(t.Missing))
	for _, n := range t.Missing {
		m := MissingLine{Line: n, Swapped: slices.Contains(t.Swapped, n)}
		if a.Lyric != nil && n >= 0 && n < len(a.Lyric.Lines) {
			m.Text = a.Lyric.Lines[n].Text
		}
		out = append(out, m)
	}
	return out
}

// files maps the blob paths of a run's results to the ids that clients may know.
// The files of a step that was skipped are those of the run that made them.
func (s *Store) files(ctx context.Context, tenant id.Tenant, run id.Run) (map[string]id.Artifact, error) {
	type file struct {
		id   id.Artifact
		blob string
	}
	rows, err := store.All(ctx, s.db, `SELECT f.id, f.blob_path FROM pipeline_steps s
		JOIN artifacts f ON f.tenant_id = s.tenant_id AND f.run_id = COALESCE(s.made_in, s.run_id) AND f.step_no = s.step_no
		WHERE s.tenant_id = ? AND s.run_id = ? LIMIT 100`,
		func(f *file) []any { return []any{&f.id, &f.blob} }, tenant, run)
	if err != nil {
		return nil, fmt.Errorf("read files of %v: %w", run, err)
	}
	files := map[string]id.Artifact{}
	for _, f := range rows {
		files[f.blob] = f.id
	}
	return files, nil
}

func (s *Store) posts(ctx context.Context, tenant id.Tenant, ad id.Ad) ([]Post, error) {
	// A publication that is not public is what its step says: that is the truth,
	// also after a crash, a refusal that is tried again, or an answer that never came.
	posts, err := store.All(ctx, s.db, `SELECT p.id, p.channel, p.account_id,
		CASE WHEN p.state = 'removed' THEN p.state WHEN p.state = 'published' OR s.state = 'succeeded' THEN 'published'
			WHEN s.fail_code = ? THEN 'unknown' WHEN s.state IN ('failed', 'cancelled', 'unknown') THEN s.state WHEN p.state = 'ordered' AND p.scheduled_at > ? THEN 'scheduled' ELSE 'publishing' END,
		COALESCE(p.external_post_id, ''), p.url, p.privacy, p.note
		FROM publications p JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no
		WHERE p.tenant_id = ? AND p.ad_id = ? ORDER BY p.revision, p.step_no, p.id LIMIT 100`,
		func(p *Post) []any {
			return []any{&p.ID, &p.Channel, &p.Account, &p.State, &p.ExternalID, &p.URL, &p.Privacy, &p.Note}
		}, fault.CodeAbandoned, s.now().UTC(), tenant, ad)
	if err != nil {
		return nil, fmt.Errorf("read posts of %v: %w", ad, err)
	}
	return posts, nil
}

// News is what happened to an ad after a sequence.
type News struct {
	Run   id.Run
	State string
	// Version is the run's, read before the events: they may be newer, never older.
	Version int
	Events  []Event
	// Ended: the ad is over and no event follows these.
	Ended bool
}

// revisionSpan is the room for one revision's events in the ad's sequence: a
// client that has seen the end of one goes on with the beginning of the next.
// (A run has some dozens; one of a million would have been asking for months.)
const revisionSpan = 1_000_000

// Events returns what happened to the newest revision of an ad after the given
// sequence, oldest first, at most 200.
func (s *Store) Events(ctx context.Context, tenant id.Tenant, ad id.Ad, after int) (News, error) {
	a, _, err := s.head(ctx, tenant, ad)
	if err != nil {
		return News{}, err
	}
	base := (a.Revision - 1) * revisionSpan
	events, err := s.events(ctx, tenant, a.Run, max(0, after-base))
	for i := range events {
		events[i].Seq += base
	}
	return News{Run: a.Run, State: a.State, Version: a.Version, Events: events, Ended: pipeline.RunState(a.State).Ended() && len(events) < eventPage}, err
}

const eventPage = 200

// events leaves out that a provider was asked and is not ready yet: it happens
// every few seconds and tells nobody anything, unless it begins a pause or ends one.
func (s *Store) events(ctx context.Context, tenant id.Tenant, run id.Run, after int) ([]Event, error) {
	type row struct {
		Event
		code fault.Code
	}
	rows, err := store.All(ctx, s.db, `SELECT e.seq, e.step_no, COALESCE(s.kind, ''), e.from_state, e.to_state, e.event = 'reminder', e.code, e.at
		FROM run_events e LEFT JOIN pipeline_steps s ON s.run_id = e.run_id AND s.step_no = e.step_no
		WHERE e.tenant_id = ? AND e.run_id = ? AND e.seq > ?
		AND (e.code = ? OR ? = (SELECT p.code FROM run_events p WHERE p.run_id = e.run_id AND p.step_no = e.step_no AND p.seq < e.seq ORDER BY p.seq DESC LIMIT 1)
		OR NOT (e.from_state IN ('waiting', 'collecting') AND e.to_state IN ('waiting', 'collecting'))
		AND NOT (e.event = 'part' AND e.to_state = 'ready')
		AND NOT (e.event = 'claim' AND EXISTS (SELECT 1 FROM provider_calls c
			WHERE c.run_id = e.run_id AND c.step_no = e.step_no AND c.attempt = e.attempt - 1 AND c.state = 'part')))
		ORDER BY e.seq LIMIT ?`,
		func(r *row) []any {
			return []any{&r.Seq, &r.Step, &r.Kind, &r.From, &r.To, &r.Reminder, &r.code, &r.At}
		}, tenant, run, after, fault.CodePaused, fault.CodePaused, eventPage)
	if err != nil {
		return nil, fmt.Errorf("read events of %v: %w", run, err)
	}
	events := make([]Event, 0, len(rows))
	for _, r := range rows {
		r.Fail, r.Paused = told(r.code)
		events = append(events, r.Event)
	}
	return events, nil
}

// File is a kept file of the tenant's.
type File struct {
	ID     id.Artifact
	Kind   string
	Blob   string
	Type   string
	Bytes  int64
	SHA256 string
}

// File finds a file of the tenant's; one of an ad that is put away is NotFound.
func (s *Store) File(ctx context.Context, tenant id.Tenant, file id.Artifact) (File, error) {
	type row struct {
		File
		sum []byte
	}
	f, err := store.One(ctx, s.db, `SELECT id, kind, blob_path, content_type, bytes, sha256 FROM artifacts WHERE tenant_id = ? AND id = ?
		AND NOT EXISTS (SELECT 1 FROM pipeline_runs r JOIN ads a ON a.id = r.ad_id WHERE r.id = artifacts.run_id AND a.deleted_at IS NOT NULL) LIMIT 1`,
		func(f *row) []any { return []any{&f.ID, &f.Kind, &f.Blob, &f.Type, &f.Bytes, &f.sum} }, tenant, file)
	if errors.Is(err, store.ErrNoRows) {
		return File{}, fault.Newf(fault.CodeNotFound, "open %v: no such file", file)
	}
	if err != nil {
		return File{}, fmt.Errorf("open %v: %w", file, err)
	}
	f.SHA256 = hex.EncodeToString(f.sum)
	return f.File, nil
}
