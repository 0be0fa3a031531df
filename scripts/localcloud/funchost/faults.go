package funchost

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"
)

// Faults are failures on demand. The zero value injects none.
type Faults struct {
	// Chaos kills handlers at random moments; instances may share one.
	Chaos *Chaos
	// Duplicate is the chance, 0 to 1, that a Service Bus message is delivered a
	// second time while the first delivery is still running.
	Duplicate float64
	// LoseLock is the chance, 0 to 1, that a message's lock is neither renewed nor
	// settled, so that the broker delivers it again after the lock ended.
	LoseLock float64
	// SlowStart delays every start of the handler.
	SlowStart time.Duration
	// PortTaken is how many starts find their port in use by somebody else.
	PortTaken int
}

func (f Faults) slowStart(ctx context.Context) error {
	if f.SlowStart <= 0 {
		return nil
	}
	timer := time.NewTimer(f.SlowStart)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// takePort holds the worker's port during one of the first PortTaken starts;
// the returned function gives it back.
func (h *Host) takePort(port int) func() {
	h.mu.Lock()
	taken := h.portsTaken < h.opt.Faults.PortTaken
	if taken {
		h.portsTaken++
	}
	h.mu.Unlock()
	if !taken {
		return func() {}
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return func() {} // somebody else has it already: the fault is there
	}
	return func() { listener.Close() }
}

// Chaos draws the moments at which a handler is killed: after a random number
// of invocations and a random delay. The same seed draws the same moments; what
// runs at them is up to the scheduler.
type Chaos struct {
	// Spread is the greatest number of invocations between two kills; 0 means 20.
	Spread int
	// Delay is the longest time from an invocation's start to its kill; 0 means 300 ms.
	Delay time.Duration

	seed int64
	mu   sync.Mutex
	rand *rand.Rand
	left int
	skip int // invocations before the next kill; -1: not drawn yet
}

// NewChaos kills n times, at moments drawn from seed.
func NewChaos(seed int64, n int) *Chaos {
	return &Chaos{seed: seed, rand: rand.New(rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15)), left: n, skip: -1}
}

// Seed is what reproduces the moments.
func (c *Chaos) Seed() int64 { return c.seed }

// Left is the number of kills still to come.
func (c *Chaos) Left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

// draw is called at the start of every invocation: it says whether the handler
// that runs it is to be killed, and when.
func (c *Chaos) draw() (after time.Duration, kill bool) {
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return 0, false
	}
	if c.skip < 0 {
		spread := c.Spread
		if spread <= 0 {
			spread = 20
		}
		c.skip = c.rand.IntN(spread)
	}
	if c.skip--; c.skip >= 0 {
		return 0, false
	}
	delay := c.Delay
	if delay <= 0 {
		delay = 300 * time.Millisecond
	}
	c.left--
	return time.Duration(c.rand.Int64N(int64(delay))), true
}

// giveBack returns a kill that hit nothing.
func (c *Chaos) giveBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left++
}

// chance throws a coin for a message; message faults are independent of the
// kills' seed.
func chance(p float64) bool { return p > 0 && rand.Float64() < p }
