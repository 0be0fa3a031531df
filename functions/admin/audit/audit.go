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
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Log lists the audit log.
type Log interface {
	Audit(ctx context.Context, target string, before int64, limit int) ([]admin.Entry, error)
}

type question struct {
	Target string `query:"target" max:"190"`
	trigger.Page[int64]
}

// New returns the function.
func New(log Log) trigger.Function {
	return trigger.Admin("admin-audit", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, in question) (trigger.List[admin.Entry], error) {
			items, err := log.Audit(ctx, in.Target, in.After, in.Size())
			return trigger.Listed(items, in.Size(), func(i admin.Entry) string { return strconv.FormatInt(i.Seq, 10) }), err
		})
}
