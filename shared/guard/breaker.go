package guard

import "time"

// State is a breaker's state.
type State string

// The states of a breaker. Open is half-open from Until on.
const (
	Closed  State = "closed"
	Open    State = "open"
	Probing State = "probing" // one call is out to find out
)

// Forced is what an operator has decided.
type Forced string

// The operator's decisions.
const (
	Auto         Forced = ""
	ForcedOpen   Forced = "open"   // no call is sent
	ForcedClosed Forced = "closed" // every call is sent
)

// Thresholds say when breakers open and for how long.
type Thresholds struct {
	// MinCalls in the rolling minute, of which Percent failed, open the breaker.
	MinCalls, Percent int
	// Cooldown is how long it stays open before a probe.
	Cooldown time.Duration
}

// DefaultThresholds are the requirements': 5 % of at least 20 calls a minute, and half a minute's rest.
func DefaultThresholds() Thresholds {
	return Thresholds{MinCalls: 20, Percent: 5, Cooldown: 30 * time.Second}
}

const (
	window = time.Minute
	// slotTime is how finely calls are counted: the rolling minute is 12 slots.
	slotTime = 5 * time.Second
	slots    = int64(window / slotTime)
)

func slotOf(t time.Time) int64 { return t.Unix() / int64(slotTime/time.Second) }

// breaker is a row of vendor_breakers: pure, and the only place that knows the
// rules. The zero breaker is closed.
type breaker struct {
	state  State
	forced Forced
	// until is when an open one may be probed, and when a probe counts as lost.
	until time.Time
	// probeBy names the last probe. It stays when the probe has ended well, since the
	// vendor's table may yet find that its answer was none.
	probeBy string
	// from is the first slot whose calls count: what failed before the breaker closed
	// is over, and may be in the slot in which it closed.
	from    int64
	changed time.Time
}

// answer is what a breaker says to a call.
type answer uint8

const (
	pass   answer = iota
	probe         // may be sent by whoever takes the probe
	refuse        // not before until
)

func (b breaker) answer(now time.Time) answer {
	switch {
	case b.forced == ForcedClosed:
		return pass
	case b.forced == ForcedOpen:
		return refuse
	case b.state == Open || b.state == Probing:
		if now.Before(b.until) {
			return refuse
		}
		return probe
	}
	return pass
}

// counted opens a closed breaker when too many of the calls since from have failed.
func (b breaker) counted(calls, failures int64, now time.Time, t Thresholds) breaker {
	if b.forced == Auto && (b.state == Closed || b.state == "") && calls >= int64(t.MinCalls) && failures*100 >= calls*int64(t.Percent) {
		return b.open(now, now.Add(t.Cooldown))
	}
	return b
}

func (b breaker) open(now, until time.Time) breaker {
	b.state, b.until, b.probeBy, b.changed = Open, until, "", now
	return b
}

// take gives the probe to by until a time, when there is one to give.
func (b breaker) take(by string, now, until time.Time) (breaker, bool) {
	if b.answer(now) != probe {
		return b, false
	}
	b.state, b.until, b.probeBy, b.changed = Probing, until, by, now
	return b, true
}

// verdict is what a probe has found out.
type verdict uint8

const (
	nothing verdict = iota // it was not sent, or given up
	well
	ill
)

// probed applies what the probe of by has found. A probe that has been replaced has no say.
func (b breaker) probed(by string, v verdict, now time.Time, t Thresholds) breaker {
	if b.probeBy != by || by == "" || b.state == Open {
		return b
	}
	switch {
	case v == ill:
		return b.open(now, now.Add(t.Cooldown))
	case b.state != Probing:
	case v == well:
		b.state, b.until, b.from, b.changed = Closed, time.Time{}, slotOf(now)+1, now
	default:
		return b.open(now, now)
	}
	return b
}

// force applies an operator's decision. After a pause one probe goes first; what
// failed while the breaker was held closed does not count.
func (b breaker) force(f Forced, now time.Time) breaker {
	switch {
	case f == b.forced:
		return b
	case b.forced == ForcedOpen:
		b = b.open(now, now)
	case b.forced == ForcedClosed:
		b.state, b.until, b.probeBy, b.from = Closed, time.Time{}, "", slotOf(now)+1
	}
	b.forced, b.changed = f, now
	return b
}

// metric is the state as a number: 0 closed, 1 half-open, 2 open, 3 paused.
func (b breaker) metric(now time.Time) float64 {
	switch says := b.answer(now); {
	case b.forced == ForcedOpen:
		return 3
	case says == probe, says == refuse && b.state == Probing:
		return 1
	case says == refuse:
		return 2
	}
	return 0
}
