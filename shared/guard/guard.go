package guard

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/ratelimit"
	"castad/shared/store"
)

// Meter is told what happens, for metrics. Its arguments come from small fixed sets.
type Meter interface {
	// Called tells of n calls that ended with a verdict (provider.Verdict).
	Called(vendor, op, verdict string, n int)
	// Refused tells of a call that was not let through: breaker_open, probing,
	// paused, slow_down, limit, guard_away.
	Refused(vendor, op, reason string)
	// Breaker tells a state: 0 closed, 1 half-open, 2 open, 3 paused by an operator.
	Breaker(vendor, op string, state float64)
}

// Config is what a Guard is made of.
type Config struct {
	DB    *store.Primary
	Rules []Rule
	// Process names this process in the rows of its probes; no other process has its name.
	Process string
	// Thresholds: zero = DefaultThresholds.
	Thresholds Thresholds
	Now        func() time.Time
	// Spread returns numbers in [0,1) that keep those who wait from coming back all at once; nil = random.
	Spread func() float64
	Log    *slog.Logger
	Meter  Meter
}

// Guard is the provider.Guard that shares its state with the guards of all processes.
type Guard struct {
	c      Config
	probes atomic.Int64
	local  ratelimit.Limiter // while the database is away

	loading chan struct{} // holds one while the states are read: one process asks once
	wake    chan struct{}

	mu      sync.Mutex
	states  states
	pending pending

	flushing sync.Mutex
	purgeAt  time.Time // under flushing
}

// key names a breaker.
type key struct{ vendor, op string }

// states is what was last read, and what this process has found out since.
type states struct {
	at       time.Time // of the last try to read them
	err      error     // why it failed
	good     time.Time // of the last that did not
	breakers map[key]breaker
	pauses   map[string]time.Time
}

const (
	// freshFor is how old the states may be: an operator's pause is obeyed within a second.
	freshFor = time.Second
	// goodFor is how long they are gone by when they cannot be read: a pool that is
	// full for a moment is no database that is away.
	goodFor = 5 * time.Second
	// askTime bounds the guard's own questions to the database.
	askTime = 5 * time.Second
	// Waits of those who are not let through.
	awayWait   = 5 * time.Second
	pausedWait = 30 * time.Second
	// busyWait is for a vendor that says "too many" and not for how long.
	busyWait = 5 * time.Second
	// probeGrace is how long after its call's deadline a probe counts as lost.
	probeGrace = 5 * time.Second
	// probeTime is for a probe whose call has no deadline.
	probeTime = 2 * time.Minute
)

// New returns a guard. It does no I/O.
func New(c Config) *Guard {
	if c.Thresholds == (Thresholds{}) {
		c.Thresholds = DefaultThresholds()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Spread == nil {
		c.Spread = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Meter == nil {
		c.Meter = unmetered{}
	}
	return &Guard{c: c, loading: make(chan struct{}, 1), wake: make(chan struct{}, 1), states: states{breakers: map[key]breaker{}, pauses: map[string]time.Time{}}, pending: nothingPending()}
}

func (g *Guard) now() time.Time { return g.c.Now().UTC().Truncate(time.Microsecond) }

// Allow says whether a call may be sent now; see provider.Guard.
func (g *Guard) Allow(ctx context.Context, a provider.Attempt) (provider.Pass, error) {
	err := g.refresh(ctx)
	if err != nil && (a.Paid || ctx.Err() != nil) {
		return nil, g.refuse(a, provider.Later, "guard_away", awayWait, err)
	}
	now := g.now() // that there was something to wait for must not make the call an old one
	c := &call{g: g, key: key{a.Vendor, a.Op}, pauses: g.pausesOf(a)}
	obeys := c.pauses
	if a.Scope != "" { // the account's own pause, besides everybody's
		c.pauses = []string{scoped(a.Vendor+":"+a.Op, a.Scope)}
		obeys = append(obeys, c.pauses...)
	}
	says, refused := g.judge(a, c.key, obeys, now)
	if refused != nil {
		return nil, refused
	}
	if says == probe && err == nil {
		ok, perr := g.takeProbe(ctx, c, now)
		switch {
		case perr != nil && a.Paid:
			return nil, g.refuse(a, provider.Later, "guard_away", awayWait, perr)
		case perr == nil && !ok:
			return nil, g.refuse(a, provider.Later, "probing", g.c.Thresholds.Cooldown/6, nil)
		}
	}
	if refused := g.spend(ctx, a, c, now, err != nil); refused != nil {
		if c.probe != "" {
			c.tell(provider.Outcome{}) // gives it back
		}
		return nil, refused
	}
	return c.tell, nil
}

// judge is what the states say about a call that obeys the pauses of these names.
func (g *Guard) judge(a provider.Attempt, k key, obeys []string, now time.Time) (answer, error) {
	g.mu.Lock()
	all, b := g.states.breakers[key{a.Vendor, anyOp}], g.states.breakers[k]
	var paused time.Time
	for _, name := range obeys {
		if until := g.states.pauses[name]; until.After(paused) {
			paused = until
		}
	}
	g.mu.Unlock()
	if all.forced == ForcedOpen || b.forced == ForcedOpen {
		return refuse, g.refuse(a, provider.Later, "paused", pausedWait, fault.ErrPaused)
	}
	if wait := paused.Sub(now); wait > 0 {
		return refuse, g.refuse(a, provider.RateLimited, "slow_down", wait+g.spread(min(wait, time.Minute)), nil)
	}
	if all.forced == ForcedClosed {
		return pass, nil
	}
	says := b.answer(now)
	if says != refuse {
		return says, nil
	}
	reason, wait := "breaker_open", b.until.Sub(now)
	if b.state == Probing { // its deadline is that of a slow call, minutes away, and most probes are back in seconds
		reason, wait = "probing", min(wait, g.c.Thresholds.Cooldown)
	}
	return refuse, g.refuse(a, provider.Later, reason, wait+g.spread(g.c.Thresholds.Cooldown/3), nil)
}

// refuse is the error of a call that is not let through. Nothing was sent.
func (g *Guard) refuse(a provider.Attempt, class provider.Class, reason string, wait time.Duration, cause error) error {
	g.c.Meter.Refused(a.Vendor, a.Op, reason)
	return &provider.Error{Provider: a.Vendor, Op: a.Op, Class: class, Code: reason, RetryAfter: min(max(wait, time.Millisecond), provider.MaxRetryAfter), Err: cause}
}

func (g *Guard) spread(d time.Duration) time.Duration {
	return time.Duration(g.c.Spread() * float64(d))
}

// pausesOf names what pauses, for everybody, when the vendor answers a call with "too many".
func (g *Guard) pausesOf(a provider.Attempt) []string {
	names := []string{a.Vendor + ":" + a.Op}
	for _, r := range g.c.Rules {
		if r.limits(a.Vendor, a.Op) {
			names = append(names, r.name())
		}
	}
	return names
}

// takeProbe asks to be the one call that finds out.
func (g *Guard) takeProbe(ctx context.Context, c *call, now time.Time) (bool, error) {
	until := now.Add(probeTime)
	if d, ok := ctx.Deadline(); ok {
		until = now.Add(max(time.Until(d), 0) + probeGrace).Truncate(time.Microsecond)
	}
	by := g.c.Process + "-" + strconv.FormatInt(g.probes.Add(1), 10)
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	took := false
	_, err := g.change(ctx, c.key, func(b breaker) breaker {
		c.probe = ""
		if b, took = b.take(by, now, until); took {
			c.probe = by
		} else {
			took = b.answer(now) == pass // closed in the meantime: an ordinary call
		}
		return b
	})
	return took, err
}

// unmetered is a Meter for nobody.
type unmetered struct{}

func (unmetered) Called(string, string, string, int) {}
func (unmetered) Refused(string, string, string)     {}
func (unmetered) Breaker(string, string, float64)    {}
