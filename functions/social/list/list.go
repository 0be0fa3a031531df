// Package list is GET /api/v1/social/accounts: the connected channel accounts.
//
// Reads the primary: an account is there as soon as it is connected. Shows state,
// scopes and missing scopes, and no token.
package list

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/social"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Accounts reads accounts.
type Accounts interface {
	List(ctx context.Context, tenant id.Tenant) ([]social.Account, error)
}

// New returns the function.
func New(accounts Accounts) trigger.Function {
	return trigger.HTTP("social-list", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, _ struct{}) (trigger.List[social.Account], error) {
			items, err := accounts.List(ctx, who.Tenant)
			return trigger.List[social.Account]{Items: items}, err
		})
}
