package broker_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

var journalled = []broker.QueueConfig{
	{Name: "q", LockDuration: time.Minute, MaxDeliveryCount: 3, DuplicateWindow: time.Hour},
	{Name: "other", DefaultTTL: time.Hour, DeadLetterOnExpiration: true},
}

func reopen(t *testing.T, dir string, clock broker.Clock, compactAt int64) (*broker.Broker, *broker.Queue) {
	t.Helper()
	b, err := broker.Open(broker.Options{Queues: journalled, Clock: clock, Dir: dir, CompactAt: compactAt})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	q, _ := b.Queue("q")
	return b, q
}

// dump is everything that must survive, one line per message.
func dump(b *broker.Broker) []string {
	var out []string
	for _, main := range b.Queues() {
		for _, q := range []*broker.Queue{main, main.DeadLetter()} {
			for _, d := range q.Peek(0, 1<<30) {
				out = append(out, fmt.Sprintf("%s %s seq=%d first=%d state=%d failures=%d at=%d from=%q %x", q.Path(), d.Message.ID, d.Seq, d.FirstSeq,
					d.State, d.Failures, d.Enqueued.UnixNano(), d.Source, d.Message.Append(nil, wire.Envelope{})))
			}
		}
	}
	return out
}

// copyDir is kill -9 without the kill: what is on disk at one moment. A copy
// that a compaction ran into is made again.
func copyDir(t *testing.T, dir string) string {
	t.Helper()
	for {
		before, to := listing(t, dir), t.TempDir()
		err := os.CopyFS(to, os.DirFS(dir))
		if after := listing(t, dir); err == nil && before == after {
			return to
		} else if before == after {
			t.Fatal(err)
		}
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(files, " ")
}

// safe is dump when all of it is on disk: looking does what is due, and that
// is a change too.
func safe(t *testing.T, b *broker.Broker, q *broker.Queue) []string {
	t.Helper()
	out := dump(b)
	lsn, err := q.Cancel(nil)
	if err == nil {
		err = b.Sync(lsn)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func newest(t *testing.T, dir, prefix string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s in %s: %v", prefix, dir, err)
	}
	return files[len(files)-1]
}

// history does n random things and waits for each to be on disk.
func history(t *testing.T, b *broker.Broker, q *broker.Queue, clock *broker.ManualClock, r *rand.Rand, n int) {
	t.Helper()
	var held []broker.Delivery
	for i := range n {
		var lsn broker.LSN
		var err error
		switch k := r.IntN(10); {
		case k < 4:
			m := message(t, fmt.Sprint(r.IntN(1000)))
			if k == 3 {
				m = message(t, fmt.Sprint(i), at(clock.Now().Add(time.Duration(r.IntN(100))*time.Second)))
			}
			lsn, err = q.Send([]*wire.Message{m, message(t, fmt.Sprint("x", i))})
		case k < 6:
			var ds []broker.Delivery
			ds, lsn, err = q.Receive(2, true)
			held = append(held, ds...)
		case k < 9 && len(held) > 0:
			d := held[0]
			held = held[1:]
			o := broker.Outcome{Verdict: broker.Verdict(r.IntN(5)), Reason: "r", Description: "d"}
			if r.IntN(2) == 0 {
				o.Properties = wire.Map{{Key: "k", Value: wire.AppendLong(nil, int64(i))}}
			}
			if lsn, err = q.Settle(d.Token, o); errors.Is(err, broker.ErrLockLost) {
				err = nil
			}
		case k == 9 && r.IntN(20) == 0:
			_, lsn, err = q.Purge(r.IntN(2) == 0)
		default:
			clock.Advance(time.Duration(r.IntN(40)) * time.Second)
			other, _ := b.Queue("other")
			lsn, err = other.Send([]*wire.Message{message(t, fmt.Sprint("o", i), ttl(time.Minute))})
		}
		if err == nil {
			err = b.Sync(lsn)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestARestartBringsEverythingBack(t *testing.T) {
	t.Parallel()
	for _, compactAt := range []int64{0, 2000} {
		t.Run(fmt.Sprintf("compacting at %d", compactAt), func(t *testing.T) {
			t.Parallel()
			clock := broker.NewManualClock(epoch)
			dir := t.TempDir()
			r := rand.New(rand.NewPCG(1, uint64(compactAt)))
			b, q := reopen(t, dir, clock, compactAt)
			for range 25 {
				history(t, b, q, clock, r, 20)
				want := safe(t, b, q)
				killed, _ := reopen(t, copyDir(t, dir), clock, compactAt)
				if diff := cmp.Diff(want, dump(killed)); diff != "" {
					t.Fatalf("after a kill (-before +after):\n%s", diff)
				}
				killed.Close()
			}
			want := dump(b)
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			b, q = reopen(t, dir, clock, compactAt)
			if diff := cmp.Diff(want, dump(b)); diff != "" {
				t.Fatalf("after a stop (-before +after):\n%s", diff)
			}
			if _, err := q.Send([]*wire.Message{message(t, "last")}); err != nil {
				t.Fatal(err)
			}
			if compactAt > 0 {
				if name := newest(t, dir, "snapshot-"); strings.HasSuffix(name, "-000000000001") {
					t.Errorf("the journal was compacted once at most: %s", name)
				}
			}
		})
	}
}

func TestRestartForgetsLocksAndKeepsDuplicates(t *testing.T) {
	t.Parallel()
	clock := broker.NewManualClock(epoch)
	dir := t.TempDir()
	b, q := reopen(t, dir, clock, 0)
	lsn, err := q.Send([]*wire.Message{message(t, "a")})
	if err != nil {
		t.Fatal(err)
	}
	ds, _, err := q.Receive(1, true)
	if err != nil {
		t.Fatal(err)
	}
	dup, err := q.Send([]*wire.Message{message(t, "a")})
	if err != nil || dup < lsn {
		t.Fatalf("the duplicate's LSN %d is before the original's %d: it could be answered before the original is safe (%v)", dup, lsn, err)
	}
	b.Close()
	_, q = reopen(t, dir, clock, 0)
	if _, err := q.Settle(ds[0].Token, broker.Outcome{}); !errors.Is(err, broker.ErrLockLost) {
		t.Errorf("a token from before the restart: %v", err)
	}
	if _, err := q.Send([]*wire.Message{message(t, "a")}); err != nil {
		t.Fatal(err)
	}
	if again, _, _ := q.Receive(5, true); len(again) != 1 || again[0].Failures != 0 {
		t.Errorf("received %v", names(again))
	}
}

func TestATornLastGroupIsDropped(t *testing.T) {
	t.Parallel()
	clock := broker.NewManualClock(epoch)
	dir := t.TempDir()
	b, q := reopen(t, dir, clock, 0)
	history(t, b, q, clock, rand.New(rand.NewPCG(7, 7)), 30)
	before := safe(t, b, q)
	whole, err := os.ReadFile(newest(t, dir, "journal-"))
	if err != nil {
		t.Fatal(err)
	}
	lsn, err := q.Send([]*wire.Message{message(t, "torn")})
	if err == nil {
		err = b.Sync(lsn)
	}
	if err != nil {
		t.Fatal(err)
	}
	after := dump(b)
	full, err := os.ReadFile(newest(t, dir, "journal-"))
	if err != nil {
		t.Fatal(err)
	}
	for n := len(whole); n <= len(full); n++ {
		cut := t.TempDir()
		name := filepath.Join(cut, filepath.Base(newest(t, dir, "journal-")))
		if err := os.WriteFile(name, full[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		re, rq := reopen(t, cut, clock, 0)
		want := before
		if n == len(full) {
			want = after
		}
		if diff := cmp.Diff(want, dump(re)); diff != "" {
			t.Fatalf("cut at %d of %d (-want +got):\n%s", n, len(full), diff)
		}
		if n%16 == 0 { // what is written after the cut counts
			lsn, err := rq.Send([]*wire.Message{message(t, "next")})
			if err == nil {
				err = re.Sync(lsn)
			}
			if err != nil {
				t.Fatal(err)
			}
			want := dump(re)
			re.Close()
			again, _ := reopen(t, cut, clock, 0)
			if diff := cmp.Diff(want, dump(again)); diff != "" {
				t.Fatalf("cut at %d, written, reopened (-want +got):\n%s", n, diff)
			}
			again.Close()
		}
		re.Close()
	}
}

func TestDamageIsRefused(t *testing.T) {
	t.Parallel()
	clock := broker.NewManualClock(epoch)
	dir := t.TempDir()
	b, q := reopen(t, dir, clock, 3000)
	r := rand.New(rand.NewPCG(3, 3))
	var taken string
	for groups := 0; groups < 3; { // a snapshot, and a journal with a group to damage before others
		history(t, b, q, clock, r, 10)
		safe(t, b, q)
		taken = copyDir(t, dir)
		groups = 0
		if strings.Contains(listing(t, taken), "snapshot-") {
			data, err := os.ReadFile(newest(t, taken, "journal-"))
			if err != nil {
				t.Fatal(err)
			}
			groups = bytes.Count(data, []byte("CSBJ"))
		}
	}
	for _, prefix := range []string{"journal-", "snapshot-"} {
		copied := copyDir(t, taken)
		name := newest(t, copied, prefix)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[30] ^= 0xff
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := broker.Open(broker.Options{Queues: journalled, Dir: copied}); err == nil || !strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("damage in %s: %v", prefix, err)
		}
	}
}

func TestACompactionThatWasCutShortIsCleanedUp(t *testing.T) {
	t.Parallel()
	clock := broker.NewManualClock(epoch)
	dir := t.TempDir()
	b, q := reopen(t, dir, clock, 2000)
	r := rand.New(rand.NewPCG(5, 5))
	history(t, b, q, clock, r, 60)
	old := copyDir(t, dir)
	history(t, b, q, clock, r, 120)
	want := safe(t, b, q)
	now := copyDir(t, dir)
	for _, stray := range []string{newest(t, old, "journal-"), newest(t, old, "snapshot-")} { // the generation before was not deleted
		data, err := os.ReadFile(stray)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(now, filepath.Base(stray)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(now, "snapshot-000000009999.tmp"), []byte("CSBJ half"), 0o600); err != nil { // the next was begun
		t.Fatal(err)
	}
	re, _ := reopen(t, now, clock, 2000)
	if diff := cmp.Diff(want, dump(re)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if files, _ := filepath.Glob(filepath.Join(now, "*")); len(files) != 3 { // LOCK, journal, snapshot
		t.Errorf("left over: %v", files)
	}
}

func TestAJournalOfOtherQueuesOrAnotherProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, q := reopen(t, dir, broker.System, 0)
	if _, err := q.Send([]*wire.Message{message(t, "a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := broker.Open(broker.Options{Queues: journalled, Dir: dir}); err == nil {
		t.Error("two brokers opened one directory")
	}
	b.Close()
	if _, err := broker.Open(broker.Options{Queues: journalled[1:], Dir: dir}); err == nil || !strings.Contains(err.Error(), "queue q") {
		t.Errorf("messages of a queue that is not configured: %v", err)
	}
}
