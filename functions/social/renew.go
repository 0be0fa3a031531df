package social

import (
	"context"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
)

const (
	// batch is how many accounts one run of the timer renews.
	batch = 50
	// notBefore is when an account whose renewal failed is tried again: its token
	// has days left, and others come first.
	notBefore = 6 * time.Hour
)

// Renew renews grants that would otherwise end unused, at most 50, those that end
// first first, and returns how many were renewed and how many could not be. One
// that fails does not keep the others.
func (s *Store) Renew(ctx context.Context) (renewed, failed int, err error) {
	rows, err := store.All(ctx, s.c.DB, `SELECT id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, created_at, updated_at
		FROM social_accounts WHERE renew_at <= ? ORDER BY renew_at LIMIT ?`, columns, s.now(), batch)
	if err != nil {
		return 0, 0, fmt.Errorf("read accounts to renew: %w", err)
	}
	var stuck []error
	for _, r := range rows {
		if ctx.Err() != nil {
			break
		}
		err := s.renewUnused(ctx, r)
		if err == nil {
			renewed++
			continue
		}
		failed++
		if fault.CodeOf(err) != fault.CodeReconnect { // that is the owner's business, and told
			stuck = append(stuck, err)
		}
	}
	return renewed, failed, errors.Join(stuck...)
}

func (s *Store) renewUnused(ctx context.Context, r row) error {
	k, err := s.open(ctx, r.label(), r.sealed)
	if err == nil {
		_, err = s.renew(ctx, r, k)
	}
	if err == nil || fault.CodeOf(err) == fault.CodeReconnect {
		return err
	}
	_, put := s.c.DB.Exec(ctx, `UPDATE social_accounts SET renew_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND renew_at IS NOT NULL`,
		s.now().Add(notBefore), r.tenant, r.ID, r.version)
	return errors.Join(err, put)
}
