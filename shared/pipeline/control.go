package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/store"
)

// Report is a provider's callback: a hint that makes CastAD ask, never a truth.
type Report struct {
	Stage string
	// ExternalID is the job's id as the body claims it; used only to look the job up.
	ExternalID string
	// Body is hashed, so that a repeated callback is recognised; it is not kept.
	Body []byte
}

// Callback stores a report for the call that the token belongs to and makes its
// step due at once. A token that no call of this kind has is NotFound. The same
// report again changes nothing.
func (e *Engine) Callback(ctx context.Context, kind message.Kind, token string, r Report) error {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != sha256.Size {
		return fault.Newf(fault.CodeNotFound, "callback: not a token")
	}
	// Tokens are looked up by their hash: the index sees nothing of the token,
	// and comparing hashes leaks no prefix.
	hash := sha256.Sum256(raw)
	call, err := store.One(ctx, e.c.DB, `SELECT c.id, c.run_id, c.tenant_id, c.step_no, c.attempt, c.state, c.external_id, c.token_hash
		FROM provider_calls c JOIN pipeline_steps s ON s.run_id = c.run_id AND s.step_no = c.step_no
		WHERE c.token_hash = ? AND s.kind = ? LIMIT 1`, callColumns, hash[:], kind)
	if errors.Is(err, store.ErrNoRows) {
		return fault.Newf(fault.CodeNotFound, "callback: no call has this token")
	}
	if err != nil {
		return fmt.Errorf("find call of callback: %w", err)
	}
	err = e.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		run, err := load(ctx, tx, call.run)
		if err != nil {
			return err
		}
		if err := e.keepReport(ctx, tx, call, r); err != nil {
			return err
		}
		chaos.Point("K1", string(kind))
		if s := run.Step(call.step); s == nil || s.Attempt != call.attempt {
			return nil // an earlier attempt's late report: kept, but nobody asks
		}
		_, err = e.move(ctx, tx, run, Event{Name: EvCallback, Step: call.step}, newCause())
		if isNothing(err) {
			return nil // keep the row: the claim in flight, or the next poll, reads it
		}
		return err
	})
	chaos.Point("K2", string(kind))
	if isNothing(err) {
		return nil
	}
	return err
}

// keepReport inserts the report; a repeated one is "nothing", which rolls the transaction back.
func (e *Engine) keepReport(ctx context.Context, tx *store.Tx, call callRow, r Report) error {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\x00%s\x00", r.Stage, r.ExternalID)
	hash.Write(r.Body)
	var external any
	if r.ExternalID != "" && len(r.ExternalID) <= 190 {
		external = r.ExternalID
	}
	_, err := tx.Exec(ctx, `INSERT INTO callbacks (call_id, tenant_id, event_hash, stage, external_id, received_at) VALUES (?, ?, ?, ?, ?, ?)`,
		call.id, call.tenant, hash.Sum(nil), clip(r.Stage, 32), external, e.now())
	if _, dup := store.Duplicate(err); dup {
		return nothing
	}
	if err != nil {
		return fmt.Errorf("keep callback of %v: %w", call.id, err)
	}
	return nil
}

// Holds says, with the step's row locked by tx, that the submission of call may
// still go on: its claim has not been taken over, and the step is not settled
// otherwise. What a submission in rounds writes down in the same transaction is
// then final once the claim is lost: who looks at it afterwards can tell how far
// the lost one may have come. CodeConflict when it may not.
func (e *Engine) Holds(ctx context.Context, tx *store.Tx, call message.Call) error {
	type claim struct {
		state   State
		attempt int
	}
	now, err := store.One(ctx, tx, `SELECT state, attempt FROM pipeline_steps WHERE run_id = ? AND step_no = ? LIMIT 1 FOR UPDATE`,
		func(c *claim) []any { return []any{&c.state, &c.attempt} }, call.Run, call.Step)
	if err != nil {
		return fmt.Errorf("hold step %d of %v: %w", call.Step, call.Run, err)
	}
	if now.state != Submitting || now.attempt != call.Attempt {
		return fault.Newf(fault.CodeConflict, "hold step %d of %v: attempt %d is over", call.Step, call.Run, call.Attempt)
	}
	return nil
}
