// Package role is POST /api/v1/admin/users/{id}/role: a user becomes an operator, or an owner again.
//
// Effective with their next request. One's own role cannot be changed (409 admin.own_role): somebody must be left who can give it back.
package role

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

// Users sets roles.
type Users interface {
	SetRole(ctx context.Context, by identity.Actor, user id.User, role string) error
}

type question struct {
	ID   id.User `path:"id"`
	Role string  `json:"role" required:"true" enum:"owner,admin"`
}

type answer struct {
	ID   id.User `json:"id"`
	Role string  `json:"role"`
}

// New returns the function.
func New(users Users) trigger.Function {
	return trigger.Admin("admin-role", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, by identity.Actor, in question) (answer, error) {
			err := users.SetRole(ctx, by, in.ID, in.Role)
			return answer(in), err
		})
}
