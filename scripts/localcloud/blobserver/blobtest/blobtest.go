// Package blobtest starts a blob server for a test.
package blobtest

import (
	"context"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver"
	"castad/shared/blob"
)

// Start runs a blob server on a free loopback port with its data in
// t.TempDir(). It stops when the test ends; a test that leaves a request open
// for more than fifteen seconds after that fails.
func Start(t testing.TB) *blobserver.Server {
	t.Helper()
	s, err := blobserver.Start(context.Background(), blobserver.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second) // Shutdown itself waits 5 s for a connection that was dialled and not used
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("stop the blob server: %v", err)
		}
	})
	return s
}

// Store is the app's store on a blob server of the test's own.
func Store(t testing.TB) *blob.Store {
	t.Helper()
	s, err := blob.Open(blob.Config{ConnectionString: Start(t).ConnectionString(), Container: "castad"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureContainer(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
