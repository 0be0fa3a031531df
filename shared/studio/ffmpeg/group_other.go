//go:build !linux

package ffmpeg

import "os/exec"

// ownGroup leaves exec's default: on cancel the process is killed. ffmpeg
// starts no processes of its own, so the group is a second line of defence.
func ownGroup(*exec.Cmd) {}
