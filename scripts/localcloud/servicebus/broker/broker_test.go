package broker_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

func TestALockRunsOutAtItsTimeAndCounts(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{LockDuration: time.Minute})
	b.send("a")
	first := b.one(b.q, "a")
	if !first.LockedUntil.Equal(epoch.Add(time.Minute)) {
		t.Errorf("locked until %s", first.LockedUntil)
	}
	b.clock.Advance(time.Minute - time.Nanosecond)
	if ds := b.receive(b.q, 1); len(ds) != 0 {
		t.Fatalf("%v was handed out twice", names(ds))
	}
	b.clock.Advance(time.Nanosecond)
	again := b.one(b.q, "a")
	if again.Failures != 1 || again.Seq != first.Seq || again.Token == first.Token {
		t.Errorf("second delivery %+v", again)
	}
	if _, err := b.q.Settle(first.Token, broker.Outcome{}); !errors.Is(err, broker.ErrLockLost) {
		t.Errorf("the old token: %v", err)
	}
	if _, err := b.q.Renew(first.Token); !errors.Is(err, broker.ErrLockLost) {
		t.Errorf("renewing the old token: %v", err)
	}
	b.settle(b.q, again, broker.Complete)
	if _, err := b.q.Settle(again.Token, broker.Outcome{}); !errors.Is(err, broker.ErrLockLost) {
		t.Errorf("settling twice: %v", err)
	}
	b.want(broker.Counts{})
}

func TestRenewStartsTheLockAnew(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{LockDuration: time.Minute})
	b.send("a")
	d := b.one(b.q, "a")
	b.clock.Advance(50 * time.Second)
	until, err := b.q.Renew(d.Token)
	if err != nil || !until.Equal(epoch.Add(110*time.Second)) {
		t.Fatalf("renewed until %s, %v", until, err)
	}
	b.clock.Advance(50 * time.Second)
	b.settle(b.q, d, broker.Complete)
}

func TestOnlyFailuresCount(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{MaxDeliveryCount: 3, LockDuration: time.Minute})
	b.send("a")
	for range 10 {
		b.settle(b.q, b.one(b.q, "a"), broker.Release)
	}
	if d := b.one(b.q, "a"); d.Failures != 0 {
		t.Errorf("%d failures after releases", d.Failures)
	}
	b.clock.Advance(time.Minute) // one failure
	b.settle(b.q, b.one(b.q, "a"), broker.Abandon)
	d := b.one(b.q, "a")
	if d.Failures != 2 {
		t.Errorf("%d failures after an expiry and an abandon", d.Failures)
	}
	b.settle(b.q, d, broker.Abandon)
	b.want(broker.Counts{Dead: 1})
	dead := b.one(b.q.DeadLetter(), "a")
	reason, _ := dead.Message.Properties().Lookup("DeadLetterReason").Text()
	if reason != "MaxDeliveryCountExceeded" || dead.Source != "q" || dead.Seq != d.Seq {
		t.Errorf("dead letter: %q from %q, number %d", reason, dead.Source, dead.Seq)
	}
	for range 5 {
		b.settle(b.q.DeadLetter(), dead, broker.Abandon)
		dead = b.one(b.q.DeadLetter(), "a")
	}
	if dead.Failures != 3 {
		t.Errorf("a dead letter's count grew to %d", dead.Failures)
	}
	if _, err := b.q.DeadLetter().Settle(dead.Token, broker.Outcome{Verdict: broker.DeadLetter}); !errors.Is(err, broker.ErrNotAllowed) {
		t.Errorf("dead-lettering a dead letter: %v", err)
	}
	b.settle(b.q.DeadLetter(), dead, broker.Complete)
	b.want(broker.Counts{})
}

func TestAbandonedMessagesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{})
	for _, id := range []string{"a", "b", "c"} {
		b.send(id)
	}
	ds := b.receive(b.q, 2)
	b.settle(b.q, ds[1], broker.Abandon)
	b.settle(b.q, ds[0], broker.Release)
	if diff := cmp.Diff([]string{"a", "b", "c"}, names(b.receive(b.q, 5))); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestScheduledMessagesBecomeActiveUnderANewNumber(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{})
	_, seqs, err := b.q.Schedule([]*wire.Message{message(t, "a", at(epoch.Add(time.Hour)), ttl(time.Minute)), message(t, "b", at(epoch.Add(time.Hour)))})
	if err != nil || len(seqs) != 2 {
		t.Fatal(seqs, err)
	}
	b.send("c", at(epoch.Add(2*time.Hour)))
	b.send("now", at(epoch.Add(-time.Hour)))
	b.want(broker.Counts{Active: 1, Scheduled: 3})
	if _, err := b.q.Cancel([]int64{seqs[1], 999}); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("cancelling an unknown number: %v", err)
	}
	if _, err := b.q.Cancel(seqs[1:]); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Hour - time.Millisecond)
	if got := names(b.receive(b.q, 5)); !cmp.Equal(got, []string{"now"}) {
		t.Errorf("before it is due: %v", got)
	}
	b.clock.Advance(time.Millisecond)
	d := b.one(b.q, "a")
	if d.Seq == seqs[0] || !d.Enqueued.Equal(epoch.Add(time.Hour)) {
		t.Errorf("number %d (was %d), enqueued %s", d.Seq, seqs[0], d.Enqueued)
	}
	if _, err := b.q.Cancel(seqs[:1]); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("cancelling an active message: %v", err)
	}
	b.b.SkewSchedules(time.Minute)
	b.send("late", at(b.clock.Now().Add(time.Second)))
	b.clock.Advance(time.Second)
	if ds := b.receive(b.q, 5); len(ds) != 0 {
		t.Errorf("%v came in time in spite of the skew", names(ds))
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	for name, toDead := range map[string]bool{"drops": false, "dead-letters": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, broker.QueueConfig{DefaultTTL: time.Hour, DeadLetterOnExpiration: toDead, LockDuration: 2 * time.Minute})
			b.send("short", ttl(time.Minute))
			b.send("default")
			b.send("capped", ttl(24*time.Hour))
			b.send("locked", ttl(3*time.Minute))
			b.clock.Advance(2 * time.Minute)
			ds := b.receive(b.q, 5)
			if diff := cmp.Diff([]string{"default", "capped", "locked"}, names(ds)); diff != "" {
				t.Errorf("after two minutes (-want +got):\n%s", diff)
			}
			b.clock.Advance(90 * time.Second) // "locked" is past its time, but locked
			b.settle(b.q, ds[0], broker.Release)
			b.settle(b.q, ds[1], broker.Release)
			b.settle(b.q, ds[2], broker.Release)
			if diff := cmp.Diff([]string{"default", "capped"}, names(b.receive(b.q, 5))); diff != "" {
				t.Errorf("after its lock (-want +got):\n%s", diff)
			}
			b.clock.Advance(time.Hour)
			want := broker.Counts{}
			if toDead {
				want.Dead = 4
			}
			b.want(want)
			if n := b.q.Tally()[broker.Expired]; n != 4 {
				t.Errorf("%d expired", n)
			}
		})
	}
}

func TestDuplicatesAreDroppedForTheWindow(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{DuplicateWindow: time.Minute})
	b.send("a")
	b.settle(b.q, b.one(b.q, "a"), broker.Complete)
	b.clock.Advance(time.Minute - 1)
	b.send("a")
	b.want(broker.Counts{})
	b.clock.Advance(1)
	b.send("a")
	b.want(broker.Counts{Active: 1})
	b.send("b", at(epoch.Add(time.Hour))) // scheduled ones count too
	b.send("b")
	b.want(broker.Counts{Active: 1, Scheduled: 1})
}

func TestDeferredMessagesAreReceivedByNumberOnly(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{LockDuration: time.Minute, MaxDeliveryCount: 2})
	b.send("a")
	d := b.one(b.q, "a")
	b.settle(b.q, d, broker.Defer)
	if ds := b.receive(b.q, 1); len(ds) != 0 {
		t.Fatalf("%v was received", names(ds))
	}
	for _, numbers := range [][]int64{{d.Seq + 1}, {d.Seq, d.Seq}, {0}} {
		if _, _, err := b.q.ReceiveDeferred(numbers, true); !errors.Is(err, broker.ErrNotFound) {
			t.Errorf("%v: %v", numbers, err)
		}
	}
	take := func() broker.Delivery {
		t.Helper()
		ds, _, err := b.q.ReceiveDeferred([]int64{d.Seq}, true)
		if err != nil || len(ds) != 1 || ds[0].State != broker.Deferred {
			t.Fatalf("received %+v, %v", ds, err)
		}
		return ds[0]
	}
	take()
	if _, _, err := b.q.ReceiveDeferred([]int64{d.Seq}, true); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("a locked one: %v", err)
	}
	b.clock.Advance(time.Minute) // one failure; it stays deferred
	b.settle(b.q, take(), broker.Abandon)
	b.want(broker.Counts{Dead: 1})
	b.one(b.q.DeadLetter(), "a")
}

func TestPeekSeesEveryStateInOrder(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{})
	for i := range 100 {
		b.send(fmt.Sprint(i))
	}
	for _, d := range b.receive(b.q, 90) {
		b.settle(b.q, d, broker.Complete)
	}
	locked := b.one(b.q, "90")
	b.settle(b.q, b.one(b.q, "91"), broker.Defer)
	b.send("later", at(epoch.Add(time.Hour)))
	var got []string
	for from := int64(0); ; {
		ds := b.q.Peek(from, 3)
		if len(ds) == 0 {
			break
		}
		for _, d := range ds {
			got = append(got, fmt.Sprintf("%s/%d", d.Message.ID, d.State))
			if d.Token != (wire.UUID{}) {
				t.Errorf("peek shows the lock token of %s", d.Message.ID)
			}
			from = d.Seq + 1
		}
	}
	if s := strings.Join(got, " "); s != "90/0 91/1 92/0 93/0 94/0 95/0 96/0 97/0 98/0 99/0 later/2" {
		t.Errorf("peeked %s", s)
	}
	b.settle(b.q, locked, broker.Complete)
}

func TestPurgeDropsEverything(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{MaxDeliveryCount: 1})
	for _, id := range []string{"dead", "locked", "ready"} {
		b.send(id)
	}
	b.send("later", at(epoch.Add(time.Hour)))
	b.settle(b.q, b.one(b.q, "dead"), broker.Abandon)
	d := b.one(b.q, "locked")
	n, _, err := b.q.Purge(false)
	if n != 3 || err != nil {
		t.Fatalf("purged %d, %v", n, err)
	}
	b.want(broker.Counts{Dead: 1})
	if _, err := b.q.Settle(d.Token, broker.Outcome{}); !errors.Is(err, broker.ErrLockLost) {
		t.Errorf("a purged message's token: %v", err)
	}
	if n, _, _ := b.q.Purge(true); n != 1 {
		t.Errorf("purged %d dead letters", n)
	}
	b.clock.Advance(2 * time.Hour)
	b.send("new")
	b.want(broker.Counts{Active: 1})
}

func TestWaitingReceiversAreWokenByTheClock(t *testing.T) {
	t.Parallel()
	b := setUp(t, broker.QueueConfig{LockDuration: time.Minute})
	woken := make(chan struct{}, 10)
	b.send("a", at(epoch.Add(time.Hour)))
	defer b.q.Listen(func() { woken <- struct{}{} })()
	for range 3 { // activation, then two lock expiries, with nobody calling the queue
		b.clock.Advance(time.Hour)
		select {
		case <-woken:
		case <-t.Context().Done():
			t.Fatal("nobody was woken")
		}
		b.one(b.q, "a")
	}
}

func TestQueuesAreConfiguredOnce(t *testing.T) {
	t.Parallel()
	for name, qs := range map[string][]broker.QueueConfig{
		"no name":     {{}},
		"a sub-queue": {{Name: "a/$DeadLetterQueue"}},
		"twice":       {{Name: "a"}, {Name: "A"}},
		"negative":    {{Name: "a", LockDuration: -1}},
	} {
		if _, err := broker.Open(broker.Options{Queues: qs}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// A settled message must not stay referenced by its timer: locks last minutes.
func TestCompletedMessagesAreFreed(t *testing.T) {
	b := setUp(t, broker.QueueConfig{LockDuration: 5 * time.Minute, DefaultTTL: time.Hour})
	freed := make(chan struct{})
	m := message(t, "a")
	runtime.AddCleanup(m, func(int) { close(freed) }, 0)
	if _, err := b.q.Send([]*wire.Message{m}); err != nil {
		t.Fatal(err)
	}
	m = nil
	b.settle(b.q, b.one(b.q, "a"), broker.Complete)
	for range 100 {
		runtime.GC()
		select {
		case <-freed:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("a completed message is still in memory")
}
