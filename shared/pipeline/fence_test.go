package pipeline

import (
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
)

// The claim that was taken over may still report; whatever it says is not written.
func TestWhatALostClaimReportsIsNotWritten(t *testing.T) {
	t.Parallel()
	const lost, holds = 4, 5
	for state, names := range map[State][]EventName{
		Submitting: {EvRefused, EvAmbiguous, EvDone, EvBroken},
		Collecting: {EvNotYet, EvAbsent, EvDone, EvBroken},
	} {
		for _, name := range names {
			run := newRun()
			run.Steps[0].State = Succeeded
			run.Steps[1] = Step{No: 2, After: 1, Kind: message.Song, Policy: Paid, State: state, Attempt: 1, Fence: holds, DueAt: testStart,
				LeaseUntil: testStart.Add(time.Minute), Deadline: testStart.Add(time.Hour), Call: CallAccepted}
			e := Event{Name: name, Step: 2, Fence: lost, Attempt: 1, Kind: fault.Unavailable, Code: fault.CodeVendorFailed, At: testStart}
			if after, _, err := Decide(run, e, testRules); !isNothing(err) {
				t.Errorf("%s by claim %d of a step that claim %d holds made it %s: %v", name, lost, holds, after.Steps[1].State, err)
			}
			e.Fence = holds
			if _, _, err := Decide(run, e, testRules); err != nil {
				t.Errorf("%s by the claim that holds the step: %v", name, err)
			}
		}
	}
}
