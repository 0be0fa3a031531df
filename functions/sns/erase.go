package sns

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Erase deletes at most limit of the tenant's publications and what was measured of
// them; done says that none is left. The posts themselves stay on the owner's channels.
// The tenant's runs must have ended.
func (s *Store) Erase(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error) {
	done, err = s.db.Erase(ctx, limit, []any{tenant},
		`DELETE FROM post_metrics WHERE tenant_id = ? ORDER BY post_id LIMIT ?`,
		`DELETE FROM publications WHERE tenant_id = ? ORDER BY id LIMIT ?`)
	if err != nil {
		return false, fmt.Errorf("erase publications of %v: %w", tenant, err)
	}
	return done, nil
}
