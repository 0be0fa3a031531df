// Package runs is GET /api/v1/admin/runs: runs of all accounts, newest first, page by page.
//
// `?state=` of the run, `?kind=` and `?step_state=` of one of its steps, `?code=` why the run or a step failed, `?tenant=`, `?older_seconds=`
// made at least so long ago. Reads the replica. `?limit=` 1–100, `?after=` the last id of the page before.
package runs

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

// Runs lists runs.
type Runs interface {
	Runs(ctx context.Context, w admin.Wanted, limit int) ([]admin.Run, error)
}

type question struct {
	State     string    `query:"state" enum:"running,cancelling,awaiting_approval,succeeded,failed,cancelled"`
	Kind      string    `query:"kind" enum:"place,lyric,song,video,publish"`
	StepState string    `query:"step_state" enum:"blocked,ready,submitting,waiting,collecting,unknown,succeeded,skipped,failed,cancelled"`
	Code      string    `query:"code" max:"64"`
	Tenant    id.Tenant `query:"tenant"`
	// OlderSeconds is a hundred years at most: what a Duration holds.
	OlderSeconds int64 `query:"older_seconds" min:"0" max:"3153600000"`
	trigger.Page[id.Run]
}

// New returns the function.
func New(runs Runs, now func() time.Time) trigger.Function {
	return trigger.Admin("admin-runs", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, in question) (trigger.List[admin.Run], error) {
			w := admin.Wanted{State: in.State, Kind: in.Kind, StepState: in.StepState, Code: in.Code, Tenant: in.Tenant, After: in.After}
			if in.OlderSeconds > 0 {
				w.Before = now().Add(-time.Duration(in.OlderSeconds) * time.Second)
			}
			items, err := runs.Runs(ctx, w, in.Size())
			return trigger.Listed(items, in.Size(), func(i admin.Run) string { return i.ID.String() }), err
		})
}
