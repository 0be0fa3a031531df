package pipeline

import (
	"encoding/json"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
)

// State is the state of a step.
type State string

// The states of a step.
const (
	Blocked    State = "blocked"    // its predecessor has not succeeded
	Ready      State = "ready"      // may be claimed from DueAt on
	Submitting State = "submitting" // an invocation is calling the provider (or doing local work) under a lease
	Waiting    State = "waiting"    // the provider works; ask again at DueAt
	Collecting State = "collecting" // an invocation is asking or fetching under a lease
	Unknown    State = "unknown"    // the submission's outcome is not known; being settled
	Succeeded  State = "succeeded"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
)

// Ended says that no event can change the step any more, but a user's retry.
func (s State) Ended() bool { return s == Succeeded || s == Failed || s == Cancelled }

// RunState is the state of a run.
type RunState string

// The states of a run.
const (
	Running      RunState = "running"
	Cancelling   RunState = "cancelling" // cancelled by its owner; a call in flight is being settled
	RunSucceeded RunState = "succeeded"
	RunFailed    RunState = "failed"
	RunCancelled RunState = "cancelled"
)

// Ended says that the run is over.
func (s RunState) Ended() bool { return s == RunSucceeded || s == RunFailed || s == RunCancelled }

// CallState is the state of the provider call of a step's present attempt.
type CallState string

// The states of a call.
const (
	NoCall        CallState = ""
	CallIntent    CallState = "intent"   // written before the request may leave
	CallAccepted  CallState = "accepted" // the provider gave an id
	CallUnknown   CallState = "unknown"
	CallDone      CallState = "done"
	CallFailed    CallState = "failed"    // refused, or proven never to have existed
	CallAbandoned CallState = "abandoned" // given up with its outcome unknown: may have been charged
)

// Policy says what may be done about a submission whose outcome is unknown.
type Policy string

// The policies.
const (
	Free Policy = "free" // repeat at will: local work, or tokens only
	Paid Policy = "paid" // settle; after the reconcile window once more, booked as waste
	Once Policy = "once" // settle; never repeat (a publication)
)

// Step is one step of a run, as the machine sees it.
type Step struct {
	No         int
	After      int // the step it waits for; 0 = none
	Kind       message.Kind
	Policy     Policy
	State      State
	Attempt    int   // submissions so far
	Fence      int64 // grows with every claim; a writer with an older one has lost its claim
	LeaseUntil time.Time
	DueAt      time.Time
	Deadline   time.Time
	SettleBy   time.Time // when an unknown outcome is given up
	WokenAt    time.Time // when the last wake-up was put into the outbox
	Polls      int       // questions since the attempt's last submission
	Abandoned  int       // attempts given up with an unknown outcome
	Call       CallState
	FailCode   fault.Code
}

// Run is a run with its steps in order of No.
type Run struct {
	ID       id.Run
	Tenant   id.Tenant
	State    RunState
	Deadline time.Time
	Version  int
	FailCode fault.Code
	Steps    []Step
}

// Step returns the step with that number, or nil.
func (r *Run) Step(no int) *Step {
	for i := range r.Steps {
		if r.Steps[i].No == no {
			return &r.Steps[i]
		}
	}
	return nil
}

// EventName names what happened.
type EventName string

// The events.
const (
	EvClaim        EventName = "claim"         // a worker takes a ready step
	EvAccepted     EventName = "accepted"      // the provider took the job
	EvRefused      EventName = "refused"       // the submission had no effect
	EvAmbiguous    EventName = "ambiguous"     // it may have had one
	EvClaimCollect EventName = "claim_collect" // a worker asks about the job
	EvNotYet       EventName = "not_yet"       // the job goes on, or the question could not be asked
	EvAbsent       EventName = "absent"        // the provider proved that the unsure job does not exist
	EvDone         EventName = "done"          // the result is kept
	EvBroken       EventName = "broken"        // the provider's job ended without a usable result
	EvCallback     EventName = "callback"      // the provider reported
	EvExpired      EventName = "lease_expired" // the worker's lease ran out
	EvOverdue      EventName = "overdue"       // its wake-up seems lost
	EvDeadline     EventName = "deadline"      // the step's or run's time is over
	EvCancel       EventName = "cancel"        // the owner cancels the run
	EvRetry        EventName = "retry"         // the owner retries a failed run
	EvUnfit        EventName = "unfit"         // no input can be made for a ready step
)

// Event is something that happened to a run.
type Event struct {
	Name    EventName
	Step    int   // 0 for cancel and retry
	Fence   int64 // the fence of the claim that reports an outcome
	Attempt int   // the attempt that reports an outcome
	At      time.Time
	// LeaseUntil is how long a claim holds.
	LeaseUntil time.Time
	// After is how long the provider asks to wait.
	After time.Duration
	// Kind and Code class a refusal or a broken job.
	Kind fault.Kind
	Code fault.Code
	// ExternalID is the provider's id of the job, when verified.
	ExternalID string
	// Reported: a callback for the present call has been stored already.
	Reported bool
	// Jitter in [0,1) spreads retries.
	Jitter float64

	output json.RawMessage // the result that EvDone brings; not the machine's business
}

// Effect is what a transition asks the shell to write beside the steps.
type Effect struct {
	Name EffectName
	Step int
	// At is when a wake-up is due.
	At time.Time
	// Collect chooses the queue of a wake-up: ask (true) or submit (false).
	Collect bool
	Attempt int
	Call    CallState
	// ExternalID and Reason go to the call's row.
	ExternalID string
	Reason     string
}

// EffectName names an effect.
type EffectName string

// The effects.
const (
	FxWake    EffectName = "wake"     // put a message into the outbox
	FxInput   EffectName = "input"    // compute and store the step's input: it became ready for the first time
	FxOpen    EffectName = "open"     // insert the call's row in state intent
	FxCall    EffectName = "call"     // move the call's row to Call
	FxCapture EffectName = "capture"  // the reserved price is charged
	FxRelease EffectName = "release"  // the reserved price is given back
	FxReserve EffectName = "reserve"  // reserve the price (again, after a retry)
	FxWaste   EffectName = "waste"    // a submission may have been charged for nothing
	FxPublish EffectName = "run_over" // the run ended
)

// Rules are the engine's times.
type Rules struct {
	Lease          time.Duration // how long a claim holds unless it is renewed
	Skew           time.Duration // clocks' allowance before a lease is taken over
	ReconcileFor   time.Duration // how long an unknown outcome is settled before it is given up
	PollFirst      time.Duration // first question after acceptance; doubles up to PollMax
	PollMax        time.Duration
	RetryFirst     time.Duration // first retry after a refusal; doubles up to RetryMax
	RetryMax       time.Duration
	SweepGrace     time.Duration // how overdue a step is before its wake-up counts as lost
	BrokenAttempts int           // submissions allowed when the provider's jobs end broken
	StepDeadline   map[message.Kind]time.Duration
	RunDeadline    time.Duration
}

// earlyBy is how much too early a wake-up may come (clocks differ) and still be
// sent again for the due time; an earlier one is a stale duplicate.
const earlyBy = 2 * time.Second

// nothing says that the event changes nothing: a duplicate, a stale wake-up.
var nothing = &fault.Error{Kind: fault.Done, Code: fault.CodeConflict}

// Decide applies e to a copy of r. An error of kind Done means that nothing
// changes; CodeAdEnded, CodeAdNotFailed and CodeRetryUnsafe refuse cancel and retry.
func Decide(r Run, e Event, rules Rules) (Run, []Effect, error) {
	r.Steps = append([]Step(nil), r.Steps...)
	m := &move{run: &r, e: e, rules: rules}
	if err := m.apply(); err != nil {
		return Run{}, nil, err
	}
	m.endRun()
	return r, m.fx, nil
}

// move is one application of one event.
type move struct {
	run   *Run
	step  *Step
	e     Event
	rules Rules
	fx    []Effect
}

func (m *move) apply() error {
	switch m.e.Name {
	case EvCancel:
		return m.cancel()
	case EvRetry:
		return m.retry()
	}
	m.step = m.run.Step(m.e.Step)
	if m.step == nil || m.run.State.Ended() {
		return m.late()
	}
	switch m.e.Name {
	case EvClaim:
		return m.claim()
	case EvAccepted:
		return m.accepted()
	case EvRefused:
		return m.refused()
	case EvAmbiguous:
		return m.ambiguous()
	case EvClaimCollect:
		return m.claimCollect()
	case EvNotYet:
		return m.notYet()
	case EvAbsent:
		return m.absent()
	case EvDone:
		return m.done()
	case EvBroken:
		return m.broken()
	case EvCallback:
		return m.callback()
	case EvExpired:
		return m.expired()
	case EvOverdue:
		return m.overdue()
	case EvDeadline:
		return m.deadline()
	case EvUnfit:
		m.end(Failed, m.e.Code)
		return nil
	}
	return fault.Newf(fault.CodeInternal, "decide: no event %q", m.e.Name)
}

// late handles an outcome that arrives after the step was settled otherwise:
// an id that came late is kept with its call, so that no paid job is unaccounted.
func (m *move) late() error {
	if m.e.Name == EvAccepted && m.step != nil && m.e.Attempt > 0 {
		m.call(CallAbandoned, "accepted after the step was settled")
		m.add(Effect{Name: FxWaste, Attempt: m.e.Attempt})
		return nil
	}
	return nothing
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
	if m.run.State == Cancelling && s.Policy != Once && (s.Call != CallUnknown || m.e.ExternalID != "") {
		m.drop("cancelled by the owner")
		return nil
	}
	if s.Call == CallUnknown && m.e.ExternalID != "" {
		s.SettleBy = time.Time{}
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

// abandon gives an unknown outcome up after the reconcile window.
func (m *move) abandon() {
	s := m.step
	m.call(CallAbandoned, "not found within the reconcile window")
	m.add(Effect{Name: FxWaste, Attempt: s.Attempt})
	s.Abandoned++
	switch {
	case m.run.State == Cancelling:
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
	if m.e.At.Before(m.step.SettleBy) {
		// The request may still be on its way inside the provider: only what is
		// absent at the window's end is absent.
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
	if m.run.State != Running {
		return nil
	}
	for i := range m.run.Steps {
		next := &m.run.Steps[i]
		if next.After != m.step.No || next.State != Blocked {
			continue
		}
		m.ready(next)
		m.fx = append(m.fx, Effect{Name: FxInput, Step: next.No})
	}
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
	case brokenMayRepeat(m.e.Code) && s.Policy == Paid && s.Attempt < m.rules.BrokenAttempts:
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
	}
	s.Fence++
	m.drop("deadline")
	s.State, s.FailCode = Failed, fault.CodeDeadline
	m.cutOff(s.No)
	return nil
}
