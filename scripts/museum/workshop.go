package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// buildTime is what compiling and linking may take beside the test itself.
const buildTime = 5 * time.Minute

// workshop runs go tests of one tree, each in a TMPDIR of its own.
type workshop struct {
	root  string // absolute
	tmp   string
	limit time.Duration
	slots chan struct{} // as many as tests run at once
}

func newWorkshop(root string, limit time.Duration, parallel int) (*workshop, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	// Not below the usual TMPDIR's depth: sockets in it have names of at most 107 bytes.
	tmp, err := os.MkdirTemp("", "museum")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return &workshop{root: root, tmp: tmp, limit: limit, slots: make(chan struct{}, parallel)}, nil
}

func (w *workshop) close() { _ = os.RemoveAll(w.tmp) }

// test runs the tests of pkg that pattern names, with overlay ("" for none) laid
// over the tree, and says how each went. Its error is one of running go at all.
//
// The overlay travels in GOFLAGS, so that a test which builds the product
// itself builds the mutant.
func (w *workshop) test(ctx context.Context, pkg, pattern, overlay string) (outcome, error) {
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return outcome{}, context.Cause(ctx)
	}
	tmp, err := os.MkdirTemp(w.tmp, "t")
	if err != nil {
		return outcome{}, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(tmp)
	ctx, cancel := context.WithTimeout(ctx, buildTime+w.limit)
	defer cancel()
	args := []string{"test", "-json", "-count=1", "-run", pattern, "-timeout", w.limit.String()}
	// A property that fails must not leave its example in the tree; the product is built without cgo.
	env := append(os.Environ(), "TMPDIR="+tmp, "PWD="+w.root, "RAPID_NOFAILFILE=true", "CGO_ENABLED=0")
	if overlay != "" {
		args = append(args, "-vet=off") // whether it is good Go is not the question
		env = append(env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay))
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = w.root, env, &out, &complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	began := time.Now()
	err = cmd.Run()
	took := time.Since(began)
	if left := killAll("TMPDIR=" + tmp); left != nil {
		return outcome{}, left
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return outcome{}, fmt.Errorf("run go test %s: %w", pkg, context.Cause(ctx))
	case err != nil && !errors.As(err, &exit):
		return outcome{}, fmt.Errorf("run go test %s: %w", pkg, err)
	}
	o := read(out.Bytes(), complaints.String())
	o.took = took
	return o, nil
}

// killAll ends every process that has entry in its environment. A test that is
// killed or hangs leaves databases and encoders behind, some in groups of their own.
func killAll(entry string) error {
	for range 100 {
		found := 0
		files, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil || len(files) == 0 {
			return errors.New("there is no /proc to look for left processes in")
		}
		for _, file := range files {
			env, err := os.ReadFile(file)
			if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+entry+"\x00")) {
				continue // gone, or somebody else's
			}
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
				found++
			}
		}
		if found == 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond) // until the kernel has ended them
	}
	return fmt.Errorf("processes with %s do not end", entry)
}
