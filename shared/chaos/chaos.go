//go:build !chaos

// Package chaos marks the lines between which a crash is interesting. Without
// the build tag "chaos" a Point is nothing, and the compiler removes it.
package chaos

// Point is a place where a chaos build may kill the process; name is the crash
// point's id in the fault catalogue.
func Point(string) {}
