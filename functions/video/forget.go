package video

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Forget deletes the videos of an ad that nobody can bring back.
func (s *Store) Forget(ctx context.Context, tenant id.Tenant, ad id.Ad) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM videos WHERE tenant_id = ? AND ad_id = ?`, tenant, ad); err != nil {
		return fmt.Errorf("forget videos of %v: %w", ad, err)
	}
	return nil
}
