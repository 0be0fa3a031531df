package server

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

// errPeerClosed ends a connection that the client closed in good order.
var errPeerClosed = errors.New("closed by the client")

// incomingWindow is how many transfer frames a client may have in flight.
const incomingWindow = 5000

// session is an AMQP session. The reader goroutine owns links; mu guards what
// it shares with pumps and with answers that come from the journal.
type session struct {
	c       *conn
	channel uint16
	links   map[uint32]*link // by the client's handle; guarded by conn.mu

	mu           sync.Mutex
	nextIncoming uint32
	unreported   uint32 // transfers since the client last heard of our window
	remoteWindow uint32
	nextOutgoing uint32
	nextDelivery uint32
	unsettled    map[uint32]delivery
}

// delivery is a message that was sent and not yet settled.
type delivery struct {
	l     *link
	token wire.UUID
}

func (s *session) put(p wire.Performative) {
	s.c.out.put(func(b []byte) []byte { return wire.AppendFrame(b, wire.TypeAMQP, s.channel, p) })
}

// stop ends the session's links; conn.mu is held.
func (s *session) stop() {
	for _, l := range s.links {
		l.end()
	}
}

// handle does what one frame asks. An error ends the connection.
func (c *conn) handle(channel uint16, p wire.Performative) error {
	switch p := p.(type) {
	case *wire.Close:
		c.out.put(func(b []byte) []byte { return wire.AppendFrame(b, wire.TypeAMQP, 0, &wire.Close{}) })
		return errPeerClosed
	case *wire.Begin:
		return c.begin(channel, p)
	}
	c.mu.Lock()
	s := c.sessions[channel]
	c.mu.Unlock()
	if s == nil {
		return fmt.Errorf("%T on channel %d, which has no session", p, channel)
	}
	switch p := p.(type) {
	case *wire.Attach:
		return s.attach(p)
	case *wire.Flow:
		return s.flow(p)
	case *wire.Transfer:
		return s.transfer(p)
	case *wire.Disposition:
		s.disposition(p)
	case *wire.Detach:
		s.detached(p)
	case *wire.End:
		c.mu.Lock()
		s.stop()
		for _, l := range s.links {
			c.forget(l)
		}
		delete(c.sessions, channel)
		c.mu.Unlock()
		s.put(&wire.End{})
	default:
		return fmt.Errorf("unexpected %T", p)
	}
	return nil
}

func (c *conn) begin(channel uint16, p *wire.Begin) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions[channel] != nil || channel > channelMax {
		return fmt.Errorf("begin on channel %d, which is in use or above %d", channel, channelMax)
	}
	s := &session{c: c, channel: channel, links: map[uint32]*link{}, nextIncoming: p.NextOutgoingID,
		remoteWindow: p.IncomingWindow, unsettled: map[uint32]delivery{}}
	c.sessions[channel] = s
	s.put(&wire.Begin{RemoteChannel: wire.Some(uint32(channel)), IncomingWindow: incomingWindow,
		OutgoingWindow: incomingWindow, Limit: math.MaxUint32})
	return nil
}

// window fills in the session part of a flow; s.mu is held.
func (s *session) window(f *wire.Flow) *wire.Flow {
	s.unreported = 0
	f.NextIncomingID, f.IncomingWindow = wire.Some(s.nextIncoming), incomingWindow
	f.NextOutgoingID, f.Window = s.nextOutgoing, incomingWindow
	return f
}

func (s *session) link(handle uint32) *link {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.links[handle]
}

func (s *session) flow(f *wire.Flow) error {
	s.mu.Lock()
	base := uint32(0) // our initial outgoing id
	if f.NextIncomingID.Set {
		base = f.NextIncomingID.V
	}
	s.remoteWindow = base + f.IncomingWindow - s.nextOutgoing
	if int32(s.remoteWindow) < 0 {
		s.remoteWindow = 0
	}
	s.mu.Unlock()
	if !f.Handle.Set {
		if f.Echo {
			s.mu.Lock()
			s.put(s.window(&wire.Flow{}))
			s.mu.Unlock()
		}
		s.wakeAll()
		return nil
	}
	l := s.link(f.Handle.V)
	if l == nil {
		return fmt.Errorf("flow for handle %d, which is not attached", f.Handle.V)
	}
	l.flow(f)
	s.wakeAll()
	return nil
}

// wakeAll lets every sending link look at the window again.
func (s *session) wakeAll() {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, l := range s.links {
		if l.sends() {
			l.wake()
		}
	}
}

func (s *session) transfer(t *wire.Transfer) error {
	s.mu.Lock()
	s.nextIncoming++
	s.unreported++
	if s.unreported >= incomingWindow/2 {
		s.put(s.window(&wire.Flow{}))
	}
	s.mu.Unlock()
	l := s.link(t.Handle)
	if l == nil || l.sends() {
		return fmt.Errorf("transfer on handle %d, which does not take any", t.Handle)
	}
	return l.receive(t)
}

func (s *session) disposition(d *wire.Disposition) {
	if !d.Receiver {
		return // the client settles what it sent; nothing is kept about that
	}
	last := d.First
	if d.Last.Set {
		last = d.Last.V
	}
	for _, id := range s.within(d.First, last) {
		s.settle(id, d)
	}
}

// within lists the unsettled deliveries from first to last. The range comes
// from the client, so the work is bounded by what is unsettled.
func (s *session) within(first, last uint32) []uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []uint32
	if n := last - first; n < uint32(len(s.unsettled)) {
		for i := range n + 1 {
			if _, ok := s.unsettled[first+i]; ok {
				ids = append(ids, first+i)
			}
		}
		return ids
	}
	for id := range s.unsettled {
		if id-first <= last-first {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *session) settle(id uint32, d *wire.Disposition) {
	s.mu.Lock()
	u, ok := s.unsettled[id]
	delete(s.unsettled, id)
	s.mu.Unlock()
	if !ok {
		return
	}
	lsn, err := u.l.queue.Settle(u.token, outcome(d.State))
	if err != nil {
		s.confirm(u.l, id, d.Settled, wire.State{Kind: wire.Rejected, Err: asError(err)})
		return
	}
	s.c.srv.b.OnDurable(lsn, func(err error) {
		state := wire.State{Kind: d.State.Kind}
		if err != nil {
			state = wire.State{Kind: wire.Rejected, Err: asError(err)}
		}
		s.c.answer(func() { s.confirm(u.l, id, d.Settled, state) })
	})
}

// confirm tells a client that waits for it that its settlement is done.
func (s *session) confirm(l *link, id uint32, settled bool, state wire.State) {
	if settled {
		return
	}
	s.report(l, &wire.Disposition{First: id, Settled: true, State: state})
}

// report sends a disposition unless its link is gone: go-amqp ends the whole
// session when it hears of a delivery of a link it has forgotten.
func (s *session) report(l *link, d *wire.Disposition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !l.gone {
		s.put(d)
	}
}

// outcome translates a delivery state of AMQP 1.0 (part 3.4).
func outcome(s wire.State) broker.Outcome {
	switch s.Kind {
	case wire.Accepted:
		return broker.Outcome{Verdict: broker.Complete}
	case wire.Modified:
		if s.UndeliverableHere {
			return broker.Outcome{Verdict: broker.Defer, Properties: s.Annotations}
		}
		return broker.Outcome{Verdict: broker.Abandon, Properties: s.Annotations}
	case wire.Rejected:
		o := broker.Outcome{Verdict: broker.DeadLetter}
		if s.Err == nil {
			return o
		}
		for _, p := range s.Err.Info {
			switch text, isText := p.Value.Text(); {
			case p.Key == "DeadLetterReason" && isText:
				o.Reason = text
			case p.Key == "DeadLetterErrorDescription" && isText:
				o.Description = text
			default:
				o.Properties = append(o.Properties, p)
			}
		}
		return o
	}
	return broker.Outcome{Verdict: broker.Release}
}

func asError(err error) *wire.Error {
	e := &wire.Error{Condition: condInternal, Description: err.Error()}
	switch {
	case errors.Is(err, broker.ErrLockLost):
		e.Condition = condLockLost
	case errors.Is(err, broker.ErrNotFound):
		e.Condition = condNotFound
	case errors.Is(err, broker.ErrNotAllowed):
		e.Condition = condNotAllowed
	}
	return e
}
