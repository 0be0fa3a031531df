package pipeline

import (
	"castad/shared/fault"
)

// confirm settles a publication whose outcome never became known by what someone
// has seen on the channel: it is there, or it is not and may be ordered again.
func (m *move) confirm() error {
	s := m.step
	switch {
	case s.Policy != Once:
		return fault.New(fault.CodeNotUnknown)
	case m.e.Published && s.State == Succeeded, !m.e.Published && s.State == Failed && s.FailCode == fault.CodeConfirmedAbsent:
		return nothing // confirmed before
	case s.State != Failed || s.FailCode != fault.CodeAbandoned:
		return fault.New(fault.CodeNotUnknown)
	}
	m.e.Attempt = s.Attempt
	if m.e.Published {
		s.State, s.FailCode = Succeeded, ""
		m.call(CallDone, "confirmed by hand")
	} else {
		s.FailCode = fault.CodeConfirmedAbsent
		m.call(CallFailed, "confirmed absent by hand")
	}
	if m.run.State == RunFailed && m.run.FailCode != fault.CodeSuperseded { // a cancelled run stays cancelled
		m.run.State, m.run.FailCode = Running, ""
	}
	return nil
}

// redrive moves what an operator finds stuck: a failed run is retried, a live one
// is looked at now, also where a message, a lease or a long wait is in the way.
// What waits for its time or its owner goes on waiting.
func (m *move) redrive() error {
	switch m.run.State {
	case RunFailed:
		return m.retry()
	case RunSucceeded, RunCancelled:
		return fault.New(fault.CodeAdEnded)
	}
	moved := false
	for i := range m.run.Steps {
		m.step = &m.run.Steps[i]
		moved = m.rouse() || moved
	}
	if !moved {
		return nothing
	}
	m.fx = append(m.fx, Effect{Name: FxNote})
	return nil
}

// rouse looks at one step now, and says whether there was anything to do.
func (m *move) rouse() bool {
	switch m.step.State {
	case Ready:
		if m.step.NotBefore.After(m.e.At) {
			return false
		}
		m.due(0, false)
	case Waiting, Unknown:
		m.due(0, true)
	case Submitting, Collecting:
		return m.expired() == nil
	default:
		return false
	}
	return true
}
