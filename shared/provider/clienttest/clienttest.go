// Package clienttest is what the tests of vendors' clients share: how long a client
// waits for a stand-in, and what kind of error it gave. (providertest, the stand-ins'
// own, is used by package provider's tests as well and so cannot know its errors.)
package clienttest

import (
	"errors"
	"testing"
	"time"

	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/providertest"
)

// Patience is short only where nothing but the deadline ends the call: the machine may be busy.
func Patience(f providertest.Fault) provider.HTTP {
	if f.Hangs() {
		return provider.HTTP{Timeout: 400 * time.Millisecond}
	}
	return provider.HTTP{Timeout: 20 * time.Second}
}

// ErrorOf returns the vendor's error in err; without one the test ends.
func ErrorOf(t testing.TB, err error) *provider.Error {
	t.Helper()
	var e *provider.Error
	if !errors.As(err, &e) {
		t.Fatalf("not a provider error: %v", err)
	}
	return e
}

// NotYet says whether err is message.NotYet.
func NotYet(err error) bool { return errors.As(err, &message.NotYet{}) }

// Absent says whether err is message.Absent.
func Absent(err error) bool { return errors.As(err, &message.Absent{}) }
