package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"castad/shared/id"
	"castad/shared/store"
)

// Wanted says which runs are looked for; zero fields do not matter.
type Wanted struct {
	// State is a run's state, Kind and StepState are those of one of its steps, Code is why
	// the run or one of its steps has failed.
	State, Kind, StepState, Code string
	Tenant                       id.Tenant
	// Before: made at least so long ago.
	Before time.Time
	// After is the last run of the page before.
	After id.Run
}

// Run is a run in a list.
type Run struct {
	ID     id.Run    `json:"id"`
	Tenant id.Tenant `json:"tenant"`
	Ad     id.Ad     `json:"ad"`
	State  string    `json:"state"`
	// Code is why it has failed.
	Code       string    `json:"code,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	DeadlineAt time.Time `json:"deadline_at"`
	// EndedAt is absent while it goes on.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// AgeSeconds is since it was made, for one that has ended until it did.
	AgeSeconds int64 `json:"age_seconds"`
	// Version grows with every change.
	Version int `json:"version"`
	// Steps are "song waiting", in their order.
	Steps []string `json:"steps"`

	steps string
}

func (r *Run) into() []any {
	return []any{&r.ID, &r.Tenant, &r.Ad, &r.State, &r.Code, &r.CreatedAt, &r.DeadlineAt, &r.EndedAt, &r.Version, &r.steps}
}

func (r *Run) finish(now time.Time) {
	r.Steps = []string{}
	if r.steps != "" {
		r.Steps = strings.Split(r.steps, ",")
	}
	until := now
	if r.EndedAt != nil {
		until = *r.EndedAt
	}
	r.AgeSeconds = int64(until.Sub(r.CreatedAt) / time.Second)
}

// Runs lists the runs that are wanted, newest first. Ids carry their time, so a page
// begins at an id and an age is one, too. What is rare is looked for among all runs
// of its state: with a state that most runs are in, that takes as long as they are many.
func (s *Store) Runs(ctx context.Context, w Wanted, limit int) ([]Run, error) {
	before := w.After
	if before == 0 {
		before = 1<<63 - 1
	}
	if !w.Before.IsZero() {
		before = min(before, id.First[id.Run](w.Before))
	}
	rows, err := s.runs(ctx, w, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	now := s.now()
	for i := range rows {
		rows[i].finish(now)
	}
	return list(rows), nil
}

func (s *Store) runs(ctx context.Context, w Wanted, before id.Run, limit int) ([]Run, error) {
	if w.Kind == "" && w.StepState == "" && w.Code == "" {
		return store.All(ctx, s.c.DB.Replica(), `SELECT r.id, r.tenant_id, r.ad_id, r.state, r.fail_code, r.created_at, r.deadline_at, r.ended_at, r.version,
			COALESCE((SELECT GROUP_CONCAT(CONCAT(t.kind, ' ', t.state) ORDER BY t.step_no SEPARATOR ',') FROM pipeline_steps t WHERE t.run_id = r.id), '')
			FROM pipeline_runs r WHERE r.id < ? AND (? = '' OR r.state = ?) AND (? = 0 OR r.tenant_id = ?) ORDER BY r.id DESC LIMIT ?`,
			(*Run).into, before, w.State, w.State, w.Tenant, w.Tenant, limit)
	}
	return store.All(ctx, s.c.DB.Replica(), `SELECT r.id, r.tenant_id, r.ad_id, r.state, r.fail_code, r.created_at, r.deadline_at, r.ended_at, r.version,
		COALESCE((SELECT GROUP_CONCAT(CONCAT(t.kind, ' ', t.state) ORDER BY t.step_no SEPARATOR ',') FROM pipeline_steps t WHERE t.run_id = r.id), '')
		FROM pipeline_runs r WHERE r.id < ? AND (? = '' OR r.state = ?) AND (? = 0 OR r.tenant_id = ?)
		AND EXISTS (SELECT 1 FROM pipeline_steps s WHERE s.run_id = r.id AND (? = '' OR s.kind = ?) AND (? = '' OR s.state = ?)
			AND (? = '' OR s.fail_code = ? OR r.fail_code = ?)) ORDER BY r.id DESC LIMIT ?`,
		(*Run).into, before, w.State, w.State, w.Tenant, w.Tenant, w.Kind, w.Kind, w.StepState, w.StepState, w.Code, w.Code, w.Code, limit)
}
