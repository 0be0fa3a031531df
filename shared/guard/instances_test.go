package guard

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// clock is what the guards of one test go by.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(start.UnixNano())
	return c
}

func (c *clock) now() time.Time       { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d)) }
func rule(t *testing.T, text ...string) []Rule {
	t.Helper()
	rules, err := ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// instances returns guards of as many processes on one database.
func instances(t *testing.T, n int, rules ...string) (*clock, []*Guard) {
	t.Helper()
	c, _, all := instancesOn(t, n, rules...)
	return c, all
}

func instancesOn(t *testing.T, n int, rules ...string) (*clock, *store.DB, []*Guard) {
	t.Helper()
	database := storetest.Open(t)
	c := newClock()
	var all []*Guard
	for i := range n {
		all = append(all, New(Config{DB: database.Primary(), Rules: rule(t, rules...), Process: fmt.Sprint("process", i), Now: c.now, Spread: func() float64 { return 0 }}))
	}
	return c, database, all
}

var generate = provider.Attempt{Vendor: "suno", Op: "generate", Paid: true}

// end makes one allowed call that ends so.
func end(t *testing.T, g *Guard, a provider.Attempt, v provider.Verdict) {
	t.Helper()
	p, err := g.Allow(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	p(provider.Outcome{Verdict: v})
}

func flush(t *testing.T, all ...*Guard) {
	t.Helper()
	for _, g := range all {
		if err := g.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// refusal is the error of a call that must not be let through.
func refusal(t *testing.T, g *Guard, a provider.Attempt) *provider.Error {
	t.Helper()
	_, err := g.Allow(t.Context(), a)
	var e *provider.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s:%s was let through (%v)", a.Vendor, a.Op, err)
	}
	if e.RetryAfter <= 0 || fault.RetryAfterOf(err) != e.RetryAfter {
		t.Errorf("%v does not say when to come again", e)
	}
	return e
}

// broken makes the calls that open the breaker, shared by all.
func broken(t *testing.T, c *clock, all ...*Guard) {
	t.Helper()
	for i := range 20 {
		v := provider.Healthy
		if i == 7 {
			v = provider.Sick
		}
		end(t, all[i%len(all)], generate, v)
	}
	flush(t, all...)
	c.pass(freshFor)
}
