// Package admin is what operators see and do.
//
// # Promise
//
// Nothing is done that is not in the audit log: the row is written in the action's
// own transaction. What was refused is in the log as refused, and why; what found
// nothing to do is in it as that. The log is a chain (Verify): a row that is changed,
// taken out or put in breaks it, and so does one that is cut off at the end. Reading
// is not an action, and neither is what names nothing that exists. Answers have no lyrics, no
// captions, no tokens and no e-mail addresses; a run is shown by its states,
// its times and its bookings.
//
// # Tables
//
// audit_log, audit_head, bypass_tokens. It reads those of everybody, and of all
// tenants: its functions are reached through trigger.Admin only, which asks the
// database on every request whether the caller is an operator.
//
// # Limits
//
// Lists have pages of at most 100 and read the replica, which may lag 5 s; one run
// is read from the primary. A run that has more than 500 events is shown in pages.
// Costs are shown for at most 31 days: a day's bookings are an index range, and a
// month of them at the third stage is some 300,000 rows.
package admin

import (
	"context"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// Also is what must be written in the same transaction as an action.
type Also = func(ctx context.Context, tx *store.Tx) error

// Runs moves runs of any tenant. An error of kind Done says that there was nothing to move.
type Runs interface {
	// Redrive wakes or retries a run that does not move; what may be published already is refused.
	Redrive(ctx context.Context, run id.Run, actor string, also ...Also) error
	// CancelAny stops a run as its owner could.
	CancelAny(ctx context.Context, run id.Run, actor string, also ...Also) error
}

// Letters are the messages that no function could take.
type Letters interface {
	// Redrive sends a letter again as a new message, once; kind Done when that has been done.
	Redrive(ctx context.Context, letter int64, also ...Also) error
	// Body is what a letter says, "" when its signature does not verify.
	Body(queue string, raw []byte) string
}

// Vendors can be paused, for all instances; kind Done when it was so already.
type Vendors interface {
	Hold(ctx context.Context, vendor string, pause bool, also Also) error
	Status(ctx context.Context) ([]Breaker, []Quota, error)
}

// Roles sets what users may do; kind Done when they may already.
type Roles interface {
	SetRole(ctx context.Context, user id.User, role string, also Also) error
}

// Config is what a Store is made of.
type Config struct {
	DB      *store.DB
	Runs    Runs
	Letters Letters
	Vendors Vendors
	Roles   Roles
	Now     func() time.Time
}

// Store holds every statement over the tables of this package, and the reads for operators.
type Store struct{ c Config }

// New returns the store.
func New(c Config) *Store { return &Store{c: c} }

// list is rows as a list is answered: empty, and not null, when there are none.
func list[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}

func (s *Store) now() time.Time { return s.c.Now().UTC().Truncate(time.Microsecond) }

// Redrive lets a run go on that does not, whosever it is; CodeRunOver for one that nobody
// wants any more.
func (s *Store) Redrive(ctx context.Context, by identity.Actor, run id.Run) error {
	return s.Act(ctx, by, Action{Name: "run.redrive", Target: run.String()}, func(also Also) error {
		return s.c.Runs.Redrive(ctx, run, by.User.String(), wanted(run), also)
	})
}

// wanted refuses to begin anew what its owner has put away, or whose owner is leaving: it would
// be bought for nobody. What is still being cancelled may be moved to its end.
func wanted(run id.Run) Also {
	return func(ctx context.Context, tx *store.Tx) error {
		n, err := store.One(ctx, tx, `SELECT COUNT(*) FROM pipeline_runs r
			LEFT JOIN ads a ON a.tenant_id = r.tenant_id AND a.id = r.ad_id
			LEFT JOIN users u ON u.tenant_id = r.tenant_id
			WHERE r.id = ? AND r.state = 'running' AND (a.deleted_at IS NOT NULL OR u.erase_at IS NOT NULL OR u.erased_at IS NOT NULL) LIMIT 1`,
			func(n *int) []any { return []any{n} }, run)
		if err != nil {
			return fmt.Errorf("look who wants %v: %w", run, err)
		}
		if n > 0 {
			return fault.Newf(fault.CodeRunOver, "redrive %v: its ad was put away or its owner is leaving", run)
		}
		return nil
	}
}

// Cancel stops a run, whosever it is.
func (s *Store) Cancel(ctx context.Context, by identity.Actor, run id.Run) error {
	return s.Act(ctx, by, Action{Name: "run.cancel", Target: run.String()}, func(also Also) error {
		return s.c.Runs.CancelAny(ctx, run, by.User.String(), also)
	})
}

// SetRole makes a user an operator, or an owner again. An operator cannot take the
// role from themself: somebody must be left who can give it back.
func (s *Store) SetRole(ctx context.Context, by identity.Actor, user id.User, role string) error {
	a := Action{Name: "user.role", Target: user.String(), Detail: map[string]any{"role": role}}
	return s.Act(ctx, by, a, func(also Also) error {
		if user == by.User {
			return fault.New(fault.CodeOwnRole)
		}
		return s.c.Roles.SetRole(ctx, user, role, also)
	})
}

// Act does what writes its own row by also, in its own transaction. What does not come
// to that is written down afterwards: nothing was done, so nothing is done unwritten.
func (s *Store) Act(ctx context.Context, by identity.Actor, a Action, do func(also Also) error) error {
	a.Outcome = Done
	err := do(func(ctx context.Context, tx *store.Tx) error { return s.record(ctx, tx, by, a) })
	if err == nil {
		return nil
	}
	switch fault.KindOf(err) {
	case fault.Done:
		a.Outcome, err = Unchanged, nil
	case fault.Denied, fault.Conflict, fault.Refused, fault.TooMany:
		a.Outcome, a.Code = Refused, fault.CodeOf(err)
	default: // it named nothing, or went wrong on our side: the invocation's log line says so
		return err
	}
	if failed := s.Record(ctx, by, a); failed != nil {
		return failed
	}
	return err
}
