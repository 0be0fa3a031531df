package pipeline

import (
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
)

// A channel that works on what it got is no failure: neither does the wait grow
// with the rounds, nor do they count when a failure follows.
func TestRoundsAreNoFailedAttempts(t *testing.T) {
	t.Parallel()
	run, now := newRun(), testStart
	run.Steps[0].State = Succeeded
	run.Steps[1] = Step{No: 2, After: 1, Kind: message.Song, Policy: Paid, State: Ready, DueAt: now, Deadline: now.Add(time.Hour)}
	move := func(e Event) {
		t.Helper()
		e.Step, e.At, e.Fence, e.Attempt = 2, now, run.Step(2).Fence, run.Step(2).Attempt
		after, _, err := Decide(run, e, testRules)
		if err != nil {
			t.Fatalf("%s at %v: %v", e.Name, now, err)
		}
		run = after
	}
	for i := range 20 {
		move(Event{Name: EvClaim, LeaseUntil: now.Add(time.Minute)})
		move(Event{Name: EvPart, After: time.Duration(i) * time.Second})
		s := run.Step(2)
		if wait := s.DueAt.Sub(now); s.State != Ready || s.Call != CallPart || wait < time.Duration(i)*time.Second || wait > testRules.PollMax {
			t.Fatalf("round %d: %s, call %s, next after %v", i, s.State, s.Call, wait)
		}
		now = run.Step(2).DueAt
	}
	for _, want := range []struct {
		name  EventName
		state State
		wait  time.Duration
	}{{EvBroken, Ready, testRules.RetryFirst}, {EvBroken, Failed, 0}} {
		move(Event{Name: EvClaim, LeaseUntil: now.Add(time.Minute)})
		move(Event{Name: want.name, Kind: fault.Unavailable, Code: fault.CodeVendorFailed})
		if s := run.Step(2); s.State != want.state || want.wait != 0 && s.DueAt.Sub(now) != want.wait {
			t.Fatalf("%s after 20 rounds: %s, next after %v, want %v", want.name, s.State, s.DueAt.Sub(now), want.wait)
		}
		now = run.Step(2).DueAt
	}
}

func TestARoundIsCancelledAtOnceAndHasItsDeadline(t *testing.T) {
	t.Parallel()
	at := func(state State) Run {
		run := newRun()
		for i := range run.Steps {
			run.Steps[i].State = Succeeded
		}
		run.Steps[3] = Step{No: 4, After: 2, Kind: message.Publish, Policy: Once, State: state, Attempt: 3, Parts: 3, Fence: 3,
			DueAt: testStart.Add(time.Minute), Deadline: testStart.Add(2 * time.Minute), Call: CallPart}
		if state == Submitting {
			run.Steps[3].Call, run.Steps[3].Parts, run.Steps[3].LeaseUntil = CallIntent, 2, testStart.Add(time.Minute)
		}
		return run
	}
	decide := func(run Run, e Event) Run {
		t.Helper()
		after, _, err := Decide(run, e, testRules)
		if err != nil {
			t.Fatal(err)
		}
		return after
	}
	between := decide(at(Ready), Event{Name: EvCancel, At: testStart})
	if s := between.Step(4); s.State != Cancelled {
		t.Errorf("cancelled between two rounds, the step is %s", s.State)
	}
	during := decide(at(Submitting), Event{Name: EvCancel, At: testStart})
	after := decide(during, Event{Name: EvPart, Step: 4, Fence: 3, Attempt: 3, At: testStart})
	if s := after.Step(4); s.State != Cancelled || after.State != RunCancelled {
		t.Errorf("cancelled during a round, the step is %s and the run %s", s.State, after.State)
	}
	late := decide(at(Ready), Event{Name: EvDeadline, Step: 4, At: testStart.Add(2 * time.Minute)})
	if s := late.Step(4); s.State != Failed || s.FailCode != fault.CodeDeadline {
		t.Errorf("after its deadline the step is %s (%s)", s.State, s.FailCode)
	}
	if _, _, err := Decide(late, Event{Name: EvRetry, At: testStart.Add(time.Hour)}, testRules); err != nil {
		t.Errorf("nothing was published, and a retry is refused: %v", err)
	}
}

// What was on its way when a claim was lost may still arrive, so that absence
// counts at the window's end, unless nothing can arrive any more.
func TestAbsenceCountsAtOnceOnlyWhenNothingCanArrive(t *testing.T) {
	t.Parallel()
	for _, settled := range []bool{false, true} {
		run, now := newRun(), testStart
		for i := range run.Steps {
			run.Steps[i].State = Succeeded
		}
		run.Steps[3] = Step{No: 4, After: 2, Kind: message.Publish, Policy: Once, State: Collecting, Attempt: 1, Fence: 2, DueAt: now,
			LeaseUntil: now.Add(time.Minute), SettleBy: now.Add(time.Minute), Deadline: now.Add(time.Hour), Call: CallUnknown}
		after, _, err := Decide(run, Event{Name: EvAbsent, Step: 4, Fence: 2, Attempt: 1, At: now, Settled: settled}, testRules)
		if err != nil {
			t.Fatal(err)
		}
		want := Unknown
		if settled {
			want = Ready
		}
		if s := after.Step(4); s.State != want {
			t.Errorf("settled %v: the step is %s, want %s", settled, s.State, want)
		}
	}
}

// A vendor that asks for an hour gets it, however soon our own rule would try
// again, and however often it asks: the order keeps its place.
func TestAVendorIsNotAskedBeforeTheTimeThatItAskedFor(t *testing.T) {
	t.Parallel()
	run, now := newRun(), testStart
	run.Steps[0].State = Succeeded
	run.Steps[1] = Step{No: 2, After: 1, Kind: message.Song, Policy: Paid, State: Ready, DueAt: now, Deadline: now.Add(5 * time.Hour)}
	for i := range 4 {
		for _, e := range []Event{
			{Name: EvClaim, LeaseUntil: now.Add(time.Minute)},
			{Name: EvRefused, Kind: fault.TooMany, Code: fault.CodeVendorBusy, After: time.Hour},
		} {
			e.Step, e.At, e.Fence, e.Attempt = 2, now, run.Step(2).Fence, run.Step(2).Attempt
			after, _, err := Decide(run, e, testRules)
			if err != nil {
				t.Fatalf("%s, time %d: %v", e.Name, i, err)
			}
			run = after
		}
		if s := run.Step(2); s.State != Ready || s.DueAt.Sub(now) != time.Hour {
			t.Fatalf("refused %d times: %s, tried again after %v", i+1, s.State, s.DueAt.Sub(now))
		}
		now = run.Step(2).DueAt
	}
}
