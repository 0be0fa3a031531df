package server

import (
	"encoding/binary"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

// pumpBatch is how many messages are taken from the queue at a time: enough to
// save locking, few enough that a closing link has little to give back.
const pumpBatch = 64

// flow updates what the client lets the link send.
func (l *link) flow(f *wire.Flow) {
	if !l.sends() {
		return // a sender's flow only reports; its echo is answered by the next grant
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if f.Credit.Set {
		l.allowed = f.DeliveryCount.V + f.Credit.V - l.sent
		if int32(l.allowed) < 0 {
			l.allowed = 0
		}
	}
	l.drain = f.Drain
	if f.Echo && !l.gone {
		l.s.put(l.s.window(l.report()))
	}
}

// report is the link's part of a flow; session.mu is held.
func (l *link) report() *wire.Flow {
	return &wire.Flow{Handle: wire.Some(l.handle), DeliveryCount: wire.Some(l.sent), Credit: wire.Some(l.allowed), Drain: l.drain}
}

// pump sends what there is whenever it is woken, until the link ends.
func (l *link) pump() {
	if l.kind == consumer {
		defer l.queue.Listen(l.wake)()
	}
	for {
		select {
		case <-l.notify:
		case <-l.done:
			return
		}
		for l.step() {
		}
	}
}

// step sends some messages; false when there is nothing to send or no leave to.
func (l *link) step() bool {
	if !l.s.c.out.wait() {
		return false
	}
	l.s.mu.Lock()
	leave := min(l.allowed, l.s.remoteWindow, pumpBatch)
	if l.gone {
		leave = 0
	}
	l.s.mu.Unlock()
	if leave == 0 {
		return false
	}
	if l.kind == rpcReplies {
		return l.reply()
	}
	ds, lsn, err := l.queue.Receive(int(leave), l.lock)
	if err == nil && !l.lock && len(ds) > 0 {
		err = l.s.c.srv.b.Sync(lsn) // removed for good before anybody sees it
	}
	if err != nil {
		l.refuse(asError(err))
		return false
	}
	if len(ds) == 0 {
		l.drained()
		return false
	}
	for i, d := range ds {
		if !l.deliver(d) {
			l.giveBack(ds[i:])
			return false
		}
	}
	return true
}

// drained uses up the credit of a client that asked for what is there now.
func (l *link) drained() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if l.drain && !l.gone {
		l.sent += l.allowed
		l.allowed = 0
		l.s.put(l.s.window(l.report()))
		l.drain = false
	}
}

// giveBack releases messages that could not be sent. Those that
// receive-and-delete already removed are lost, as that mode says.
func (l *link) giveBack(ds []broker.Delivery) {
	for _, d := range ds {
		if l.lock {
			_, _ = l.queue.Settle(d.Token, broker.Outcome{Verdict: broker.Release}) // lost lock: nothing to give back
		}
	}
}

func (l *link) deliver(d broker.Delivery) bool {
	e := envelope(d)
	payload := d.Message.Append(make([]byte, 0, d.Message.Size()+256), e)
	tag := guidOrder(d.Token)
	return l.send(tag[:], payload, !l.lock, d.Token)
}

func envelope(d broker.Delivery) wire.Envelope {
	return wire.Envelope{Failures: uint32(d.Failures), Stamp: &wire.Stamp{Sequence: d.Seq, EnqueuedSequence: d.FirstSeq,
		Enqueued: d.Enqueued, LockedUntil: d.LockedUntil, State: int32(d.State), Source: d.Source}}
}

// guidOrder is the delivery tag of a lock token: the SDK reads it as a .NET
// Guid, whose first three fields are little-endian.
func guidOrder(u wire.UUID) [16]byte {
	u[0], u[1], u[2], u[3] = u[3], u[2], u[1], u[0]
	u[4], u[5] = u[5], u[4]
	u[6], u[7] = u[7], u[6]
	return u
}

// send writes one message, split into as many frames as it takes; false when
// the link is gone.
func (l *link) send(tag, payload []byte, settled bool, token wire.UUID) bool {
	s := l.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.gone {
		return false
	}
	id := s.nextDelivery
	s.nextDelivery++
	l.sent++
	if l.allowed > 0 {
		l.allowed--
	}
	if !settled {
		s.unsettled[id] = delivery{l, token}
	}
	const head = 96 // more than a transfer's own fields can take with a 16-byte tag
	room := s.c.peerFrame - head
	t := wire.Transfer{Handle: l.handle, DeliveryID: wire.Some(id), DeliveryTag: tag, Format: wire.Some(0), Settled: settled}
	s.c.out.put(func(b []byte) []byte {
		for {
			n := min(room, len(payload))
			t.Payload, t.More = payload[:n], n < len(payload)
			payload = payload[n:]
			b = wire.AppendFrame(b, wire.TypeAMQP, s.channel, &t)
			s.nextOutgoing++
			// A message that was begun is finished even if the window closes
			// under it; the client counts its frames the same way.
			if s.remoteWindow > 0 {
				s.remoteWindow--
			}
			if !t.More {
				return b
			}
			t.DeliveryID, t.DeliveryTag, t.Format = wire.Opt{}, nil, wire.Opt{}
		}
	})
	return true
}

// reply sends one queued answer of a request link.
func (l *link) reply() bool {
	l.s.mu.Lock()
	if len(l.queued) == 0 {
		l.s.mu.Unlock()
		return false
	}
	payload := l.queued[0]
	l.queued = l.queued[1:]
	n := l.sent
	l.s.mu.Unlock()
	return l.send(binary.BigEndian.AppendUint32(nil, n), payload, true, wire.UUID{})
}

// enqueue queues an answer for the client.
func (l *link) enqueue(payload []byte) {
	l.s.mu.Lock()
	l.queued = append(l.queued, payload)
	l.s.mu.Unlock()
	l.wake()
}
