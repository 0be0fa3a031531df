// Package bypasses is GET /api/v1/admin/bypass: the bypass tokens that are good, those that end first at the top.
//
// The tokens themselves are not shown: only their hashes are kept. At most a hundred.
package bypasses

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

// Tokens lists bypass tokens.
type Tokens interface {
	Bypasses(ctx context.Context) ([]admin.Bypass, error)
}

// New returns the function.
func New(tokens Tokens) trigger.Function {
	return trigger.Admin("admin-bypasses", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, _ struct{}) (trigger.List[admin.Bypass], error) {
			items, err := tokens.Bypasses(ctx)
			return trigger.List[admin.Bypass]{Items: items}, err
		})
}
