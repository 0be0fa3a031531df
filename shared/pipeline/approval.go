package pipeline

import (
	"time"

	"castad/shared/fault"
)

// await lets the run wait for its owner's word. No step of it is live, so that no
// deadline runs but this one.
func (m *move) await() {
	m.run.State = Awaiting
	m.run.ApproveBy = m.e.At.Add(m.rules.ApprovalFor)
	m.run.RemindAt = m.nextReminder()
}

// nextReminder is the first reminder that is still to come; zero = none.
func (m *move) nextReminder() time.Time {
	for _, before := range m.rules.RemindBefore {
		if at := m.run.ApproveBy.Add(-before); at.After(m.e.At) {
			return at
		}
	}
	return time.Time{}
}

// approve lets the held steps go on. What was approved stays approved: the same
// word again changes nothing. At the end of the time it is too late, whether or
// not the sweep has been there.
func (m *move) approve() error {
	if !m.run.ApprovedAt.IsZero() {
		return nothing
	}
	if m.run.State != Awaiting || !m.e.At.Before(m.run.ApproveBy) {
		return fault.New(fault.CodeNotAwaiting)
	}
	m.run.State, m.run.ApprovedAt = Running, m.e.At
	m.run.ApproveBy, m.run.RemindAt = time.Time{}, time.Time{}
	m.run.Deadline = m.e.At.Add(m.rules.RunDeadline)
	m.advance()
	return nil
}

// remind writes one reminder, however many have become due meanwhile.
func (m *move) remind() error {
	if m.run.State != Awaiting || m.run.RemindAt.IsZero() || m.e.At.Before(m.run.RemindAt) || !m.e.At.Before(m.run.ApproveBy) {
		return nothing
	}
	m.run.RemindAt = m.nextReminder()
	m.fx = append(m.fx, Effect{Name: FxNote})
	return nil
}

// lapse cancels a run that nobody approved in time; what it has made is kept.
func (m *move) lapse() error {
	if m.run.State != Awaiting || m.e.At.Before(m.run.ApproveBy) {
		return nothing
	}
	m.giveUp(fault.CodeApprovalExpired)
	return nil
}

// supersede ends a run because another takes its place: one that awaits approval
// is cancelled, one that has failed can no longer be retried. One that has ended
// otherwise is left as it is; one that is under way is refused.
func (m *move) supersede() error {
	switch {
	case m.run.State == RunFailed && m.run.FailCode != fault.CodeSuperseded:
		m.run.FailCode = fault.CodeSuperseded
		m.fx = append(m.fx, Effect{Name: FxNote})
		return nil
	case m.run.State.Ended():
		return nothing
	case m.run.State != Awaiting:
		return fault.New(fault.CodeNotAwaiting)
	}
	m.giveUp(fault.CodeSuperseded)
	return nil
}

// giveUp cancels the held steps, and with them the run, for a reason.
func (m *move) giveUp(code fault.Code) {
	m.run.State, m.run.FailCode = Cancelling, code
	for i := range m.run.Steps {
		if m.step = &m.run.Steps[i]; m.step.State == Blocked {
			m.end(Cancelled, code)
		}
	}
}
