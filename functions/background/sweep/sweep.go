// Package sweep is the timer background-sweep: finds what nobody moves any more: expired leases, lost wake-ups, deadlines,
// and approvals that their owners must be reminded of or never gave.
//
// Purge every queue and this timer brings every run to its end. It moves at most
// 200 of each a minute and kind; what is left is found the next time.
package sweep

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Engine sweeps.
type Engine interface {
	Sweep(ctx context.Context) error
}

// New returns the function.
func New(engine Engine) trigger.Function {
	return trigger.Timer("background-sweep", binding, trigger.Budget{Time: 50 * time.Second, Connections: 1}, engine.Sweep)
}
