package broker_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"castad/scripts/localcloud/servicebus/broker"
)

// The model: where every message is, in plain maps.
func TestAnyHistoryLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		clock := broker.NewManualClock(epoch)
		br, err := broker.Open(broker.Options{Clock: clock, Ledger: true, Queues: []broker.QueueConfig{
			{Name: "q", LockDuration: time.Minute, MaxDeliveryCount: 3}}})
		if err != nil {
			rt.Fatal(err)
		}
		defer br.Close()
		q, _ := br.Queue("q")
		b := &bench{rt, br, q, clock}
		type held struct {
			q *broker.Queue
			d broker.Delivery
		}
		failures := map[string]int{}
		gone := map[string]bool{}
		deferred := map[string]int64{}
		var locks []held
		n := 0
		drop := func() held {
			i := rapid.IntRange(0, len(locks)-1).Draw(rt, "lock")
			h := locks[i]
			locks = append(locks[:i:i], locks[i+1:]...)
			return h
		}
		rt.Repeat(map[string]func(*rapid.T){
			"send": func(*rapid.T) {
				n++
				b.send(fmt.Sprint(n))
			},
			"receive": func(rt *rapid.T) {
				for _, d := range b.receive(q, rapid.IntRange(1, 3).Draw(rt, "n")) {
					if d.Failures != failures[d.Message.ID] || gone[d.Message.ID] {
						rt.Fatalf("%s: %d failures, want %d; gone: %v", d.Message.ID, d.Failures, failures[d.Message.ID], gone[d.Message.ID])
					}
					locks = append(locks, held{q, d})
				}
			},
			"receive dead": func(*rapid.T) {
				for _, d := range b.receive(q.DeadLetter(), 1) {
					locks = append(locks, held{q.DeadLetter(), d})
				}
			},
			"receive deferred": func(*rapid.T) {
				for id, seq := range deferred {
					ds, _, err := q.ReceiveDeferred([]int64{seq}, true)
					if err != nil {
						rt.Fatalf("deferred %s: %v", id, err)
					}
					delete(deferred, id)
					locks = append(locks, held{q, ds[0]})
					return
				}
			},
			"settle": func(rt *rapid.T) {
				if len(locks) == 0 {
					return
				}
				h := drop()
				id := h.d.Message.ID
				dead := h.q != q
				v := rapid.SampledFrom([]broker.Verdict{broker.Complete, broker.Abandon, broker.Release, broker.Defer, broker.DeadLetter}).Draw(rt, "verdict")
				if dead && (v == broker.DeadLetter || v == broker.Defer) {
					v = broker.Complete
				}
				b.settle(h.q, h.d, v)
				switch {
				case v == broker.Complete:
					gone[id] = true
				case v == broker.Abandon && !dead:
					failures[id]++
				}
				if still := h.d.State == broker.Deferred; !dead && (v == broker.Defer || still && (v == broker.Release || v == broker.Abandon && failures[id] < 3)) {
					deferred[id] = h.d.Seq
				}
			},
			"locks run out": func(*rapid.T) {
				for _, h := range locks {
					if h.q == q {
						failures[h.d.Message.ID]++
						if h.d.State == broker.Deferred && failures[h.d.Message.ID] < 3 {
							deferred[h.d.Message.ID] = h.d.Seq
						}
					}
				}
				locks = nil
				clock.Advance(time.Minute)
			},
			"": func(rt *rapid.T) {
				c := q.Counts()
				if total := c.Active + c.Deferred + c.Dead + len(gone); total != n {
					rt.Fatalf("%d messages were sent, %d are somewhere: %+v and %d completed", n, total, c, len(gone))
				}
			},
		})
	})
}
