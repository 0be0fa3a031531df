// Package video keeps the film of an ad and serves files.
//
// Table: videos. Queues: video-render, video-collect. Provider:
// Creatomate-compatible. A render costs money and has no idempotency key; its
// metadata carries our tag, by which a lost job is recognised in the webhook.
// The provider fetches photos and song through /media/{token}, so the storage's
// host is never shown to anyone.
package video

import (
	"context"
	"fmt"

	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Store holds every statement that writes videos.
type Store struct {
	db     *store.Primary
	engine *pipeline.Engine
}

// New returns the store.
func New(db *store.Primary, engine *pipeline.Engine) *Store { return &Store{db: db, engine: engine} }

// Submit orders the render: send is called at most once per claim.
func (s *Store) Submit(ctx context.Context, w message.Wake,
	send func(context.Context, message.VideoRender, message.Call) (externalID string, err error)) error {
	return pipeline.Submit(ctx, s.engine, w, message.Video, send)
}

// Collect asks for the film and keeps it when it is ready.
func (s *Store) Collect(ctx context.Context, w message.Wake,
	ask func(context.Context, message.VideoRender, message.Call) (message.VideoMade, []message.Artifact, error)) error {
	return pipeline.Collect(ctx, s.engine, w, message.Video, ask, keep)
}

// Callback notes that the provider has reported.
func (s *Store) Callback(ctx context.Context, token, stage, externalID string, body []byte) error {
	return s.engine.Callback(ctx, message.Video, token, pipeline.Report{Stage: stage, ExternalID: externalID, Body: body})
}

func keep(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.VideoMade) (message.VideoMade, error) {
	out.Video = id.New[id.Video](ref.Now)
	_, err := tx.Exec(ctx, `INSERT INTO videos (id, tenant_id, ad_id, run_id, step_no, blob_path, thumbnail_path, width, height, seconds, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		out.Video, ref.Tenant, ref.Ad, ref.Run, ref.Step, out.Blob, out.Thumbnail, out.Width, out.Height, out.Seconds, ref.Now)
	if err != nil {
		return out, fmt.Errorf("insert %v: %w", out.Video, err)
	}
	return out, nil
}
