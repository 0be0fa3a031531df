// Package purge is the timer background-purge: deletes what nobody needs any more.
//
// Sent outbox rows after eight days (one more than the longest duplicate
// detection window of Service Bus), attempts to connect an account that ended as
// long ago; ads that were put away 30 days ago, row by row; and, after two days, files that
// no row names: those of such ads, and what an upload or a collect left behind when it
// crashed before its commit. Whatever line it is broken off at, the next one goes on.
package purge

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Sent deletes sent messages from before a time and says how many.
type Sent interface {
	Purge(ctx context.Context, before time.Time) (int64, error)
}

// Ads deletes the ads that were put away before a time.
type Ads interface {
	Forget(ctx context.Context, before time.Time) error
}

// Files lists and deletes kept files.
type Files interface {
	List(ctx context.Context, prefix string, fn func(name string, bytes int64, modified time.Time) error) error
	Delete(ctx context.Context, name string) error
}

// Owner is a part of the files and the table that names them.
type Owner struct {
	Prefix string
	Keeps  func(ctx context.Context, name string) (bool, error)
}

const (
	keepSent    = 8 * 24 * time.Hour
	keepAway    = 30 * 24 * time.Hour
	keepOrphans = 2 * 24 * time.Hour
)

// New returns the function.
func New(sent Sent, ads Ads, files Files, owners []Owner, now func() time.Time) trigger.Function {
	return trigger.Timer("background-purge", binding, trigger.Budget{Time: 100 * time.Second, Connections: 1},
		func(ctx context.Context) error {
			_, err := sent.Purge(ctx, now().UTC().Add(-keepSent))
			err = errors.Join(err, ads.Forget(ctx, now().UTC().Add(-keepAway)))
			for _, o := range owners {
				err = errors.Join(err, orphans(ctx, files, o, now().UTC().Add(-keepOrphans)))
			}
			return err
		})
}

// enough is how many files may refuse to be deleted before the purge gives up:
// then it is the storage's trouble and not theirs.
const enough = 10

// orphans deletes the owner's old files that no row names. A file that cannot be
// deleted does not keep the others.
func orphans(ctx context.Context, files Files, o Owner, before time.Time) error {
	var stuck []error
	err := files.List(ctx, o.Prefix, func(name string, _ int64, modified time.Time) error {
		if !modified.Before(before) {
			return nil
		}
		kept, err := o.Keeps(ctx, name)
		if err != nil || kept {
			return err
		}
		if err := files.Delete(ctx, name); err != nil {
			if stuck = append(stuck, err); len(stuck) == enough || ctx.Err() != nil {
				return errors.Join(stuck...)
			}
		}
		return nil
	})
	if err == nil {
		err = errors.Join(stuck...)
	}
	if err != nil {
		return fmt.Errorf("purge files %s: %w", o.Prefix, err)
	}
	return nil
}
