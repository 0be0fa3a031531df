package admin

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// auditLog is a store with nothing but the log, and its database.
func auditLog(t *testing.T, opts ...storetest.Option) (*Store, *store.DB) {
	t.Helper()
	db := storetest.Open(t, opts...)
	return New(Config{DB: db, Now: func() time.Time { return noon }}), db
}

// logOf makes a log of n rows.
func logOf(t *testing.T, n int) (*Store, *store.DB) {
	t.Helper()
	s, db := auditLog(t)
	for i := range n {
		a := Action{Name: "vendor.pause", Target: "suno", Detail: map[string]any{"reason": "천천히", "n": i}, Outcome: Done}
		if err := s.Record(t.Context(), identity.Actor{User: 9, Request: fmt.Sprint("request-", i)}, a); err != nil {
			t.Fatal(err)
		}
	}
	return s, db
}

func TestALogThatNobodyTouchedIsWhole(t *testing.T) {
	t.Parallel()
	s, _ := logOf(t, 5)
	c, err := s.Verify(t.Context())
	if err != nil || c.Rows != 5 || len(c.Hash) != 64 {
		t.Fatalf("%+v, %v", c, err)
	}
	rows, err := s.Audit(t.Context(), "suno", 0, 100)
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[0].Hash != c.Hash || rows[0].Seq != 5 || rows[0].Actor != "user_0000000000009" || string(rows[0].Detail) != `{"n":4,"outcome":"done","reason":"천천히"}` || rows[0].Outcome != Done || !rows[0].At.Equal(noon) {
		t.Errorf("%+v", rows[0])
	}
	if rows, err = s.Audit(t.Context(), "", 3, 100); err != nil || len(rows) != 2 || rows[0].Seq != 2 {
		t.Errorf("the page before row 3: %+v, %v", rows, err)
	}
	empty, _ := auditLog(t)
	if c, err := empty.Verify(t.Context()); err != nil || c.Rows != 0 {
		t.Errorf("an empty log: %+v, %v", c, err)
	}
}

// Whoever can write the table is found out, whatever they do to it.
func TestATamperedLogIsFound(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		statements []string
		says       string
	}{
		"an action edited":      {[]string{`UPDATE audit_log SET action = 'run.cancel' WHERE seq = 3`}, "row 3 has been changed"},
		"an actor edited":       {[]string{`UPDATE audit_log SET actor = 1 WHERE seq = 3`}, "row 3 has been changed"},
		"a target edited":       {[]string{`UPDATE audit_log SET target = 'openai' WHERE seq = 3`}, "row 3 has been changed"},
		"a time edited":         {[]string{`UPDATE audit_log SET at = DATE_ADD(at, INTERVAL 1 MICROSECOND) WHERE seq = 3`}, "row 3 has been changed"},
		"a detail edited":       {[]string{`UPDATE audit_log SET detail = REPLACE(detail, '천천히', '천천이') WHERE seq = 3`}, "row 3 has been changed"},
		"a space put in":        {[]string{`UPDATE audit_log SET detail = REPLACE(detail, ':', ': ') WHERE seq = 3`}, "row 3 has been changed"},
		"a request edited":      {[]string{`UPDATE audit_log SET request_id = '' WHERE seq = 3`}, "row 3 has been changed"},
		"a hash edited":         {[]string{`UPDATE audit_log SET hash = REPEAT('x', 32) WHERE seq = 3`}, "row 3 has been changed"},
		"the last one edited":   {[]string{`UPDATE audit_log SET target = 'openai' WHERE seq = 5`}, "row 5 has been changed"},
		"the first one deleted": {[]string{`DELETE FROM audit_log WHERE seq = 1`}, "row 1 is missing"},
		"a middle one deleted":  {[]string{`DELETE FROM audit_log WHERE seq = 3`}, "row 3 is missing"},
		"the last one deleted":  {[]string{`DELETE FROM audit_log WHERE seq = 5`}, "ends with row 4 and should with row 5"},
		"all deleted":           {[]string{`DELETE FROM audit_log`}, "ends with row 0 and should with row 5"},
		"one deleted and the others moved up": {[]string{`DELETE FROM audit_log WHERE seq = 3`, `UPDATE audit_log SET seq = 3 WHERE seq = 4`, `UPDATE audit_log SET seq = 4 WHERE seq = 5`},
			"row 3 does not follow from row 2"},
		"one put in at the end": {[]string{`INSERT INTO audit_log (seq, at, actor, action, target, detail, request_id, previous, hash)
			SELECT 6, at, actor, action, target, detail, request_id, hash, REPEAT('x', 32) FROM audit_log WHERE seq = 5`}, "row 6 has been changed"},
		"one put in between": {[]string{`UPDATE audit_log SET seq = 6 WHERE seq = 5`, `UPDATE audit_log SET seq = 5 WHERE seq = 4`, `INSERT INTO audit_log (seq, at, actor, action, target, detail, request_id, previous, hash)
			SELECT 4, at, actor, action, target, detail, request_id, hash, hash FROM audit_log WHERE seq = 3`}, "row 4 has been changed"},
		"two that changed places": {[]string{`UPDATE audit_log SET seq = 99 WHERE seq = 2`, `UPDATE audit_log SET seq = 2 WHERE seq = 3`, `UPDATE audit_log SET seq = 3 WHERE seq = 99`},
			"row 2 does not follow from row 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, db := logOf(t, 5)
			for _, statement := range row.statements {
				if _, err := db.Primary().Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.Verify(t.Context())
			if fault.CodeOf(err) != fault.CodeAuditBroken || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, want %q", err, row.says)
			}
		})
	}
}

// A row that was put in with the right hashes all the way is a chain of its own,
// and the end shows it: what was kept elsewhere differs.
func TestALogThatWasWrittenAnewEndsOtherwise(t *testing.T) {
	t.Parallel()
	s, _ := logOf(t, 5)
	kept, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	forged, _ := logOf(t, 4)
	if err := forged.Record(t.Context(), identity.Actor{User: 9, Request: "request-4"}, Action{Name: "vendor.pause", Target: "openai"}); err != nil {
		t.Fatal(err)
	}
	if c, err := forged.Verify(t.Context()); err != nil || c.Rows != kept.Rows || c.Hash == kept.Hash {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWritersOfTheLogWaitForEachOther(t *testing.T) {
	t.Parallel()
	s, db := auditLog(t, storetest.PoolWait(time.Minute))
	other := New(Config{DB: db, Now: func() time.Time { return noon }})
	var done sync.WaitGroup
	for i := range 40 {
		done.Go(func() {
			from := []*Store{s, other}[i%2]
			if err := from.Record(context.Background(), identity.Actor{User: 9}, Action{Name: "run.cancel", Target: fmt.Sprint("run-", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if c, err := s.Verify(t.Context()); err != nil || c.Rows != 40 {
		t.Errorf("%+v, %v", c, err)
	}
}

// An action whose transaction fails is not in the log, and the next one follows as if it had never been.
func TestWhatDidNotHappenIsNotInTheLog(t *testing.T) {
	t.Parallel()
	s, db := logOf(t, 2)
	err := db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := s.record(ctx, tx, identity.Actor{User: 9}, Action{Name: "user.role", Target: "user"}); err != nil {
			t.Error(err)
		}
		return fault.New(fault.CodeNotFound)
	})
	if fault.CodeOf(err) != fault.CodeNotFound {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), identity.Actor{User: 9}, Action{Name: "run.cancel", Target: "run"}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Verify(t.Context()); err != nil || c.Rows != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}
