// Package ready is GET /api/v1/health/ready: the database answers and its schema is current.
//
// Anonymous; 503 with a general sentence otherwise, never a detail.
package ready

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Check says whether the app can work.
type Check func(context.Context) error

type nothing struct{}

type answer struct {
	Status string `json:"status"`
}

// New returns the function.
func New(check Check) trigger.Function {
	return trigger.Public("health-ready", binding, trigger.Budget{Time: 5 * time.Second, Connections: 1},
		func(ctx context.Context, _ nothing) (answer, error) { return answer{"ready"}, check(ctx) })
}
