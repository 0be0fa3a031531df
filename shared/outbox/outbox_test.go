package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/store"

	"github.com/google/go-cmp/cmp"
)

func TestMessagesGoOutInTheOrderOfTheirTimeAHundredAtATime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(quick, b.clock.now().Add(time.Minute), numbers(200, 210)...) // written first, due last
	b.put(quick, b.clock.now(), numbers(0, 200)...)
	var sizes []int
	for n := b.relay(); n > 0; n = b.relay() {
		sizes = append(sizes, n)
	}
	if diff := cmp.Diff([]int{100, 100, 10}, sizes); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(texts(0, 210), b.broker.bodies()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, d := range b.broker.all() {
		if seen[d.ID] || len(d.ID) != 32 {
			t.Errorf("message %s has the id %q", d.Body, d.ID)
		}
		seen[d.ID] = true
	}
}

// Both relays are inside Send at once, so both have claimed: without SKIP
// LOCKED the second would wait for the first, or send the same rows.
func TestTwoRelaysAtOnceSendEachRowOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(quick, b.clock.now(), numbers(0, 150)...)
	inside, release := make(chan struct{}, 2), make(chan struct{})
	b.broker.refuse = func(string) error {
		inside <- struct{}{}
		select {
		case <-release:
			return nil
		case <-time.After(8 * time.Second):
			return errors.New("the other relay never came in")
		}
	}
	other := b.process(b.broker)
	var sent [2]int
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { sent[0], errs[0] = b.outbox.Relay(t.Context()) })
	wg.Go(func() { sent[1], errs[1] = other.Relay(t.Context()) })
	for range 2 {
		select {
		case <-inside:
		case <-time.After(8 * time.Second):
			t.Error("a relay waits for the other's rows")
		}
	}
	close(release)
	wg.Wait()
	slices.Sort(sent[:])
	if err := errors.Join(errs[:]...); err != nil || sent != [2]int{50, 100} {
		t.Errorf("sent %v, %v", sent, err)
	}
	got := b.broker.bodies()
	slices.Sort(got)
	want := texts(0, 150)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if n := b.pending(); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestAQueueThatRefusesKeepsItsRowsAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(slow, b.clock.now(), numbers(1000, 1250)...) // more than two batches, all before the others
	b.put(quick, b.clock.now(), numbers(0, 120)...)
	asked := 0
	down := true
	b.broker.refuse = func(queue string) error {
		if queue == string(slow) && down {
			asked++
			return fault.New(fault.CodeUnavailable)
		}
		return nil
	}
	if n := b.relay(); n != 100 || asked != 1 {
		t.Errorf("the first batch sent %d and asked the broken queue %d times", n, asked)
	}
	if n := b.relay(); n != 20 {
		t.Errorf("the second batch sent %d", n)
	}
	if diff := cmp.Diff(texts(0, 120), b.broker.bodies()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if n := b.pending(); n != 250 {
		t.Errorf("%d rows are kept", n)
	}
	if n := b.count(`SELECT MAX(tries) FROM outbox WHERE queue = ?`, slow); n != 2 {
		t.Errorf("the refused rows count %d tries", n)
	}
	down = false
	for b.relay() > 0 {
	}
	if got := b.broker.bodies()[120:]; !cmp.Equal(texts(1000, 1250), got) {
		t.Errorf("after the queue came back: %s", cmp.Diff(texts(1000, 1250), got))
	}
}

// A message that was handed over but not marked is sent again under its id, so
// that the broker's duplicate detection can drop it.
func TestACrashBetweenSendingAndMarkingSendsAgainWithTheSameID(t *testing.T) {
	t.Parallel()
	for name, crash := range map[string]func(b *bench, ctx context.Context) error{
		"the process panics": func(b *bench, ctx context.Context) (err error) {
			defer func() { err = fmt.Errorf("%v", recover()) }()
			b.broker.after = func(string) error { panic("killed") }
			_, err = b.outbox.Relay(ctx)
			return err
		},
		"the invocation is over": func(b *bench, ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			b.broker.after = func(string) error { cancel(); return nil }
			_, err := b.outbox.Relay(ctx)
			return err
		},
		"the broker's answer is lost": func(b *bench, ctx context.Context) error {
			b.broker.after = func(string) error { return fault.New(fault.CodeUnknown) }
			n, err := b.outbox.Relay(ctx)
			return errors.Join(err, fmt.Errorf("%d sent", n))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.put(quick, b.clock.now(), 1, 2)
			if err := crash(b, t.Context()); err == nil {
				t.Error("the crash went unnoticed")
			}
			if n := b.pending(); n != 2 {
				t.Errorf("%d rows wait after the crash", n)
			}
			b.broker.after = nil
			if n := b.relay(); n != 2 {
				t.Errorf("%d sent after the crash", n)
			}
			got := b.broker.all()
			if len(got) != 4 || got[0].ID != got[2].ID || got[1].ID != got[3].ID || got[0].Body != got[2].Body {
				t.Errorf("sent %+v", got)
			}
			if n := b.relay(); n != 0 {
				t.Errorf("%d sent a third time", n)
			}
		})
	}
}

func TestAMessageIsHandedOverAnHourBeforeItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	soon, later := b.clock.now().Add(time.Hour), b.clock.now().Add(time.Hour+time.Second)
	b.put(quick, later, 2)
	b.put(quick, soon, 1)
	b.put(quick, b.clock.now().Add(-time.Hour), 0) // late already: due now
	if n := b.relay(); n != 2 {
		t.Errorf("%d handed over now", n)
	}
	b.clock.pass(time.Second)
	b.relay()
	var at []time.Time
	for _, d := range b.broker.all() {
		at = append(at, d.NotBefore)
	}
	if diff := cmp.Diff([]time.Time{b.clock.now().Add(-time.Second), soon, later}, at); diff != "" {
		t.Errorf("delivery times (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(texts(0, 3), b.broker.bodies()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestOnlyACommitWakesTheRelay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	changed := errors.New("changed my mind")
	err := b.db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := b.write(ctx, tx, quick, b.clock.now(), 1); err != nil {
			return err
		}
		return changed
	})
	if !errors.Is(err, changed) || b.outbox.Woken() {
		t.Errorf("rolled back with %v, and the relay was woken", err)
	}
	err = b.db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := b.write(ctx, tx, quick, b.clock.now(), 2, 3); err != nil {
			return err
		}
		if b.outbox.Woken() {
			t.Error("woken before the commit: the relay would find nothing")
		}
		return nil
	})
	if err != nil || !b.outbox.Woken() || b.outbox.Woken() {
		t.Errorf("committed with %v, and the relay was not woken once", err)
	}
	b.relay()
	if diff := cmp.Diff(texts(2, 4), b.broker.bodies()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestRunSendsRightAfterACommitAndAllOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.outbox.Run(ctx) }()
	b.put(quick, b.clock.now(), numbers(0, 230)...)
	for deadline := time.Now().Add(20 * time.Second); len(b.broker.all()) < 230; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 230 sent", len(b.broker.all()))
		}
	}
	cancel()
	<-done
	if diff := cmp.Diff(texts(0, 230), b.broker.bodies()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestPurgeDeletesOnlyWhatWasSentLongAgo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(quick, b.clock.now(), 1, 2)
	b.put(slow, b.clock.now(), 3)
	b.broker.refuse = func(queue string) error {
		if queue == string(slow) {
			return fault.New(fault.CodeUnavailable)
		}
		return nil
	}
	b.relay()
	b.clock.pass(time.Hour)
	b.put(quick, b.clock.now(), 4)
	b.relay()
	if n, err := b.outbox.Purge(t.Context(), b.clock.now()); err != nil || n != 2 {
		t.Errorf("purged %d, %v", n, err)
	}
	if n := b.count(`SELECT COUNT(*) FROM outbox WHERE body IN ('3', '4')`); n != 2 {
		t.Errorf("%d of the waiting and the fresh message are left", n)
	}
}
