// Package storetest gives tests a real database.
//
// Open makes a fresh one on the server of CASTAD_MYSQL_DSN, or, without that,
// on one private MariaDB per test process (package mariadb) that is started on
// first use and ends with the process, however that ends. Pair is a primary
// with a replica, Proxy a wire that fails on demand.
//
// With neither a DSN nor mariadbd the test is skipped with the line that
// installs it; under CI=true that is a failure.
package storetest

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/store"

	"github.com/go-sql-driver/mysql"
)

// Option changes how Open opens.
type Option func(*options)

type options struct {
	config  store.Config
	through *Wire
	bare    bool
}

// Hooks sets the store's hooks.
func Hooks(h store.Hooks) Option { return func(o *options) { o.config.Hooks = h } }

// PoolWait sets how long a connection is waited for.
func PoolWait(d time.Duration) Option { return func(o *options) { o.config.PoolWait = d } }

// Lenient opens without Strict, as production does.
func Lenient() Option { return func(o *options) { o.config.Strict = false } }

// Bare leaves the database empty: no migrations.
func Bare() Option { return func(o *options) { o.bare = true } }

// Through reaches the database through the wire.
func Through(w *Wire) Option { return func(o *options) { o.through = w } }

// opened remembers what Kill and DSN need to know.
var opened sync.Map // *store.DB → string (DSN, not through a wire)

// Open returns a migrated database of the test's own, dropped when the test ends.
func Open(t testing.TB, opts ...Option) *store.DB {
	t.Helper()
	o := options{config: store.Config{Stage: "local", Host: "reference", Strict: true}}
	for _, opt := range opts {
		opt(&o)
	}
	base := serverDSN(t)
	direct := create(t, base)
	o.config.DSN = direct
	if o.through != nil {
		o.config.DSN = withAddr(t, direct, o.through.Addr())
	}
	return open(t, o, direct, fill)
}

// open opens a database; tables makes what is in it, unless it is to be bare.
func open(t testing.TB, o options, direct string, tables func(t testing.TB, db *store.DB, direct string)) *store.DB {
	t.Helper()
	db, err := store.Open(o.config)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	opened.Store(db, direct)
	t.Cleanup(func() {
		opened.Delete(db)
		if err := db.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if !o.bare {
		tables(t, db, direct)
	}
	return db
}

// DSN returns the DSN of a database that Open made, past any wire.
func DSN(t testing.TB, db *store.DB) string {
	t.Helper()
	dsn, ok := opened.Load(db)
	if !ok {
		t.Fatal("storetest.DSN: this database was not opened by storetest")
	}
	return dsn.(string)
}

// Kill ends every connection to the database that is idle at the server.
func Kill(t testing.TB, db *store.DB) int {
	t.Helper()
	cfg := parse(t, DSN(t, db))
	c := connect(t, cfg.FormatDSN())
	defer c.Close()
	rows, err := c.Query("SELECT id FROM information_schema.processlist WHERE db = ? AND command = 'Sleep' AND id <> CONNECTION_ID()", cfg.DBName)
	if err != nil {
		t.Fatalf("list connections: %v", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := c.Exec(fmt.Sprintf("KILL %d", id)); err != nil {
			t.Fatalf("kill connection %d: %v", id, err)
		}
	}
	return len(ids)
}

// create makes a database with a random name and returns its DSN.
func create(t testing.TB, base string) string {
	t.Helper()
	cfg := parse(t, base)
	cfg.DBName = ""
	server := connect(t, cfg.FormatDSN())
	defer server.Close()
	name := "castad_test_" + strings.ToLower(rand.Text()[:16])
	if _, err := server.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
		t.Fatalf("create database %s: %v (the user of CASTAD_MYSQL_DSN needs all rights on castad_%%)", name, err)
	}
	dsn := cfg.FormatDSN()
	t.Cleanup(func() {
		server, err := silent(dsn)
		if err == nil {
			defer server.Close()
			_, err = server.Exec("DROP DATABASE " + name)
		}
		if err != nil {
			t.Logf("drop database %s: %v", name, err)
		}
	})
	cfg.DBName = name
	return cfg.FormatDSN()
}

func connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	c, err := silent(dsn)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	c.SetMaxOpenConns(2)
	return c
}

// silent opens a database without the driver's messages on stderr.
func silent(dsn string) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func parse(t testing.TB, dsn string) *mysql.Config {
	t.Helper()
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal("CASTAD_MYSQL_DSN cannot be read")
	}
	return cfg
}

func withAddr(t testing.TB, dsn, addr string) string {
	cfg := parse(t, dsn)
	cfg.Net, cfg.Addr = "tcp", addr
	return cfg.FormatDSN()
}

// serverDSN returns a DSN on the server that tests use, without a database of its own.
func serverDSN(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv("CASTAD_MYSQL_DSN"); dsn != "" {
		return dsn
	}
	return Server(t).DSN("")
}

func need(t testing.TB) {
	t.Helper()
	if err := mariadb.Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no database: %v", err)
		}
		t.Skipf("no database (CASTAD_MYSQL_DSN is not set): %v", err)
	}
}
