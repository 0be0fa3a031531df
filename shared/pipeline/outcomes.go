package pipeline

import (
	"time"

	"castad/shared/fault"
)

// late handles an outcome that arrives after the step was settled otherwise:
// an id that came late is kept with its call, so that no paid job is unaccounted.
// It is waste unless it is the job that was found meanwhile without its answer.
func (m *move) late() error {
	if m.e.Name != EvAccepted || m.step == nil || m.e.Attempt == 0 {
		return nothing
	}
	if c := m.step.Call; m.e.Attempt == m.step.Attempt && (c == CallAccepted || c == CallDone) {
		m.call(c, "found before its answer came")
		return nil
	}
	m.call(CallAbandoned, "accepted after the step was settled")
	m.add(Effect{Name: FxWaste, Attempt: m.e.Attempt})
	return nil
}

// mine says whether the reporting claim still holds the step.
func (m *move) mine(s State) bool {
	return m.step.State == s && m.step.Fence == m.e.Fence && m.step.Attempt == m.e.Attempt
}

func (m *move) claim() error {
	s := m.step
	if s.State != Ready || m.run.State != Running || !m.e.At.Before(s.Deadline) {
		return nothing
	}
	if s.DueAt.After(m.e.At) {
		return m.early(false)
	}
	if m.e.Paused {
		m.wait(false)
		return nil
	}
	s.State, s.Fence, s.Attempt, s.LeaseUntil, s.Polls = Submitting, s.Fence+1, s.Attempt+1, m.e.LeaseUntil, 0
	s.Call = CallIntent
	m.add(Effect{Name: FxOpen, Attempt: s.Attempt, Call: CallIntent})
	return nil
}

func (m *move) accepted() error {
	s := m.step
	// An answer that outlived its lease is still the truth about this attempt.
	settling := (s.State == Unknown || (s.State == Collecting && s.Call == CallUnknown)) && s.Attempt == m.e.Attempt
	if !m.mine(Submitting) && !settling {
		return m.late()
	}
	s.SettleBy = time.Time{}
	m.call(CallAccepted, "")
	if m.run.State == Cancelling && s.Policy != Once {
		m.drop("cancelled after acceptance")
		return nil
	}
	if s.State == Collecting {
		return nil // the asking claim goes on; it reads the id when it asks again
	}
	s.State = Waiting
	m.due(m.pollAfter(0), true)
	return nil
}

func (m *move) refused() error {
	if !m.mine(Submitting) {
		return nothing
	}
	if m.e.Paused && m.run.State == Running {
		m.giveBack()
		return nil
	}
	m.call(CallFailed, string(m.e.Code))
	switch {
	case m.run.State == Cancelling:
		m.end(Cancelled, "")
	case retryable(m.e.Kind):
		m.again(m.retryAfter())
	default:
		m.end(Failed, m.e.Code)
	}
	return nil
}

// part is a submission in rounds: the provider works on what it was given, and
// nobody sees anything before the last round. The next one begins when the
// provider wants it, counts as no further try, and may still be cancelled.
func (m *move) part() error {
	if !m.mine(Submitting) {
		return nothing
	}
	m.call(CallPart, "")
	m.step.Parts++
	if m.run.State == Cancelling {
		m.end(Cancelled, "")
		return nil
	}
	m.again(m.pollAfter(m.step.Parts - 1))
	return nil
}

func (m *move) ambiguous() error {
	if !m.mine(Submitting) {
		return nothing
	}
	m.lost("the answer was lost")
	return nil
}

// lost is what follows a submission whose outcome is unknown.
func (m *move) lost(reason string) {
	s := m.step
	if s.Policy == Free {
		m.call(CallFailed, reason+"; free to repeat")
		if m.run.State == Cancelling {
			m.end(Cancelled, "")
			return
		}
		m.again(m.retryAfter())
		return
	}
	s.State, s.SettleBy = Unknown, m.e.At.Add(m.rules.ReconcileFor)
	m.call(CallUnknown, reason)
	m.due(m.pollAfter(0), true)
}

func (m *move) claimCollect() error {
	s := m.step
	if s.State != Waiting && s.State != Unknown {
		return nothing
	}
	if s.DueAt.After(m.e.At) {
		return m.early(true)
	}
	if m.e.Paused && !m.dropped() {
		m.wait(true)
		return nil
	}
	s.State, s.Fence, s.LeaseUntil, s.Polls = Collecting, s.Fence+1, m.e.LeaseUntil, s.Polls+1
	return nil
}

// early sends a wake-up that came a little before its time once more.
func (m *move) early(collect bool) error {
	if m.step.DueAt.Sub(m.e.At) > earlyBy {
		return nothing
	}
	m.wake(m.step, collect)
	return nil
}

func (m *move) notYet() error {
	s := m.step
	if !m.mine(Collecting) {
		return nothing
	}
	if m.dropped() {
		m.drop("cancelled by the owner")
		return nil
	}
	if m.e.Paused {
		if s.State, s.Polls = Waiting, s.Polls-1; s.Call == CallUnknown {
			s.State = Unknown
		}
		m.wait(true)
		return nil
	}
	if s.Call == CallUnknown && m.e.ExternalID != "" {
		s.SettleBy, s.Polls = time.Time{}, 0
		m.call(CallAccepted, "found")
	}
	if s.Call != CallUnknown {
		s.State = Waiting
		m.due(m.pollAfter(s.Polls), true)
		return nil
	}
	if m.e.At.Before(s.SettleBy) {
		s.State = Unknown
		m.due(m.pollAfter(s.Polls), true)
		return nil
	}
	m.abandon()
	return nil
}

// dropped says that the owner has cancelled, and what the provider makes of it can be left to itself.
func (m *move) dropped() bool {
	return m.run.State == Cancelling && m.step.Policy != Once && (m.step.Call != CallUnknown || m.e.ExternalID != "")
}

// abandon gives an unknown outcome up after the reconcile window.
func (m *move) abandon() {
	s := m.step
	m.call(CallAbandoned, "not found within the reconcile window")
	m.add(Effect{Name: FxWaste, Attempt: s.Attempt})
	s.Abandoned++
	switch {
	case m.run.State == Cancelling && s.Policy != Once: // what may be published is not taken back
		m.end(Cancelled, "")
	case s.Policy == Paid && s.Abandoned <= 1:
		m.again(0)
	default:
		m.end(Failed, fault.CodeAbandoned)
	}
}

func (m *move) absent() error {
	if !m.mine(Collecting) {
		return nothing
	}
	if m.step.Call != CallUnknown {
		m.e.Code = fault.CodeVendorFailed // a job that was accepted and is gone
		return m.broken()
	}
	// A final word counts on the next attempt to go on with what is still on its way;
	// a cancelled publication has none.
	final := m.e.Settled && (m.run.State != Cancelling || m.step.Policy != Once)
	if !final && m.e.At.Before(m.step.SettleBy) {
		// The request may still be on its way inside the provider: only what is
		// absent at the window's end is absent, unless the provider's word is final.
		m.step.State = Unknown
		m.due(m.pollAfter(m.step.Polls), true)
		return nil
	}
	m.call(CallFailed, "proven absent")
	if m.run.State == Cancelling {
		m.end(Cancelled, "")
		return nil
	}
	m.again(0)
	return nil
}

func (m *move) done() error {
	if !m.mine(Collecting) && !m.mine(Submitting) {
		return nothing
	}
	m.call(CallDone, "")
	m.add(Effect{Name: FxCapture})
	m.step.State, m.step.LeaseUntil, m.step.SettleBy = Succeeded, time.Time{}, time.Time{}
	if m.run.State == Running {
		m.advance()
	}
	return nil
}

// reuse ends a step that has just become ready with the result that an earlier
// run made of the same input: nobody is called, and its price is given back.
func (m *move) reuse() error {
	if m.step.State != Ready {
		return nothing
	}
	m.step.State, m.step.WokenAt = Skipped, time.Time{}
	m.add(Effect{Name: FxRelease})
	m.advance()
	return nil
}

// unfit ends a step for which the order allows no input.
func (m *move) unfit() error {
	m.end(Failed, m.e.Code)
	return nil
}

func (m *move) broken() error {
	s := m.step
	if !m.mine(Collecting) && !m.mine(Submitting) {
		return nothing
	}
	m.call(CallFailed, string(m.e.Code))
	switch {
	case m.run.State == Cancelling:
		m.end(Cancelled, "")
	case brokenMayRepeat(m.e.Code) && s.Policy == Paid && s.tries() < m.rules.BrokenAttempts:
		m.again(m.retryAfter())
	default:
		m.end(Failed, m.e.Code)
	}
	return nil
}

func (m *move) callback() error {
	s := m.step
	if s.State != Waiting && s.State != Unknown {
		return nothing // stored; the claim in flight, or nobody, will look at it
	}
	m.due(0, true)
	return nil
}

func (m *move) expired() error {
	s := m.step
	if m.e.At.Before(s.LeaseUntil.Add(m.rules.Skew)) {
		return nothing
	}
	switch s.State {
	case Submitting:
		s.Fence++ // the old claimant must not write any more
		m.e.Attempt = s.Attempt
		m.lost("the invocation did not come back")
	case Collecting:
		s.Fence++
		s.State = Waiting
		if s.Call == CallUnknown {
			s.State = Unknown
		}
		m.due(0, true)
	default:
		return nothing
	}
	return nil
}

func (m *move) overdue() error {
	s := m.step
	late := m.e.At.Add(-m.rules.SweepGrace)
	if s.DueAt.After(late) || s.WokenAt.After(late) {
		return nothing
	}
	switch s.State {
	case Ready:
		m.wake(s, false)
	case Waiting, Unknown:
		m.wake(s, true)
	default:
		return nothing
	}
	return nil
}

func (m *move) deadline() error {
	s := m.step
	if s.State.Ended() || m.e.At.Before(s.Deadline) {
		return nothing
	}
	switch s.State {
	case Submitting, Collecting:
		if m.e.At.Before(s.LeaseUntil.Add(m.rules.Skew)) {
			return nothing // let the claim in flight report; the next sweep decides
		}
	case Blocked:
		return nothing // its time has not begun
	default:
		if m.e.Paused && !m.dropped() {
			m.wait(s.State != Ready)
			return nil
		}
	}
	s.Fence++
	m.drop("deadline")
	s.State, s.FailCode = Failed, fault.CodeDeadline
	if s.Policy == Once && s.Call == CallAbandoned {
		s.FailCode = fault.CodeAbandoned // it may be there: nobody is told to try again
	}
	m.cutOff(s.No)
	return nil
}
