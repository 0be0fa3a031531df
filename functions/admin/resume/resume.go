// Package resume is POST /api/v1/admin/vendors/{vendor}/resume: a vendor that was paused is asked again.
//
// One call goes first; what waits goes on within half a minute.
package resume

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
	return trigger.Admin("admin-resume", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.Standing, error) {
			return vendors.Hold(ctx, by, in.Vendor, false, in.Reason)
		})
}
