//go:build !linux

package funchost

import "os/exec"

// dieWithParent does nothing: only Linux can tie a child's life to its parent.
func dieWithParent(*exec.Cmd) {}
