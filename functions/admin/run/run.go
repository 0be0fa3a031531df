// Package run is GET /api/v1/admin/runs/{id}: one run with its whole history.
//
// Steps, events, calls to providers, files, bookings, messages in the outbox and dead letters; nothing that people wrote. `?events_after=` the
// last event of the page before.
package run

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

// Runs shows runs.
type Runs interface {
	Run(ctx context.Context, run id.Run, after int) (admin.History, error)
}

type question struct {
	ID     id.Run `path:"id"`
	Events int    `query:"events_after"`
}

// New returns the function.
func New(runs Runs) trigger.Function {
	return trigger.Admin("admin-run", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, in question) (admin.History, error) {
			return runs.Run(ctx, in.ID, in.Events)
		})
}
