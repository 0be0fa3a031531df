// Package halt is POST /api/v1/admin/publishing/pause: nothing is posted anywhere until publishing is resumed.
//
// Posts wait, scheduled ones too, and no try is used up. What a channel has been given already goes on there; whether it is live is still
// looked for. Every instance obeys within five seconds. Nothing but /resume ends it.
package halt

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/admin"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Vendors pauses vendors.
type Vendors interface {
	Hold(ctx context.Context, by identity.Actor, vendor string, pause bool, reason string) (admin.Standing, error)
}

type question struct {
	// Reason is kept in the audit log.
	Reason string `json:"reason" max:"200"`
}

// New returns the function.
func New(vendors Vendors) trigger.Function {
	return trigger.Admin("admin-halt", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.Standing, error) {
			return vendors.Hold(ctx, by, admin.Publishing, true, in.Reason)
		})
}
