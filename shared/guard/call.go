package guard

import (
	"sync"
	"time"

	"castad/shared/provider"
)

// call is one call that was let through.
type call struct {
	g      *Guard
	key    key
	pauses []string
	// probe is the name under which it is a probe, "" when it is none.
	probe string
	// spent are the days that it was taken from.
	spent []day

	mu   sync.Mutex
	told bool
	last provider.Outcome
}

// day is a limit's row and the day that it counts.
type day struct{ name, day string }

// pending is what this process knows and the database does not yet.
type pending struct {
	calls  map[key]map[provider.Verdict]int
	pauses map[string]time.Time
	probes map[string]found // by the probe's name
	unused map[day]int      // calls of a day that were taken and never sent
}

// found is what a probe has found.
type found struct {
	key key
	v   verdict
}

func nothingPending() pending {
	return pending{calls: map[key]map[provider.Verdict]int{}, pauses: map[string]time.Time{}, probes: map[string]found{}, unused: map[day]int{}}
}

func (p *pending) empty() bool {
	return len(p.calls)+len(p.pauses)+len(p.probes)+len(p.unused) == 0
}

func (p *pending) count(k key, v provider.Verdict, n int) {
	m := p.calls[k]
	if m == nil {
		m = map[provider.Verdict]int{}
		p.calls[k] = m
	}
	if m[v] += n; m[v] == 0 {
		delete(m, v)
	}
	if len(m) == 0 {
		delete(p.calls, k)
	}
}

// add takes back what could not be written.
func (p *pending) add(q pending) {
	for k, m := range q.calls {
		for v, n := range m {
			p.count(k, v, n)
		}
	}
	for name, until := range q.pauses {
		if until.After(p.pauses[name]) {
			p.pauses[name] = until
		}
	}
	for by, f := range q.probes {
		if _, newer := p.probes[by]; !newer {
			p.probes[by] = f
		}
	}
	for d, n := range q.unused {
		p.unused[d] += n
	}
}

// tell is the call's provider.Pass: the last word counts.
func (c *call) tell(o provider.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told && o == c.last {
		return
	}
	g := c.g
	now := g.now()
	g.mu.Lock()
	if c.told {
		g.pending.count(c.key, c.last.Verdict, -1)
	}
	g.pending.count(c.key, o.Verdict, 1)
	if o.Verdict == provider.Busy {
		wait := o.RetryAfter
		if wait <= 0 {
			wait = busyWait
		}
		for _, name := range c.pauses {
			if until := now.Add(wait); until.After(g.states.pauses[name]) {
				g.states.pauses[name], g.pending.pauses[name] = until, until
			}
		}
	}
	if c.probe != "" {
		g.pending.probes[c.probe] = found{c.key, verdictOf(o.Verdict)}
	}
	if o.Unsent && !c.told {
		for _, d := range c.spent {
			g.pending.unused[d]++
		}
	}
	// Enough to open the breaker by themselves: that need not wait for a second to be over.
	enough := o.Verdict == provider.Sick && g.pending.calls[c.key][provider.Sick] >= g.c.Thresholds.MinCalls
	g.mu.Unlock()
	c.told, c.last = true, o
	if c.probe != "" || o.Verdict == provider.Busy || enough {
		g.Wake()
	}
}

func verdictOf(v provider.Verdict) verdict {
	switch v {
	case provider.Healthy:
		return well
	case provider.Sick:
		return ill
	}
	return nothing
}
