package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// result is what became of a target.
type result struct {
	word        string // "ok" or what is wrong
	runs, fresh string // executions, and inputs that reached new code
	took        time.Duration
	output      []string // of a target that is not ok
}

// all fuzzes the chosen targets in turn.
func (o options) all(ctx context.Context, out io.Writer) error {
	found, err := targets(ctx, o.root, o.packages)
	if err != nil {
		return err
	}
	var chosen []target
	longest := len("target")
	for _, t := range found {
		if o.pattern.MatchString(t.String()) {
			chosen = append(chosen, t)
			longest = max(longest, len(t.String()))
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("none of %d targets matches %q", len(found), o.pattern)
	}
	began, bad := time.Now(), 0
	line := func(target, runs, fresh, took, word string) {
		_, _ = fmt.Fprintf(out, "%-*s  %12s  %15s  %7s  %s\n", longest, target, runs, fresh, took, word)
	}
	line("target", "executions", "new interesting", "seconds", "result")
	for _, t := range chosen {
		r := o.fuzz(ctx, t)
		line(t.String(), r.runs, r.fresh, fmt.Sprintf("%.1f", r.took.Seconds()), r.word)
		if r.word != "ok" {
			bad++
		}
		for _, l := range r.output {
			_, _ = fmt.Fprintf(out, "  | %s\n", l)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("stopped: %w", context.Cause(ctx))
		}
	}
	_, _ = fmt.Fprintf(out, "\n%d targets, %s each: %d ok, %d not. %.0f s.\n", len(chosen), o.time, len(chosen)-bad, bad, time.Since(began).Seconds())
	if bad > 0 {
		return fmt.Errorf("%d of %d targets are not ok", bad, len(chosen))
	}
	return nil
}

// fuzz runs one target. go test sometimes ends a run that found nothing with
// "context deadline exceeded" when its time is over in the middle of an input
// (golang/go#75804): that is no crash and is told apart.
func (o options) fuzz(ctx context.Context, t target) result {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", o.time, "-parallel", fmt.Sprint(o.parallel), "-timeout", "0", t.pkg)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = o.root, &out, &out, 10*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	began := time.Now()
	err := cmd.Run()
	r := judge(out.String(), err)
	r.took = time.Since(began)
	return r
}

var (
	progress = regexp.MustCompile(`execs: (\d+) .*new interesting: (\d+)`)
	crasher  = regexp.MustCompile(`Failing input written to (\S+)`)
)

// judge reads what go test -fuzz said.
func judge(text string, err error) result {
	r := result{word: "ok", runs: "0", fresh: "0"}
	for _, m := range progress.FindAllStringSubmatch(text, -1) {
		r.runs, r.fresh = m[1], m[2]
	}
	crash := crasher.FindStringSubmatch(text)
	var exit *exec.ExitError
	switch {
	case err == nil && r.runs == "0":
		r.word = "DID NOT RUN"
	case err == nil:
		return r
	case crash != nil:
		r.word = "CRASH: " + crash[1]
	case errors.As(err, &exit) && r.runs != "0" && strings.Contains(text, "context deadline exceeded") && !strings.Contains(text, "panic"):
		return r
	default:
		r.word = "FAILED: " + err.Error()
	}
	r.output = strings.Split(strings.TrimSpace(text), "\n")
	r.output = r.output[max(0, len(r.output)-30):]
	return r
}
