// Package summary is GET /api/v1/home: how much there is, what waits, what was made and posted last, and today's spending.
//
// Reads the replica and may lag a little, keeps the page by its version; the spending is the primary's.
package summary

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/home"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Home reads the page.
type Home interface {
	Show(ctx context.Context, tenant id.Tenant) (home.Summary, error)
}

// New returns the function.
func New(h Home) trigger.Function {
	return trigger.HTTP("home-summary", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, _ struct{}) (home.Summary, error) {
			return h.Show(ctx, who.Tenant)
		})
}
