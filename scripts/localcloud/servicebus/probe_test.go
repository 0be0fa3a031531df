package servicebus_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"castad/scripts/localcloud/servicebus"
)

// The contract probe: what the product may rely on, written only against
// azservicebus. With SERVICEBUS_CONNECTION_STRING set it runs against that
// namespace instead, which must have the queues of testdata/probe.json and is
// emptied. Sessions and topics are not part of it: the emulator has none.
func TestProbe(t *testing.T) {
	t.Parallel()
	conn := os.Getenv("SERVICEBUS_CONNECTION_STRING")
	if conn == "" {
		e, err := servicebus.Start(t.Context(), servicebus.Options{Config: "testdata/probe.json"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		conn = e.ConnectionString()
	}
	groups := []struct {
		queue string
		steps []step
	}{
		{"probe-plain", []step{
			{"a message is received as it was sent, with the broker's annotations", (*probe).receive},
			{"a completed message is gone", (*probe).complete},
			{"an abandoned message comes back counted and with modified properties", (*probe).abandon},
			{"a batch arrives in order", (*probe).batch},
			{"peek shows without locking", (*probe).peek},
			{"a deferred message is found by its number only", (*probe).deferral},
			{"receive-and-delete removes at once", (*probe).receiveAndDelete},
			{"a lock token settles through $management", (*probe).settleByToken},
			{"a message above the limit is refused and a large one survives many frames", (*probe).sizes},
		}},
		{"probe-lock", []step{
			{"a renewed lock outlives its first term, an expired one redelivers and loses its token", (*probe).locks},
		}},
		{"probe-dead", []step{
			{"a message is dead-lettered with its reason", (*probe).deadLetter},
			{"the delivery count that reaches the maximum dead-letters", (*probe).maxDelivery},
		}},
		{"probe-schedule", []step{
			{"scheduled messages come when due, cancelled ones never", (*probe).schedule},
		}},
		{"probe-ttl", []step{{"an expired message is dead-lettered", (*probe).expire}}},
		{"probe-twice", []step{{"a repeated message id is swallowed", (*probe).duplicate}}},
	}
	for _, g := range groups {
		t.Run(g.queue, func(t *testing.T) {
			t.Parallel()
			p := newProbe(t, conn, g.queue)
			for _, s := range g.steps {
				t.Run(s.name, func(t *testing.T) {
					p.T = t
					s.run(p)
				})
				p.T = t
			}
		})
	}
	t.Run("a queue that does not exist is CodeNotFound", func(t *testing.T) {
		t.Parallel()
		p := newProbe(t, conn, "")
		wantCode(t, p.open("probe-absent").SendMessage(t.Context(), &azservicebus.Message{Body: []byte("x")}, nil), azservicebus.CodeNotFound)
	})
	t.Run("a wrong key is CodeUnauthorizedAccess", func(t *testing.T) {
		t.Parallel()
		i := strings.Index(conn, "SharedAccessKey=") + len("SharedAccessKey=")
		p := newProbe(t, conn[:i]+"bm90IHRoZSBrZXk="+conn[min(len(conn), i+strings.IndexByte(conn[i:]+";", ';')):], "")
		wantCode(t, p.open("probe-plain").SendMessage(t.Context(), &azservicebus.Message{Body: []byte("x")}, nil), azservicebus.CodeUnauthorizedAccess)
	})
}

type step struct {
	name string
	run  func(*probe)
}

type probe struct {
	*testing.T
	client *azservicebus.Client
	queue  string
	send   *azservicebus.Sender
	recv   *azservicebus.Receiver
	dead   *azservicebus.Receiver
}

func newProbe(t *testing.T, conn, queue string) *probe {
	t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(conn, &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: 1, RetryDelay: 100 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{T: t, client: client, queue: queue}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		client.Close(ctx)
	})
	if queue != "" {
		p.send = p.open(queue)
		p.recv = p.receiver(&azservicebus.ReceiverOptions{})
		p.dead = p.receiver(&azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
		p.empty()
	}
	return p
}

func (p *probe) open(queue string) *azservicebus.Sender {
	p.Helper()
	s, err := p.client.NewSender(queue, nil)
	p.must(err)
	return s
}

func (p *probe) receiver(o *azservicebus.ReceiverOptions) *azservicebus.Receiver {
	p.Helper()
	r, err := p.client.NewReceiverForQueue(p.queue, o)
	p.must(err)
	return r
}

func (p *probe) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// empty removes what an earlier run left in a real namespace.
func (p *probe) empty() {
	p.Helper()
	for _, sub := range []azservicebus.SubQueue{0, azservicebus.SubQueueDeadLetter} {
		r := p.receiver(&azservicebus.ReceiverOptions{SubQueue: sub, ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete})
		for {
			left, err := r.PeekMessages(p.Context(), 1, &azservicebus.PeekMessagesOptions{FromSequenceNumber: to.Ptr[int64](0)})
			p.must(err)
			if len(left) == 0 {
				break
			}
			p.try(r, 100, 5*time.Second)
		}
		p.must(r.Close(p.Context()))
	}
}

func (p *probe) put(m azservicebus.Message) string {
	p.Helper()
	if m.MessageID == nil {
		m.MessageID = to.Ptr(rand.Text())
	}
	if m.Body == nil {
		m.Body = []byte("body of " + *m.MessageID)
	}
	p.must(p.send.SendMessage(p.Context(), &m, nil))
	return *m.MessageID
}

// try returns what arrives within wait.
func (p *probe) try(r *azservicebus.Receiver, max int, wait time.Duration) []*azservicebus.ReceivedMessage {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), wait)
	defer cancel()
	got, err := r.ReceiveMessages(ctx, max, nil)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		p.Fatal(err)
	}
	return got
}

// one receives exactly one message, which must have the id.
func (p *probe) one(r *azservicebus.Receiver, id string) *azservicebus.ReceivedMessage {
	p.Helper()
	got := p.try(r, 1, 20*time.Second)
	if len(got) != 1 || got[0].MessageID != id {
		p.Fatalf("received %d messages, want 1 with id %s: %+v", len(got), id, got)
	}
	return got[0]
}

func (p *probe) none(r *azservicebus.Receiver) {
	p.Helper()
	if got := p.try(r, 1, 700*time.Millisecond); len(got) != 0 {
		p.Fatalf("received %s, want nothing", got[0].MessageID)
	}
}

func (p *probe) done(r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) {
	p.Helper()
	p.must(r.CompleteMessage(p.Context(), m, nil))
}

func wantCode(t *testing.T, err error, code azservicebus.Code) {
	t.Helper()
	var e *azservicebus.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error is %v, want code %s", err, code)
	}
}
