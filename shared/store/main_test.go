package store_test

import (
	"testing"

	"castad/shared/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
