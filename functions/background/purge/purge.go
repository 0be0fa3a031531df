// Package purge is the timer background-purge: deletes what nobody needs any more.
//
// Sent outbox rows after eight days (one more than the longest duplicate
// detection window of Service Bus), attempts to connect an account that ended as
// long ago, what was read of a place's page and is too old to be used; ads that were
// put away 30 days ago, row by row; and, after two days, files that
// no row names: those of such ads, and what an upload or a collect left behind when it
// crashed before its commit. Whatever line it is broken off at, the next one goes on.
package purge

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Rows deletes rows by their age: what was sent or ended before a time, and what has a time
// of its own. It deletes at most batch of each kind, and says of how many it was the most.
type Rows interface {
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
	// Names returns the names that rows have, from one to another, in order, at most limit.
	Names func(ctx context.Context, from, to string, limit int) ([]string, error)
	// Keeps says whether a row names a file.
	Keeps func(ctx context.Context, name string) (bool, error)
}

const (
	keepSent    = 8 * 24 * time.Hour
	keepOrphans = 2 * 24 * time.Hour
	// clocks is how much later than promised an ad is deleted: what instances' clocks may
	// differ, and the time of a restore that was asked for at the last moment.
	clocks = time.Hour
	// atOnce is how many files' names are looked up together: one query a file would not
	// get through a hundred thousand of them in a night's run.
	atOnce = 1000
	// enough is how many files may refuse to be deleted before the purge gives up:
	// then it is the storage's trouble and not theirs.
	enough = 10
	// batch is a full one of Rows, after which there may be more: on a busy day there are
	// hundreds of thousands. rowsTime leaves the ads and the files their part of the visit.
	batch    = 1000
	rowsTime = 40 * time.Second
)

// purger is the function's parts.
type purger struct {
	rows   Rows
	ads    Ads
	away   time.Duration
	files  Files
	owners []Owner
	now    func() time.Time
}

// New returns the function. away is how long an ad that was put away can be brought back.
func New(rows Rows, ads Ads, away time.Duration, files Files, owners []Owner, now func() time.Time) trigger.Function {
	p := purger{rows, ads, away, files, owners, now}
	return trigger.Timer("background-purge", binding, trigger.Budget{Time: 100 * time.Second, Connections: 1}, p.run)
}

func (p purger) run(ctx context.Context) error {
	now := p.now().UTC()
	err := p.old(ctx, now.Add(-keepSent))
	err = errors.Join(err, p.ads.Forget(ctx, now.Add(-p.away-clocks)))
	for _, o := range p.owners {
		s := sweep{files: p.files, owner: o, before: now.Add(-keepOrphans)}
		if failed := s.run(ctx); failed != nil {
			err = errors.Join(err, fmt.Errorf("purge files %s: %w", o.Prefix, failed))
		}
	}
	return err
}

// old deletes rows until none is left that is old enough, or their time is over.
func (p purger) old(ctx context.Context, before time.Time) error {
	one, cancel := context.WithTimeout(ctx, rowsTime)
	defer cancel()
	for {
		n, err := p.rows.Purge(one, before)
		if err != nil && one.Err() != nil && ctx.Err() == nil {
			trigger.Note(ctx, "unfinished", "rows")
			return nil // the timer comes again
		}
		if err != nil || n < batch {
			return err
		}
	}
}

// sweep deletes an owner's old files that no row names.
type sweep struct {
	files  Files
	owner  Owner
	before time.Time

	old   []string // files whose rows are not looked up yet
	stuck []error
}

// run deletes them. A file that cannot be deleted does not keep the others.
func (s *sweep) run(ctx context.Context) error {
	err := s.files.List(ctx, s.owner.Prefix, func(name string, _ int64, modified time.Time) error {
		if modified.Before(s.before) {
			s.old = append(s.old, name)
		}
		if len(s.old) < atOnce {
			return nil
		}
		return s.delete(ctx)
	})
	if err == nil {
		err = s.delete(ctx)
	}
	if len(s.stuck) == enough { // told already
		return err
	}
	return errors.Join(append(s.stuck, err)...)
}

// delete deletes those of the old files that no row names. Each is looked up once more
// by itself: its row may have been written since.
func (s *sweep) delete(ctx context.Context) error {
	named, err := s.named(ctx)
	if err != nil {
		return err
	}
	for _, name := range s.old {
		if named[name] {
			continue
		}
		kept, err := s.owner.Keeps(ctx, name)
		if err != nil {
			return err
		}
		if kept {
			continue
		}
		if err := s.files.Delete(ctx, name); err != nil {
			if s.stuck = append(s.stuck, err); len(s.stuck) == enough || ctx.Err() != nil {
				return errors.Join(s.stuck...)
			}
		}
	}
	s.old = s.old[:0]
	return nil
}

// named are the names that rows have, between the first and the last of the old files.
func (s *sweep) named(ctx context.Context) (map[string]bool, error) {
	all := map[string]bool{}
	if len(s.old) == 0 {
		return all, nil
	}
	from, to := slices.Min(s.old), slices.Max(s.old)
	for {
		names, err := s.owner.Names(ctx, from, to, atOnce)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			all[name] = true
		}
		if len(names) < atOnce {
			return all, nil
		}
		from = names[len(names)-1] // once more, and what follows
	}
}
