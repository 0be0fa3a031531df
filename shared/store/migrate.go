package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"castad/shared/fault"
)

// schema_migrations records each file and, because a definition cannot be
// rolled back, each statement: done is how many have certainly run, begun is
// the one being run (done+1) or equal to done. A crash between the two leaves
// begun = done + 1, the only doubtful statement; resume decides it.
const createMigrations = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version    INT          NOT NULL,
  name       VARCHAR(128) NOT NULL,
  sha256     CHAR(64)     NOT NULL,
  begun      INT          NOT NULL,
  done       INT          NOT NULL,
  applied_at DATETIME(6)  NULL,
  PRIMARY KEY (version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`

type record struct {
	version     int
	name, sum   string
	begun, done int
	complete    bool
}

func (r *record) into() []any {
	return []any{&r.version, &r.name, &r.sum, &r.begun, &r.done, &r.complete}
}

const selectMigrations = `SELECT version, name, sha256, begun, done, applied_at IS NOT NULL /* bounded: one row per migration file */ FROM schema_migrations ORDER BY version`

// Migrate brings the schema up to date and returns the names of the files that
// it applied or finished. Two migrators wait for each other. A file that was
// changed after it was applied is refused before anything runs.
func (db *DB) Migrate(ctx context.Context) (applied []string, err error) {
	all, err := Migrations()
	if err != nil {
		return nil, err
	}
	return db.migrate(ctx, all)
}

// SchemaCurrent says whether every migration of this program has been applied.
// A database that is ahead (a newer version runs beside this one) is current.
func (db *DB) SchemaCurrent(ctx context.Context) (bool, error) {
	all, err := Migrations()
	if err != nil {
		return false, err
	}
	have, err := All(ctx, db.primary, selectMigrations, (*record).into)
	if number(err) == errNoSuchTable {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	todo, err := plan(all, have)
	return err == nil && len(todo) == 0, err
}

// plan compares the files with the records and returns the files to run.
func plan(all []Migration, have []record) ([]Migration, error) {
	var todo []Migration
	for _, m := range all {
		i := slices.IndexFunc(have, func(r record) bool { return r.version == m.Version })
		switch {
		case i < 0:
			todo = append(todo, m)
			continue
		case have[i].sum != m.SHA256:
			return nil, misconfigured("Migration %s was changed after it was applied (as %s); restore the file and put the change into a new one.", m.Name, have[i].name)
		case !have[i].complete:
			todo = append(todo, m)
		case len(todo) > 0:
			return nil, misconfigured("Migration %s has been applied but %s before it has not; renumber the new file to come last.", m.Name, todo[0].Name)
		}
	}
	return todo, nil
}

// migrator is one connection, outside the pools, that holds the named lock.
// Losing the connection loses the lock, and then no further statement can run.
type migrator struct{ c *sql.Conn }

func (db *DB) migrate(ctx context.Context, all []Migration) (applied []string, err error) {
	pool := sql.OpenDB(db.admin)
	defer func() { err = errors.Join(err, pool.Close()) }()
	pool.SetMaxOpenConns(1)
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, classify(fmt.Errorf("connect to migrate: %w", err), false)
	}
	defer c.Close() // the connection is closed with the pool
	m := migrator{c}
	if err := m.lock(ctx, db.name); err != nil {
		return nil, err
	}
	if err := m.exec(ctx, createMigrations); err != nil {
		return nil, err
	}
	var have []record
	if err := scanRows(ctx, c, selectMigrations, nil, func(rows *sql.Rows) error {
		for rows.Next() {
			var r record
			if err := rows.Scan(r.into()...); err != nil {
				return err
			}
			have = append(have, r)
		}
		return rows.Err()
	}); err != nil {
		return nil, classify(fmt.Errorf("read schema_migrations: %w", err), false)
	}
	todo, err := plan(all, have)
	if err != nil {
		return nil, err
	}
	for _, file := range todo {
		i := slices.IndexFunc(have, func(r record) bool { return r.version == file.Version })
		var from record
		if i >= 0 {
			from = have[i]
		}
		if err := m.apply(ctx, file, i >= 0, from); err != nil {
			return applied, err
		}
		applied = append(applied, file.Name)
	}
	return applied, nil
}

// lock takes the migrators' lock of this database; names of locks are global
// to the server and at most 64 characters on MySQL.
func (m migrator) lock(ctx context.Context, database string) error {
	sum := sha256.Sum256([]byte(database))
	name := "castad_migrate_" + hex.EncodeToString(sum[:12])
	for {
		var got sql.NullInt64
		if err := m.c.QueryRowContext(ctx, `SELECT GET_LOCK(?, 2)`, name).Scan(&got); err != nil {
			return classify(fmt.Errorf("wait for another migrator: %w", err), false)
		}
		if got.Int64 == 1 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return classify(fmt.Errorf("wait for another migrator: %w", err), false)
		}
	}
}

// apply runs the statements of one file that have not run yet.
func (m migrator) apply(ctx context.Context, file Migration, resumed bool, from record) error {
	if !resumed {
		if err := m.exec(ctx, `INSERT INTO schema_migrations (version, name, sha256, begun, done) VALUES (?, ?, ?, 0, 0)`, file.Version, file.Name, file.SHA256); err != nil {
			return err
		}
	}
	for i := from.done; i < len(file.Statements); i++ {
		s := file.Statements[i]
		doubtful := resumed && i == from.done && from.begun > from.done
		var err error
		if slices.Contains(changes, s.verb) {
			err = m.change(ctx, file, i)
		} else {
			err = m.define(ctx, file, i, doubtful)
		}
		if err != nil {
			return fmt.Errorf("migration %s line %d: %w", file.Name, s.Line, err)
		}
	}
	return m.exec(ctx, `UPDATE schema_migrations SET applied_at = NOW(6) WHERE version = ?`, file.Version)
}

// change runs a data statement and its record in one transaction.
func (m migrator) change(ctx context.Context, file Migration, i int) error {
	for _, step := range []struct {
		query string
		args  []any
	}{
		{query: "START TRANSACTION"},
		{query: file.Statements[i].SQL},
		{`UPDATE schema_migrations SET begun = ?, done = ? WHERE version = ?`, []any{i + 1, i + 1, file.Version}},
		{query: "COMMIT"},
	} {
		if err := m.exec(ctx, step.query, step.args...); err != nil {
			return err // the connection is closed with the migrator, which rolls back
		}
	}
	return nil
}

// define runs a definition between its two records. One definition is atomic
// in MySQL 8 and MariaDB 10.6, so a doubtful one either happened, and says so
// when it is run again, or did not.
func (m migrator) define(ctx context.Context, file Migration, i int, doubtful bool) error {
	if err := m.exec(ctx, `UPDATE schema_migrations SET begun = ? WHERE version = ?`, i+1, file.Version); err != nil {
		return err
	}
	if err := m.exec(ctx, file.Statements[i].SQL); err != nil && !(doubtful && already(err)) {
		if number(err) != 0 {
			// The server has answered, so there is no doubt: it did not happen.
			err = errors.Join(err, m.exec(ctx, `UPDATE schema_migrations SET begun = done WHERE version = ?`, file.Version))
		}
		return err
	}
	return m.exec(ctx, `UPDATE schema_migrations SET done = ? WHERE version = ?`, i+1, file.Version)
}

// already: the definition's effect is there.
func already(err error) bool {
	return slices.Contains([]uint16{errTableExists, errDupColumn, errDupKey, errCantDrop, errUnknownTable, errDupFK}, number(err))
}

func (m migrator) exec(ctx context.Context, query string, args ...any) error {
	if _, err := m.c.ExecContext(ctx, query, args...); err != nil {
		err = classify(err, true)
		if fault.KindOf(err) == fault.Unknown {
			// Every statement here is recorded before and after: run again, and it is sorted out.
			return fault.Newf(fault.CodeUnavailable, "run %q: %w; migrate again to resume", shorten(query), errors.Unwrap(err))
		}
		return fmt.Errorf("run %q: %w", shorten(query), err)
	}
	return nil
}
