package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/shared/id"
	"castad/shared/store/storetest"
)

// sticky cannot delete the ads below a number.
type sticky id.Ad

var errSticky = errors.New("stuck")

func (s sticky) Forget(_ context.Context, _ id.Tenant, a id.Ad) error {
	if a < id.Ad(s) {
		return errSticky
	}
	return nil
}

// More ads than are looked for at once cannot be deleted, and they are the oldest.
func TestAdsThatCannotBeDeletedDoNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	const stuck, all = goneAtOnce + 5, goneAtOnce + 15
	for n := 1; n <= all; n++ {
		storetest.Exec(t, db.Primary(), `INSERT INTO ads (id, tenant_id, place_id, run_id, wish_json, request_key, request_hash, created_at, deleted_at)
			VALUES (?, 7, 1, ?, '{}', ?, REPEAT('x', 32), '2026-01-01', '2026-01-01' + INTERVAL ? SECOND)`, n, n, n, n)
	}
	ads := ad.New(db.Primary(), db.Replica(), nil, nil, clock)
	err := forgetters{ads, []forgetter{sticky(stuck + 1), ads}}.Forget(t.Context(), clock())
	if left := storetest.Value[int](t, db.Primary(), `SELECT COUNT(*) FROM ads`); left != stuck || !errors.Is(err, errSticky) || strings.Count(err.Error(), "stuck") != stuck {
		t.Errorf("%d are left, %d are told of", left, strings.Count(err.Error(), "stuck"))
	}
}
