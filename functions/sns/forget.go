package sns

import (
	"context"
	"fmt"

	"castad/shared/id"
)

// Forget deletes what is known of the posts of an ad that nobody can bring back. The
// posts themselves stay on the owner's channels.
func (s *Store) Forget(ctx context.Context, tenant id.Tenant, ad id.Ad) error {
	_, err := s.db.Exec(ctx, `DELETE FROM post_metrics WHERE tenant_id = ? AND post_id IN (SELECT id FROM publications WHERE tenant_id = ? AND ad_id = ?)`, tenant, tenant, ad)
	if err != nil {
		return fmt.Errorf("forget figures of %v: %w", ad, err)
	}
	if _, err := s.db.Exec(ctx, `DELETE FROM publications WHERE tenant_id = ? AND ad_id = ?`, tenant, ad); err != nil {
		return fmt.Errorf("forget posts of %v: %w", ad, err)
	}
	return nil
}
