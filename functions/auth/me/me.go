// Package me is GET /api/v1/auth/me: who has signed in.
//
// Reads users. Who is being erased, and a developer's token, have no session: 401.
package me

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/auth"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users reads users.
type Users interface {
	Show(ctx context.Context, who identity.Principal) (auth.User, error)
}

type answer struct {
	trigger.Reply
	auth.User
}

// New returns the function.
func New(users Users) trigger.Function {
	return trigger.HTTP("auth-me", binding, trigger.Budget{Time: 10 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, _ struct{}) (answer, error) {
			u, err := users.Show(ctx, who)
			if err != nil {
				return answer{}, err
			}
			return answer{Reply: trigger.Tagged(u.ETag()), User: u}, nil
		})
}
