// Package lyric keeps the words of an ad: titled lines, each with the facts it
// rests on.
//
// Table: lyrics. Queue: lyric-write. Provider: an OpenAI-compatible chat. A
// lyric is checked against the facts whoever wrote it; one that claims too much
// goes back once with the reasons and then fails the step. Writing costs tokens
// only, so a lost answer is simply asked for again. A row is never changed: an
// owner's edit is another lyric, of another revision of the ad.
package lyric

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Store holds every statement that writes lyrics.
type Store struct {
	db     *store.Primary
	engine *pipeline.Engine
}

// New returns the store.
func New(db *store.Primary, engine *pipeline.Engine) *Store { return &Store{db: db, engine: engine} }

// Write runs the lyric step: write is called once per claim, with no connection held.
func (s *Store) Write(ctx context.Context, w message.Wake,
	write func(context.Context, message.LyricWrite, message.Call) (message.LyricWritten, error)) error {
	return pipeline.Do(ctx, s.engine, w, message.Lyric, write, keep)
}

func keep(ctx context.Context, tx *store.Tx, ref pipeline.Ref, out message.LyricWritten) (message.LyricWritten, error) {
	out.Lyric = id.New[id.Lyric](ref.Now)
	lines, err := json.Marshal(out.Text.Lines)
	if err != nil {
		return out, fmt.Errorf("write lines: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO lyrics (id, tenant_id, ad_id, run_id, step_no, title, lines_json, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		out.Lyric, ref.Tenant, ref.Ad, ref.Run, ref.Step, clip(out.Text.Title), string(lines), ref.Now.Truncate(time.Microsecond))
	if err != nil {
		return out, fmt.Errorf("insert %v: %w", out.Lyric, err)
	}
	return out, nil
}

// clip keeps a title within its column.
func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200])
	}
	return s
}
