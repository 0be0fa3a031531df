package song

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Forget deletes the songs of an ad that nobody can bring back.
func (s *Store) Forget(ctx context.Context, tenant id.Tenant, ad id.Ad) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM songs WHERE tenant_id = ? AND ad_id = ?`, tenant, ad); err != nil {
		return fmt.Errorf("forget songs of %v: %w", ad, err)
	}
	return nil
}
