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

// Leave ends the session that a refresh token belongs to, or all of the user's, and
// returns how many it ended. A token that is unknown, or somebody else's, ends nothing.
func (s *Store) Leave(ctx context.Context, who identity.Principal, refresh string, everywhere bool) (int, error) {
	h := holder{who.User, who.Tenant}
	var family id.Session
	if !everywhere {
		hash, ours := digest(refresh)
		if !ours {
			return 0, nil
		}
		var err error
		family, err = store.One(ctx, s.c.DB, `SELECT family FROM refresh_tokens WHERE token_hash = ? AND user_id = ? AND tenant_id = ? LIMIT 1`,
			func(f *id.Session) []any { return []any{f} }, hash[:], h.user, h.tenant)
		if errors.Is(err, store.ErrNoRows) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("find session: %w", err)
		}
	}
	n := 0
	err := s.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.hold(ctx, tx, h)
		if fault.KindOf(err) == fault.NotFound { // a developer's token: there is no session
			return nil
		}
		if err == nil {
			n, err = s.end(ctx, tx, h, family)
		}
		return err
	}, again)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// again is what follows a lost COMMIT of a transaction that may as well run twice.
func again(context.Context, store.Querier) (bool, error) { return false, nil }
