// Package relay is the timer background-relay: sends what a crash left in the outbox.
//
// The process that writes a message sends it at once; this timer is for the
// process that died in between, and for messages due later than an hour ahead.
package relay

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Outbox sends waiting messages.
type Outbox interface {
	Relay(ctx context.Context) (sent int, err error)
}

// New returns the function.
func New(outbox Outbox) trigger.Function {
	return trigger.Timer("background-relay", binding, trigger.Budget{Time: 50 * time.Second, Connections: 1}, func(ctx context.Context) error {
		for {
			n, err := outbox.Relay(ctx)
			if err != nil || n == 0 {
				return err
			}
		}
	})
}
