// Package unhalt is POST /api/v1/admin/publishing/resume: what waits to be posted is posted, within half a minute.
package unhalt

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
	return trigger.Admin("admin-unhalt", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.Standing, error) {
			return vendors.Hold(ctx, by, admin.Publishing, false, in.Reason)
		})
}
