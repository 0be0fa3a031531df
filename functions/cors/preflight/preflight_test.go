package preflight

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestItTakesEveryPathByOneMethod(t *testing.T) {
	t.Parallel()
	f := New()
	if f.Err() != nil || !f.Public() || !f.Preflights() || f.Route() != "v1/{*path}" || f.Budget().Connections != 0 {
		t.Errorf("%v, public %v, preflights %v, route %q, budget %+v", f.Err(), f.Public(), f.Preflights(), f.Route(), f.Budget())
	}
	if diff := cmp.Diff([]string{"OPTIONS"}, f.Methods()); diff != "" {
		t.Error(diff)
	}
}
