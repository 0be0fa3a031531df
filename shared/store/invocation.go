package store

import (
	"context"
	"sync/atomic"

	"castad/shared/fault"
)

// Lane is one of a process's two pools: requests never wait behind queue work.
type Lane uint8

// The lanes.
const (
	LaneHTTP Lane = iota
	LaneQueue
)

// Invocation is one call of a function, as far as the database is concerned.
type Invocation struct {
	// Function names it in metrics and errors.
	Function string
	Lane     Lane
	// Connections is the declared budget: 0 (may not touch the database) or 1.
	Connections int
}

type invocation struct {
	Invocation
	held atomic.Int32
}

type invocationKey struct{}

// WithInvocation returns a context that counts its connections against inv.
// Without one (background goroutines, tests) the queue pool is used and
// connections are counted from a transaction downwards only.
func WithInvocation(ctx context.Context, inv Invocation) context.Context {
	return context.WithValue(ctx, invocationKey{}, &invocation{Invocation: inv})
}

func invocationOf(ctx context.Context) *invocation {
	inv, _ := ctx.Value(invocationKey{}).(*invocation)
	return inv
}

// take counts one more connection. Beyond the budget it is a metric, and an
// error in strict mode: production never fails a user for our bookkeeping.
func (inv *invocation) take(h Hooks, strict bool) error {
	if inv == nil {
		return nil
	}
	held := int(inv.held.Add(1))
	if held <= inv.Connections {
		return nil
	}
	h.secondConnection(inv.Function)
	if !strict {
		return nil
	}
	inv.held.Add(-1)
	return fault.Newf(fault.CodeInternal, "function %q asked for connection number %d but its budget is %d: use the transaction it is given, and no connection where none is declared",
		inv.Function, held, inv.Connections)
}

func (inv *invocation) give() {
	if inv != nil {
		inv.held.Add(-1)
	}
}
