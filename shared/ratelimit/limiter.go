package ratelimit

import (
	"sync"
	"time"
)

// Limiter keeps limits within one process, by name. The zero Limiter is ready to
// use, and safe for concurrent use.
type Limiter struct {
	mu     sync.Mutex
	states map[string]State
	// tidyAt is the number of names at which unused ones are dropped. It is twice
	// what the last tidying left, so that tidying costs each name little.
	tidyAt int
}

const fewNames = 1024

// Take takes one call of the limit called name; see Limit.Take.
func (l *Limiter) Take(name string, limit Limit, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, wait, ok := limit.Take(l.states[name], now)
	if !ok {
		return wait, false
	}
	if l.states == nil {
		l.states = map[string]State{}
	}
	if _, known := l.states[name]; !known && len(l.states) >= max(l.tidyAt, fewNames) {
		l.tidy(now)
	}
	l.states[name] = next
	return 0, true
}

// tidy forgets buckets that are full again, which are as good as new, and counts of days long past.
func (l *Limiter) tidy(now time.Time) {
	past := now.Add(-48 * time.Hour).Format(time.DateOnly)
	for name, s := range l.states {
		if s.Day == "" && !s.Full.After(now) || s.Day != "" && s.Day < past {
			delete(l.states, name)
		}
	}
	l.tidyAt = 2 * len(l.states)
}
