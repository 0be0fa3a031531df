package pipeline

import (
	"context"
	"sync"
	"time"

	"castad/shared/id"
)

// holding is the claims that this process holds. Their leases are short and
// renewed while the work goes on, so that a killed process delays its steps by
// seconds, not by the longest time that a call may take.
type holding struct {
	mu   sync.Mutex
	held map[hold]time.Time // until when the invocation may go on
}

type hold struct {
	run   id.Run
	step  int
	fence int64
}

// keep notes a claim; the returned function lets it go.
func (h *holding) keep(c hold, until time.Time) (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil {
		h.held = map[hold]time.Time{}
	}
	h.held[c] = until
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.held, c)
	}
}

func (h *holding) list() map[hold]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[hold]time.Time, len(h.held))
	for c, until := range h.held {
		all[c] = until
	}
	return all
}

// leaseFor is the end of a lease that is taken or renewed now: never past what
// the invocation may use, with two seconds for its outcome.
func (e *Engine) leaseFor(now, until time.Time) time.Time {
	lease := now.Add(e.c.Rules.Lease)
	if last := until.Add(2 * time.Second); last.Before(lease) {
		return last
	}
	return lease
}

// Hold renews the leases of this process until ctx ends; main runs it beside
// the relay. A lease that cannot be renewed in time is taken over, which is
// safe: an outcome that comes later is either still the truth about its attempt
// or not written.
func (e *Engine) Hold(ctx context.Context) {
	tick := time.NewTicker(e.c.Rules.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for c, until := range e.holding.list() {
			lease := e.leaseFor(e.now(), until)
			_, err := e.c.DB.Exec(ctx, `UPDATE pipeline_steps SET lease_until = ? WHERE run_id = ? AND step_no = ? AND fence = ?
				AND state IN ('submitting', 'collecting') AND lease_until < ?`, lease, c.run, c.step, c.fence, lease)
			if err != nil && ctx.Err() == nil {
				e.c.Log.WarnContext(ctx, "lease not renewed", "run", c.run.String(), "step", c.step, "err", err.Error())
			}
		}
	}
}
