package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/go-sql-driver/mysql"
)

func invoke(t *testing.T, lane store.Lane, connections int) context.Context {
	return store.WithInvocation(t.Context(), store.Invocation{Function: "song-collect", Lane: lane, Connections: connections})
}

// hold takes n connections of a lane until the returned function is called;
// errs are of those that it could not get.
func hold(t *testing.T, db *store.DB, lane store.Lane, n int) (errs []error, release func()) {
	t.Helper()
	var wait sync.WaitGroup
	got := make(chan error, n)
	free := make(chan struct{})
	for range n {
		wait.Go(func() {
			if err := db.Primary().Tx(invoke(t, lane, 1), func(context.Context, *store.Tx) error {
				got <- nil
				<-free
				return nil
			}); err != nil {
				got <- err
			}
		})
	}
	for range n {
		if err := <-got; err != nil {
			errs = append(errs, err)
		}
	}
	return errs, func() { close(free); wait.Wait() }
}

// holdAll is hold that must succeed.
func holdAll(t *testing.T, db *store.DB, lane store.Lane, n int) (release func()) {
	t.Helper()
	errs, release := hold(t, db, lane, n)
	if len(errs) > 0 {
		release()
		t.Fatalf("hold %d connections: %v", n, errors.Join(errs...))
	}
	return release
}

func TestWaitingForAConnectionIsBounded(t *testing.T) {
	t.Parallel()
	var waits atomic.Int32
	db := storetest.Open(t, storetest.PoolWait(50*time.Millisecond), storetest.Hooks(store.Hooks{PoolWait: func(d time.Duration) {
		if d > 0 {
			waits.Add(1)
		}
	}}))
	release := holdAll(t, db, store.LaneHTTP, 8)
	_, err := db.Primary().Exec(invoke(t, store.LaneHTTP, 1), `DELETE FROM leases`)
	if fault.CodeOf(err) != fault.CodeBusy || fault.RetryAfterOf(err) < time.Second {
		t.Errorf("a full pool: %v, retry after %s", err, fault.RetryAfterOf(err))
	}
	ctx, cancel := context.WithTimeout(invoke(t, store.LaneHTTP, 1), time.Millisecond)
	defer cancel()
	if _, err := db.Primary().Exec(ctx, `DELETE FROM leases`); fault.CodeOf(err) != fault.CodeTimeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline while waiting: %v", err)
	}
	// Requests and queue work do not wait for each other.
	if _, err := db.Primary().Exec(invoke(t, store.LaneQueue, 1), `DELETE FROM leases`); err != nil {
		t.Errorf("the other lane: %v", err)
	}
	if s := db.Stats(); s.HTTP.InUse != 8 || s.HTTP.Refused != 1 || s.HTTP.Waited != 2 || waits.Load() != 2 {
		t.Errorf("stats %+v, hook saw %d waits", s.HTTP, waits.Load())
	}
	release()
	if _, err := db.Primary().Exec(invoke(t, store.LaneHTTP, 1), `DELETE FROM leases`); err != nil {
		t.Errorf("after release: %v", err)
	}
	if s := db.Stats(); s.HTTP.InUse != 0 || s.HTTP.Open > 8 {
		t.Errorf("stats %+v", s.HTTP)
	}
}

func TestASecondConnectionIsAnErrorInTestsAndAMetricInProduction(t *testing.T) {
	t.Parallel()
	for name, strict := range map[string]bool{"strict": true, "production": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var told []string
			options := []storetest.Option{storetest.Hooks(store.Hooks{SecondConnection: func(f string) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, f)
			}})}
			if !strict {
				options = append(options, storetest.Lenient())
			}
			db := storetest.Open(t, options...)
			var inside error
			err := db.Primary().Tx(invoke(t, store.LaneHTTP, 1), func(ctx context.Context, _ *store.Tx) error {
				_, inside = db.Primary().Exec(ctx, `DELETE FROM leases`)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			_, none := store.All(invoke(t, store.LaneQueue, 0), db.Replica(), `SELECT fence FROM leases LIMIT 1`, func(n *int) []any { return []any{n} })
			var background error
			if err := db.Primary().Tx(t.Context(), func(ctx context.Context, _ *store.Tx) error {
				_, background = db.Primary().Exec(ctx, `DELETE FROM leases`)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{"p inside a transaction": inside, "a function that declares none": none, "background": background} {
				if strict != (err != nil) || strict && fault.KindOf(err) != fault.Internal {
					t.Errorf("%s: %v", what, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if len(told) != 3 || told[0] != "song-collect" {
				t.Errorf("the hook was told %q", told)
			}
		})
	}
}

func TestOneConnectionAfterAnotherIsFine(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ctx := invoke(t, store.LaneHTTP, 1)
	for range 3 {
		if _, err := db.Primary().Exec(ctx, `DELETE FROM leases`); err != nil {
			t.Fatal(err)
		}
		if err := db.Primary().Tx(ctx, func(context.Context, *store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConnectionsThatTheServerClosedCostNoQuery(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for range 3 {
		release := holdAll(t, db, store.LaneQueue, 4)
		release()
		if killed := storetest.Kill(t, db); killed < 4 {
			t.Fatalf("killed %d idle connections, want at least 4", killed)
		}
		for range 6 {
			number(t, db.Primary(), `SELECT 1`)
			exec(t, db, `UPDATE leases SET owner = 'x' WHERE name = 'y'`)
			if err := db.Primary().Tx(t.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAServerThatIsFullStoppedOrAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, server := storetest.Own(t, mariadb.Options{Dir: dir, MaxConnections: 12})
	root := func(q ...string) {
		t.Helper()
		if err := server.Root(t.Context(), q...); err != nil {
			t.Fatal(err)
		}
	}
	write := func() error {
		_, err := db.Primary().Exec(t.Context(), `UPDATE replica_heartbeat SET beat_at = NOW(6) WHERE id = 1`)
		return err
	}
	wantUnavailable := func(what string, err error, number uint16) {
		t.Helper()
		var my *mysql.MySQLError
		if fault.CodeOf(err) != fault.CodeUnavailable || fault.RetryAfterOf(err) == 0 {
			t.Errorf("%s: %v", what, err)
		}
		if number != 0 && (!errors.As(err, &my) || my.Number != number) {
			t.Errorf("%s: the cause %d is lost in %v", what, number, err)
		}
	}

	if err := db.Check(t.Context()); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("Check with max_connections 12: %v", err)
	}

	release := holdAll(t, db, store.LaneHTTP, 8)
	root("SET GLOBAL max_connections = 10") // the least that the server allows
	errs, releaseMore := hold(t, db, store.LaneQueue, 4)
	if len(errs) == 0 {
		t.Error("12 connections fitted into 10")
	}
	for _, err := range errs {
		wantUnavailable("too many connections", err, 1040)
	}
	root("SET GLOBAL max_connections = 100")
	if err := write(); err != nil {
		t.Errorf("room again: %v", err)
	}
	release()
	releaseMore()
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("Check with max_connections 100: %v", err)
	}

	root("SET GLOBAL read_only = 1")
	wantUnavailable("read-only", write(), 0)
	wantUnavailable("read-only in a transaction", db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE replica_heartbeat SET beat_at = NOW(6) WHERE id = 1`)
		return err
	}), 0)
	number(t, db.Primary(), `SELECT COUNT(*) FROM leases`) // reading goes on
	root("SET GLOBAL read_only = 0")
	if err := write(); err != nil {
		t.Errorf("writable again: %v", err)
	}

	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := store.All(ctx, db.Primary(), `SELECT 1`, func(n *int) []any { return []any{n} }); fault.CodeOf(err) != fault.CodeTimeout {
		t.Errorf("a server that hangs: %v", err)
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	number(t, db.Primary(), `SELECT 1`)

	port := server.Port()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	wantUnavailable("no server", write(), 0)
	wantUnavailable("no server, Check", db.Check(t.Context()), 0)
	again, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir, Port: port, Disposable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := again.Kill(); err != nil {
			t.Error(err)
		}
	}()
	if err := write(); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("Check after the restart: %v", err)
	}
}

func TestServerErrorsOfAFailoverAreUnavailable(t *testing.T) {
	t.Parallel()
	wire := storetest.Proxy(t)
	db := storetest.Open(t, storetest.Through(wire))
	// MariaDB answers neither 1836 nor 1792 by itself; MySQL does in a failover.
	for _, n := range []uint16{1836, 1792, 1290} {
		wire.AnswerError("DELETE", n, "read only")
		// The driver drops the connection; the statement had no effect and runs on a new one.
		if _, err := db.Primary().Exec(t.Context(), `DELETE FROM leases`); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
	wire.Refuse(true)
	wire.Break()
	if _, err := db.Primary().Exec(t.Context(), `DELETE FROM leases`); fault.CodeOf(err) != fault.CodeUnavailable {
		t.Errorf("refused: %v", err)
	}
	wire.Refuse(false)
	exec(t, db, `DELETE FROM leases`)
}
