package storetest_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"testing"

	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// A database that is made of the template is what the migrations make.
func TestEveryDatabaseIsWhatTheMigrationsMake(t *testing.T) {
	t.Parallel()
	storetest.Open(t) // whoever comes first is migrated
	copied, migrated := storetest.Open(t), storetest.Open(t, storetest.Bare())
	if _, err := migrated.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tables(t, storetest.DSN(t, migrated)), tables(t, storetest.DSN(t, copied))); diff != "" {
		t.Errorf("(-migrated +copied):\n%s", diff)
	}
	if ran, err := copied.Migrate(t.Context()); err != nil || len(ran) != 0 {
		t.Errorf("a copy is migrated again: %v, %v", ran, err)
	}
}

var counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// tables are the definitions of a database's tables, how many rows each has, and how
// much else there is.
func tables(t *testing.T, dsn string) map[string]string {
	t.Helper()
	c, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	found, err := c.Query("SHOW TABLES")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var names []string
	for found.Next() {
		names = append(names, "")
		if err := found.Scan(&names[len(names)-1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var others int // views, triggers and the like, which a copy would have to learn
	if err := c.QueryRow(`SELECT (SELECT COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE())
		+ (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE())
		+ (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE())
		+ (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = DATABASE())`).Scan(&others); err != nil {
		t.Fatal(err)
	}
	all["others"] = fmt.Sprint(others)
	for _, name := range names {
		var is, definition string
		var n int
		if err := c.QueryRow("SHOW CREATE TABLE "+name).Scan(&is, &definition); err != nil {
			t.Fatal(err)
		}
		if err := c.QueryRow("SELECT COUNT(*) FROM " + name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		all[name] = fmt.Sprintf("%s\n%d rows", counter.ReplaceAllString(definition, ""), n)
	}
	return all
}
