package auth

import (
	"context"
	"errors"
	"fmt"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// Roles says and sets what users may do. A token's role is what it was when the
// token was made; what must take effect at once is asked here.
type Roles struct{ db *store.Primary }

// NewRoles returns the roles of the users table.
func NewRoles(db *store.Primary) *Roles { return &Roles{db} }

// Role is the role that a user has now, "" for one who is not there or is leaving.
// It reads the primary: a role that was taken away is gone with the next question.
func (r *Roles) Role(ctx context.Context, tenant id.Tenant, user id.User) (string, error) {
	role, err := store.One(ctx, r.db, `SELECT role FROM users WHERE id = ? AND tenant_id = ? AND erase_at IS NULL AND erased_at IS NULL LIMIT 1`,
		func(s *string) []any { return []any{s} }, user, tenant)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read role of %v: %w", user, err)
	}
	return role, nil
}

// Operator refuses everybody who is not an operator now, with CodeDenied; what
// cannot be found out is refused, too.
func (r *Roles) Operator(ctx context.Context, tenant id.Tenant, user id.User) error {
	role, err := r.Role(ctx, tenant, user)
	if err != nil {
		return err
	}
	if role != identity.RoleAdmin {
		return fault.Newf(fault.CodeDenied, "%v is no operator", user)
	}
	return nil
}

// SetRole makes a user an operator or an owner; also is written in the same
// transaction, before which nobody sees the role. CodeNotFound for a user who is
// not there or is leaving, an error of kind Done for one who has that role already.
func (r *Roles) SetRole(ctx context.Context, user id.User, role string, also func(context.Context, *store.Tx) error) error {
	if role != identity.RoleOwner && role != identity.RoleAdmin {
		return fault.New(fault.CodeBadValue).In("role")
	}
	return r.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := store.One(ctx, tx, `SELECT role FROM users WHERE id = ? AND erase_at IS NULL AND erased_at IS NULL FOR UPDATE`,
			func(s *string) []any { return []any{s} }, user)
		switch {
		case errors.Is(err, store.ErrNoRows):
			return fault.Newf(fault.CodeNotFound, "set role of %v: no such user", user)
		case err == nil && now == role:
			return &fault.Error{Kind: fault.Done}
		case err == nil:
			_, err = tx.Exec(ctx, `UPDATE users SET role = ? WHERE id = ?`, role, user)
		}
		if err != nil {
			return fmt.Errorf("set role of %v: %w", user, err)
		}
		return also(ctx, tx)
	})
}

// BySubject finds the user whom an issuer of identities knows by that subject.
func (r *Roles) BySubject(ctx context.Context, issuer, subject string) (id.User, error) {
	user, err := store.One(ctx, r.db, `SELECT id FROM users WHERE issuer = ? AND subject = ? LIMIT 1`, func(u *id.User) []any { return []any{u} }, issuer, subject)
	if errors.Is(err, store.ErrNoRows) {
		return 0, fault.Newf(fault.CodeNotFound, "find user: nobody of that name has signed in")
	}
	if err != nil {
		return 0, fmt.Errorf("find user: %w", err)
	}
	return user, nil
}
