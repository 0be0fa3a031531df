package pipeline

import (
	"context"
	"errors"
	"fmt"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// Quiet cancels at most limit of the tenant's runs that have not ended; done says that
// none is left. A call in flight is settled first, so it may take several looks: until
// then steps still write.
func (e *Engine) Quiet(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error) {
	runs, err := store.All(ctx, e.c.DB, `SELECT id FROM pipeline_runs WHERE tenant_id = ? AND state IN (?, ?, ?) ORDER BY id LIMIT ?`,
		func(r *id.Run) []any { return []any{r} }, tenant, Running, Awaiting, Cancelling, limit)
	if err != nil {
		return false, fmt.Errorf("find runs of %v: %w", tenant, err)
	}
	var stuck []error
	for _, run := range runs {
		if err := e.Cancel(ctx, tenant, run); err != nil && fault.KindOf(err) != fault.Conflict { // it has ended meanwhile, or is being cancelled
			stuck = append(stuck, err)
		}
	}
	return len(runs) == 0, errors.Join(stuck...)
}

// erased are a tenant's tables that go away with it, the run's row last: it is how a
// crash's leftovers are found again. provider_calls, credit_ledger and spend_days stay:
// they say what was paid for what, and nothing about whom. Reasons may quote a vendor,
// so those go.
func (e *Engine) Erase(ctx context.Context, tenant id.Tenant, limit int, remove func(ctx context.Context, blob string) error) (done bool, err error) {
	type file struct {
		id   id.Artifact
		blob string
	}
	files, err := store.All(ctx, e.c.DB, `SELECT id, blob_path FROM artifacts WHERE tenant_id = ? ORDER BY run_id LIMIT ?`,
		func(f *file) []any { return []any{&f.id, &f.blob} }, tenant, limit)
	if err != nil {
		return false, fmt.Errorf("find files of %v: %w", tenant, err)
	}
	for _, f := range files {
		if err := remove(ctx, f.blob); err != nil {
			return false, fmt.Errorf("erase %v: %w", f.id, err)
		}
		if _, err := e.c.DB.Exec(ctx, `DELETE FROM artifacts WHERE id = ? AND tenant_id = ?`, f.id, tenant); err != nil {
			return false, fmt.Errorf("erase %v: %w", f.id, err)
		}
	}
	if len(files) == limit {
		return false, nil
	}
	for _, statement := range []string{
		`DELETE FROM callbacks WHERE tenant_id = ? ORDER BY id LIMIT ?`,
		`DELETE FROM run_events WHERE tenant_id = ? ORDER BY run_id LIMIT ?`,
		`DELETE FROM pipeline_steps WHERE tenant_id = ? ORDER BY run_id LIMIT ?`,
		`DELETE FROM pipeline_runs WHERE tenant_id = ? ORDER BY id LIMIT ?`,
		`UPDATE provider_calls SET reason = '' WHERE tenant_id = ? AND reason <> '' ORDER BY id LIMIT ?`,
	} {
		n, err := e.c.DB.Exec(ctx, statement, tenant, limit)
		if err != nil {
			return false, fmt.Errorf("erase runs of %v: %w", tenant, err)
		}
		if n == int64(limit) {
			return false, nil
		}
	}
	return true, nil
}
