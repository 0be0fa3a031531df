// Package users is GET /api/v1/admin/users: who signs in here, newest first, page by page.
//
// `?role=` owner or admin. No names. Reads the replica. `?limit=` 1–100, `?after=` the last id of the page before.
package users

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/admin"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users lists users.
type Users interface {
	Users(ctx context.Context, role string, before id.User, limit int) ([]admin.User, error)
}

type question struct {
	Role string `query:"role" enum:"owner,admin"`
	trigger.Page[id.User]
}

// New returns the function.
func New(users Users) trigger.Function {
	return trigger.Admin("admin-users", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Actor, in question) (trigger.List[admin.User], error) {
			items, err := users.Users(ctx, in.Role, in.After, in.Size())
			return trigger.Listed(items, in.Size(), func(i admin.User) string { return i.ID.String() }), err
		})
}
