package pipeline

import (
	"slices"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"

	"pgregory.net/rapid"
)

// vendors is the model: what the outside world has seen, and what a correct
// engine may do to it.
type vendors struct {
	t *rapid.T
	// jobs counts, per step, the submissions that the vendor took.
	jobs map[int]int
	// excused counts, per step, the submissions after which another is allowed:
	// refused, proven absent, ended broken, or given up with the cost booked.
	excused map[int]int
	// reserved, captured and released count ledger entries per step.
	reserved, settled map[int]int
}

// moves are the ways from one state to another in one event and what follows from it at once.
var moves = map[State][]State{
	Blocked:    {Ready, Skipped, Cancelled},
	Ready:      {Submitting, Failed, Cancelled},
	Submitting: {Ready, Waiting, Unknown, Succeeded, Failed, Cancelled},
	Waiting:    {Collecting, Failed, Cancelled},
	Unknown:    {Collecting, Waiting, Failed, Cancelled},
	Collecting: {Ready, Waiting, Unknown, Succeeded, Failed, Cancelled},
	Failed:     {Ready, Skipped, Blocked, Succeeded},
	Cancelled:  {Ready, Blocked, Skipped},
}

// outOfAnEnd are the events that may move a step that has ended.
var outOfAnEnd = map[EventName]bool{EvRetry: true, EvRedrive: true, EvConfirm: true}

// check looks at one transition.
func (v *vendors) check(before, after Run, e Event, fx []Effect) {
	for i, s := range after.Steps {
		v.step(before.Steps[i], s, after, e)
	}
	for _, f := range fx {
		switch f.Name {
		case FxReserve:
			v.reserved[f.Step]++
		case FxCapture, FxRelease:
			v.settled[f.Step]++
		}
	}
	if waits := after.State == Awaiting; waits == after.ApproveBy.IsZero() || waits && !after.ApprovedAt.IsZero() {
		v.t.Fatalf("%s: the run is %s, to be approved by %v, approved at %v", e.Name, after.State, after.ApproveBy, after.ApprovedAt)
	}
	if before.State == Awaiting && after.State == Running && (e.Name != EvApprove || !e.At.Before(before.ApproveBy)) {
		v.t.Fatalf("%s at %v lets a run go on that was to be approved by %v", e.Name, e.At, before.ApproveBy)
	}
	if before.State == Awaiting && after.State == RunCancelled && e.Name == EvLapse && e.At.Before(before.ApproveBy) {
		v.t.Fatalf("lapsed at %v, before %v", e.At, before.ApproveBy)
	}
	if before.State == RunFailed && before.FailCode == fault.CodeSuperseded && !after.State.Ended() {
		v.t.Fatalf("%s: a run whose place was taken is %s again", e.Name, after.State)
	}
	stuck := after.State == Running
	for _, s := range after.Steps {
		stuck = stuck && (s.State.Ended() || s.State == Blocked)
	}
	if stuck {
		v.t.Fatalf("%s: the run is running, and none of its steps: %+v", e.Name, after)
	}
	if after.State.Ended() {
		v.ended(after)
	}
}

// step looks at what one transition did to one step.
func (v *vendors) step(was, s Step, after Run, e Event) {
	if was.State.Ended() && s.State != was.State && !outOfAnEnd[e.Name] {
		v.t.Fatalf("%s moved step %d out of its end: %s → %s", e.Name, s.No, was.State, s.State)
	}
	if s.State != was.State && !slices.Contains(moves[was.State], s.State) {
		v.t.Fatalf("%s moved step %d from %s to %s", e.Name, s.No, was.State, s.State)
	}
	if was.State.Good() && s.State != was.State {
		v.t.Fatalf("%s took the result of step %d away: %s → %s", e.Name, s.No, was.State, s.State)
	}
	if s.Fence < was.Fence {
		v.t.Fatalf("%s lowered the fence of step %d", e.Name, s.No)
	}
	begun := s.State != Blocked && s.State != Cancelled
	if begun && s.After != 0 && !after.Step(s.After).State.Good() {
		v.t.Fatalf("step %d is %s before step %d succeeded", s.No, s.State, s.After)
	}
	if begun && s.Hold && after.ApprovedAt.IsZero() {
		v.t.Fatalf("step %d is %s without approval", s.No, s.State)
	}
	if s.State == Submitting && (e.At.Before(s.NotBefore) || s.Deadline.Before(s.NotBefore.Add(testRules.RunDeadline/3))) {
		v.t.Fatalf("step %d, not before %v, is submitted at %v with deadline %v", s.No, s.NotBefore, e.At, s.Deadline)
	}
	if s.State == Skipped && (s.Attempt != 0 || s.Call != NoCall) {
		v.t.Fatalf("step %d is skipped after %d attempts", s.No, s.Attempt)
	}
	if live := !s.State.Ended() && s.State != Blocked; live && s.DueAt.IsZero() {
		v.t.Fatalf("step %d is %s with no due time: nothing would ever look at it", s.No, s.State)
	}
	if claimed := s.State == Submitting || s.State == Collecting; claimed != !s.LeaseUntil.IsZero() {
		v.t.Fatalf("step %d is %s with lease %v", s.No, s.State, s.LeaseUntil)
	}
	if held := was.State == Submitting || was.State == Collecting; held && e.Name == EvRedrive && s.State != was.State && e.At.Before(was.LeaseUntil.Add(testRules.Skew)) {
		v.t.Fatalf("step %d was taken at %v from a claim until %v", s.No, e.At, was.LeaseUntil)
	}
	if s.Parts > s.Attempt || (e.Name == EvPart) != (s.Parts != was.Parts) && s.No == e.Step {
		v.t.Fatalf("%s: step %d has %d parts in %d attempts, it had %d", e.Name, s.No, s.Parts, s.Attempt, was.Parts)
	}
	if s.State == Unknown && s.SettleBy.IsZero() {
		v.t.Fatalf("step %d is unknown for ever", s.No)
	}
}

// ended looks at a run that is over.
func (v *vendors) ended(run Run) {
	for _, s := range run.Steps {
		if !s.State.Ended() {
			v.t.Fatalf("the run is %s with step %d %s", run.State, s.No, s.State)
		}
		if run.State == RunSucceeded && !s.State.Good() {
			v.t.Fatalf("the run succeeded with step %d %s", s.No, s.State)
		}
		if v.reserved[s.No] != v.settled[s.No] {
			v.t.Fatalf("step %d: %d reserved, %d captured or released", s.No, v.reserved[s.No], v.settled[s.No])
		}
	}
}

// decide does what the engine does: an event, and at once what follows from the
// inputs that can be made after it. Some results are there already.
func (v *vendors) decide(run Run, e Event) (Run, []Effect, error) {
	after, fx, err := Decide(run, e, testRules)
	for i := 0; i < len(fx) && err == nil; i++ {
		no := fx[i].Step
		if fx[i].Name != FxInput || no > 2 || rapid.IntRange(0, 3).Draw(v.t, "made before") != 0 {
			continue
		}
		var more []Effect
		after, more, err = Decide(after, Event{Name: EvReuse, Step: no, At: e.At}, testRules)
		fx = append(fx, more...)
	}
	return after, fx, err
}

// A random world: claims whose answers are lost or late, crashes, sweeps,
// callbacks, and owners and operators who cancel, retry, approve (or not), confirm
// what they saw and redrive in any order, with time moving on. Whatever
// happens, no step is ordered twice without a reason, none is published twice,
// and with a working world at the end every run ends.
func TestNoInterleavingOrdersTwiceOrLosesARun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := &vendors{t: t, jobs: map[int]int{}, excused: map[int]int{}, reserved: map[int]int{}, settled: map[int]int{}}
		run, now := newOrder(), testStart
		run.Steps[2].NotBefore = testStart.Add(time.Duration(rapid.IntRange(-1, 120).Draw(t, "minutes ahead")) * time.Minute)
		run.Steps[3].Hold = rapid.Bool().Draw(t, "held")
		type inflight struct {
			step    int
			fence   int64
			attempt int
			collect bool
			took    bool // the vendor took the submission
		}
		var calls []inflight
		exists := map[[2]int]bool{} // (step, attempt) the vendor really has
		apply := func(e Event) bool {
			e.At = now
			after, fx, err := v.decide(run, e)
			if err != nil {
				switch fault.KindOf(err) {
				case fault.Done, fault.Conflict:
					return false
				}
				if fault.CodeOf(err) == fault.CodeSuperseded {
					return false
				}
				t.Fatalf("%s: %v", e.Name, err)
			}
			v.check(run, after, e, fx)
			switch e.Name {
			case EvRefused, EvPart, EvAmbiguous, EvNotYet, EvAbsent, EvDone, EvBroken:
				if held := run.Step(e.Step); held.Fence != e.Fence || held.Attempt != e.Attempt {
					t.Fatalf("%s of a lost claim (fence %d of %d) was written", e.Name, e.Fence, held.Fence)
				}
			case EvExpired:
				if lease := run.Step(e.Step).LeaseUntil; now.Before(lease.Add(testRules.Skew)) {
					t.Fatalf("a lease until %v was taken over at %v", lease, now)
				}
			}
			for _, f := range fx {
				if f.Name != FxCall || (f.Call != CallFailed && f.Call != CallAbandoned) { // a part excuses nothing: the vendor has no job by it
					continue
				}
				if policy := run.Step(f.Step).Policy; f.Call == CallFailed && e.Name != EvBroken && policy != Free && exists[[2]int{f.Step, f.Attempt}] {
					t.Fatalf("%s: the vendor has job %d of step %d, and it is called failed", e.Name, f.Attempt, f.Step)
				}
				v.excused[f.Step]++
			}
			run = after
			return true
		}
		claim := func(no int, collect bool) {
			name := EvClaim
			if collect {
				name = EvClaimCollect
			}
			if !apply(Event{Name: name, Step: no, LeaseUntil: now.Add(45 * time.Second)}) {
				return
			}
			s := run.Step(no)
			if s.State != Submitting && s.State != Collecting {
				return
			}
			c := inflight{step: no, fence: s.Fence, attempt: s.Attempt, collect: collect}
			if !collect && rapid.Bool().Draw(t, "vendor takes it") {
				c.took = true
				exists[[2]int{no, s.Attempt}] = true
				v.jobs[no]++
				if excess := v.jobs[no] - 1 - v.excused[no]; excess > 0 && s.Policy != Free {
					t.Fatalf("step %d was ordered %d times with %d reasons", no, v.jobs[no], v.excused[no])
				}
				if s.Policy == Once && v.jobs[no] > 1 {
					t.Fatalf("step %d was published %d times", no, v.jobs[no])
				}
			}
			calls = append(calls, c)
		}
		answer := func(i int, honest bool) {
			c := calls[i]
			calls = append(calls[:i], calls[i+1:]...)
			e := Event{Step: c.step, Fence: c.fence, Attempt: c.attempt}
			known := exists[[2]int{c.step, c.attempt}]
			switch {
			case !c.collect && c.took && run.Step(c.step).Kind == message.Lyric:
				e.Name = EvDone
			case !c.collect && c.took && (honest || rapid.Bool().Draw(t, "answer arrives")):
				e.Name, e.ExternalID = EvAccepted, "job"
			case !c.collect && c.took:
				e.Name = EvAmbiguous
			case !c.collect && !honest && run.Step(c.step).Kind == message.Publish && rapid.Bool().Draw(t, "a part is done"):
				e.Name = EvPart
			case !c.collect && rapid.Bool().Draw(t, "refusal is clear"):
				e.Name, e.Kind, e.Code = EvRefused, fault.Unavailable, fault.CodeVendorDown
			case !c.collect:
				e.Name = EvAmbiguous
			case !known:
				e.Name, e.Settled = EvAbsent, rapid.Bool().Draw(t, "cannot appear any more")
			case honest || rapid.Bool().Draw(t, "finished"):
				e.Name, e.ExternalID = EvDone, "job"
			case rapid.IntRange(0, 9).Draw(t, "broken") == 0 && run.Step(c.step).Policy == Paid:
				e.Name, e.Code = EvBroken, fault.CodeVendorFailed
			default:
				e.Name = EvNotYet
				if rapid.Bool().Draw(t, "found") {
					e.ExternalID = "job"
				}
			}
			apply(e)
		}
		people := func(no int) {
			switch rapid.IntRange(0, 6).Draw(t, "control") {
			case 0:
				apply(Event{Name: EvCancel})
			case 1:
				apply(Event{Name: EvRetry})
			case 2:
				apply(Event{Name: EvApprove})
			case 3:
				apply(Event{Name: EvSupersede})
			case 4:
				apply(Event{Name: EvRedrive})
			default: // who looks sees what is there
				apply(Event{Name: EvConfirm, Step: no, Published: exists[[2]int{no, run.Step(no).Attempt}]})
			}
		}
		apply(Event{Name: EvAccept})
		for range rapid.IntRange(5, 60).Draw(t, "moves") {
			no := rapid.IntRange(1, 4).Draw(t, "step")
			switch rapid.IntRange(0, 11).Draw(t, "what") {
			case 0, 1, 2:
				claim(no, false)
			case 3, 4:
				claim(no, true)
			case 5, 6:
				if len(calls) > 0 {
					answer(rapid.IntRange(0, len(calls)-1).Draw(t, "call"), false)
				}
			case 7: // kill -9: the claims in flight never answer
				calls = nil
			case 8:
				for _, n := range []EventName{EvExpired, EvDeadline, EvOverdue, EvRemind, EvLapse} {
					apply(Event{Name: n, Step: no})
				}
			case 9:
				apply(Event{Name: EvCallback, Step: no})
			case 10:
				people(no)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 180).Draw(t, "seconds")) * time.Second)
		}
		// Twice the world works: everything in flight is dead, then workers and sweeps
		// run until nothing is left to do. In between people look at what came of it.
		for round := range 2 {
			calls = nil
			for i := 0; !run.State.Ended(); i++ {
				if i > 2000 {
					t.Fatalf("the run never ends: %+v", run)
				}
				for no := 1; no <= 4; no++ {
					for _, n := range []EventName{EvExpired, EvDeadline, EvOverdue, EvRemind, EvLapse} {
						apply(Event{Name: n, Step: no})
					}
					claim(no, run.Step(no).State == Waiting || run.Step(no).State == Unknown)
					for len(calls) > 0 {
						answer(0, true)
					}
				}
				now = now.Add(30 * time.Second)
			}
			for range rapid.IntRange(0, 4).Draw(t, "afterwards") * (1 - round) {
				people(rapid.IntRange(3, 4).Draw(t, "post"))
			}
		}

	})
}
