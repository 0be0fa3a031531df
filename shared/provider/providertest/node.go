package providertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// T is the part of *testing.T that Node needs.
type T interface {
	TB
	Context() context.Context
	TempDir() string
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Node runs an ECMAScript module in dir, where npm ci has installed a vendor's own
// client (pkg), and returns what it printed. Where node or the client is missing the
// test is skipped, and fails under CI. env is all that the module sees beside PATH and HOME.
func Node(t T, dir, pkg, module string, env ...string) string {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("node is not installed: scripts/setup.sh test")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(pkg))); err != nil {
		missing("npm's %s is not installed: scripts/setup.sh test", pkg)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "node", "--input-type=module")
	run.Dir, run.WaitDelay, run.Stdin = dir, 5*time.Second, strings.NewReader(module)
	run.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}
