package broker_test

import (
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// fataler is what testing.T and rapid.T share.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

type bench struct {
	fataler
	b     *broker.Broker
	q     *broker.Queue
	clock *broker.ManualClock
}

func setUp(t *testing.T, cfg broker.QueueConfig) *bench {
	t.Helper()
	cfg.Name = "q"
	clock := broker.NewManualClock(epoch)
	b, err := broker.Open(broker.Options{Queues: []broker.QueueConfig{cfg}, Clock: clock, Ledger: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	q, _ := b.Queue("Q")
	return &bench{t, b, q, clock}
}

type option func(*amqp.Message)

func ttl(d time.Duration) option {
	return func(m *amqp.Message) { m.Header = &amqp.MessageHeader{TTL: d, Priority: 4} }
}

func at(t time.Time) option {
	return func(m *amqp.Message) { m.Annotations = amqp.Annotations{"x-opt-scheduled-enqueue-time": t} }
}

func message(t fataler, id string, opts ...option) *wire.Message {
	t.Helper()
	m := &amqp.Message{Properties: &amqp.MessageProperties{MessageID: id}, Data: [][]byte{[]byte("body " + id)}}
	for _, o := range opts {
		o(m)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := wire.ParseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b *bench) send(id string, opts ...option) {
	b.Helper()
	if _, err := b.q.Send([]*wire.Message{message(b, id, opts...)}); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) receive(q *broker.Queue, max int) []broker.Delivery {
	b.Helper()
	ds, _, err := q.Receive(max, true)
	if err != nil {
		b.Fatal(err)
	}
	return ds
}

func (b *bench) one(q *broker.Queue, id string) broker.Delivery {
	b.Helper()
	ds := b.receive(q, 1)
	if len(ds) != 1 || ds[0].Message.ID != id {
		b.Fatalf("received %v, want %s", names(ds), id)
	}
	return ds[0]
}

func (b *bench) settle(q *broker.Queue, d broker.Delivery, v broker.Verdict) {
	b.Helper()
	if _, err := q.Settle(d.Token, broker.Outcome{Verdict: v}); err != nil {
		b.Fatal(err)
	}
}

func names(ds []broker.Delivery) []string {
	out := make([]string, 0, len(ds))
	for _, d := range ds {
		out = append(out, d.Message.ID)
	}
	return out
}

func (b *bench) want(counts broker.Counts) {
	b.Helper()
	if diff := cmp.Diff(counts, b.q.Counts()); diff != "" {
		b.Fatalf("counts (-want +got):\n%s", diff)
	}
}
