package guard

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
	_ "time/tzdata" // as main does

	"castad/shared/provider"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dsn := os.Getenv("CASTAD_TEST_PROBER"); dsn != "" {
		if err := prober(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	storetest.Main(m)
}

// prober takes the probe, says so, and waits for its end.
func prober(dsn string) error {
	db, err := store.Open(store.Config{DSN: dsn, Stage: "local", Host: "reference"})
	if err != nil {
		return err
	}
	g := New(Config{DB: db.Primary(), Process: "prober", Now: func() time.Time { return start.Add(window) }})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err = g.Allow(ctx, provider.Attempt{Vendor: "suno", Op: "generate", Paid: true})
	if err != nil {
		return err
	}
	fmt.Println("probing")
	select {}
}
