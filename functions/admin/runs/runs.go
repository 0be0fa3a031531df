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
	"castad/shared/fault"
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

const (
	usual = 20
	most  = 100
	// longest is a hundred years in seconds: what a Duration holds.
	longest = 100 * 365 * 24 * 60 * 60
)

type question struct {
	State        string    `query:"state" enum:"running,cancelling,awaiting_approval,succeeded,failed,cancelled"`
	Kind         string    `query:"kind" enum:"place,lyric,song,video,publish"`
	StepState    string    `query:"step_state" enum:"blocked,ready,submitting,waiting,collecting,unknown,succeeded,skipped,failed,cancelled"`
	Code         string    `query:"code" max:"64"`
	Tenant       id.Tenant `query:"tenant"`
	OlderSeconds int64     `query:"older_seconds"`
	After        id.Run    `query:"after"`
	Limit        int       `query:"limit"`
}

type answer struct {
	Items []admin.Run `json:"items"`
	Next  string      `json:"next"`
}

// New returns the function.
func New(runs Runs, now func() time.Time) trigger.Function {
	return trigger.Admin("admin-runs", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Principal, in question) (answer, error) {
			if in.Limit == 0 {
				in.Limit = usual
			}
			if in.Limit < 1 || in.Limit > most {
				return answer{}, fault.New(fault.CodeBadValue).In("limit").Wants(fault.Between(1, most, fault.None))
			}
			w := admin.Wanted{State: in.State, Kind: in.Kind, StepState: in.StepState, Code: in.Code, Tenant: in.Tenant, After: in.After}
			if in.OlderSeconds < 0 || in.OlderSeconds > longest {
				return answer{}, fault.New(fault.CodeBadValue).In("older_seconds")
			}
			if in.OlderSeconds > 0 {
				w.Before = now().Add(-time.Duration(in.OlderSeconds) * time.Second)
			}
			items, err := runs.Runs(ctx, w, in.Limit)
			a := answer{Items: items}
			if len(items) == in.Limit {
				a.Next = items[len(items)-1].ID.String()
			}
			return a, err
		})
}
