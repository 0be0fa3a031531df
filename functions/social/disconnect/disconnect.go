// Package disconnect is DELETE /api/v1/social/accounts/{id}: CastAD may no longer post there.
//
// Withdraws the permission at the channel and deletes the tokens, also when the
// channel does not answer: "revoked" says whether it did. Another tenant's account is
// 404; one that its owner connects again in that moment stays connected: 409. Posts
// stay where they are; the same account connected again has the same id.
package disconnect

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Accounts deletes accounts.
type Accounts interface {
	Disconnect(ctx context.Context, tenant id.Tenant, account id.Account) (revoked bool, err error)
}

type question struct {
	ID id.Account `path:"id"`
}

type answer struct {
	Deleted bool `json:"deleted"`
	// Revoked says whether the channel has withdrawn the permission; otherwise the
	// owner can do so in the channel's own settings.
	Revoked bool `json:"revoked"`
}

// New returns the function.
func New(accounts Accounts) trigger.Function {
	return trigger.HTTP("social-disconnect", binding, trigger.Budget{Time: 20 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question) (answer, error) {
			revoked, err := accounts.Disconnect(ctx, who.Tenant, in.ID)
			return answer{Deleted: err == nil, Revoked: revoked}, err
		})
}
