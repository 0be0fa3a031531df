package admin

import (
	"context"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store/storetest"
)

// moved counts what was done to runs.
type moved struct{ n int }

func (m *moved) Redrive(context.Context, id.Run, string) error   { m.n++; return nil }
func (m *moved) CancelAny(context.Context, id.Run, string) error { m.n++; return nil }

// What has no transaction of its own is written down before it is done.
func TestWhatCannotBeWrittenDownIsNotDone(t *testing.T) {
	t.Parallel()
	var runs moved
	db := storetest.Open(t)
	s := New(Config{DB: db, Runs: &runs, Now: func() time.Time { return noon }})
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Primary().Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at) VALUES (5, 7, 1, 'running', '{}', ?, 1, '', ?)`, noon, noon)
	both := func() (cancel, redrive error) {
		by := identity.Actor{User: 9, Request: "r"}
		return s.Cancel(t.Context(), by, 5), s.Redrive(t.Context(), by, 5)
	}
	exec(`ALTER TABLE audit_log RENAME TO audit_log_away`)
	if cancel, redrive := both(); cancel == nil || redrive == nil || runs.n != 0 {
		t.Errorf("without a log: %v, %v, %d things were done", cancel, redrive, runs.n)
	}
	exec(`ALTER TABLE audit_log_away RENAME TO audit_log`)
	if cancel, redrive := both(); cancel != nil || redrive != nil || runs.n != 2 {
		t.Errorf("with a log: %v, %v, %d things were done", cancel, redrive, runs.n)
	}
	if c, err := s.Verify(t.Context()); err != nil || c.Rows != 2 {
		t.Errorf("the log: %+v, %v", c, err)
	}
	if err := s.Cancel(t.Context(), identity.Actor{User: 9}, 6); fault.CodeOf(err) != fault.CodeNotFound || runs.n != 2 {
		t.Errorf("a run that is not there: %v", err)
	}
}
