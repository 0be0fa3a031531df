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
	"castad/shared/fault"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Letters lists dead letters.
type Letters interface {
	DeadLetters(ctx context.Context, queue string, before int64, limit int) ([]admin.Letter, error)
}

const (
	usual = 20
	most  = 100
)

type question struct {
	Queue string `query:"queue" max:"64"`
	After int64  `query:"after" min:"0"`
	Limit int    `query:"limit"`
}

type answer struct {
	Items []admin.Letter `json:"items"`
	Next  string         `json:"next"`
}

// New returns the function.
func New(letters Letters) trigger.Function {
	return trigger.Admin("admin-deadletters", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Principal, in question) (answer, error) {
			if in.Limit == 0 {
				in.Limit = usual
			}
			if in.Limit < 1 || in.Limit > most {
				return answer{}, fault.New(fault.CodeBadValue).In("limit").Wants(fault.Between(1, most, fault.None))
			}
			items, err := letters.DeadLetters(ctx, in.Queue, in.After, in.Limit)
			a := answer{Items: items}
			if len(items) == in.Limit {
				a.Next = strconv.FormatInt(items[len(items)-1].ID, 10)
			}
			return a, err
		})
}
