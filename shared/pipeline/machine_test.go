package pipeline

import (
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
)

var testRules = Rules{Skew: 30 * time.Second, ReconcileFor: 10 * time.Minute, PollFirst: 5 * time.Second, PollMax: 20 * time.Second,
	RetryFirst: 2 * time.Second, RetryMax: time.Minute, SweepGrace: time.Minute, BrokenAttempts: 2, RunDeadline: 6 * time.Hour,
	ApprovalFor: 4 * time.Hour, RemindBefore: []time.Duration{2 * time.Hour, time.Hour},
	StepDeadline: map[message.Kind]time.Duration{message.Song: 2 * time.Hour}}

var testStart = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// newOrder is newRun before it is accepted.
func newOrder() Run {
	r := newRun()
	r.Steps[0] = Step{No: 1, Kind: message.Lyric, Policy: Free, State: Blocked}
	return r
}

// newRun is a run of: free → paid → {once, once}, with its first step ready.
func newRun() Run {
	r := Run{ID: 1, Tenant: 1, State: Running, Deadline: testStart.Add(6 * time.Hour), Steps: []Step{
		{No: 1, Kind: message.Lyric, Policy: Free, State: Ready, DueAt: testStart, WokenAt: testStart, Deadline: testStart.Add(6 * time.Hour)},
		{No: 2, After: 1, Kind: message.Song, Policy: Paid, State: Blocked},
		{No: 3, After: 2, Kind: message.Publish, Policy: Once, State: Blocked},
		{No: 4, After: 2, Kind: message.Publish, Policy: Once, State: Blocked},
	}}
	return r
}

func TestALostWakeUpIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	run := newRun()
	at := testStart.Add(testRules.SweepGrace + time.Second)
	after, fx, err := Decide(run, Event{Name: EvOverdue, Step: 1, At: at}, testRules)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Effect{{Name: FxWake, Step: 1, At: at}}, fx); diff != "" {
		t.Fatalf("effects (-want +got):\n%s", diff)
	}
	if _, _, err := Decide(after, Event{Name: EvOverdue, Step: 1, At: at.Add(time.Second)}, testRules); !isNothing(err) {
		t.Fatalf("swept again a second later: %v", err)
	}
}

func TestALateAnswerSettlesAnUnknownStep(t *testing.T) {
	t.Parallel()
	run := newRun()
	run.Steps[0].State = Succeeded
	run.Steps[1] = Step{No: 2, After: 1, Kind: message.Song, Policy: Paid, State: Unknown, Attempt: 1, Fence: 2, DueAt: testStart,
		SettleBy: testStart.Add(time.Minute), Deadline: testStart.Add(time.Hour), Call: CallUnknown}
	after, fx, err := Decide(run, Event{Name: EvAccepted, Step: 2, Fence: 1, Attempt: 1, ExternalID: "t1", At: testStart}, testRules)
	if err != nil {
		t.Fatal(err)
	}
	if s := after.Step(2); s.State != Waiting || s.Call != CallAccepted {
		t.Errorf("the step is %s, its call %s", s.State, s.Call)
	}
	if fx[0].Name != FxCall || fx[0].ExternalID != "t1" {
		t.Errorf("the id was not kept: %+v", fx)
	}
}

// Cancelling takes nothing back: a publication that was never found may be live, and
// its owner must hear that, not that it was cancelled.
func TestAnUnknownPublicationThatIsCancelledIsNotCalledCancelled(t *testing.T) {
	t.Parallel()
	run := newRun()
	for i := range run.Steps {
		run.Steps[i].State = Succeeded
	}
	now := testStart
	run.State = Cancelling
	run.Steps[3] = Step{No: 4, After: 2, Kind: message.Publish, Policy: Once, State: Collecting, Attempt: 1, Fence: 3, DueAt: now,
		LeaseUntil: now.Add(time.Minute), SettleBy: now.Add(-time.Second), Deadline: now.Add(time.Hour), Call: CallUnknown}
	after, _, err := Decide(run, Event{Name: EvNotYet, Step: 4, Fence: 3, Attempt: 1, At: now}, testRules)
	if err != nil {
		t.Fatal(err)
	}
	if s := after.Step(4); s.State != Failed || s.FailCode != fault.CodeAbandoned || after.State != RunCancelled {
		t.Errorf("the step is %s (%s), the run %s", s.State, s.FailCode, after.State)
	}
}

// A proof that an upload wants more holds because the next attempt goes on with it;
// after a cancel there is none, and the last bytes may still be on their way.
func TestACancelledPublicationIsLookedForToTheWindowsEnd(t *testing.T) {
	t.Parallel()
	run := newRun()
	for i := range run.Steps {
		run.Steps[i].State = Succeeded
	}
	run.State = Cancelling
	run.Steps[3] = Step{No: 4, After: 2, Kind: message.Publish, Policy: Once, State: Collecting, Attempt: 1, Fence: 3, DueAt: testStart,
		LeaseUntil: testStart.Add(time.Hour), SettleBy: testStart.Add(time.Minute), Deadline: testStart.Add(time.Hour), Call: CallUnknown}
	absent := Event{Name: EvAbsent, Step: 4, Fence: 3, Attempt: 1, At: testStart, Settled: true}
	early, _, err := Decide(run, absent, testRules)
	if err != nil {
		t.Fatal(err)
	}
	if s := early.Step(4); s.State != Unknown || early.State != Cancelling {
		t.Errorf("within the window the step is %s, the run %s", s.State, early.State)
	}
	absent.At = testStart.Add(time.Minute)
	late, _, err := Decide(run, absent, testRules)
	if err != nil {
		t.Fatal(err)
	}
	if s := late.Step(4); s.State != Cancelled || late.State != RunCancelled {
		t.Errorf("at its end the step is %s, the run %s", s.State, late.State)
	}
}

// The deadline's words are "not charged, please retry": for a post that was taken, or
// may have been, they would have its owner post it again.
func TestADeadlineTellsNobodyToRepeatAPostThatMayBeThere(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		policy Policy
		state  State
		call   CallState
		want   fault.Code
	}{
		{Once, Waiting, CallAccepted, fault.CodeAbandoned},
		{Once, Unknown, CallUnknown, fault.CodeAbandoned},
		{Once, Submitting, CallIntent, fault.CodeAbandoned},
		{Once, Ready, CallPart, fault.CodeDeadline},
		{Once, Ready, NoCall, fault.CodeDeadline},
		{Paid, Waiting, CallAccepted, fault.CodeDeadline},
	} {
		run := newRun()
		for i := range run.Steps {
			run.Steps[i].State = Succeeded
		}
		run.Steps[3] = Step{No: 4, After: 2, Kind: message.Publish, Policy: row.policy, State: row.state, Attempt: 1, Fence: 3, DueAt: testStart,
			SettleBy: testStart.Add(time.Hour), Deadline: testStart, Call: row.call}
		after, _, err := Decide(run, Event{Name: EvDeadline, Step: 4, At: testStart.Add(time.Minute)}, testRules)
		if err != nil {
			t.Fatal(err)
		}
		if s := after.Step(4); s.State != Failed || s.FailCode != row.want || after.FailCode != row.want {
			t.Errorf("%+v: the step is %s (%s)", row, s.State, s.FailCode)
		}
	}
}

func TestAnUnknownPublicationIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	run := newRun()
	for i := range run.Steps {
		run.Steps[i].State = Succeeded
	}
	now := testStart
	run.Steps[3] = Step{No: 4, After: 2, Kind: message.Publish, Policy: Once, State: Collecting, Attempt: 1, Fence: 3, DueAt: now,
		LeaseUntil: now.Add(time.Minute), SettleBy: now.Add(-time.Second), Deadline: now.Add(time.Hour), Call: CallUnknown}
	after, _, err := Decide(run, Event{Name: EvNotYet, Step: 4, Fence: 3, Attempt: 1, At: now}, testRules)
	if err != nil {
		t.Fatal(err)
	}
	if s := after.Step(4); s.State != Failed || s.FailCode != fault.CodeAbandoned {
		t.Fatalf("the step is %s (%s)", s.State, s.FailCode)
	}
	if _, _, err := Decide(after, Event{Name: EvRetry, At: now}, testRules); fault.CodeOf(err) != fault.CodeRetryUnsafe {
		t.Errorf("a retry of a publication that may be live: %v", err)
	}
}
