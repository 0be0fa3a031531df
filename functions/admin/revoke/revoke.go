// Package revoke is DELETE /api/v1/admin/bypass/{id}: a bypass token ends.
//
// The id is the token's SHA-256 in hex, as the list has it. An instance that has just looked the token up takes it for half a minute more.
package revoke

import (
	"context"
	_ "embed"
	"time"

	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Tokens revokes bypass tokens.
type Tokens interface {
	RevokeBypass(ctx context.Context, by identity.Actor, token string) error
}

type question struct {
	ID string `path:"id" max:"64"`
}

// New returns the function.
func New(tokens Tokens) trigger.Function {
	return trigger.Admin("admin-revoke", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (struct{}, error) {
			return struct{}{}, tokens.RevokeBypass(ctx, by, in.ID)
		})
}
