// Package resend is POST /api/v1/admin/deadletters/{id}/redrive: a dead letter becomes a new message, once.
//
// Harmless in any state of its run: a wake-up for a step that has moved on does nothing. One that is not signed by us answers 422.
package resend

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

// Letters sends dead letters again.
type Letters interface {
	Resend(ctx context.Context, by identity.Actor, letter int64) (admin.Letter, error)
}

type question struct {
	ID int64 `path:"id" min:"1"`
}

// New returns the function.
func New(letters Letters) trigger.Function {
	return trigger.Admin("admin-resend", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (admin.Letter, error) {
			return letters.Resend(ctx, by, in.ID)
		})
}
