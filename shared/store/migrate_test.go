package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

const tail = ` ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;`

func files(scripts ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, s := range scripts {
		m[fmt.Sprintf("%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

var twoSteps = []string{
	"-- owner: a\nCREATE TABLE a (id INT NOT NULL, PRIMARY KEY (id))" + tail + "\nINSERT INTO a (id) VALUES (1), (2);\nALTER TABLE a ADD COLUMN n INT NOT NULL DEFAULT 7, ADD KEY by_n (n);",
	"UPDATE a SET n = n + 1;\n-- owner: b\nCREATE TABLE b (id INT NOT NULL, PRIMARY KEY (id))" + tail,
}

// want compares the schema that twoSteps makes.
func wantTwoSteps(t *testing.T, db *store.DB) {
	t.Helper()
	if n := number(t, db.Primary(), `SELECT SUM(n) FROM a FORCE INDEX (by_n)`); n != 16 {
		t.Errorf("the sum is %d, want 16: a data statement ran twice or not at all", n)
	}
	if n := number(t, db.Primary(), `SELECT COUNT(*) FROM b`); n != 0 {
		t.Errorf("b has %d rows", n)
	}
	if n := number(t, db.Primary(), `SELECT COUNT(*) FROM schema_migrations WHERE applied_at IS NOT NULL AND begun = done`); n != 2 {
		t.Errorf("%d files are recorded as applied", n)
	}
}

func TestMigrateTwiceDoesItOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	if current, err := db.SchemaCurrent(t.Context()); current || err != nil {
		t.Errorf("an empty database is current: %t, %v", current, err)
	}
	first, err := db.Migrate(t.Context())
	if err != nil || len(first) == 0 || first[0] != "0001_store.sql" {
		t.Fatalf("applied %v, %v", first, err)
	}
	if current, err := db.SchemaCurrent(t.Context()); !current || err != nil {
		t.Errorf("a migrated database is not current: %v", err)
	}
	if second, err := db.Migrate(t.Context()); err != nil || second != nil {
		t.Errorf("the second time applied %v, %v", second, err)
	}
}

func TestMigratorsWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	const migrators = 4
	applied := make([][]string, migrators)
	errs := make([]error, migrators)
	var wait sync.WaitGroup
	for i := range migrators {
		wait.Go(func() { applied[i], errs[i] = db.MigrateFiles(t.Context(), files(twoSteps...)) })
	}
	wait.Wait()
	total := 0
	for i := range migrators {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		total += len(applied[i])
	}
	if total != 2 {
		t.Errorf("%d files were applied, want each once", total)
	}
	wantTwoSteps(t, db)
}

func TestAChangedFileIsRefusedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	ctx := t.Context()
	if _, err := db.MigrateFiles(ctx, files(twoSteps[0])); err != nil {
		t.Fatal(err)
	}
	_, err := db.MigrateFiles(ctx, files(twoSteps[0]+"\n", twoSteps[1]))
	want := "castad.misconfigured: Migration 0001_step.sql was changed after it was applied (as 0001_step.sql); restore the file and put the change into a new one."
	if fault.KindOf(err) != fault.Misconfigured || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := db.MigrateFiles(ctx, files(strings.ReplaceAll(twoSteps[0], "\n", "\r\n"), twoSteps[1])); err != nil {
		t.Errorf("other line ends are the same file: %v", err)
	}
	wantTwoSteps(t, db)
	// An older program finds a database that is ahead: nothing to do, and fine.
	if applied, err := db.MigrateFiles(ctx, files(twoSteps[0])); err != nil || applied != nil {
		t.Errorf("older program: %v, %v", applied, err)
	}
	exec(t, db, `DELETE FROM schema_migrations WHERE version = 1`)
	_, err = db.MigrateFiles(ctx, files(twoSteps...))
	want = "castad.misconfigured: Migration 0002_step.sql has been applied but 0001_step.sql before it has not; renumber the new file to come last."
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// The connection is cut at every statement that the migrator sends, before and
// after the server has seen it; the next migrator finishes the work exactly.
func TestAMigrationResumesAfterACrashAnywhere(t *testing.T) {
	t.Parallel()
	for _, cut := range []storetest.Cut{storetest.CutBefore, storetest.CutAfter} {
		crashes := 0
		for n := 5; ; n++ { // the first four set up the connection
			wire := storetest.Proxy(t)
			db := storetest.Open(t, storetest.Bare(), storetest.Through(wire))
			wire.CutStatement(n, cut)
			_, err := db.MigrateFiles(t.Context(), files(twoSteps...))
			if err == nil {
				if wire.Disarm() {
					break // fewer than n statements: every point has been seen
				}
				t.Errorf("cut at statement %d was not noticed", n)
			}
			crashes++
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("cut at statement %d: %v", n, err)
			}
			if _, err := db.MigrateFiles(t.Context(), files(twoSteps...)); err != nil {
				t.Fatalf("resume after a cut at statement %d (%v): %v", n, cut, err)
			}
			wantTwoSteps(t, db)
		}
		if crashes < 20 {
			t.Errorf("only %d crash points", crashes)
		}
	}
}

func TestAStatementThatFailsLeavesTheRestForLater(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	ctx := t.Context()
	script := twoSteps[0] + "\nINSERT INTO a (id) VALUES (1);"
	applied, err := db.MigrateFiles(ctx, files(script, twoSteps[1]))
	if err == nil || applied != nil || !strings.Contains(err.Error(), "migration 0001_step.sql line 5: run \"INSERT INTO a (id) VALUES (1)\": Error 1062") {
		t.Fatalf("applied %v, %v", applied, err)
	}
	exec(t, db, `DELETE FROM a WHERE id = 1`) // the operator mends the data
	applied, err = db.MigrateFiles(ctx, files(script, twoSteps[1]))
	if err != nil || !cmp.Equal(applied, []string{"0001_step.sql", "0002_step.sql"}) {
		t.Fatalf("applied %v, %v", applied, err)
	}
	wantTwoSteps(t, db)
}

func TestATableThatWasThereBeforeIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	exec(t, db, `CREATE TABLE b (other INT NOT NULL, PRIMARY KEY (other)) ENGINE=InnoDB`)
	for range 2 { // nor on the second try
		_, err := db.MigrateFiles(t.Context(), files(twoSteps...))
		if err == nil || !strings.Contains(err.Error(), "0002_step.sql line 3") {
			t.Fatalf("got %v", err)
		}
	}
}

func TestAMigratorThatIsCancelledStops(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Migrate(ctx); fault.KindOf(err) != fault.Timeout || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFilesThatAreNoMigrationsAreRefused(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Bare())
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"a gap":                      {fstest.MapFS{"0001_a.sql": {Data: []byte("DELETE FROM a")}, "0003_c.sql": {Data: []byte("DELETE FROM a")}}, "migration 0003_c.sql: expected number 0002 here; numbers start at 0001 and have no gaps and no doubles"},
		"a number twice":             {fstest.MapFS{"0001_a.sql": {Data: []byte("DELETE FROM a")}, "0001_b.sql": {Data: []byte("DELETE FROM a")}}, "migration 0001_b.sql: expected number 0002 here; numbers start at 0001 and have no gaps and no doubles"},
		"a name without a number":    {fstest.MapFS{"songs.sql": {Data: []byte("DELETE FROM a")}}, "migration songs.sql: the name must be like 0002_songs.sql"},
		"nothing in it":              {fstest.MapFS{"0001_a.sql": {Data: []byte("-- later")}}, "migration 0001_a.sql: there is no statement in it"},
		"a table without an owner":   {files("CREATE TABLE a (id INT);"), `migration 0001_step.sql line 1: table a has no "-- owner: <package>" on the line before`},
		"its own transaction":        {files("START TRANSACTION;"), "migration 0001_step.sql line 1: a migration cannot contain START"},
		"another database":           {files("DELETE FROM a;\nUSE mysql;"), "migration 0001_step.sql line 2: a migration cannot contain USE"},
		"a quote that is not closed": {files("DELETE FROM a;\nDELETE FROM a WHERE x = 'y"), "migration 0001_step.sql: line 2: quote ' is not closed"},
	} {
		if _, err := db.MigrateFiles(t.Context(), test.files); err == nil || err.Error() != test.want {
			t.Errorf("%s\n got %v\nwant %s", name, err, test.want)
		}
	}
}
