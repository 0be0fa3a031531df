package funchost

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the handler when this process is killed,
// so that kill -9 of a local cloud leaves no handler behind on its port. In
// Azure the container takes care of that.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
