package storetest

import (
	"testing"

	"castad/shared/store"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package that uses Open: no goroutine may outlive the
// tests but that of the private server, which lives as long as the process.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("castad/scripts/localcloud/mariadb.run.func1"))
}

// Value returns the only value that a query finds.
func Value[T any](t testing.TB, db store.Querier, query string, args ...any) T {
	t.Helper()
	v, err := store.One(t.Context(), db, query, func(v *T) []any { return []any{v} }, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// Exec runs a statement and returns how many rows it changed.
func Exec(t testing.TB, db *store.Primary, query string, args ...any) int64 {
	t.Helper()
	n, err := db.Exec(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
