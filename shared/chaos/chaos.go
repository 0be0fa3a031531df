//go:build !chaos

// Package chaos marks the lines between which a crash is interesting. Without
// the build tag "chaos" nothing in it does anything, and the compiler removes
// it; kill.go says what it does with the tag.
package chaos

import "io"

// Point is a place where a chaos build may kill the process. name is the crash
// point's id in the catalogue (A1, W4, S2, …); where tells its passages apart:
// the kind of step, the queue, or "".
func Point(name, where string) {}

// Reader is r. A chaos build may kill the process in the middle of it.
func Reader(mid, end, where string, r io.Reader) io.Reader { return r }
