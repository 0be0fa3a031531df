//go:build chaos

// Package chaos marks the lines between which a crash is interesting. In this
// build, CASTAD_CHAOS_POINT=<name>[:<hit>] makes the process kill itself with
// SIGKILL at the hit-th passage (default the first) of that point. The hits are
// counted in the file CASTAD_CHAOS_FILE, so that a restarted process goes on
// counting and dies once, not for ever.
package chaos

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

var mu sync.Mutex

// Point kills the process when it is the chosen one.
func Point(name string) {
	want, hit, _ := strings.Cut(os.Getenv("CASTAD_CHAOS_POINT"), ":")
	if want != name {
		return
	}
	at, err := strconv.Atoi(hit)
	if err != nil {
		at = 1
	}
	mu.Lock()
	defer mu.Unlock()
	file := os.Getenv("CASTAD_CHAOS_FILE")
	seen, _ := os.ReadFile(file)
	seen = append(seen, '.')
	if err := os.WriteFile(file, seen, 0o600); err != nil {
		panic(fmt.Sprintf("chaos: cannot count in %q: %v", file, err))
	}
	if bytes.Count(seen, []byte(".")) == at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
