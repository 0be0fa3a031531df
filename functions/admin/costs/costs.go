// Package costs is GET /api/v1/admin/costs: what each vendor has cost on each day in Seoul, and what is left of its limits.
//
// `?from=` and `?to=` are days ("2026-11-29"), at most 31 of them; the last seven if not said. Reads the replica.
package costs

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

// Costs sums up what vendors cost.
type Costs interface {
	Costs(ctx context.Context, first, last string) ([]admin.Cost, error)
	Standing(ctx context.Context) (admin.Standing, error)
	Today() string
}

type question struct {
	From string `query:"from" max:"10"`
	To   string `query:"to" max:"10"`
}

type answer struct {
	From   string        `json:"from"`
	To     string        `json:"to"`
	Items  []admin.Cost  `json:"items"`
	Quotas []admin.Quota `json:"quotas"`
}

// New returns the function.
func New(costs Costs) trigger.Function {
	return trigger.Admin("admin-costs", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, in question) (answer, error) {
			if in.To == "" {
				in.To = costs.Today()
			}
			if in.From == "" {
				last, err := admin.Day("to", in.To)
				if err != nil {
					return answer{}, err
				}
				in.From = last.AddDate(0, 0, -6).Format(time.DateOnly)
			}
			items, err := costs.Costs(ctx, in.From, in.To)
			if err != nil {
				return answer{}, err
			}
			now, err := costs.Standing(ctx)
			return answer{From: in.From, To: in.To, Items: items, Quotas: now.Quotas}, err
		})
}
