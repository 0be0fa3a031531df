// Package redrive is POST /api/v1/admin/runs/{id}/redrive: a run that does not move goes on.
//
// Its steps are woken, or its failed ones tried again; results that were paid for are kept. A publication that may be live answers 409 until
// its owner has said whether it is (POST /posts/{id}/confirm). So does what its owner has put away or leaves behind: nothing is bought for it.
package redrive

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
	Redrive(ctx context.Context, by identity.Actor, run id.Run) error
	Run(ctx context.Context, run id.Run, after int) (admin.History, error)
}

type question struct {
	ID id.Run `path:"id"`
}

// New returns the function.
func New(runs Runs) trigger.Function {
	return trigger.Admin("admin-redrive", binding, trigger.Budget{Time: 20 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.History, error) {
			if err := runs.Redrive(ctx, by, in.ID); err != nil {
				return admin.History{}, err
			}
			return runs.Run(ctx, in.ID, 0)
		})
}
