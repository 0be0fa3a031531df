package servicebus_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

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

func (p *probe) receive() {
	before := time.Now()
	props := map[string]any{"text": "가나다", "long": int64(7), "int": int32(-3), "flag": true, "float": 1.5, "bytes": []byte{1, 2}}
	id := p.put(azservicebus.Message{Subject: to.Ptr("song"), ContentType: to.Ptr("application/json"), CorrelationID: to.Ptr("c-1"),
		PartitionKey: to.Ptr("k"), To: to.Ptr("t"), ReplyTo: to.Ptr("r"), TimeToLive: to.Ptr(10 * time.Minute), ApplicationProperties: props})
	m := p.one(p.recv, id)
	if string(m.Body) != "body of "+id || *m.Subject != "song" || *m.ContentType != "application/json" || *m.CorrelationID != "c-1" ||
		*m.PartitionKey != "k" || *m.To != "t" || *m.ReplyTo != "r" {
		p.Errorf("the message changed on its way: %+v", m)
	}
	if diff := cmp.Diff(props, m.ApplicationProperties); diff != "" {
		p.Errorf("application properties (-sent +received):\n%s", diff)
	}
	if m.DeliveryCount != 1 || *m.SequenceNumber < 1 || m.State != azservicebus.MessageStateActive || m.LockToken == [16]byte{} {
		p.Errorf("count %d, number %d, state %d, token %x", m.DeliveryCount, *m.SequenceNumber, m.State, m.LockToken)
	}
	if d := m.EnqueuedTime.Sub(before); d < -time.Minute || d > time.Minute {
		p.Errorf("enqueued %s after it was sent", d)
	}
	if d := m.LockedUntil.Sub(*m.EnqueuedTime); d < 50*time.Second || d > 2*time.Minute {
		p.Errorf("locked for %s, want about a minute", d)
	}
	if *m.TimeToLive != 10*time.Minute {
		p.Errorf("time to live %s", *m.TimeToLive)
	}
	p.done(p.recv, m)
}

func (p *probe) complete() {
	p.done(p.recv, p.one(p.recv, p.put(azservicebus.Message{})))
	p.none(p.recv)
}

func (p *probe) abandon() {
	id := p.put(azservicebus.Message{ApplicationProperties: map[string]any{"kept": "yes", "changed": int64(1)}})
	m := p.one(p.recv, id)
	first := *m.SequenceNumber
	p.must(p.recv.AbandonMessage(p.Context(), m, &azservicebus.AbandonMessageOptions{
		PropertiesToModify: map[string]any{"changed": int64(2), "added": "new"}}))
	m = p.one(p.recv, id)
	if m.DeliveryCount != 2 || *m.SequenceNumber != first {
		p.Errorf("count %d and number %d, want 2 and %d", m.DeliveryCount, *m.SequenceNumber, first)
	}
	if diff := cmp.Diff(map[string]any{"kept": "yes", "changed": int64(2), "added": "new"}, m.ApplicationProperties); diff != "" {
		p.Errorf("application properties (-want +got):\n%s", diff)
	}
	p.done(p.recv, m)
}

func (p *probe) batch() {
	const n = 120
	b, err := p.send.NewMessageBatch(p.Context(), nil)
	p.must(err)
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprintf("%s-%03d", p.Name(), i)
		p.must(b.AddMessage(&azservicebus.Message{MessageID: &want[i], Body: []byte{byte(i)}, ApplicationProperties: map[string]any{"i": int64(i)}}, nil))
	}
	p.must(p.send.SendMessageBatch(p.Context(), b, nil))
	var got []string
	for len(got) < n {
		ms := p.try(p.recv, n-len(got), 20*time.Second)
		if len(ms) == 0 {
			p.Fatalf("only %d of %d arrived", len(got), n)
		}
		for _, m := range ms {
			got = append(got, m.MessageID)
			if i := m.ApplicationProperties["i"]; i != int64(m.Body[0]) {
				p.Errorf("message %s has i=%v and body %d", m.MessageID, i, m.Body[0])
			}
			p.done(p.recv, m)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.Errorf("order (-sent +received):\n%s", diff)
	}
}

func (p *probe) peek() {
	a, b := p.put(azservicebus.Message{}), p.put(azservicebus.Message{})
	got, err := p.recv.PeekMessages(p.Context(), 10, &azservicebus.PeekMessagesOptions{FromSequenceNumber: to.Ptr[int64](0)})
	p.must(err)
	if len(got) != 2 || got[0].MessageID != a || got[1].MessageID != b {
		p.Fatalf("peeked %d messages", len(got))
	}
	got, err = p.recv.PeekMessages(p.Context(), 10, &azservicebus.PeekMessagesOptions{FromSequenceNumber: got[1].SequenceNumber})
	p.must(err)
	if len(got) != 1 || got[0].MessageID != b {
		p.Fatalf("peeked %d messages from the second's number", len(got))
	}
	p.done(p.recv, p.one(p.recv, a))
	p.done(p.recv, p.one(p.recv, b))
}

func (p *probe) deferral() {
	id := p.put(azservicebus.Message{})
	m := p.one(p.recv, id)
	p.must(p.recv.DeferMessage(p.Context(), m, nil))
	p.none(p.recv)
	peeked, err := p.recv.PeekMessages(p.Context(), 1, &azservicebus.PeekMessagesOptions{FromSequenceNumber: m.SequenceNumber})
	p.must(err)
	if len(peeked) != 1 || peeked[0].State != azservicebus.MessageStateDeferred {
		p.Fatalf("peek does not show the message as deferred: %+v", peeked)
	}
	got, err := p.recv.ReceiveDeferredMessages(p.Context(), []int64{*m.SequenceNumber}, nil)
	p.must(err)
	if len(got) != 1 || got[0].MessageID != id || got[0].LockToken == [16]byte{} {
		p.Fatalf("received %+v", got)
	}
	p.done(p.recv, got[0])
	_, err = p.recv.ReceiveDeferredMessages(p.Context(), []int64{*m.SequenceNumber}, nil)
	wantCode(p.T, err, azservicebus.CodeNotFound)
}

func (p *probe) receiveAndDelete() {
	id := p.put(azservicebus.Message{})
	r := p.receiver(&azservicebus.ReceiverOptions{ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete})
	p.one(r, id)
	p.must(r.Close(p.Context()))
	p.none(p.recv)
}

func (p *probe) settleByToken() {
	m := p.one(p.recv, p.put(azservicebus.Message{}))
	bare := &azservicebus.ReceivedMessage{LockToken: m.LockToken}
	p.must(p.recv.CompleteMessage(p.Context(), bare, nil))
	p.none(p.recv)
	wantCode(p.T, p.recv.CompleteMessage(p.Context(), bare, nil), azservicebus.CodeLockLost)
}

func (p *probe) sizes() {
	err := p.send.SendMessage(p.Context(), &azservicebus.Message{Body: make([]byte, 2<<20)}, nil)
	if !errors.Is(err, azservicebus.ErrMessageTooLarge) {
		p.Errorf("2 MiB: %v, want ErrMessageTooLarge", err)
	}
	body := make([]byte, 200<<10)
	_, _ = rand.Read(body)
	m := p.one(p.recv, p.put(azservicebus.Message{Body: body}))
	if !bytes.Equal(m.Body, body) {
		p.Errorf("200 KiB came back as %d bytes, changed", len(m.Body))
	}
	p.done(p.recv, m)
}

func (p *probe) locks() {
	id := p.put(azservicebus.Message{})
	m := p.one(p.recv, id)
	first := *m.LockedUntil
	time.Sleep(2 * time.Second) // a real namespace has a real clock
	p.must(p.recv.RenewMessageLock(p.Context(), m, nil))
	if d := m.LockedUntil.Sub(first); d < time.Second || d > 4*time.Second {
		p.Errorf("renewing after 2 s moved the end of the lock by %s", d)
	}
	again := p.one(p.recv, id) // arrives when the lock has run out
	if again.DeliveryCount != 2 {
		p.Errorf("the second delivery counts %d", again.DeliveryCount)
	}
	wantCode(p.T, p.recv.CompleteMessage(p.Context(), m, nil), azservicebus.CodeLockLost)
	wantCode(p.T, p.recv.RenewMessageLock(p.Context(), m, nil), azservicebus.CodeLockLost)
	p.done(p.recv, again)
}

func (p *probe) deadLetter() {
	id := p.put(azservicebus.Message{ApplicationProperties: map[string]any{"kept": "yes"}})
	m := p.one(p.recv, id)
	p.must(p.recv.DeadLetterMessage(p.Context(), m, &azservicebus.DeadLetterOptions{Reason: to.Ptr("bad"), ErrorDescription: to.Ptr("no such song"),
		PropertiesToModify: map[string]any{"added": int64(5)}}))
	p.none(p.recv)
	d := p.one(p.dead, id)
	if *d.DeadLetterReason != "bad" || *d.DeadLetterErrorDescription != "no such song" ||
		d.ApplicationProperties["kept"] != "yes" || d.ApplicationProperties["added"] != int64(5) {
		p.Errorf("dead letter: %+v", d.ApplicationProperties)
	}
	if string(d.Body) != string(m.Body) {
		p.Errorf("body %q", d.Body)
	}
	p.done(p.dead, d)
	p.none(p.dead)
}

func (p *probe) maxDelivery() {
	id := p.put(azservicebus.Message{})
	for n := range uint32(3) {
		m := p.one(p.recv, id)
		if m.DeliveryCount != n+1 {
			p.Errorf("delivery %d counts %d", n+1, m.DeliveryCount)
		}
		p.must(p.recv.AbandonMessage(p.Context(), m, nil))
	}
	d := p.one(p.dead, id)
	if *d.DeadLetterReason != "MaxDeliveryCountExceeded" {
		p.Errorf("reason %q", *d.DeadLetterReason)
	}
	p.done(p.dead, d)
}

func (p *probe) schedule() {
	due := time.Now().Add(2 * time.Second)
	a, b, c := rand.Text(), rand.Text(), rand.Text()
	seqs, err := p.send.ScheduleMessages(p.Context(), []*azservicebus.Message{{MessageID: &a}, {MessageID: &b}}, due, nil)
	p.must(err)
	if len(seqs) != 2 || seqs[0] == seqs[1] {
		p.Fatalf("sequence numbers %v", seqs)
	}
	peeked, err := p.recv.PeekMessages(p.Context(), 1, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &seqs[0]})
	p.must(err)
	if len(peeked) != 1 || peeked[0].State != azservicebus.MessageStateScheduled {
		p.Errorf("peek does not show the message as scheduled: %+v", peeked)
	}
	p.must(p.send.CancelScheduledMessages(p.Context(), seqs[1:], nil))
	p.put(azservicebus.Message{MessageID: &c, ScheduledEnqueueTime: to.Ptr(due.Add(time.Second))})
	p.none(p.recv)
	m := p.one(p.recv, a)
	if early := time.Until(due); early > 500*time.Millisecond {
		p.Errorf("delivered %s early", early)
	}
	if *m.SequenceNumber == seqs[0] {
		p.Errorf("the sequence number stayed %d when the message became active", seqs[0])
	}
	if d := m.ScheduledEnqueueTime.Sub(due); d > time.Millisecond || d < -time.Millisecond {
		p.Errorf("scheduled enqueue time is off by %s", d)
	}
	p.done(p.recv, m)
	p.done(p.recv, p.one(p.recv, c))
	p.none(p.recv)
}

func (p *probe) expire() {
	id := p.put(azservicebus.Message{TimeToLive: to.Ptr(time.Second)})
	d := p.one(p.dead, id)
	if *d.DeadLetterReason != "TTLExpiredException" {
		p.Errorf("reason %q", *d.DeadLetterReason)
	}
	p.done(p.dead, d)
	p.none(p.recv)
}

func (p *probe) duplicate() {
	id := p.put(azservicebus.Message{})
	p.put(azservicebus.Message{MessageID: &id})
	p.done(p.recv, p.one(p.recv, id))
	p.put(azservicebus.Message{MessageID: &id})
	p.none(p.recv)
}
