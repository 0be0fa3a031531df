package mariadb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a child that ends with us.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed
}

// run starts a program in a process group of its own (a Ctrl-C at the terminal
// is for us, who then stop it in order) that gets signal death when this
// process ends in any way. The kernel ties that to the thread that started the
// child, so one goroutine keeps its thread until the child has ended.
func run(program string, args []string, output string, keep *os.File, death syscall.Signal) (*process, error) {
	out, err := os.OpenFile(output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: death}
	if keep != nil {
		cmd.ExtraFiles = []*os.File{keep}
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// still says whether every thread of the process is stopped.
func (p *process) still() (bool, error) {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.pid()))
	if err != nil || len(stats) == 0 {
		return false, errors.Join(err, os.ErrProcessDone)
	}
	for _, stat := range stats {
		raw, err := os.ReadFile(stat)
		if errors.Is(err, fs.ErrNotExist) {
			continue // that thread has ended
		}
		// "pid (name) state …", where the name may contain anything.
		if i := bytes.LastIndexByte(raw, ')'); err != nil || i < 0 || len(raw) < i+3 || raw[i+2] != 'T' {
			return false, err
		}
	}
	return true, nil
}

// stop asks the process to end and, after patience, ends it.
func (p *process) stop(patience time.Duration) error {
	// A paused process cannot obey.
	if err := errors.Join(p.signal(syscall.SIGTERM), p.signal(syscall.SIGCONT)); err != nil {
		return err
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-p.done:
		return nil
	case <-t.C:
		err := p.signal(syscall.SIGKILL)
		<-p.done
		return errors.Join(fmt.Errorf("the database server did not stop within %s and was killed", patience), err)
	}
}
