package pipeline

import (
	"context"
	"fmt"

	"castad/shared/id"
	"castad/shared/store"
)

const (
	// forgetRuns is how many of an ad's runs, and of a run's files, are forgotten at once.
	forgetRuns = 100
	// forgetEvents bounds one deletion of events, and so what it locks.
	forgetEvents = 1_000
)

// Forget deletes the runs of an ad that nobody can bring back, all of which have
// ended, with their files. A run's own row is the last, so that a crash's leftovers are
// found again. What was paid (provider_calls, credit_ledger) stays, without a vendor's reasons.
func (e *Engine) Forget(ctx context.Context, tenant id.Tenant, ad id.Ad, remove func(ctx context.Context, file string) error) error {
	for {
		runs, err := store.All(ctx, e.c.DB, `SELECT id FROM pipeline_runs WHERE tenant_id = ? AND ad_id = ? AND ended_at IS NOT NULL ORDER BY id LIMIT ?`,
			func(r *id.Run) []any { return []any{r} }, tenant, ad, forgetRuns)
		if err != nil || len(runs) == 0 {
			return err
		}
		for _, run := range runs {
			if err := e.forget(ctx, tenant, run, remove); err != nil {
				return fmt.Errorf("forget %v: %w", run, err)
			}
		}
	}
}

func (e *Engine) forget(ctx context.Context, tenant id.Tenant, run id.Run, remove func(ctx context.Context, file string) error) error {
	for done := false; !done; {
		var err error
		if done, err = e.eraseFiles(ctx, tenant, run, forgetRuns, remove); err != nil {
			return err
		}
	}
	for {
		n, err := e.c.DB.Exec(ctx, `DELETE FROM run_events WHERE tenant_id = ? AND run_id = ? ORDER BY seq LIMIT ?`, tenant, run, forgetEvents)
		if err != nil {
			return err
		}
		if n < forgetEvents {
			break
		}
	}
	if _, err := e.c.DB.Exec(ctx, `DELETE FROM callbacks WHERE tenant_id = ? AND call_id IN (SELECT id FROM provider_calls WHERE tenant_id = ? AND run_id = ?)`, tenant, tenant, run); err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE provider_calls SET reason = '' WHERE tenant_id = ? AND run_id = ? AND reason <> ''`,
		`DELETE FROM pipeline_steps WHERE tenant_id = ? AND run_id = ?`,
		`DELETE FROM pipeline_runs WHERE tenant_id = ? AND id = ?`,
	} {
		if _, err := e.c.DB.Exec(ctx, statement, tenant, run); err != nil {
			return err
		}
	}
	return nil
}
