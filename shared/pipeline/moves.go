package pipeline

import (
	"time"

	"castad/shared/fault"
)

// cancel stops the run: what has not begun is cancelled now; a call in flight
// is settled first, because it may have been charged or published.
func (m *move) cancel() error {
	if m.run.State.Ended() {
		return fault.New(fault.CodeAdEnded)
	}
	if m.run.State == Cancelling {
		return nothing
	}
	m.run.State = Cancelling
	for i := range m.run.Steps {
		m.step = &m.run.Steps[i]
		switch m.step.State {
		case Blocked, Ready:
			m.end(Cancelled, "")
		case Waiting:
			if m.step.Policy != Once { // a publication that was accepted cannot be called back
				m.drop("cancelled by the owner")
			}
		}
	}
	return nil
}

// retry makes a failed run go on from its failed steps; results that were paid
// for are kept.
func (m *move) retry() error {
	if m.run.State != RunFailed {
		return fault.New(fault.CodeAdNotFailed)
	}
	if m.run.FailCode == fault.CodeSuperseded {
		return fault.New(fault.CodeSuperseded)
	}
	for _, s := range m.run.Steps {
		if s.State == Failed && s.Policy == Once && (s.Call == CallAbandoned || s.Call == CallUnknown) {
			return fault.New(fault.CodeRetryUnsafe)
		}
	}
	m.run.State, m.run.FailCode = Running, ""
	m.run.Deadline = m.e.At.Add(m.rules.RunDeadline)
	for i := range m.run.Steps {
		s := &m.run.Steps[i]
		if s.State != Failed && s.State != Cancelled {
			continue
		}
		m.fx = append(m.fx, Effect{Name: FxReserve, Step: s.No})
		s.FailCode, s.Abandoned, s.SettleBy = "", 0, time.Time{}
		if s.State == Failed && s.Attempt > 0 && m.mayBegin(s) {
			m.ready(s) // it has its input; one that was cut off, or for which none could be made, has none
			continue
		}
		s.State = Blocked
	}
	m.advance()
	return nil
}

// accept begins a run whose steps are all blocked.
func (m *move) accept() error {
	for _, s := range m.run.Steps {
		m.fx = append(m.fx, Effect{Name: FxReserve, Step: s.No})
	}
	m.advance()
	return nil
}

// advance makes every step ready that waits for nothing any more.
func (m *move) advance() {
	for i := range m.run.Steps {
		if s := &m.run.Steps[i]; s.State == Blocked && m.mayBegin(s) {
			m.fx = append(m.fx, Effect{Name: FxInput, Step: s.No})
			m.ready(s)
		}
	}
}

// mayBegin says whether what the step waits for has come: the step before it, and
// the owner's word if it needs one.
func (m *move) mayBegin(s *Step) bool {
	if s.Hold && m.run.ApprovedAt.IsZero() {
		return false
	}
	before := m.run.Step(s.After)
	return before == nil || before.State.Good()
}

// ready makes a step claimable, now or when its time comes, and starts its time.
func (m *move) ready(s *Step) {
	s.State, s.DueAt = Ready, m.e.At
	if s.NotBefore.After(m.e.At) {
		s.DueAt = s.NotBefore
		if until := s.DueAt.Add(m.rules.RunDeadline); until.After(m.run.Deadline) {
			m.run.Deadline = until
		}
	}
	s.Deadline = m.run.Deadline
	if d, ok := m.rules.StepDeadline[s.Kind]; ok && s.DueAt.Add(d).Before(s.Deadline) {
		s.Deadline = s.DueAt.Add(d)
	}
	m.wake(s, false)
}

// again puts the step back to ready for another attempt after d.
func (m *move) again(d time.Duration) {
	s := m.step
	s.State, s.LeaseUntil, s.SettleBy = Ready, time.Time{}, time.Time{}
	m.due(d, false)
}

// due sets when the step is looked at again and asks for the wake-up.
func (m *move) due(after time.Duration, collect bool) {
	m.step.LeaseUntil = time.Time{}
	m.step.DueAt = m.e.At.Add(after)
	m.wake(m.step, collect)
}

func (m *move) wake(s *Step, collect bool) {
	at := s.DueAt
	if at.Before(m.e.At) {
		at = m.e.At
	}
	s.WokenAt = at
	m.fx = append(m.fx, Effect{Name: FxWake, Step: s.No, At: at, Collect: collect})
}

// end ends the step without a result.
func (m *move) end(state State, code fault.Code) {
	s := m.step
	s.State, s.FailCode, s.LeaseUntil, s.SettleBy = state, code, time.Time{}, time.Time{}
	m.add(Effect{Name: FxRelease})
	m.cutOff(s.No)
}

// drop ends the step as cancelled although the provider may be working for it.
func (m *move) drop(reason string) {
	s := m.step
	switch s.Call {
	case CallAccepted, CallUnknown, CallIntent:
		m.e.Attempt = s.Attempt
		m.call(CallAbandoned, reason)
		m.add(Effect{Name: FxWaste, Attempt: s.Attempt})
	}
	m.end(Cancelled, "")
}

// cutOff cancels what waits for a step that will never succeed.
func (m *move) cutOff(no int) {
	for i := range m.run.Steps {
		s := &m.run.Steps[i]
		if s.After == no && s.State == Blocked {
			s.State = Cancelled
			m.fx = append(m.fx, Effect{Name: FxRelease, Step: s.No})
			m.cutOff(s.No)
		}
	}
}

// call moves the call of the event's attempt.
func (m *move) call(to CallState, reason string) {
	attempt := m.e.Attempt
	if attempt == 0 {
		attempt = m.step.Attempt
	}
	if attempt == m.step.Attempt {
		m.step.Call = to
	}
	m.add(Effect{Name: FxCall, Attempt: attempt, Call: to, ExternalID: m.e.ExternalID, Reason: reason})
}

func (m *move) add(fx Effect) {
	fx.Step = m.step.No
	m.fx = append(m.fx, fx)
}

// endRun ends the run once every step has ended, and lets it wait for its owner
// once only held steps, and what comes after them, are left.
func (m *move) endRun() {
	if m.run.State.Ended() {
		return
	}
	failed := fault.Code("")
	cancelled, open, blocked := false, 0, 0
	for _, s := range m.run.Steps {
		if !s.State.Ended() {
			open++
		}
		if s.State == Blocked {
			blocked++
		}
		if s.State == Failed && failed == "" {
			failed = s.FailCode
		}
		cancelled = cancelled || s.State == Cancelled
	}
	if open > 0 {
		if blocked == open && m.run.State == Running {
			m.await()
		}
		return
	}
	m.run.ApproveBy, m.run.RemindAt = time.Time{}, time.Time{}
	switch {
	case m.run.State == Cancelling && (cancelled || failed != ""):
		m.run.State = RunCancelled
	case failed != "":
		m.run.State, m.run.FailCode = RunFailed, failed
	default:
		m.run.State = RunSucceeded
	}
}

// retryable says whether a submission that had no effect may be sent again by itself.
func retryable(k fault.Kind) bool {
	switch k {
	case fault.Unavailable, fault.TooMany, fault.Timeout:
		return true
	}
	return false
}

// brokenMayRepeat says whether a job that ended broken may be ordered anew.
func brokenMayRepeat(c fault.Code) bool {
	return c == fault.CodeVendorFailed || c == fault.CodeVendorResult
}

func (m *move) retryAfter() time.Duration {
	return max(m.e.After, backoff(m.rules.RetryFirst, m.rules.RetryMax, m.step.tries()-1, m.e.Jitter))
}

func (m *move) pollAfter(polls int) time.Duration {
	if m.e.Reported {
		return 0
	}
	return max(m.e.After, backoff(m.rules.PollFirst, m.rules.PollMax, polls, m.e.Jitter))
}

// backoff doubles first n times up to most and adds up to a fifth of jitter.
func backoff(first, most time.Duration, n int, jitter float64) time.Duration {
	d := first
	for range max(0, n) {
		d *= 2
		if d >= most {
			d = most
			break
		}
	}
	return d + time.Duration(float64(d)*0.2*jitter)
}
