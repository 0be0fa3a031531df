package storetest

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/store"
)

// Replicated is a database on a primary with one replica, both private.
type Replicated struct {
	DB               *store.DB
	Primary, Replica *mariadb.Server

	replica mariadb.Options
}

// Pair starts a primary and a replica (about two seconds) that end with the
// test, and opens a migrated database on them. The replica refuses writes of
// user castad. It needs MariaDB, also where CASTAD_MYSQL_DSN is set.
func Pair(t testing.TB, opts ...Option) *Replicated {
	t.Helper()
	need(t)
	o := options{config: store.Config{Stage: "local", Host: "reference", Strict: true}}
	for _, opt := range opts {
		opt(&o)
	}
	r := &Replicated{replica: mariadb.Options{Dir: filepath.Join(t.TempDir(), "replica"), ServerID: 2, ReadOnly: true}}
	r.Primary = start(t, mariadb.Options{Dir: filepath.Join(t.TempDir(), "primary"), ServerID: 1, BinaryLog: true})
	r.Replica = start(t, r.replica)
	r.replica.Port = r.Replica.Port()
	ctx := t.Context()
	const user = "replicator"
	must(t, r.Primary.Root(ctx, fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", user, r.Primary.Password()),
		fmt.Sprintf("GRANT REPLICATION SLAVE ON *.* TO '%s'@'%%'", user)))
	must(t, r.Replica.Root(ctx,
		fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='%s', MASTER_PASSWORD='%s', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1",
			r.Primary.Port(), user, r.Primary.Password()), "START SLAVE"))
	direct := create(t, r.Primary.DSN(""))
	name := parse(t, direct).DBName
	o.config.DSN, o.config.ReplicaDSN = direct, r.Replica.DSN(name)
	r.DB = open(t, o, direct, migrate)
	r.CatchUp(t)
	return r
}

// Freeze stops applying changes on the replica; Thaw goes on.
func (r *Replicated) Freeze(t testing.TB) {
	t.Helper()
	must(t, r.Replica.Root(t.Context(), "STOP SLAVE SQL_THREAD"))
}

// Thaw ends a Freeze.
func (r *Replicated) Thaw(t testing.TB) {
	t.Helper()
	must(t, r.Replica.Root(t.Context(), "START SLAVE SQL_THREAD"))
}

// CatchUp waits until the replica has everything that the primary has now.
func (r *Replicated) CatchUp(t testing.TB) {
	t.Helper()
	p, s := connect(t, r.Primary.RootDSN("")), connect(t, r.Replica.RootDSN(""))
	defer p.Close()
	defer s.Close()
	var position string
	must(t, p.QueryRow("SELECT @@gtid_binlog_pos").Scan(&position))
	var late int
	must(t, s.QueryRow("SELECT MASTER_GTID_WAIT(?, 30)", position).Scan(&late))
	if late != 0 {
		t.Fatalf("the replica has not reached %s within 30 s", position)
	}
}

// Restart starts the replica again after its Kill or Stop, at the same address.
func (r *Replicated) Restart(t testing.TB) {
	t.Helper()
	r.Replica = start(t, r.replica)
	must(t, r.Replica.Root(t.Context(), "START SLAVE"))
}

// start starts a server that ends with the test.
func start(t testing.TB, o mariadb.Options) *mariadb.Server {
	t.Helper()
	o.Disposable = true
	s, err := mariadb.Start(context.Background(), o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Kill()) })
	return s
}

// Own starts a MariaDB for this test alone, for tests that change or break the
// server, and opens a migrated database on it.
func Own(t testing.TB, server mariadb.Options, opts ...Option) (*store.DB, *mariadb.Server) {
	t.Helper()
	need(t)
	o := options{config: store.Config{Stage: "local", Host: "reference", Strict: true}}
	for _, opt := range opts {
		opt(&o)
	}
	if server.Dir == "" {
		server.Dir = t.TempDir()
	}
	s := start(t, server)
	direct := create(t, s.DSN(""))
	o.config.DSN = direct
	return open(t, o, direct, migrate), s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
