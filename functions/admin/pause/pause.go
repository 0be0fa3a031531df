// Package pause is POST /api/v1/admin/vendors/{vendor}/pause: nothing is asked of a vendor until it is resumed.
//
// Orders that need it wait: no try is used up, no deadline runs, nothing fails. Every instance obeys within five seconds; a call that is under
// way ends as it would. Nothing but /resume ends it. A vendor that there is not answers 404 with
// those that there are.
package pause

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
	Vendor string `path:"vendor"`
	// Reason is kept in the audit log.
	Reason string `json:"reason" max:"200"`
}

// New returns the function.
func New(vendors Vendors) trigger.Function {
	return trigger.Admin("admin-pause", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.Standing, error) {
			return vendors.Hold(ctx, by, in.Vendor, true, in.Reason)
		})
}
