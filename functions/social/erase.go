package social

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Withdraw disconnects the tenant's accounts, as their owner could, and forgets
// connections under way; done says that none is left. A channel that does not answer
// keeps its permission until that ends by itself: its tokens are gone here.
func (s *Store) Withdraw(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error) {
	accounts, err := s.List(ctx, tenant)
	if err != nil {
		return false, err
	}
	for i, a := range accounts {
		if i == limit {
			return false, nil
		}
		if _, err := s.Disconnect(ctx, tenant, a.ID); err != nil {
			return false, err
		}
	}
	done, err = s.c.DB.Erase(ctx, limit, []any{tenant}, `DELETE FROM oauth_states WHERE tenant_id = ? ORDER BY expires_at LIMIT ?`)
	if err != nil {
		return false, fmt.Errorf("erase connections of %v: %w", tenant, err)
	}
	return done && len(accounts) < most, nil
}

// Erase deletes at most limit of the tenant's accounts, which Withdraw has disconnected;
// done says that none is left.
func (s *Store) Erase(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error) {
	done, err = s.c.DB.Erase(ctx, limit, []any{tenant}, `DELETE FROM social_accounts WHERE tenant_id = ? ORDER BY id LIMIT ?`)
	if err != nil {
		return false, fmt.Errorf("erase accounts of %v: %w", tenant, err)
	}
	return done, nil
}
