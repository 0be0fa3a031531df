package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

const (
	quick = message.QueueLyricWrite
	slow  = message.QueueSongGenerate
)

// bench is an outbox on a real database, a broker that remembers, and a clock
// that the test moves.
type bench struct {
	t      testing.TB
	db     *store.Primary
	outbox *outbox.Outbox
	broker *broker
	clock  *clock
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, db: storetest.Open(t).Primary(), broker: &broker{}, clock: &clock{at: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}}
	b.broker.clock = b.clock
	b.outbox = b.process(b.broker)
	return b
}

// process is another process's outbox on the same table.
func (b *bench) process(s outbox.Sender) *outbox.Outbox {
	return outbox.New(outbox.Config{DB: b.db, Sender: s, Seal: seal, Unseal: unseal, Now: b.clock.now})
}

// seal is a signature that can be read.
func seal(queue, messageID string, body []byte, notBefore time.Time) ([]byte, error) {
	return fmt.Appendf(nil, "signed %s %s %d %s", queue, messageID, notBefore.Unix(), body), nil
}

func unseal(queue string, raw []byte) ([]byte, error) {
	parts := bytes.SplitN(raw, []byte(" "), 5)
	if len(parts) != 5 || string(parts[0]) != "signed" || string(parts[1]) != queue {
		return nil, errors.New("not signed for this queue")
	}
	return parts[4], nil
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// delivery is a message that the broker has taken.
type delivery struct {
	Queue, ID, Body string
	NotBefore       time.Time
	// Sealed is the whole message, At when it was handed over.
	Sealed []byte
	At     time.Time
}

// broker takes messages and remembers them in the order of their coming.
type broker struct {
	clock *clock
	// refuse and after decide before and after a batch is taken; nil = yes.
	refuse func(queue string) error
	after  func(queue string) error

	mu    sync.Mutex
	taken []delivery
}

// Send implements outbox.Sender.
func (k *broker) Send(_ context.Context, queue string, msgs []outbox.Outgoing) error {
	if k.refuse != nil {
		if err := k.refuse(queue); err != nil {
			return err
		}
	}
	k.mu.Lock()
	for _, m := range msgs {
		body, err := unseal(queue, m.Body)
		if err != nil {
			k.mu.Unlock()
			return err
		}
		k.taken = append(k.taken, delivery{queue, m.ID, string(body), m.NotBefore, m.Body, k.clock.now()})
	}
	k.mu.Unlock()
	if k.after != nil {
		return k.after(queue)
	}
	return nil
}

func (k *broker) all() []delivery {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.taken)
}

func (k *broker) bodies() []string {
	var out []string
	for _, d := range k.all() {
		out = append(out, d.Body)
	}
	return out
}

// put commits one message for each body, all in one transaction.
func (b *bench) put(queue message.Queue, notBefore time.Time, bodies ...int) {
	b.t.Helper()
	err := b.db.Tx(b.t.Context(), func(ctx context.Context, tx *store.Tx) error { return b.write(ctx, tx, queue, notBefore, bodies...) })
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) write(ctx context.Context, tx *store.Tx, queue message.Queue, notBefore time.Time, bodies ...int) error {
	for _, n := range bodies {
		if err := b.outbox.Put(ctx, tx, queue, n, notBefore); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) relay() int {
	b.t.Helper()
	n, err := b.outbox.Relay(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bench) count(query string, args ...any) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db, query, args...)
}

func (b *bench) pending() int { return b.count(`SELECT COUNT(*) FROM outbox WHERE state = 0`) }

func numbers(from, to int) []int {
	var out []int
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

func texts(from, to int) []string {
	var out []string
	for _, n := range numbers(from, to) {
		text, _ := json.Marshal(n) // a number always encodes
		out = append(out, string(text))
	}
	return out
}
