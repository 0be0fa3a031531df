package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// User is a user as they see themselves.
type User struct {
	ID id.User `json:"id"`
	// Account is the tenant that all of the user's things belong to.
	Account id.Tenant `json:"account"`
	// Name is Kakao's nickname as of the last sign-in; "" when it was not told.
	Name string `json:"name"`
	// Role is "owner" or "admin".
	Role      string    `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	// Sessions is how many sessions are alive.
	Sessions int `json:"sessions"`
}

// ETag is a strong entity tag, with its quotes.
func (u User) ETag() string {
	text, _ := json.Marshal(u) // strings, a number and a time: cannot fail
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// Show returns the user; CodeSessionEnded for one who is none, or is no more.
func (s *Store) Show(ctx context.Context, who identity.Principal) (User, error) {
	now := s.now()
	u, err := store.One(ctx, s.c.DB, `SELECT id, tenant_id, name, role, created_at,
			(SELECT COUNT(*) FROM refresh_tokens r WHERE r.user_id = users.id AND r.tenant_id = users.tenant_id AND r.state = ? AND r.idle_until > ? AND r.ends_at > ?)
		FROM users WHERE id = ? AND tenant_id = ? AND state IN (?, ?) LIMIT 1`,
		func(u *User) []any { return []any{&u.ID, &u.Account, &u.Name, &u.Role, &u.CreatedAt, &u.Sessions} },
		live, now, now, who.User, who.Tenant, Active, Unlinked)
	if errors.Is(err, store.ErrNoRows) {
		return User{}, fault.Newf(fault.CodeSessionEnded, "show %v: no such user", who.User)
	}
	if err != nil {
		return User{}, fmt.Errorf("show %v: %w", who.User, err)
	}
	u.CreatedAt = u.CreatedAt.UTC()
	return u, nil
}
