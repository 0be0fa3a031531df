package pipeline_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"

	"github.com/google/go-cmp/cmp"
)

// atOnce orders fifty times at once and returns how many were accepted; the
// others must have been refused with the code.
func (w *world) atOnce(code fault.Code, o wish) int {
	w.t.Helper()
	var accepted atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			switch _, err := w.order(7, o); {
			case err == nil:
				accepted.Add(1)
			case fault.CodeOf(err) != code || fault.KindOf(err) != fault.TooMany:
				w.t.Errorf("refused with %v", err)
			}
		})
	}
	all.Wait()
	return int(accepted.Load())
}

func TestFiftyOrdersAtOnceStayWithinEveryCap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cap  func(*pipeline.Rules)
		code fault.Code
		wish wish
	}{
		"won in a day":     {func(r *pipeline.Rules) { r.DailyCapWon = 4*110 + 109 }, fault.CodeDailySpend, wish{}},
		"starts in a day":  {func(r *pipeline.Rules) { r.DailyStarts = 4 }, fault.CodeDailyStarts, wish{}},
		"running at once":  {func(r *pipeline.Rules) { r.Running = 4 }, fault.CodeRunning, wish{}},
		"free ones, too":   {func(r *pipeline.Rules) { r.Running = 4 }, fault.CodeRunning, wish{PostsOnly: true}},
		"reuse of nothing": {func(r *pipeline.Rules) { r.DailyCapWon = 4 * 110 }, fault.CodeDailySpend, wish{Reuse: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.cap)
			if got := w.atOnce(c.code, c.wish); got != 4 {
				t.Errorf("%d of 50 were accepted, want 4", got)
			}
			if got := w.text(`SELECT COUNT(*) FROM pipeline_runs`); got != "4" {
				t.Errorf("%s runs are there", got)
			}
			if _, err := w.order(8, c.wish); err != nil {
				t.Errorf("another tenant is refused: %v", err)
			}
		})
	}
}

func TestACapOfTheDayIsThereAgainAtMidnightInSeoul(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(r *pipeline.Rules) { r.DailyCapWon = 110 }) // it is 18:00 in Seoul
	w.must(wish{})
	_, err := w.order(7, wish{})
	if fault.CodeOf(err) != fault.CodeDailySpend || fault.RetryAfterOf(err) != 6*time.Hour {
		t.Fatalf("refused with %v, for %v", err, fault.RetryAfterOf(err))
	}
	w.pass(6*time.Hour - time.Microsecond)
	if _, err := w.order(7, wish{}); fault.CodeOf(err) != fault.CodeDailySpend {
		t.Errorf("a microsecond before midnight: %v", err)
	}
	w.pass(time.Microsecond)
	w.must(wish{})
}

// What is given back counts for the day that it was reserved on.
func TestWhatIsGivenBackMayBeSpentAgainOnItsOwnDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(r *pipeline.Rules) { r.DailyCapWon = 110 })
	cancel := func(run id.Run) {
		t.Helper()
		if err := w.engine.Cancel(t.Context(), 7, run); err != nil {
			t.Fatal(err)
		}
	}
	cancel(w.must(wish{}))
	yesterdays := w.must(wish{})
	w.pass(12 * time.Hour)
	cancel(yesterdays)
	today := w.must(wish{})
	if _, err := w.order(7, wish{}); fault.CodeOf(err) != fault.CodeDailySpend {
		t.Errorf("yesterday's release was given to today: %v", err)
	}
	if got := w.text(`SELECT GROUP_CONCAT(reserved_won ORDER BY day) FROM spend_days`); got != "0,110" {
		t.Errorf("the days have %s", got)
	}
	cancel(today)
	w.invariants(today)
}

func TestARunThatReusesEverythingIsFreeWhateverWasSpent(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t, func(r *pipeline.Rules) { r.DailyCapWon, r.DailyStarts, r.Running = 110, 1, 1 }), happy()
	w.finish(w.must(wish{Reuse: true, NoPosts: true}), v)
	again := w.must(wish{Reuse: true, NoPosts: true})
	if got := w.state(again); got != "succeeded" {
		t.Errorf("%s%s", got, w.dump(again))
	}
	if _, err := w.order(7, wish{Reuse: true, NoPosts: true, About: "something else"}); fault.CodeOf(err) != fault.CodeDailySpend {
		t.Errorf("one that costs something: %v", err)
	}
	got, err := w.engine.Spending(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Spending{Day: "2026-11-21", Until: time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC), ReservedWon: 110, CapturedWon: 110, Starts: 1,
		CapWon: 110, CapStarts: 1, CapRunning: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spending (-want +got):\n%s", diff)
	}
	w.invariants(again)
}

func TestWhatWaitsIsNotRunning(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t, func(r *pipeline.Rules) { r.Running = 1 }), happy()
	awaiting(w, v)
	w.must(wish{PostsOnly: true, NotBefore: w.now().Add(time.Hour)})
	w.must(wish{PostsOnly: true, NotBefore: w.now().Add(time.Hour)})
	w.must(wish{})
	if _, err := w.order(7, wish{}); fault.CodeOf(err) != fault.CodeRunning {
		t.Errorf("a second one at once: %v", err)
	}
	if got, err := w.engine.Spending(t.Context(), 7); err != nil || got.Running != 1 {
		t.Errorf("%d running, %v", got.Running, err)
	}
}

func TestARetryIsCappedLikeAStart(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t, func(r *pipeline.Rules) { r.DailyStarts = 2 }), happy()
	v.song = func(message.Call) (string, error) { return "", fault.New(fault.CodeVendorRefused) }
	run := w.must(wish{})
	for i, want := range []fault.Code{"", fault.CodeDailyStarts} {
		if got := w.finish(run, v); got != "failed" {
			t.Fatalf("%s%s", got, w.dump(run))
		}
		before := w.dump(run)
		err := w.engine.Retry(t.Context(), 7, run, "")
		if want == "" && err != nil || want != "" && fault.CodeOf(err) != want {
			t.Errorf("retry %d: %v", i+1, err)
		}
		if after := w.dump(run); want != "" && before != after {
			t.Errorf("a refused retry left%s", after)
		}
	}
	w.invariants(run)
}

func TestEveryWonIsSomewhere(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(c message.Call) (string, error) {
		if c.Attempt == 1 {
			return "", fault.New(fault.CodeVendorUnknown)
		}
		return "task-2", nil
	}
	v.ask = func(c message.Call) (string, error) {
		if c.Unsure {
			return "", message.NotYet{}
		}
		return "tune", nil
	}
	run := w.must(wish{})
	is := func(when string, want map[pipeline.Account]int64) {
		t.Helper()
		got, err := w.engine.Balances(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		sum := int64(0)
		for _, won := range got {
			sum += won
		}
		if sum != 0 {
			t.Errorf("%s the accounts add up to %d", when, sum)
		}
	}
	is("accepted", map[pipeline.Account]int64{"available": -110, "reserved": 110, "spent": 0, "house": 0, "wasted": 0})
	w.finish(run, v)
	is("ended", map[pipeline.Account]int64{"available": -110, "reserved": 0, "spent": 110, "house": -100, "wasted": 100})
	w.invariants(run)
	cancelled := w.must(wish{})
	if err := w.engine.Cancel(t.Context(), 7, cancelled); err != nil {
		t.Fatal(err)
	}
	is("cancelled", map[pipeline.Account]int64{"available": -110, "reserved": 0, "spent": 110, "house": -100, "wasted": 100})
}

// The ledger cannot be unbalanced, not even by a statement of ours that is wrong.
func TestABookingThatDoesNotBalanceIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, b := range []struct {
		entry, debit, credit string
		won                  int
		taken                bool
	}{
		{"reserve", "available", "reserved", 10, true},
		{"waste", "house", "wasted", 10, true},
		{"capture", "available", "spent", 10, false},
		{"release", "available", "reserved", 10, false},
		{"reserve", "available", "", 10, false},
		{"gift", "house", "available", 10, false},
		{"reserve", "available", "reserved", 0, false},
		{"reserve", "available", "reserved", -10, false},
	} {
		_, err := w.db.Primary().Exec(t.Context(), `INSERT INTO credit_ledger (tenant_id, run_id, step_no, version, entry, debit, credit, amount_won, attempt, at)
			VALUES (7, 1, 1, ?, ?, ?, ?, ?, 1, ?)`, i, b.entry, b.debit, b.credit, b.won, w.now())
		if (err == nil) != b.taken {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

// A song that was given up at its deadline and accepted afterwards is wasted once.
func TestAnAttemptIsBookedAsWasteOnce(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	run := w.must(wish{NoPosts: true})
	entered, release := make(chan struct{}), make(chan struct{})
	v.song = func(message.Call) (string, error) { close(entered); <-release; return "late", nil }
	step := func() error {
		q, ok := w.next()
		if !ok {
			t.Fatalf("no message%s", w.dump(run))
		}
		return w.deliver(t.Context(), v, q)
	}
	if err := step(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- step() }()
	<-entered
	w.pass(3 * time.Hour)
	for range 2 {
		if _, err := w.engine.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
	}
	if got := w.finish(run, happy()); got != "failed" {
		t.Errorf("%s%s", got, w.dump(run))
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := w.text(`SELECT CONCAT(COUNT(*), ' ', MAX(external_id)) FROM credit_ledger l JOIN provider_calls c ON c.run_id = l.run_id AND c.step_no = l.step_no AND c.attempt = l.attempt WHERE l.entry = 'waste'`); got != "1 late" {
		t.Errorf("waste: %s%s", got, w.dump(run))
	}
	w.invariants(run)
}

// A claim whose process hangs is taken over, and its job is found. The answer that comes
// after all names the same job: it is charged once, and nothing of it is waste.
func TestAnAnswerThatComesAfterItsJobWasFoundIsNoWaste(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]func(message.Call) (string, error){
		"found and under way": func(message.Call) (string, error) { return "", message.NotYet{ExternalID: "task"} },
		"found and done":      func(message.Call) (string, error) { return "tune", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), happy()
			run := w.must(wish{NoPosts: true})
			entered, release := make(chan struct{}), make(chan struct{})
			v.song = func(message.Call) (string, error) { close(entered); <-release; return "task", nil }
			step := func(v *vendor) error {
				q, ok := w.next()
				if !ok {
					t.Fatalf("no message%s", w.dump(run))
				}
				return w.deliver(t.Context(), v, q)
			}
			if err := step(v); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- step(v) }()
			<-entered
			w.pass(2 * time.Minute)
			if _, err := w.engine.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Minute)
			found := happy()
			found.ask = asked
			if err := step(found); err != nil {
				t.Fatal(err)
			}
			close(release)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if got := w.finish(run, happy()); got != "succeeded" {
				t.Errorf("%s%s", got, w.dump(run))
			}
			if got := w.text(`SELECT GROUP_CONCAT(CONCAT_WS(' ', attempt, state, external_id) ORDER BY attempt) FROM provider_calls WHERE step_no = 2`); got != "1 done task" {
				t.Errorf("calls of the song: %s%s", got, w.dump(run))
			}
			if got := w.text(`SELECT COUNT(*) FROM credit_ledger WHERE entry = 'waste'`); got != "0" {
				t.Errorf("%s submissions are booked as waste%s", got, w.dump(run))
			}
			w.invariants(run)
		})
	}
}
