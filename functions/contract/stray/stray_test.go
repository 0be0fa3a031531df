package stray

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestItTakesEveryPathByEveryMethodThatPreflightsLeave(t *testing.T) {
	t.Parallel()
	f := New()
	if f.Err() != nil || !f.Public() || !f.Strays() || f.Route() != "v1/{*path}" || f.Budget().Connections != 0 {
		t.Errorf("%v, public %v, strays %v, route %q, budget %+v", f.Err(), f.Public(), f.Strays(), f.Route(), f.Budget())
	}
	if diff := cmp.Diff([]string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}, f.Methods()); diff != "" {
		t.Error(diff)
	}
}
