// Package erase is the timer background-erase: users who leave for good are erased.
//
// A few users at a time, each part in small batches; whoever is not done is due again.
// First what is under way is cancelled and settled, then the channels' permissions are
// withdrawn, then everything of theirs is deleted, files with it: within a minute or two
// when no vendor keeps it waiting. It is looked for again until no access token lives that
// could write anew; last the link with Kakao ends. Of one who may still come back only the first two. It can be killed at
// any line and run twice at once: everything it does may be done again. Also deletes
// sessions and sign-ins that have ended.
package erase

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"castad/shared/id"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Leaver is a user who leaves for good and is due.
type Leaver struct {
	User    id.User
	Tenant  id.Tenant
	Subject string
	// Erasing is false for one who may still come back, until EraseAt.
	Erasing bool
	EraseAt time.Time
	// SettledAt is from when on nothing that they began can write any more.
	SettledAt time.Time
}

// Users keeps who leaves.
type Users interface {
	Purge(ctx context.Context) (int64, error)
	Due(ctx context.Context, limit int) ([]Leaver, error)
	Later(ctx context.Context, l Leaver, at time.Time) error
	Erased(ctx context.Context, l Leaver) (done bool, err error)
}

// Part is something of a tenant's that goes away.
type Part struct {
	Name string
	// Early: it goes although the user may still come back.
	Early bool
	// Slow: it gets done by itself with time, and is looked at once in each visit.
	Slow bool
	// Erase does at most limit of it; done says that nothing is left.
	Erase func(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error)
}

// Unlink ends a person's link with the app at Kakao; nil error when there is none.
type Unlink func(ctx context.Context, subject string) error

const (
	// atOnce is how many users one visit looks at, batch how many rows one statement deletes.
	atOnce = 10
	batch  = 200
	// share is a user's part of a visit, so that one with much does not keep the others.
	share = 30 * time.Second
	// again is when a user is looked at again who is not done, afterTrouble when something failed.
	again        = 30 * time.Second
	afterTrouble = 5 * time.Minute
	// meanwhile is how long something can go on that a user has begun, with an access
	// token that still lives, after everything of theirs had gone.
	meanwhile = 5 * time.Minute
	// patience is how long Kakao is asked to end the link; after that the user is erased
	// without, and can end the link at Kakao.
	patience = 3 * 24 * time.Hour
)

// eraser is the function's parts.
type eraser struct {
	users  Users
	parts  []Part
	unlink Unlink
	now    func() time.Time
}

// New returns the function. The parts go away in their order.
func New(users Users, parts []Part, unlink Unlink, now func() time.Time) trigger.Function {
	e := eraser{users, parts, unlink, now}
	return trigger.Timer("background-erase", binding, trigger.Budget{Time: 100 * time.Second, Connections: 1}, e.run)
}

func (e eraser) run(ctx context.Context) error {
	_, err := e.users.Purge(ctx)
	stuck, visited := []error{err}, 0
	for ; visited < atOnce && ctx.Err() == nil; visited++ {
		// One by one: while another was visited, who may come back may have.
		due, err := e.users.Due(ctx, 1)
		if err != nil || len(due) == 0 {
			stuck = append(stuck, err)
			break
		}
		l := due[0]
		at, err := e.visit(ctx, l)
		if err != nil {
			at = e.now().Add(afterTrouble)
			stuck = append(stuck, fmt.Errorf("erase %v: %w", l.User, err))
		}
		if at.IsZero() {
			continue
		}
		if err := e.users.Later(ctx, l, at); err != nil { // or it would be the next again
			stuck = append(stuck, err)
			break
		}
	}
	trigger.Note(ctx, "leaving", visited)
	return errors.Join(stuck...)
}

// visit gives a user their share of the time. That it is over is no trouble: the next
// visit goes on.
func (e eraser) visit(ctx context.Context, l Leaver) (time.Time, error) {
	one, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	at, err := e.leave(one, l)
	if err != nil && one.Err() != nil && ctx.Err() == nil {
		trigger.Note(ctx, "unfinished", l.User)
		return e.now().Add(again), nil
	}
	return at, err
}

// leave goes on with one user and returns when to look again; zero = never.
func (e eraser) leave(ctx context.Context, l Leaver) (time.Time, error) {
	for _, p := range e.parts {
		if !p.Early && !l.Erasing {
			continue
		}
		done, err := all(ctx, p, l.Tenant)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s: %w", p.Name, err)
		}
		if !done {
			return e.now().Add(again), nil
		}
	}
	switch {
	case e.now().Before(l.SettledAt): // something that was begun before may be written still
		return earlier(l.SettledAt, e.now().Add(meanwhile)), nil
	case !l.Erasing:
		return l.EraseAt, nil
	}
	if err := e.unlink(ctx, l.Subject); err != nil && e.now().Before(l.EraseAt.Add(patience)) {
		return time.Time{}, err
	}
	for ctx.Err() == nil {
		if done, err := e.users.Erased(ctx, l); done || err != nil {
			return time.Time{}, err
		}
	}
	return e.now().Add(again), nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// all does a part until nothing is left, or there is no time.
func all(ctx context.Context, p Part, tenant id.Tenant) (done bool, err error) {
	for ctx.Err() == nil {
		done, err = p.Erase(ctx, tenant, batch)
		if done || err != nil || p.Slow {
			return done, err
		}
	}
	return false, nil
}
