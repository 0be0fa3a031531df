// Package verify is GET /api/v1/admin/audit/verify: whether the chain of the audit log is whole.
//
// Answers how many rows it has and the hash of the last, which, kept elsewhere, show a log that was written anew. A broken one answers 500
// admin.audit_broken; `handler admin verify-audit` names the row.
package verify

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

// Log verifies the audit log.
type Log interface {
	Verify(ctx context.Context) (admin.Chain, error)
}

// New returns the function.
func New(log Log) trigger.Function {
	return trigger.Admin("admin-verify", binding, trigger.Budget{Time: 60 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, _ struct{}) (admin.Chain, error) {
			return log.Verify(ctx)
		})
}
