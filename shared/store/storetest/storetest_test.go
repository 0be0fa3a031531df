package storetest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

func TestADatabaseIsFreshAndGoneAfterTheTest(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("a test", func(t *testing.T) {
		db := storetest.Open(t)
		dsn = storetest.DSN(t, db)
		if ok, err := db.SchemaCurrent(t.Context()); err != nil || !ok {
			t.Errorf("the database is not migrated: %v", err)
		}
		if other := storetest.DSN(t, storetest.Open(t)); other == dsn {
			t.Error("two tests have one database")
		}
	})
	db, err := store.Open(store.Config{DSN: dsn, Stage: "local"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "names a database that does not exist") {
		t.Errorf("after the test: %v", err)
	}
}

// The test binary runs itself, and is killed once its private server is up.
func TestNothingIsLeftOfATestProcessThatWasKilled(t *testing.T) {
	t.Parallel()
	if os.Getenv("STORETEST_CHILD") != "" {
		s := storetest.Server(t)
		fmt.Printf("\nserver %d %s\n", s.Pid(), s.Dir())
		<-s.Done()
		return
	}
	if err := mariadb.Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeftOfATestProcessThatWasKilled$")
	child.Env = append(os.Environ(), "STORETEST_CHILD=1", "TMPDIR="+t.TempDir())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var dir string
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "server %d %s", &pid, &dir)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if dir == "" {
		t.Fatal("the child did not start a server")
	}
	// The janitor and the kernel need a moment; the test's own deadline bounds it.
	for {
		_, err := os.Stat(dir)
		_, proc := os.Stat(fmt.Sprintf("/proc/%d/exe", pid)) // a zombie has none
		if errors.Is(err, fs.ErrNotExist) && proc != nil {
			return
		}
		select {
		case <-t.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}
