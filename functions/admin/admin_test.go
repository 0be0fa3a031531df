package admin

import (
	"context"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// moved moves runs: what it does is written down by also, in a transaction.
type moved struct {
	db  *store.DB
	n   int
	err error
}

func (m *moved) move(ctx context.Context, also []Also) error {
	if m.err != nil {
		return m.err
	}
	return m.db.Primary().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, write := range also {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		m.n++
		return nil
	})
}

func (m *moved) Redrive(ctx context.Context, _ id.Run, _ string, also ...Also) error {
	return m.move(ctx, also)
}

func (m *moved) CancelAny(ctx context.Context, _ id.Run, _ string, also ...Also) error {
	return m.move(ctx, also)
}

func TestWhatCannotBeWrittenDownIsNotDone(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	runs := moved{db: db}
	s := New(Config{DB: db, Runs: &runs, Now: func() time.Time { return noon }})
	rename := func(query string) {
		t.Helper()
		if _, err := db.Primary().Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	both := func() (cancel, redrive error) {
		by := identity.Actor{User: 9, Request: "r"}
		return s.Cancel(t.Context(), by, 5), s.Redrive(t.Context(), by, 5)
	}
	rename(`ALTER TABLE audit_log RENAME TO audit_log_away`)
	if cancel, redrive := both(); cancel == nil || redrive == nil || runs.n != 0 {
		t.Errorf("without a log: %v, %v, %d things were done", cancel, redrive, runs.n)
	}
	// Not even a refusal is answered as one while nobody can write it down.
	runs.err = fault.New(fault.CodeRunOver)
	if cancel, _ := both(); fault.KindOf(cancel) == fault.Conflict {
		t.Errorf("a refusal without a log: %v", cancel)
	}
	runs.err = nil
	rename(`ALTER TABLE audit_log_away RENAME TO audit_log`)
	if cancel, redrive := both(); cancel != nil || redrive != nil || runs.n != 2 {
		t.Errorf("with a log: %v, %v, %d things were done", cancel, redrive, runs.n)
	}
	if c, err := s.Verify(t.Context()); err != nil || c.Rows != 2 {
		t.Errorf("the log: %+v, %v", c, err)
	}
}

// Who reads the log must be able to tell what happened from what did not.
func TestTheLogSaysWhatCameOfAnAction(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	runs := moved{db: db}
	s := New(Config{DB: db, Runs: &runs, Now: func() time.Time { return noon }})
	for name, row := range map[string]struct {
		err     error
		told    fault.Code
		outcome string // "" = no row
	}{
		"done":            {nil, "", Done},
		"nothing to move": {&fault.Error{Kind: fault.Done, Code: fault.CodeConflict}, "", Unchanged},
		"refused":         {fault.New(fault.CodeRetryUnsafe), fault.CodeRetryUnsafe, Refused},
		"over a cap":      {fault.New(fault.CodeDailySpend), fault.CodeDailySpend, Refused},
		"no such run":     {fault.New(fault.CodeNotFound), fault.CodeNotFound, ""},
		"out of order":    {fault.New(fault.CodeUnavailable), fault.CodeUnavailable, ""},
	} {
		before, err := s.Audit(t.Context(), "", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		runs.err = row.err
		if err := s.Redrive(t.Context(), identity.Actor{User: 9}, 5); row.told == "" && err != nil || row.told != "" && fault.CodeOf(err) != row.told {
			t.Errorf("%s: %v", name, err)
		}
		rows, err := s.Audit(t.Context(), "", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if row.outcome == "" {
			if len(rows) != len(before) {
				t.Errorf("%s: %+v", name, rows[0])
			}
			continue
		}
		if len(rows) != len(before)+1 || rows[0].Outcome != row.outcome || rows[0].Code != row.told || rows[0].Action != "run.redrive" || rows[0].Target != "run_0000000000005" {
			t.Errorf("%s: %d rows, %+v", name, len(rows)-len(before), rows[0])
		}
	}
}
