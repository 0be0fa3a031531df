package broker

import (
	"sync"
	"time"
)

// Clock is where a broker gets its time from.
type Clock interface {
	Now() time.Time
	// Until returns a channel that receives once Now is t or later. stop gives
	// up waiting and must be called when the channel is no longer read.
	Until(t time.Time) (reached <-chan time.Time, stop func())
}

type systemClock struct{}

// System is the machine's clock.
var System Clock = systemClock{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Until(t time.Time) (<-chan time.Time, func()) {
	timer := time.NewTimer(time.Until(t))
	return timer.C, func() { timer.Stop() }
}

// ManualClock is a Clock that moves only when Advance is called.
type ManualClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting map[chan time.Time]time.Time
}

// NewManualClock returns a ManualClock that stands at start.
func NewManualClock(start time.Time) *ManualClock {
	return &ManualClock{now: start, waiting: map[chan time.Time]time.Time{}}
}

// Now returns where the clock stands.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d and wakes whoever waited for a time now reached.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for ch, t := range c.waiting {
		if !t.After(c.now) {
			ch <- c.now
			delete(c.waiting, ch)
		}
	}
}

// Until implements Clock.
func (c *ManualClock) Until(t time.Time) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	if !t.After(c.now) {
		ch <- c.now
		return ch, func() {}
	}
	c.waiting[ch] = t
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, ch)
	}
}
