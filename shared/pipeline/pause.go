package pipeline

import (
	"context"
	"errors"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
)

// Held says whether operators have paused what a step of this kind needs of its
// provider: to submit it, or to ask about it (collect).
type Held func(kind message.Kind, provider string, collect bool) bool

// pausedFor is how long a step is left alone whose provider is paused: how late it
// may go on when the pause ends, and how often it is looked at until then.
const pausedFor = 20 * time.Second

// held asks what is paused, before a transaction and with no connection held.
func (e *Engine) held(ctx context.Context) Held {
	if e.c.Paused == nil {
		return nil
	}
	return e.c.Paused(ctx)
}

// pause tells the event whether what its step needs is paused.
func (ev *Event) pause(l loaded) {
	if s := l.Step(ev.Step); ev.held != nil && s != nil {
		collect := ev.Name == EvClaimCollect || s.State == Waiting || s.State == Unknown
		ev.Paused = ev.held(s.Kind, l.plans[s.No].Provider, collect)
	}
}

// isPaused says whether a call was not made because operators have paused its
// provider since the step was claimed.
func isPaused(err error) bool { return errors.Is(err, fault.ErrPaused) }

// wait leaves the step alone for a while because what it needs is paused, and says so:
// once in the history, and with the step until it goes on. It costs no try, and no time:
// whatever runs out runs out later by what was waited.
func (m *move) wait(collect bool) {
	s := m.step
	s.FailCode, m.waits = fault.CodePaused, true
	was := s.DueAt
	m.due(backoff(pausedFor, pausedFor, 0, m.e.Jitter), collect)
	if was.IsZero() || was.After(m.e.At) {
		was = m.e.At
	}
	lost := s.DueAt.Sub(was)
	s.Deadline = s.Deadline.Add(lost)
	m.run.Deadline = m.run.Deadline.Add(lost)
	if !s.SettleBy.IsZero() {
		s.SettleBy = s.SettleBy.Add(lost)
	}
}

// goesOn takes back what wait has said once the step moves.
func (m *move) goesOn() {
	if s := m.step; s != nil && !m.waits && s.State != m.was && s.FailCode == fault.CodePaused {
		s.FailCode = ""
	}
}

// giveBack ends a claim that has found what it needs paused: nothing was sent.
func (m *move) giveBack() {
	m.call(CallPart, "paused")
	m.step.Parts++ // no try
	m.step.State = Ready
	m.wait(false)
}
