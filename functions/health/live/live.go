// Package live is GET /api/v1/health/live: the process answers.
//
// Anonymous, says nothing else, touches nothing.
package live

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

type nothing struct{}

type answer struct {
	Status string `json:"status"`
}

// New returns the function.
func New() trigger.Function {
	return trigger.Public("health-live", binding, trigger.Budget{Time: time.Second},
		func(context.Context, nothing) (answer, error) { return answer{"ok"}, nil })
}
