package funchost

import (
	"encoding/json"
	"testing"
	"time"

	"castad/scripts/localcloud/funchost/envelope"
)

const timerBinding = `{"bindings":[{"type":"timerTrigger","direction":"in","name":"tick","schedule":"%TICK%","runOnStartup":true}]}`

// tick is what the handler saw of a timer.
func tick(t *testing.T, e entry) (info struct {
	Schedule       struct{ AdjustForDST bool }
	ScheduleStatus *struct{ Last, Next, LastUpdated time.Time }
	IsPastDue      bool
}) {
	t.Helper()
	var body struct{ Data map[string]json.RawMessage }
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body.Data["tick"], &info); err != nil {
		t.Fatalf("%s: %v", e.Body, err)
	}
	return info
}

func TestATimerRunsOnStartupAndThenOnSchedule(t *testing.T) {
	t.Parallel()
	app := site{t: t, functions: map[string]string{"sweep": timerBinding}, env: []string{"tick=* * * * * *"}}.load()
	runHost(t, app, Options{}).up(t)
	eventually(t, "it fired three times", func() bool { return len(journal(t, app, "invoke")) >= 3 })
	calls := journal(t, app, "invoke")
	if info := tick(t, calls[0]); calls[0].Function != "sweep" || !info.Schedule.AdjustForDST || info.ScheduleStatus != nil || info.IsPastDue {
		t.Errorf("the first call was %s", calls[0].Body)
	}
}

func TestAMissedOccurrenceIsMadeUpOnce(t *testing.T) {
	t.Parallel()
	app := site{t: t, functions: map[string]string{"sweep": timerBinding}, env: []string{"TICK=0 0 0 1 1 *"}}.load()
	timers := NewTimerLocks()
	last := time.Now().AddDate(-2, 0, 0).UTC().Truncate(time.Second)
	timers.of("sweep").status = &envelope.TimerStatus{Last: last, Next: last.AddDate(0, 0, 1), LastUpdated: last}
	runHost(t, app, Options{Timers: timers}).up(t)
	eventually(t, "it fired", func() bool { return len(journal(t, app, "invoked")) == 1 })
	info := tick(t, journal(t, app, "invoke")[0])
	if !info.IsPastDue || info.ScheduleStatus == nil || !info.ScheduleStatus.Last.Equal(last) {
		t.Errorf("the call had %+v", info)
	}
}

func TestATimerFiresInOneInstanceOnlyAndMovesWhenItStops(t *testing.T) {
	t.Parallel()
	app := site{t: t, functions: map[string]string{"sweep": timerBinding}, env: []string{"TICK=* * * * * *"}}.load()
	timers := NewTimerLocks()
	first := runHost(t, app, Options{Timers: timers, Instance: "first"}).up(t)
	eventually(t, "the first fired", func() bool { return len(journal(t, app, "invoke")) > 0 })
	runHost(t, app, Options{Timers: timers, Instance: "second"}).up(t)
	eventually(t, "it fired again", func() bool { return len(journal(t, app, "invoke")) > 2 })
	for _, call := range journal(t, app, "invoke") {
		if call.Instance != "first" {
			t.Errorf("instance %s fired while the other holds the lock", call.Instance)
		}
	}
	first.cancel()
	first.ended(t)
	eventually(t, "the second took over", func() bool {
		calls := journal(t, app, "invoke")
		return calls[len(calls)-1].Instance == "second"
	})
}

func TestATimerDoesNotOverlapItself(t *testing.T) {
	t.Parallel()
	// The handler sleeps longer than the schedule's second.
	app := site{t: t, functions: map[string]string{"sweep": timerBinding}, env: []string{"TICK=* * * * * *", "PAUSE=1300ms"}}.load()
	runHost(t, app, Options{}).up(t)
	eventually(t, "it ran twice", func() bool { return len(journal(t, app, "invoked")) >= 2 })
	running := 0
	for _, e := range journal(t, app, "") {
		switch e.Event {
		case "invoke":
			running++
		case "invoked":
			running--
		}
		if running > 1 {
			t.Fatal("two runs of one timer overlapped")
		}
	}
}
