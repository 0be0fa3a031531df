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

// Erase deletes at most limit of the tenant's runs with their files; done says that
// none is left. A run's own row goes last: it is how what a crash has left is found
// again. provider_calls, credit_ledger and spend_days stay, because they say what was
// paid for what, and nothing about whom; the reasons in provider_calls may quote a
// vendor who quotes the owner, so those go. A run that has not ended is left alone, with
// Conflict: what it pays for would never be booked. Quiet ends it.
func (e *Engine) Erase(ctx context.Context, tenant id.Tenant, limit int, remove func(ctx context.Context, file string) error) (done bool, err error) {
	type run struct {
		id    id.Run
		ended bool
	}
	runs, err := store.All(ctx, e.c.DB, `SELECT id, ended_at IS NOT NULL FROM pipeline_runs WHERE tenant_id = ? ORDER BY ad_id, id LIMIT ?`,
		func(r *run) []any { return []any{&r.id, &r.ended} }, tenant, limit)
	if err != nil {
		return false, fmt.Errorf("find runs of %v: %w", tenant, err)
	}
	for _, r := range runs {
		if !r.ended {
			return false, fault.Newf(fault.CodeConflict, "erase %v: it has not ended", r.id)
		}
		done, err := e.eraseRun(ctx, tenant, r.id, limit, remove)
		if err != nil {
			return false, fmt.Errorf("erase %v: %w", r.id, err)
		}
		if !done {
			return false, nil
		}
	}
	return len(runs) < limit, nil
}

func (e *Engine) eraseRun(ctx context.Context, tenant id.Tenant, run id.Run, limit int, remove func(ctx context.Context, file string) error) (done bool, err error) {
	if done, err := e.eraseFiles(ctx, tenant, run, limit, remove); err != nil || !done {
		return false, err
	}
	calls, err := store.All(ctx, e.c.DB, `SELECT id FROM provider_calls WHERE run_id = ? AND tenant_id = ? ORDER BY step_no, attempt LIMIT 1000`,
		func(c *id.Call) []any { return []any{c} }, run, tenant)
	if err != nil {
		return false, err
	}
	for _, call := range calls {
		done, err := e.c.DB.Erase(ctx, limit, []any{call, tenant}, `DELETE FROM callbacks WHERE call_id = ? AND tenant_id = ? ORDER BY id LIMIT ?`)
		if err != nil || !done {
			return false, err
		}
	}
	return e.c.DB.Erase(ctx, limit, []any{run, tenant},
		`UPDATE provider_calls SET reason = '' WHERE run_id = ? AND tenant_id = ? AND reason <> '' ORDER BY id LIMIT ?`,
		`DELETE FROM run_events WHERE run_id = ? AND tenant_id = ? ORDER BY seq LIMIT ?`,
		`DELETE FROM pipeline_steps WHERE run_id = ? AND tenant_id = ? ORDER BY step_no LIMIT ?`,
		`DELETE FROM pipeline_runs WHERE id = ? AND tenant_id = ? ORDER BY id LIMIT ?`)
}

// eraseFiles deletes at most limit of a run's files with their rows; done says that none is left.
func (e *Engine) eraseFiles(ctx context.Context, tenant id.Tenant, run id.Run, limit int, remove func(ctx context.Context, file string) error) (done bool, err error) {
	type file struct {
		id   id.Artifact
		blob string
	}
	files, err := store.All(ctx, e.c.DB, `SELECT id, blob_path FROM artifacts WHERE run_id = ? AND tenant_id = ? ORDER BY step_no LIMIT ?`,
		func(f *file) []any { return []any{&f.id, &f.blob} }, run, tenant, limit)
	if err != nil {
		return false, err
	}
	for _, f := range files { // the file first: its row finds it
		if err := remove(ctx, f.blob); err != nil {
			return false, err
		}
		if _, err := e.c.DB.Exec(ctx, `DELETE FROM artifacts WHERE id = ? AND tenant_id = ?`, f.id, tenant); err != nil {
			return false, err
		}
	}
	return len(files) < limit, nil
}
