package guard

import (
	"testing"
	_ "time/tzdata" // as main does

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The private server lives as long as the process and keeps one goroutine.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("castad/scripts/localcloud/mariadb.run.func1"))
}
