package storetest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"castad/scripts/localcloud/mariadb"
)

// connections is enough for many tests at once, each with its own pools.
const connections = 600

var private = sync.OnceValues(func() (*mariadb.Server, error) {
	dir, err := workdir()
	if err != nil {
		return nil, err
	}
	return mariadb.Start(context.Background(), mariadb.Options{Dir: dir, MaxConnections: connections, Disposable: true})
})

// Server returns the private MariaDB of this test process, starting it on
// first use. Tests that change its settings must change them back and not run
// in parallel; better, they start one of their own.
func Server(t testing.TB) *mariadb.Server {
	t.Helper()
	need(t)
	s, err := private()
	if err != nil {
		t.Fatalf("start MariaDB: %v", err)
	}
	return s
}

// lifelines are our ends of janitors' pipes. Were one collected as garbage, its
// finalizer would close it, and the janitor would take us for dead.
var lifelines []io.Closer

// workdir makes a directory that is removed after this process has ended: by a
// janitor that waits for our end of a pipe to close, which the kernel does even
// after kill -9. A janitor that was killed too leaves the directory to the next one.
func workdir() (string, error) {
	dir, err := os.MkdirTemp("", "castad-storetest-"+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", err
	}
	sweep(filepath.Dir(dir), dir)
	// The server dies at the same moment; a second try catches what it was still writing.
	janitor := exec.Command("/bin/sh", "-c", `cat >/dev/null; rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }`, "sh", dir)
	janitor.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lifeline, err := janitor.StdinPipe()
	if err != nil {
		return "", err
	}
	lifelines = append(lifelines, lifeline)
	if err := janitor.Start(); err != nil {
		return "", err
	}
	return dir, nil
}

// sweep removes directories of processes that are gone.
func sweep(tmp, own string) {
	all, err := filepath.Glob(filepath.Join(tmp, "castad-storetest-*-*"))
	if err != nil {
		return
	}
	for _, dir := range all {
		var pid int
		if dir == own {
			continue
		}
		if pid = pidOf(filepath.Base(dir)); pid == 0 {
			continue
		}
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}

func pidOf(name string) int {
	const prefix = "castad-storetest-"
	rest := name[len(prefix):]
	for i := range len(rest) {
		if rest[i] == '-' {
			pid, err := strconv.Atoi(rest[:i])
			if err != nil {
				return 0
			}
			return pid
		}
	}
	return 0
}
