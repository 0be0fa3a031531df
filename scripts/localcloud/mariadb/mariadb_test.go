package mariadb_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"castad/scripts/localcloud/mariadb"

	"github.com/go-sql-driver/mysql"
)

// TestMain also is the process that the crash test kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("MARIADB_TEST_START"); dir != "" {
		s, err := mariadb.Start(context.Background(), mariadb.Options{Dir: dir})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(s.Pid())
		<-s.Done()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func need(t *testing.T) {
	t.Helper()
	if err := mariadb.Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func start(t *testing.T, o mariadb.Options) *mariadb.Server {
	t.Helper()
	s, err := mariadb.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestWhatWasCommittedIsThereAfterStopKillAndAHalfMadeStart(t *testing.T) {
	t.Parallel()
	need(t)
	// A path that is too long for a unix socket.
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.MkdirAll(filepath.Join(dir, "data.new-1", "mysql"), 0o700); err != nil {
		t.Fatal(err) // what kill -9 during the creation leaves
	}
	s := start(t, mariadb.Options{Dir: dir})
	if left, _ := filepath.Glob(filepath.Join(dir, "data.new-*")); left != nil {
		t.Errorf("half-made files are still there: %v", left)
	}
	db := open(t, s.DSN("castad"))
	for _, q := range []string{"CREATE TABLE kept (id INT NOT NULL PRIMARY KEY)", "INSERT INTO kept VALUES (1)"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	port, password := s.Port(), s.Password()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, mariadb.Options{Dir: dir, Port: port})
	if s.Port() != port || s.Password() != password {
		t.Error("the address or the password changed")
	}
	if _, err := db.Exec("INSERT INTO kept VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	s = start(t, mariadb.Options{Dir: dir, Port: port})
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM kept").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func TestUserCastadOwnsItsDatabasesAndNothingElse(t *testing.T) {
	t.Parallel()
	need(t)
	s := start(t, mariadb.Options{Dir: t.TempDir(), MaxConnections: 123, ReadOnly: true, Disposable: true})
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	db := open(t, s.DSN("castad"))
	var max, wait, flush int
	if err := db.QueryRow("SELECT @@max_connections, @@wait_timeout, @@innodb_flush_log_at_trx_commit").Scan(&max, &wait, &flush); err != nil || max != 123 || wait != 300 || flush != 1 {
		t.Errorf("max_connections %d, wait_timeout %d, flush %d, %v", max, wait, flush, err)
	}
	for q, want := range map[string]uint16{
		"CREATE TABLE t (id INT)":              1290, // read_only binds it
		"SET GLOBAL read_only = 0":             1227,
		"SELECT 1 FROM mysql.global_priv":      1142,
		"GRANT ALL ON castad.* TO x@localhost": 1044,
	} {
		_, err := db.Exec(q)
		var my *mysql.MySQLError
		if !errors.As(err, &my) || my.Number != want {
			t.Errorf("%s: %v, want error %d", q, err, want)
		}
	}
	if err := s.Root(t.Context(), "SET GLOBAL read_only = 0"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE DATABASE castad_test_x"); err != nil {
		t.Error(err)
	}
	var my *mysql.MySQLError
	if _, err := db.Exec("CREATE DATABASE others"); !errors.As(err, &my) || my.Number != 1044 {
		t.Errorf("a database of others: %v", err)
	}
	cfg, err := mysql.ParseDSN(s.RootDSN(""))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Net, cfg.Addr = "tcp", s.Addr()
	for user, password := range map[string]string{"root": cfg.Passwd, "": "", "castad": "wrong"} {
		cfg.User, cfg.Passwd = user, password
		var my *mysql.MySQLError
		if err := open(t, cfg.FormatDSN()).Ping(); !errors.As(err, &my) || my.Number != 1045 && my.Number != 1698 {
			t.Errorf("user %q over tcp: %v", user, err)
		}
	}
	for _, secret := range []string{"password", "root-password"} {
		info, err := os.Stat(filepath.Join(s.Dir(), secret))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s", secret, info.Mode())
		}
	}
}

func TestServersThatStartAtOnceDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	need(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			s, err := mariadb.Start(t.Context(), mariadb.Options{Dir: t.TempDir(), Disposable: true})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Kill(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestStartSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	need(t)
	if _, err := mariadb.Start(t.Context(), mariadb.Options{}); err == nil || err.Error() != "start mariadbd: Options.Dir is empty" {
		t.Errorf("no directory: %v", err)
	}
	s := start(t, mariadb.Options{Dir: t.TempDir(), Disposable: true})
	defer func() { _ = s.Kill() }()
	if _, err := mariadb.Start(t.Context(), mariadb.Options{Dir: t.TempDir(), Port: s.Port(), Disposable: true}); err == nil || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("a port that is taken: %v", err)
	}
	if _, err := mariadb.Start(t.Context(), mariadb.Options{Dir: t.TempDir(), Disposable: true, Extra: []string{"--no-such-option"}}); err == nil || !strings.Contains(err.Error(), "unknown option '--no-such-option'") {
		t.Errorf("a wrong option: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := mariadb.Start(ctx, mariadb.Options{Dir: s.Dir()}); err == nil || !strings.Contains(err.Error(), "another database server uses the directory") {
		t.Errorf("a directory in use: %v", err)
	}
}

func TestTheServerEndsWithItsParentHoweverThatEnds(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "MARIADB_TEST_START="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent said %q", line)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	// The next start waits until the orphan has let go of the directory.
	s := start(t, mariadb.Options{Dir: dir})
	if alive(pid) {
		t.Errorf("the orphan %d still runs", pid)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// alive: a zombie that nobody waits for has ended.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
