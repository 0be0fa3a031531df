package store_test

import (
	"context"
	"testing"
	"time"

	"castad/shared/store"
	"castad/shared/store/storetest"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ctx := context.Background()
	if err := db.Check(ctx); err != nil {
		t.Fatal(err)
	}
	f, ok, err := db.Primary().Lease(ctx, "x", "me", time.Minute)
	t.Log(f, ok, err)
	f, ok, err = db.Primary().Lease(ctx, "x", "you", time.Minute)
	t.Log(f, ok, err)
	cur, err := db.SchemaCurrent(ctx)
	t.Log(cur, err)
	err = db.Primary().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := db.Primary().Exec(ctx, "SELECT 1")
		return err
	})
	t.Log(err)
	t.Log(storetest.Kill(t, db))
	n, err := store.One(ctx, db.Replica(), "SELECT 1", func(n *int) []any { return []any{n} })
	t.Log(n, err)
}
