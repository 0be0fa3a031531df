package servicebus_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"
)

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
