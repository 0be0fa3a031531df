package outbox_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/store"

	"pgregory.net/rapid"
)

// Whatever commits, rolls back, refuses and crashes in between: every message
// that was committed is sent in the end under one id, no other ever, and none
// is handed over more than an hour before its time.
func TestEveryCommittedMessageIsSentAndNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	queues := []message.Queue{quick, slow, message.QueueVideoCollect}
	rapid.Check(t, func(r *rapid.T) {
		if _, err := b.db.Exec(t.Context(), `DELETE FROM outbox`); err != nil {
			r.Fatal(err)
		}
		b.broker.taken = nil
		next, committed := 0, map[string]message.Queue{}
		due := map[string]time.Time{}
		write := func(commit bool) {
			queue := rapid.SampledFrom(queues).Draw(r, "queue")
			at := b.clock.now().Add(time.Duration(rapid.IntRange(-10, 240).Draw(r, "minutes")) * time.Minute)
			bodies := numbers(next, next+rapid.IntRange(1, 3).Draw(r, "messages"))
			next += len(bodies)
			err := b.db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := b.write(ctx, tx, queue, at, bodies...); err != nil || commit {
					return err
				}
				return context.Canceled
			})
			if commit != (err == nil) {
				r.Fatal(err)
			}
			for _, n := range bodies {
				if commit {
					committed[strconv.Itoa(n)], due[strconv.Itoa(n)] = queue, at
				}
			}
		}
		relay := func() int {
			defer func() { _ = recover() }() // the crash of a sender
			n, err := b.outbox.Relay(t.Context())
			if err != nil && !errors.Is(err, context.Canceled) {
				r.Fatal(err)
			}
			return n
		}
		r.Repeat(map[string]func(*rapid.T){
			"commit":    func(*rapid.T) { write(true) },
			"roll back": func(*rapid.T) { write(false) },
			"relay":     func(*rapid.T) { relay() },
			"relay while a queue refuses": func(r *rapid.T) {
				bad := string(rapid.SampledFrom(queues).Draw(r, "bad"))
				b.broker.refuse = func(queue string) error {
					if queue == bad {
						return fault.New(fault.CodeUnavailable)
					}
					return nil
				}
				relay()
				b.broker.refuse = nil
			},
			"crash after sending": func(*rapid.T) {
				b.broker.after = func(string) error { panic("killed") }
				relay()
				b.broker.after = nil
			},
			"wait":  func(r *rapid.T) { b.clock.pass(time.Duration(rapid.IntRange(1, 90).Draw(r, "minutes")) * time.Minute) },
			"purge": func(*rapid.T) { _, _ = b.outbox.Purge(t.Context(), b.clock.now().Add(-time.Hour)) },
		})
		b.clock.pass(5 * time.Hour)
		for relay() > 0 {
		}
		ids := map[string]string{}
		for _, d := range b.broker.taken {
			if committed[d.Body] != message.Queue(d.Queue) {
				r.Fatalf("%s was sent to %s, committed for %q", d.Body, d.Queue, committed[d.Body])
			}
			if ids[d.Body] != "" && ids[d.Body] != d.ID {
				r.Fatalf("%s was sent as %s and as %s", d.Body, ids[d.Body], d.ID)
			}
			ids[d.Body] = d.ID
			if early := due[d.Body].Sub(d.At); early > time.Hour {
				r.Fatalf("%s was handed over %v early", d.Body, early)
			}
		}
		if len(ids) != len(committed) {
			r.Fatalf("%d of %d messages were sent", len(ids), len(committed))
		}
	})
}
