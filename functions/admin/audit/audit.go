// Package audit is GET /api/v1/admin/audit: what operators have done, newest first, page by page.
//
// `?target=` what it was done to. `?limit=` 1–100, `?after=` the last seq of the page before.
package audit

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

// Log lists the audit log.
type Log interface {
	Audit(ctx context.Context, target string, before int64, limit int) ([]admin.Entry, error)
}

const (
	usual = 20
	most  = 100
)

type question struct {
	Target string `query:"target" max:"190"`
	After  int64  `query:"after" min:"0"`
	Limit  int    `query:"limit"`
}

type answer struct {
	Items []admin.Entry `json:"items"`
	Next  string        `json:"next"`
}

// New returns the function.
func New(log Log) trigger.Function {
	return trigger.Admin("admin-audit", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Principal, in question) (answer, error) {
			if in.Limit == 0 {
				in.Limit = usual
			}
			if in.Limit < 1 || in.Limit > most {
				return answer{}, fault.New(fault.CodeBadValue).In("limit").Wants(fault.Between(1, most, fault.None))
			}
			items, err := log.Audit(ctx, in.Target, in.After, in.Limit)
			a := answer{Items: items}
			if len(items) == in.Limit {
				a.Next = strconv.FormatInt(items[len(items)-1].Seq, 10)
			}
			return a, err
		})
}
