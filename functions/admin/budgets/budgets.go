// Package budgets is GET /api/v1/admin/budgets: the database connections that may be used and are.
//
// The pools are those of the process that answers, the server's figures are everybody's; what cannot be read is absent.
package budgets

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

// Budgets reads connection budgets.
type Budgets interface {
	Budgets(ctx context.Context) (admin.Budgets, error)
}

// New returns the function.
func New(budgets Budgets) trigger.Function {
	return trigger.Admin("admin-budgets", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, _ struct{}) (admin.Budgets, error) {
			return budgets.Budgets(ctx)
		})
}
