package erase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"castad/shared/id"

	"github.com/google/go-cmp/cmp"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// desk writes down what is done to the one user who leaves.
type desk struct {
	leaver Leaver
	done   []string
	kakao  error
	broken string
	unread int // visits in which runs are still under way
}

func (d *desk) Purge(context.Context) (int64, error) { return 0, nil }
func (d *desk) say(format string, args ...any)       { d.done = append(d.done, fmt.Sprintf(format, args...)) }

func (d *desk) Due(context.Context, int) ([]Leaver, error) {
	if len(d.done) > 0 { // was visited
		return nil, nil
	}
	return []Leaver{d.leaver}, nil
}

func (d *desk) Later(_ context.Context, _ Leaver, at time.Time) error {
	d.say("later %v", at.Sub(monday))
	return nil
}

func (d *desk) Erased(context.Context, Leaver) (bool, error) {
	d.say("erased")
	return true, nil
}

// part is a part in two batches; a slow one is done when nothing is unread.
func (d *desk) part(name string, early, slow bool) Part {
	left := 2
	return Part{Name: name, Early: early, Slow: slow, Erase: func(context.Context, id.Tenant, int) (bool, error) {
		d.say("%s", name)
		if name == d.broken {
			return false, errors.New("broken")
		}
		if slow {
			d.unread--
			return d.unread < 0, nil
		}
		left--
		return left == 0, nil
	}}
}

func TestWhoLeavesGoesPartByPartInOrder(t *testing.T) {
	t.Parallel()
	erasing := Leaver{Erasing: true, EraseAt: monday.Add(-time.Hour), SettledAt: monday.Add(-40 * time.Minute)}
	for name, row := range map[string]struct {
		d    desk
		want string
		err  bool
	}{
		"everything": {desk{leaver: erasing}, "runs, channels, channels, rows, rows, kakao, erased", false},
		"one who may come back": {desk{leaver: Leaver{EraseAt: monday.Add(24 * time.Hour)}},
			"runs, channels, channels, later 24h0m0s", false},
		"one who may come back, and has only just left": {desk{leaver: Leaver{EraseAt: monday.Add(24 * time.Hour), SettledAt: monday.Add(2 * time.Minute)}},
			"runs, channels, channels, later 2m0s", false},
		"a run that is being settled": {desk{leaver: erasing, unread: 1}, "runs, later 30s", false},
		"access tokens that live": {desk{leaver: Leaver{Erasing: true, EraseAt: monday, SettledAt: monday.Add(20 * time.Minute)}},
			"runs, channels, channels, rows, rows, later 5m0s", false},
		"access tokens that live a little": {desk{leaver: Leaver{Erasing: true, EraseAt: monday, SettledAt: monday.Add(2 * time.Minute)}},
			"runs, channels, channels, rows, rows, later 2m0s", false},
		"a part that fails": {desk{leaver: erasing, broken: "rows"}, "runs, channels, channels, rows, later 5m0s", true},
		"Kakao is away":     {desk{leaver: erasing, kakao: errors.New("away")}, "runs, channels, channels, rows, rows, kakao, later 5m0s", true},
		"Kakao is away for three days": {desk{leaver: Leaver{Erasing: true, EraseAt: monday.Add(-patience), SettledAt: monday.Add(-patience)}, kakao: errors.New("away")},
			"runs, channels, channels, rows, rows, kakao, erased", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := row.d
			e := eraser{users: &d, now: func() time.Time { return monday },
				parts:  []Part{d.part("runs", true, true), d.part("channels", true, false), d.part("rows", false, false)},
				unlink: func(context.Context, string) error { d.say("kakao"); return d.kakao }}
			err := e.run(t.Context())
			if diff := cmp.Diff(row.want, strings.Join(d.done, ", ")); diff != "" || (err != nil) != row.err {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// crowd is users who leave at once; what is done to each is counted.
type crowd struct {
	due    []Leaver
	later  map[id.User]time.Duration
	erased []id.User
}

func (c *crowd) Purge(context.Context) (int64, error) { return 0, nil }

func (c *crowd) Due(_ context.Context, limit int) ([]Leaver, error) {
	return c.due[:min(limit, len(c.due))], nil
}

// drop is what happens to who was visited: they are not due any more.
func (c *crowd) drop(l Leaver) {
	c.due = slices.DeleteFunc(c.due, func(other Leaver) bool { return other.User == l.User })
}

func (c *crowd) Later(ctx context.Context, l Leaver, at time.Time) error {
	c.drop(l)
	c.later[l.User] = time.Until(at)
	return ctx.Err()
}

func (c *crowd) Erased(_ context.Context, l Leaver) (bool, error) {
	c.drop(l)
	c.erased = append(c.erased, l.User)
	return true, nil
}

// The second has only ended the link, and signs in again while the first is visited: what
// they begin then is theirs.
func TestWhoHasComeBackMeanwhileIsLeftAlone(t *testing.T) {
	t.Parallel()
	c := &crowd{later: map[id.User]time.Duration{}, due: []Leaver{{User: 1, Tenant: 1, EraseAt: monday}, {User: 2, Tenant: 2, EraseAt: monday}}}
	var withdrawn []id.Tenant
	channels := Part{Name: "channels", Early: true, Erase: func(_ context.Context, tenant id.Tenant, _ int) (bool, error) {
		withdrawn = append(withdrawn, tenant)
		c.drop(Leaver{User: 2})
		return true, nil
	}}
	e := eraser{users: c, now: time.Now, parts: []Part{channels}, unlink: func(context.Context, string) error { return nil }}
	if err := e.run(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]id.Tenant{1}, withdrawn); diff != "" || len(c.later) != 1 {
		t.Errorf("later are %v; withdrawn (-want +got):\n%s", c.later, diff)
	}
}

func TestAUserWithMuchDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{later: map[id.User]time.Duration{}}
		for n := range 3 {
			c.due = append(c.due, Leaver{User: id.User(n + 1), Tenant: id.Tenant(n + 1), Erasing: true})
		}
		endless := Part{Name: "rows", Erase: func(ctx context.Context, tenant id.Tenant, _ int) (bool, error) {
			switch tenant {
			case 1: // batch after batch
				time.Sleep(time.Second)
				return false, nil
			case 2: // a storage that does not answer
				<-ctx.Done()
				return false, ctx.Err()
			}
			return true, nil
		}}
		e := eraser{users: c, now: time.Now, parts: []Part{endless}, unlink: func(context.Context, string) error { return nil }}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		if err := e.run(ctx); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]id.User{3}, c.erased); diff != "" || len(c.later) != 2 || c.later[1] != again || c.later[2] != again {
			t.Errorf("later are %v; erased (-want +got):\n%s", c.later, diff)
		}
	})
}
