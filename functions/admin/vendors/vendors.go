// Package vendors is GET /api/v1/admin/vendors: how the vendors are: paused or not, their breakers, what is left of their limits.
package vendors

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

// Vendors says how vendors are.
type Vendors interface {
	Standing(ctx context.Context) (admin.Standing, error)
}

// New returns the function.
func New(vendors Vendors) trigger.Function {
	return trigger.Admin("admin-vendors", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, _ struct{}) (admin.Standing, error) {
			return vendors.Standing(ctx)
		})
}
