// Package users is GET /api/v1/admin/users: who signs in here, newest first, page by page.
//
// `?role=` owner or admin. No names. Reads the replica. `?limit=` 1–100, `?after=` the last id of the page before.
package users

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/admin"
	"castad/shared/fault"
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

const (
	usual = 20
	most  = 100
)

type question struct {
	Role  string  `query:"role" enum:"owner,admin"`
	After id.User `query:"after"`
	Limit int     `query:"limit"`
}

type answer struct {
	Items []admin.User `json:"items"`
	Next  string       `json:"next"`
}

// New returns the function.
func New(users Users) trigger.Function {
	return trigger.Admin("admin-users", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, _ identity.Principal, in question) (answer, error) {
			if in.Limit == 0 {
				in.Limit = usual
			}
			if in.Limit < 1 || in.Limit > most {
				return answer{}, fault.New(fault.CodeBadValue).In("limit").Wants(fault.Between(1, most, fault.None))
			}
			items, err := users.Users(ctx, in.Role, in.After, in.Limit)
			a := answer{Items: items}
			if len(items) == in.Limit {
				a.Next = items[len(items)-1].ID.String()
			}
			return a, err
		})
}
