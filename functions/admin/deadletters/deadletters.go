// Package deadletters is GET /api/v1/admin/deadletters: the messages that no function could take, newest first, page by page.
//
// `?queue=` one queue's. Reads the replica. `?limit=` 1–100, `?after=` the last id of the page before.
package deadletters

import (
	"context"
	_ "embed"
	"strconv"
	"time"

	"castad/functions/admin"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Letters lists dead letters.
type Letters interface {
	DeadLetters(ctx context.Context, queue string, before int64, limit int) ([]admin.Letter, error)
}

type question struct {
	Queue string `query:"queue" max:"64"`
	trigger.Page[int64]
}

// New returns the function.
func New(letters Letters) trigger.Function {
	return trigger.Admin("admin-deadletters", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, in question) (trigger.List[admin.Letter], error) {
			items, err := letters.DeadLetters(ctx, in.Queue, in.After, in.Size())
			return trigger.Listed(items, in.Size(), func(i admin.Letter) string { return strconv.FormatInt(i.ID, 10) }), err
		})
}
