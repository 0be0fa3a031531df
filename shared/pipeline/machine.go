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
	Skipped    State = "skipped" // an earlier run of the ad has made the same: its result is this step's
	Failed     State = "failed"
	Cancelled  State = "cancelled"
)

// Ended says that no event can change the step any more, but a user's retry.
func (s State) Ended() bool { return s.Good() || s == Failed || s == Cancelled }

// Good says that the step has its result, made by itself or by an earlier run.
func (s State) Good() bool { return s == Succeeded || s == Skipped }

// RunState is the state of a run.
type RunState string

// The states of a run.
const (
	Running      RunState = "running"
	Awaiting     RunState = "awaiting_approval" // only steps that wait for the owner's word are left
	Cancelling   RunState = "cancelling"        // cancelled by its owner; a call in flight is being settled
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
	CallPart      CallState = "part"      // did a part of its work, of which nothing is to be seen; the next one goes on
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
	Parts      int   // of those, the ones that did their part and have another to follow: no failures
	Fence      int64 // grows with every claim; a writer with an older one has lost its claim
	LeaseUntil time.Time
	DueAt      time.Time
	Deadline   time.Time
	SettleBy   time.Time // when an unknown outcome is given up
	WokenAt    time.Time // when the last wake-up was put into the outbox
	Polls      int       // questions since the attempt was submitted, or since its job was found
	Abandoned  int       // attempts given up with an unknown outcome
	Call       CallState
	// FailCode is why the step has failed, or CodePaused while it waits because of that.
	FailCode fault.Code
	// Hold: the step waits for the run's approval.
	Hold bool
	// NotBefore is when the step may begin at the earliest; zero = at once.
	NotBefore time.Time
}

// tries is how many submissions have begun anew.
func (s Step) tries() int { return s.Attempt - s.Parts }

// Run is a run with its steps in order of No.
type Run struct {
	ID       id.Run
	Tenant   id.Tenant
	State    RunState
	Deadline time.Time
	Version  int
	FailCode fault.Code
	// ApproveBy ends the wait for the owner's word, RemindAt is when to remind of
	// it; set while the run awaits approval. ApprovedAt is when the word was given.
	ApproveBy, RemindAt, ApprovedAt time.Time
	Steps                           []Step
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
	EvPart         EventName = "part"          // it did a part of its work; nothing is to be seen yet
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
	EvReuse        EventName = "reuse"         // an earlier run of the ad has the result of a ready step
	EvAccept       EventName = "accept"        // the order is accepted
	EvApprove      EventName = "approve"       // the owner lets the held steps go on
	EvRemind       EventName = "reminder"      // the owner is to be reminded of an approval
	EvLapse        EventName = "lapse"         // nobody approved in time
	EvSupersede    EventName = "supersede"     // another run takes the place of one that awaits approval
	EvConfirm      EventName = "confirm"       // someone has looked at the channel for a lost publication
	EvRedrive      EventName = "redrive"       // an operator wakes or retries a run
)

// Event is something that happened to a run.
type Event struct {
	Name    EventName
	Step    int   // 0 for what concerns the whole run
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
	// Settled: what is absent cannot appear any more.
	Settled bool
	// Paused: what the step needs is paused by operators.
	Paused bool
	// Published is what someone who looked at the channel has seen.
	Published bool
	// Reported: a callback for the present call has been stored already.
	Reported bool
	// Jitter in [0,1) spreads retries.
	Jitter float64

	output json.RawMessage // the result that EvDone, EvReuse and EvConfirm bring; not the machine's business
	madeIn id.Run          // the run that made it, for EvReuse
	held   Held            // what is paused; asked when the run is known
	owner  id.Tenant       // whose run it must be; 0 = anybody's
	once   *[16]byte       // its cause, if it may happen once only; nil = each has its own
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
	FxWake    EffectName = "wake"    // put a message into the outbox
	FxInput   EffectName = "input"   // compute and store the step's input: it became ready for the first time
	FxOpen    EffectName = "open"    // insert the call's row in state intent
	FxCall    EffectName = "call"    // move the call's row to Call
	FxCapture EffectName = "capture" // the reserved price is charged
	FxRelease EffectName = "release" // the reserved price is given back
	FxReserve EffectName = "reserve" // reserve the price (again, after a retry)
	FxWaste   EffectName = "waste"   // a submission may have been charged for nothing
	FxNote    EffectName = "note"    // write the event into the history although no state changed
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
	ApprovalFor    time.Duration   // how long a run awaits approval
	RemindBefore   []time.Duration // when before the end of that its owner is reminded, the longest first
	// Caps of one tenant; 0 = none.
	DailyCapWon int64 // reserved and not given back in a day of Seoul
	DailyStarts int   // runs begun or retried in such a day that cost something
	Running     int   // runs under way at once; those that await approval or their time are not
}

// earlyBy is how much too early a wake-up may come (clocks differ) and still be
// sent again for the due time; an earlier one is a stale duplicate.
const earlyBy = 2 * time.Second

// nothing says that the event changes nothing: a duplicate, a stale wake-up.
var nothing = &fault.Error{Kind: fault.Done, Code: fault.CodeConflict}

// Decide applies e to a copy of r. An error of kind Done means that nothing
// changes; CodeAdEnded, CodeAdNotFailed, CodeRetryUnsafe, CodeNotAwaiting and
// CodeNotUnknown refuse what people ask for.
func Decide(r Run, e Event, rules Rules) (Run, []Effect, error) {
	r.Steps = append([]Step(nil), r.Steps...)
	m := &move{run: &r, e: e, rules: rules}
	if err := m.apply(); err != nil {
		return Run{}, nil, err
	}
	m.goesOn()
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
	// was is the step's state before; waits: it waits because what it needs is paused.
	was   State
	waits bool
}

func (m *move) apply() error {
	if of := runEvents[m.e.Name]; of != nil {
		return of(m)
	}
	m.step = m.run.Step(m.e.Step)
	if m.step != nil && m.e.Name == EvConfirm {
		return m.confirm()
	}
	if m.step == nil || m.run.State.Ended() {
		return m.late()
	}
	m.was = m.step.State
	of := stepEvents[m.e.Name]
	if of == nil {
		return fault.Newf(fault.CodeInternal, "decide: no event %q", m.e.Name)
	}
	return of(m)
}

// runEvents are the events of whole runs, stepEvents those of one step of a run
// that has not ended.
var (
	runEvents = map[EventName]func(*move) error{
		EvAccept: (*move).accept, EvCancel: (*move).cancel, EvRetry: (*move).retry, EvApprove: (*move).approve,
		EvRemind: (*move).remind, EvLapse: (*move).lapse, EvSupersede: (*move).supersede, EvRedrive: (*move).redrive,
	}
	stepEvents = map[EventName]func(*move) error{
		EvClaim: (*move).claim, EvAccepted: (*move).accepted, EvRefused: (*move).refused, EvPart: (*move).part,
		EvAmbiguous: (*move).ambiguous, EvClaimCollect: (*move).claimCollect, EvNotYet: (*move).notYet, EvAbsent: (*move).absent,
		EvDone: (*move).done, EvBroken: (*move).broken, EvCallback: (*move).callback, EvExpired: (*move).expired,
		EvOverdue: (*move).overdue, EvDeadline: (*move).deadline, EvUnfit: (*move).unfit, EvReuse: (*move).reuse,
	}
)
