package admin

import (
	"context"
	"fmt"
	"time"

	"castad/shared/id"
	"castad/shared/store"
)

// User is somebody who signs in. Their name is not shown: an operator looks people
// up by their ids.
type User struct {
	ID     id.User   `json:"id"`
	Tenant id.Tenant `json:"tenant"`
	Issuer string    `json:"issuer"`
	Role   string    `json:"role"`
	State  string    `json:"state"`
	// CreatedAt is when they first signed in, SeenAt when they last did.
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	// EraseAt is when what is theirs is, or was, erased.
	EraseAt *time.Time `json:"erase_at,omitempty"`
	// Runs are all of theirs.
	Runs int `json:"runs"`
}

// Users lists users, newest first, from before one (0 = from the newest); role "" = all.
func (s *Store) Users(ctx context.Context, role string, before id.User, limit int) ([]User, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	users, err := store.All(ctx, s.c.DB.Replica(), `SELECT u.id, u.tenant_id, u.issuer, u.role, u.state, u.created_at, u.seen_at, COALESCE(u.erased_at, u.erase_at),
		(SELECT COUNT(*) FROM pipeline_runs r WHERE r.tenant_id = u.tenant_id)
		FROM users u WHERE u.id < ? AND (? = '' OR u.role = ?) ORDER BY u.id DESC LIMIT ?`, func(u *User) []any {
		return []any{&u.ID, &u.Tenant, &u.Issuer, &u.Role, &u.State, &u.CreatedAt, &u.SeenAt, &u.EraseAt, &u.Runs}
	}, before, role, role, limit)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return list(users), nil
}
