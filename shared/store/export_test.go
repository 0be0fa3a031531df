package store

import (
	"context"
	"io/fs"
	"time"
)

// MigrateFiles is Migrate with other files.
func (db *DB) MigrateFiles(ctx context.Context, files fs.FS) ([]string, error) {
	all, err := load(files)
	if err != nil {
		return nil, err
	}
	return db.migrate(ctx, all)
}

// SetReplicaClock makes the replica's lag stale at will.
func (db *DB) SetReplicaClock(now func() time.Time) { db.replica.now = now }
