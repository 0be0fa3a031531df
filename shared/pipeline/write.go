package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// writer puts one decided move into the database.
type writer struct {
	engine *Engine
	tx     *store.Tx
	before Run
	after  loaded
	event  Event
	cause  [16]byte
	fx     []Effect
	// names are the events of the steps that ended in this move by another than its own.
	names map[int]EventName
	days  map[string]change
}

// write writes the steps, the run, the events and the effects of a move.
func (w *writer) write(ctx context.Context) error {
	if err := w.inputs(ctx); err != nil {
		return err
	}
	if err := w.steps(ctx); err != nil {
		return err
	}
	if w.after.Version == w.before.Version && noted(w.fx) {
		// The ledger's rows are unique by version, and a lost commit is looked for by its event.
		if err := w.log(ctx, 0, string(w.before.State), string(w.after.State), Step{FailCode: w.after.FailCode}); err != nil {
			return err
		}
	}
	for _, f := range w.fx {
		if err := w.effect(ctx, f); err != nil {
			return err
		}
	}
	if err := w.book(ctx); err != nil {
		return err
	}
	if w.after.Version == w.before.Version && w.after.Deadline.Equal(w.before.Deadline) {
		return nil
	}
	return updateRun(ctx, w.tx, w.before, w.after.Run, w.event.At)
}

// noted says whether a move must be found in the history although no state changed.
func noted(fx []Effect) bool {
	for _, f := range fx {
		switch f.Name {
		case FxReserve, FxCapture, FxRelease, FxWaste, FxNote:
			return true
		}
	}
	return false
}

// inputs makes the input of every step that became ready, and decides at once on
// what follows from it: no input is possible, or the result is there already,
// which makes the next steps ready. So each step moves once in a move.
func (w *writer) inputs(ctx context.Context) error {
	for i := 0; i < len(w.fx); i++ { // grows on the way
		if w.fx[i].Name != FxInput {
			continue
		}
		ev, err := w.input(ctx, w.fx[i].Step)
		if err != nil {
			return err
		}
		if ev.Name == "" {
			continue
		}
		next, fx, err := Decide(w.after.Run, ev, w.engine.c.Rules)
		if err != nil {
			return fmt.Errorf("%s step %d of %v: %w", ev.Name, ev.Step, w.after.ID, err)
		}
		w.after.Run, w.names[ev.Step] = next, ev.Name
		w.fx = append(w.fx, fx...)
		if ev.Name == EvReuse {
			w.after.outputs[ev.Step], w.after.madeIn[ev.Step] = ev.output, ev.madeIn
		}
	}
	return nil
}

// steps writes the changed steps and one event for each change of state.
func (w *writer) steps(ctx context.Context) error {
	for i, s := range w.after.Steps {
		was := w.before.Steps[i]
		if was == s {
			continue
		}
		var ended time.Time
		if s.State.Ended() {
			ended = w.event.At
		}
		if err := updateStep(ctx, w.tx, w.after.ID, was, s, ended); err != nil {
			return err
		}
		if was.State == s.State && was.FailCode == s.FailCode {
			continue
		}
		if err := w.log(ctx, s.No, string(was.State), string(s.State), s); err != nil {
			return err
		}
	}
	if w.before.State == w.after.State {
		return nil
	}
	return w.log(ctx, 0, string(w.before.State), string(w.after.State), Step{FailCode: w.after.FailCode})
}

// log appends a run_events row; its sequence is the run's version.
func (w *writer) log(ctx context.Context, step int, from, to string, s Step) error {
	w.after.Version++
	_, err := w.tx.Exec(ctx, `INSERT INTO run_events (run_id, seq, tenant_id, step_no, event, from_state, to_state, attempt, fence, code, cause_id, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, w.after.ID, w.after.Version, w.after.Tenant, step, w.name(step), from, to,
		s.Attempt, s.Fence, s.FailCode, w.cause[:], w.event.At)
	if err != nil {
		return fmt.Errorf("log event %d of %v: %w", w.after.Version, w.after.ID, err)
	}
	return nil
}

func (w *writer) name(step int) EventName {
	if name, other := w.names[step]; other {
		return name
	}
	return w.event.Name
}

func (w *writer) effect(ctx context.Context, f Effect) error {
	switch f.Name {
	case FxWake:
		step := w.after.Step(f.Step)
		if step.State.Ended() {
			return nil // it was skipped, or failed, in the same move
		}
		return w.engine.c.Outbox.Put(ctx, w.tx, w.engine.queueOf(step.Kind, f.Collect), message.Wake{Run: w.after.ID, Step: f.Step}, f.At)
	case FxInput, FxNote: // done before
		return nil
	case FxOpen:
		return w.open(ctx, f)
	case FxCall:
		return w.call(ctx, f)
	case FxReserve, FxCapture, FxRelease, FxWaste:
		return w.ledger(ctx, f)
	}
	return fault.Newf(fault.CodeInternal, "write: no effect %q", f.Name)
}

// input computes and stores a step's input, and returns the event that follows
// from it, if any: a fault with a code that the order itself causes fails the
// step, a result that is there already ends it. Anything else fails the transaction.
func (w *writer) input(ctx context.Context, no int) (Event, error) {
	in, err := w.engine.c.Recipe.Input(w.after.order, w.after.plans[no], w.after.outputs)
	if fault.KindOf(err) == fault.Refused {
		return Event{Name: EvUnfit, Step: no, Code: fault.CodeOf(err), At: w.event.At}, nil
	}
	if err != nil {
		return Event{}, fmt.Errorf("make input of step %d of %v: %w", no, w.after.ID, err)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return Event{}, fmt.Errorf("write input of step %d of %v: %w", no, w.after.ID, err)
	}
	hash := sha256.Sum256(text)
	_, err = w.tx.Exec(ctx, `UPDATE pipeline_steps SET input_json = ?, input_hash = ?, ready_at = ? WHERE run_id = ? AND step_no = ?`,
		string(text), hash[:], w.event.At, w.after.ID, no)
	if err != nil {
		return Event{}, fmt.Errorf("store input of step %d of %v: %w", no, w.after.ID, err)
	}
	if w.after.inputs == nil {
		w.after.inputs, w.after.hashes = map[int]json.RawMessage{}, map[int][]byte{}
	}
	w.after.inputs[no], w.after.hashes[no] = text, hash[:]
	return w.made(ctx, no, hash[:])
}

// made looks for the result of a step with this input among the ad's earlier
// runs. A step that succeeds a moment later is not found: then the work is done twice.
func (w *writer) made(ctx context.Context, no int, hash []byte) (Event, error) {
	p := w.after.plans[no]
	if !p.Reuse {
		return Event{}, nil
	}
	r, err := earlier(ctx, w.tx, w.after.Tenant, w.after.ad, p.Kind, hash, w.after.ID)
	if err != nil || r.madeIn == 0 {
		return Event{}, err
	}
	_, err = w.tx.Exec(ctx, `UPDATE pipeline_steps SET output_json = ?, made_in = ? WHERE run_id = ? AND step_no = ?`,
		string(r.output), r.madeIn, w.after.ID, no)
	if err != nil {
		return Event{}, fmt.Errorf("store result of step %d of %v: %w", no, w.after.ID, err)
	}
	return Event{Name: EvReuse, Step: no, At: w.event.At, madeIn: r.madeIn, output: r.output}, nil
}

// result is what a run has made; of run 0, which is none, when nothing has been.
type result struct {
	madeIn id.Run
	output json.RawMessage
}

// earlier finds the newest result of a kind and input among the runs of an ad but one.
func earlier(ctx context.Context, q store.Querier, tenant id.Tenant, ad id.Ad, kind message.Kind, hash []byte, but id.Run) (result, error) {
	r, err := store.One(ctx, q, `SELECT run_id, output_json FROM pipeline_steps
		WHERE tenant_id = ? AND ad_id = ? AND kind = ? AND input_hash = ? AND state = 'succeeded' AND run_id <> ? ORDER BY ended_at DESC LIMIT 1`,
		func(r *result) []any { return []any{&r.madeIn, (*[]byte)(&r.output)} }, tenant, ad, kind, hash, but)
	if errors.Is(err, store.ErrNoRows) {
		return result{}, nil
	}
	if err != nil {
		return result{}, fmt.Errorf("look for a %s of %v: %w", kind, ad, err)
	}
	return r, nil
}

// open writes the intent to call a provider, with the hash of a token that does not exist yet.
func (w *writer) open(ctx context.Context, f Effect) error {
	step := w.after.Step(f.Step)
	p := w.after.plans[f.Step]
	c := callRow{id: newCallID(w.event.At), run: w.after.ID, tenant: w.after.Tenant, step: f.Step, attempt: f.Attempt, token: newToken()}
	hash := sha256.Sum256(c.token)
	request := w.after.hashes[f.Step]
	if len(request) != sha256.Size {
		return fault.Newf(fault.CodeInternal, "open call of step %d of %v: the step has no input", f.Step, w.after.ID)
	}
	_, err := w.tx.Exec(ctx, `INSERT INTO provider_calls (id, tenant_id, run_id, step_no, attempt, provider, state, fence, token_hash,
		request_hash, cost_won, reason, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)`,
		c.id, c.tenant, c.run, c.step, c.attempt, p.Provider, f.Call, step.Fence, hash[:], request, p.CostWon, w.event.At)
	if err != nil {
		return fmt.Errorf("open call %d of step %d of %v: %w", f.Attempt, f.Step, w.after.ID, err)
	}
	w.after.opened = &c
	return nil
}

func (w *writer) call(ctx context.Context, f Effect) error {
	var resolved any
	if f.Call != CallUnknown && f.Call != CallIntent {
		resolved = w.event.At
	}
	var external any
	if f.ExternalID != "" {
		external = f.ExternalID
	}
	n, err := w.tx.Exec(ctx, `UPDATE provider_calls SET state = ?, external_id = COALESCE(external_id, ?), reason = ?, resolved_at = ?
		WHERE run_id = ? AND step_no = ? AND attempt = ?`,
		f.Call, external, clip(f.Reason, 200), resolved, w.after.ID, f.Step, f.Attempt)
	if err != nil {
		return fmt.Errorf("move call %d of step %d of %v to %s: %w", f.Attempt, f.Step, w.after.ID, f.Call, err)
	}
	if n != 1 {
		return fault.Newf(fault.CodeInternal, "move call %d of step %d of %v: %d rows", f.Attempt, f.Step, w.after.ID, n)
	}
	return nil
}

// keepOutput stores the result of the step that ends.
func keepOutput(ctx context.Context, tx *store.Tx, run id.Run, no int, text json.RawMessage) error {
	if _, err := tx.Exec(ctx, `UPDATE pipeline_steps SET output_json = ? WHERE run_id = ? AND step_no = ?`, string(text), run, no); err != nil {
		return fmt.Errorf("store output of step %d of %v: %w", no, run, err)
	}
	return nil
}

// keepArtifacts records the files that a step kept. The same file recorded
// again (a collect that was repeated after a crash) is fine; another is not.
func keepArtifacts(ctx context.Context, tx *store.Tx, l loaded, no int, files []message.Artifact, now time.Time) error {
	for _, a := range files {
		_, err := tx.Exec(ctx, `INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			newArtifactID(now), l.Tenant, l.ID, no, a.Kind, a.Blob, a.SHA256[:], a.Bytes, a.Type, now)
		if _, dup := store.Duplicate(err); dup {
			was, readErr := store.One(ctx, tx, `SELECT sha256 FROM artifacts WHERE run_id = ? AND step_no = ? AND kind = ? LIMIT 1`,
				func(b *[]byte) []any { return []any{b} }, l.ID, no, a.Kind)
			if readErr == nil && bytes.Equal(was, a.SHA256[:]) {
				continue
			}
			return fault.Newf(fault.CodeInternal, "record %s of step %d of %v: another file is recorded (%w)", a.Kind, no, l.ID, errors.Join(err, readErr))
		}
		if err != nil {
			return fmt.Errorf("record %s of step %d of %v: %w", a.Kind, no, l.ID, err)
		}
	}
	return nil
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n])
	}
	return s
}
