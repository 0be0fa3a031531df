package ad

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Erase deletes at most limit of the tenant's ads, their revisions and tickets; done
// says that none is left. The tenant's runs must have ended.
func (s *Store) Erase(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error) {
	done, err = s.db.Erase(ctx, limit, []any{tenant},
		`DELETE FROM event_tickets WHERE tenant_id = ? ORDER BY ticket_hash LIMIT ?`,
		`DELETE FROM ad_revisions WHERE tenant_id = ? ORDER BY ad_id LIMIT ?`,
		`DELETE FROM ads WHERE tenant_id = ? ORDER BY id LIMIT ?`)
	if err != nil {
		return false, fmt.Errorf("erase ads of %v: %w", tenant, err)
	}
	return done, nil
}
