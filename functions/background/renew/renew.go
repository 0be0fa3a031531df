// Package renew is the timer background-renew: channel permissions that would end unused are renewed.
//
// Long-lived tokens 15 days before their end, refresh tokens that nobody has used
// for 90 days; at most 50 at a time. One that fails is tried again after six
// hours; one whose permission has ended becomes reconnect_needed.
package renew

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Accounts renews.
type Accounts interface {
	Renew(ctx context.Context) (renewed, failed int, err error)
}

// New returns the function.
func New(accounts Accounts) trigger.Function {
	return trigger.Timer("background-renew", binding, trigger.Budget{Time: 100 * time.Second, Connections: 1},
		func(ctx context.Context) error {
			renewed, failed, err := accounts.Renew(ctx)
			trigger.Note(ctx, "renewed", renewed)
			trigger.Note(ctx, "failed", failed)
			return err
		})
}
