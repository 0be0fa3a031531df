// Package song keeps the song of an ad: two takes, each with the times of its lines.
//
// Table: songs. Queues: song-generate, song-collect. Provider: Suno-compatible.
// Ordering a song costs money and has no idempotency key: a lost answer is
// settled by the provider's callback, never by ordering again at once.
package song

import (
	"context"
	"encoding/json"
	"fmt"

	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Store holds every statement that writes songs.
type Store struct {
	db     *store.Primary
	engine *pipeline.Engine
}

// New returns the store.
func New(db *store.Primary, engine *pipeline.Engine) *Store { return &Store{db: db, engine: engine} }

// Submit orders the song: send is called at most once per claim.
func (s *Store) Submit(ctx context.Context, w message.Wake,
	send func(context.Context, message.SongGenerate, message.Call) (externalID string, err error)) error {
	return pipeline.Submit(ctx, s.engine, w, message.Song, send)
}

// Collect asks for the song and keeps it when it is ready.
func (s *Store) Collect(ctx context.Context, w message.Wake,
	ask func(context.Context, message.SongGenerate, message.Call) (message.SongMade, []message.Artifact, error)) error {
	return pipeline.Collect(ctx, s.engine, w, message.Song, ask, keep)
}

// Callback notes that the provider has reported.
func (s *Store) Callback(ctx context.Context, token, stage, externalID string, body []byte) error {
	return s.engine.Callback(ctx, message.Song, token, pipeline.Report{Stage: stage, ExternalID: externalID, Body: body})
}

func keep(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.SongMade) (message.SongMade, error) {
	out.Song = id.New[id.Song](ref.Now)
	takes, err := json.Marshal(out.Takes)
	if err != nil {
		return out, fmt.Errorf("write takes: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO songs (id, tenant_id, ad_id, run_id, step_no, takes_json, chosen, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		out.Song, ref.Tenant, ref.Ad, ref.Run, ref.Step, string(takes), out.Chosen, ref.Now)
	if err != nil {
		return out, fmt.Errorf("insert %v: %w", out.Song, err)
	}
	return out, nil
}
