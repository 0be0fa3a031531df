package pipeline

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

// loaded is a run with what the shell needs beside the machine's view.
type loaded struct {
	Run
	ad      id.Ad
	order   json.RawMessage
	created time.Time
	plans   map[int]Plan
	inputs  map[int]json.RawMessage
	outputs map[int]json.RawMessage
	hashes  map[int][]byte
	opened  *callRow       // the call that the last move opened
	madeIn  map[int]id.Run // whose result a step took over in the last move
}

// load locks the run's row and reads the run. Everything that moves a run
// begins here, which makes the moves of one run sequential.
func load(ctx context.Context, tx *store.Tx, run id.Run) (loaded, error) {
	row, err := store.One(ctx, tx, `SELECT id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code,
		approve_by, remind_at, approved_at, created_at FROM pipeline_runs WHERE id = ? FOR UPDATE`, runColumns, run)
	if errors.Is(err, store.ErrNoRows) {
		return loaded{}, fault.Newf(fault.CodeNotFound, "load %v: no such run", run)
	}
	if err != nil {
		return loaded{}, fmt.Errorf("load %v: %w", run, err)
	}
	l := row.loaded
	l.ApproveBy, l.RemindAt, l.ApprovedAt = at(row.approve), at(row.remind), at(row.approved)
	steps, err := store.All(ctx, tx, `SELECT step_no, after_no, kind, provider, policy, cost_won, state, attempt, parts, fence,
		lease_until, due_at, deadline_at, settle_by, woken_at, polls, abandoned, call_state, fail_code, hold, not_before, reuse,
		input_json, input_hash, output_json FROM pipeline_steps WHERE run_id = ? ORDER BY step_no LIMIT 100`, stepColumns, run)
	if err != nil {
		return loaded{}, fmt.Errorf("load steps of %v: %w", run, err)
	}
	l.plans, l.inputs, l.outputs, l.hashes = map[int]Plan{}, map[int]json.RawMessage{}, map[int]json.RawMessage{}, map[int][]byte{}
	for _, r := range steps {
		s := r.Step
		s.LeaseUntil, s.DueAt, s.Deadline, s.SettleBy, s.WokenAt = at(r.lease), at(r.due), at(r.deadline), at(r.settle), at(r.woken)
		s.NotBefore = at(r.notBefore)
		l.Steps = append(l.Steps, s)
		l.plans[s.No] = Plan{No: s.No, After: s.After, Kind: s.Kind, Policy: s.Policy, Provider: r.provider, CostWon: r.cost,
			Reuse: r.reuse, Hold: s.Hold, NotBefore: s.NotBefore}
		l.inputs[s.No], l.hashes[s.No] = r.input, r.hash
		if s.State.Good() {
			l.outputs[s.No] = r.output
		}
	}
	return l, nil
}

type runRow struct {
	loaded
	approve, remind, approved *time.Time
}

func runColumns(r *runRow) []any {
	return []any{&r.ID, &r.Tenant, &r.ad, &r.State, (*[]byte)(&r.order), &r.Deadline, &r.Version, &r.FailCode,
		&r.approve, &r.remind, &r.approved, &r.created}
}

type stepRow struct {
	Step
	provider                                       string
	cost                                           int
	reuse                                          bool
	lease, due, deadline, settle, woken, notBefore *time.Time
	input, output                                  json.RawMessage
	hash                                           []byte
}

func stepColumns(r *stepRow) []any {
	return []any{&r.No, &r.After, &r.Kind, &r.provider, &r.Policy, &r.cost, &r.State, &r.Attempt, &r.Parts, &r.Fence,
		&r.lease, &r.due, &r.deadline, &r.settle, &r.woken, &r.Polls, &r.Abandoned, &r.Call, &r.FailCode, &r.Hold, &r.notBefore, &r.reuse,
		(*[]byte)(&r.input), &r.hash, (*[]byte)(&r.output)}
}

func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// null is the column's form of a time: NULL for the zero time.
func null(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func insertRun(ctx context.Context, tx *store.Tx, l loaded) error {
	_, err := tx.Exec(ctx, `INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, l.ID, l.Tenant, l.ad, l.State, string(l.order), l.Deadline, l.Version, l.FailCode, l.created)
	if err != nil {
		return fmt.Errorf("insert %v: %w", l.ID, err)
	}
	return nil
}

func insertStep(ctx context.Context, tx *store.Tx, l loaded, s Step) error {
	p := l.plans[s.No]
	_, err := tx.Exec(ctx, `INSERT INTO pipeline_steps (run_id, step_no, tenant_id, ad_id, kind, provider, policy, after_no, cost_won,
		hold, reuse, not_before, state, attempt, parts, fence, polls, abandoned, call_state, fail_code)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '', '')`,
		l.ID, s.No, l.Tenant, l.ad, p.Kind, p.Provider, p.Policy, p.After, p.CostWon, p.Hold, p.Reuse, null(s.NotBefore), s.State)
	if err != nil {
		return fmt.Errorf("insert step %d of %v: %w", s.No, l.ID, err)
	}
	return nil
}

// updateStep writes the machine's columns, guarded by the state and fence that were read.
func updateStep(ctx context.Context, tx *store.Tx, run id.Run, was, s Step, ended time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE pipeline_steps SET state = ?, attempt = ?, parts = ?, fence = ?, lease_until = ?, due_at = ?, deadline_at = ?,
		settle_by = ?, woken_at = ?, polls = ?, abandoned = ?, call_state = ?, fail_code = ?, ended_at = ?
		WHERE run_id = ? AND step_no = ? AND state = ? AND fence = ?`,
		s.State, s.Attempt, s.Parts, s.Fence, null(s.LeaseUntil), null(s.DueAt), null(s.Deadline), null(s.SettleBy), null(s.WokenAt),
		s.Polls, s.Abandoned, s.Call, s.FailCode, null(ended), run, s.No, was.State, was.Fence)
	if err != nil {
		return fmt.Errorf("update step %d of %v: %w", s.No, run, err)
	}
	if n != 1 {
		return fault.Newf(fault.CodeInternal, "update step %d of %v: %d rows in state %s with fence %d", s.No, run, n, was.State, was.Fence)
	}
	return nil
}

func updateRun(ctx context.Context, tx *store.Tx, was, r Run, now time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE pipeline_runs SET state = ?, deadline_at = ?, version = ?, fail_code = ?, approve_by = ?, remind_at = ?,
		approved_at = ?, ended_at = CASE WHEN ? THEN COALESCE(ended_at, ?) ELSE NULL END WHERE id = ? AND version = ?`,
		r.State, r.Deadline, r.Version, r.FailCode, null(r.ApproveBy), null(r.RemindAt), null(r.ApprovedAt), r.State.Ended(), now, r.ID, was.Version)
	if err != nil {
		return fmt.Errorf("update %v: %w", r.ID, err)
	}
	if n != 1 {
		return fault.Newf(fault.CodeInternal, "update %v: version %d is gone", r.ID, was.Version)
	}
	return nil
}

// landed says whether the move that was to write event seq with this cause is there.
func landed(ctx context.Context, q store.Querier, run id.Run, seq int, cause [16]byte) (bool, error) {
	_, err := store.One(ctx, q, `SELECT seq FROM run_events WHERE run_id = ? AND seq = ? AND cause_id = ? LIMIT 1`,
		func(n *int) []any { return []any{n} }, run, seq, cause[:])
	if errors.Is(err, store.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// unheard is "nothing" when the run's history has the event's cause already.
func unheard(ctx context.Context, tx *store.Tx, l loaded, ev Event) error {
	n, err := store.One(ctx, tx, `SELECT COUNT(*) FROM run_events WHERE tenant_id = ? AND run_id = ? AND cause_id = ?`,
		func(n *int) []any { return []any{n} }, ev.owner, l.ID, ev.once[:])
	if err != nil {
		return fmt.Errorf("look for %s in the history of %v: %w", ev.Name, l.ID, err)
	}
	if n > 0 {
		return nothing
	}
	return nil
}

// callRow is the call of one attempt.
type callRow struct {
	id       id.Call
	run      id.Run
	tenant   id.Tenant
	step     int
	attempt  int
	state    CallState
	external *string
	token    []byte // known only to the claim that made it
	hash     []byte // of the token
}

func callColumns(c *callRow) []any {
	return []any{&c.id, &c.run, &c.tenant, &c.step, &c.attempt, &c.state, &c.external, &c.hash}
}

func callOf(ctx context.Context, q store.Querier, run id.Run, step, attempt int) (callRow, error) {
	c, err := store.One(ctx, q, `SELECT id, run_id, tenant_id, step_no, attempt, state, external_id, token_hash FROM provider_calls
		WHERE run_id = ? AND step_no = ? AND attempt = ? LIMIT 1`, callColumns, run, step, attempt)
	if err != nil {
		return c, fmt.Errorf("read call %d of step %d of %v: %w", attempt, step, run, err)
	}
	return c, nil
}

// reported returns the job id that the latest callback of a call claims ("" for
// none), and whether any callback came.
func reported(ctx context.Context, q store.Querier, call id.Call) (external string, came bool, err error) {
	ids, err := store.All(ctx, q, `SELECT external_id FROM callbacks WHERE call_id = ? ORDER BY id DESC LIMIT 20`,
		func(s **string) []any { return []any{s} }, call)
	if err != nil {
		return "", false, fmt.Errorf("read callbacks of %v: %w", call, err)
	}
	for _, s := range ids {
		if s != nil && *s != "" {
			return *s, true, nil
		}
	}
	return "", len(ids) > 0, nil
}

// queueOf is the queue that a wake-up goes to.
func (e *Engine) queueOf(kind message.Kind, collect bool) message.Queue {
	if q := e.c.Queues[kind]; collect && q.Collect != "" {
		return q.Collect
	}
	return e.c.Queues[kind].Submit
}

// Keeps says whether an artifact names the file.
func (e *Engine) Keeps(ctx context.Context, blobName string) (bool, error) {
	n, err := store.One(ctx, e.c.DB, `SELECT COUNT(*) FROM artifacts WHERE blob_path = ?`, func(n *int) []any { return []any{n} }, blobName)
	if err != nil {
		return false, fmt.Errorf("look for artifact of %s: %w", blobName, err)
	}
	return n > 0, nil
}

// Named returns the names of files that artifacts have, from one to another, in order, at most limit.
func (e *Engine) Named(ctx context.Context, from, to string, limit int) ([]string, error) {
	names, err := store.All(ctx, e.c.DB, `SELECT DISTINCT blob_path FROM artifacts WHERE blob_path BETWEEN ? AND ? ORDER BY blob_path LIMIT ?`,
		func(n *string) []any { return []any{n} }, from, to, limit)
	if err != nil {
		return nil, fmt.Errorf("read files of artifacts: %w", err)
	}
	return names, nil
}
