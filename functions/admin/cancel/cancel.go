// Package cancel is POST /api/v1/admin/runs/{id}/cancel: a run is stopped as its owner could stop it.
//
// What is in flight is settled first. A run that has ended answers 409.
package cancel

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/admin"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Runs moves and shows runs.
type Runs interface {
	Cancel(ctx context.Context, by identity.Actor, run id.Run) error
	Run(ctx context.Context, run id.Run, after int) (admin.History, error)
}

type question struct {
	ID id.Run `path:"id"`
}

// New returns the function.
func New(runs Runs) trigger.Function {
	return trigger.Admin("admin-cancel", binding, trigger.Budget{Time: 20 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.History, error) {
			if err := runs.Cancel(ctx, by, in.ID); err != nil {
				return admin.History{}, err
			}
			return runs.Run(ctx, in.ID, 0)
		})
}
