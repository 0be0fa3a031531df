package funchost

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// process is one run of the handler. Nothing but SIGKILL is ever sent to it,
// and only to it: its children are orphaned, as by the host.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed after the output was read to its end

	mu       sync.Mutex
	code     int // valid after exited; -1 for a signal
	reason   string
	killed   bool
	expected bool // killed by the host itself: not a crash
	lastErr  []string
}

// orphanWait bounds how long the output is read after the exit, since an
// orphaned child may hold the pipe for ever.
const orphanWait = time.Second

// launch is what a process is started with.
type launch struct {
	path, dir, arguments string
	env                  []string
	console              func(level Level, category, line string)
	stderrIsError        bool
}

// start runs the handler without a shell.
func start(l launch) (*process, error) {
	p := &process{exited: make(chan struct{})}
	p.cmd = exec.Command(l.path, splitArguments(l.arguments)...)
	p.cmd.Dir, p.cmd.Env = l.dir, l.env
	p.cmd.WaitDelay = orphanWait
	stdout := &lines{emit: func(line string) {
		if text, system := strings.CutPrefix(line, systemPrefix); system {
			l.console(Information, CategorySystem, text)
			return
		}
		l.console(Information, CategoryConsole, line)
	}}
	stderr := &lines{emit: func(line string) {
		level := stderrLevel(line, l.stderrIsError)
		p.remember(level, line)
		l.console(level, CategoryConsole, line)
	}}
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	dieWithParent(p.cmd)
	started := make(chan error)
	go func() {
		// The kernel ties "die with the parent" to the thread that forked.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = p.cmd.Wait()
		stdout.Close()
		stderr.Close()
		p.finish(err)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start handler %s: %w", filepath.Base(l.path), err)
	}
	return p, nil
}

func (p *process) finish(err error) {
	p.mu.Lock()
	p.code = p.cmd.ProcessState.ExitCode()
	p.reason = p.cmd.ProcessState.String()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			p.reason += ": " + err.Error()
		}
	}
	p.mu.Unlock()
	close(p.exited)
}

// remember keeps the last three error lines for the crash report.
func (p *process) remember(level Level, line string) {
	if level != Error {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastErr = append(p.lastErr, line)
	if len(p.lastErr) > 3 {
		p.lastErr = p.lastErr[1:]
	}
}

// exit describes the end: code (-1 for a signal), a reason with the last error
// lines, and whether the host wanted it.
func (p *process) exit() (code int, reason string, expected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reason = p.reason
	if len(p.lastErr) > 0 {
		reason += ": " + strings.Join(p.lastErr, " | ")
	}
	return p.code, reason, p.expected
}

// kill sends SIGKILL; expected says that the host wants the end itself, which
// then is no crash. It reports whether this was the kill that counts: false when
// the process has ended or been killed before.
func (p *process) kill(expected bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed || p.cmd.Process.Kill() != nil {
		return false
	}
	p.killed, p.expected = true, expected
	return true
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// splitArguments splits a command line as .NET does on Unix: blanks separate,
// double quotes group, a backslash escapes only before a quote.
func splitArguments(line string) []string {
	var list []string
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		var argument string
		argument, i = nextArgument(line, i)
		list = append(list, argument)
	}
	return list
}

func nextArgument(line string, i int) (string, int) {
	var b strings.Builder
	quoted := false
	for i < len(line) {
		slashes := 0
		for i < len(line) && line[i] == '\\' {
			slashes++
			i++
		}
		if slashes > 0 {
			if i == len(line) || line[i] != '"' {
				b.WriteString(strings.Repeat(`\`, slashes))
				continue
			}
			b.WriteString(strings.Repeat(`\`, slashes/2))
			if slashes%2 == 1 {
				b.WriteByte('"')
				i++
			}
			continue
		}
		c := line[i]
		switch {
		case c == '"' && quoted && i+1 < len(line) && line[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return b.String(), i
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String(), i
}
