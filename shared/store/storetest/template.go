package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"castad/shared/store"
)

// The first database of a process is migrated; the others are made of what that one
// became: each migration changes tables that are then changed again, and a test of a package
// with fifty would wait for all of them fifty times.
var template struct {
	once sync.Once
	made []statement // none when the first could not be migrated
}

// statement makes a table or a row of an empty database.
type statement struct {
	query string
	args  []any
}

// fill makes the tables of a new database, whose DSN past any wire is given.
func fill(t testing.TB, db *store.DB, direct string) {
	t.Helper()
	first := false
	template.once.Do(func() {
		first = true
		migrate(t, db, direct)
		template.made = dump(t, direct)
	})
	switch {
	case first:
		return
	case template.made == nil:
		migrate(t, db, direct)
		return
	}
	c := connect(t, direct)
	defer c.Close()
	for _, s := range template.made {
		if _, err := c.Exec(s.query, s.args...); err != nil {
			t.Fatalf("make a table as it is after the migrations: %v", err)
		}
	}
}

func migrate(t testing.TB, db *store.DB, _ string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatalf("migrate: %v", err)
	}
}

// dump is a database as statements.
func dump(t testing.TB, dsn string) []statement {
	t.Helper()
	c := connect(t, dsn)
	defer c.Close()
	var out []statement
	for _, table := range rows(t, c, "SHOW TABLES") {
		name := "`" + table[0].(string) + "`"
		out = append(out, statement{query: rows(t, c, "SHOW CREATE TABLE "+name)[0][1].(string)})
		for _, r := range rows(t, c, "SELECT * FROM "+name) {
			out = append(out, statement{fmt.Sprintf("INSERT INTO %s VALUES (?%s)", name, strings.Repeat(", ?", len(r)-1)), r})
		}
	}
	return out
}

// rows are all rows of a query: texts, bytes that are none, or nil.
func rows(t testing.TB, c *sql.DB, query string) (all [][]any) {
	t.Helper()
	found, err := c.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	for found.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		raw := make([]sql.RawBytes, len(columns))
		for i := range raw {
			into[i] = &raw[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for i, v := range raw {
			switch {
			case v == nil:
			case utf8.Valid(v):
				row[i] = string(v)
			default:
				row[i] = append([]byte{}, v...)
			}
		}
		all = append(all, row)
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}
