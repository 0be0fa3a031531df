package ffmpeg

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process in a group of its own, killed as a whole on cancel
// and by the kernel when this program dies (kill -9 included).
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
