package lyric

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Erase deletes at most limit of the tenant's lyrics; done says that none is left. The
// tenant's runs must have ended.
func (s *Store) Erase(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error) {
	done, err = s.db.Erase(ctx, limit, []any{tenant}, `DELETE FROM lyrics WHERE tenant_id = ? ORDER BY id LIMIT ?`)
	if err != nil {
		return false, fmt.Errorf("erase lyrics of %v: %w", tenant, err)
	}
	return done, nil
}
