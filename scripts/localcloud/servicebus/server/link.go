package server

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

type linkKind uint8

const (
	producer    linkKind = iota // the client sends to a queue
	consumer                    // the client receives from a queue
	rpcRequests                 // the client sends to $cbs or …/$management
	rpcReplies                  // the client receives from there
)

// linkCredit is how many messages a client may send ahead; half of it is
// granted again at a time.
const linkCredit = 1000

const managementSuffix = "/$management"

// link is one link, seen from our side. The reader goroutine owns the fields
// of arriving messages; session.mu guards those of leaving ones.
type link struct {
	s      *session
	kind   linkKind
	handle uint32
	path   string        // what the claim must cover; "" for $cbs
	queue  *broker.Queue // nil for $cbs
	lock   bool          // consumer: peek-lock, else receive-and-delete

	// arriving
	partial  []byte
	id       wire.Opt // the delivery in progress
	format   uint32
	settled  bool
	received uint32 // delivery-count
	credit   uint32 // what the client has left

	// leaving
	gone    bool // detached, by either side: no more frames about it
	allowed uint32
	sent    uint32 // delivery-count
	drain   bool
	queued  [][]byte // rpcReplies: waiting for credit
	address string   // rpcReplies: what reply-to names

	notify chan struct{}
	done   chan struct{}
	ended  sync.Once
}

func (l *link) sends() bool { return l.kind == consumer || l.kind == rpcReplies }

func (l *link) wake() {
	select {
	case l.notify <- struct{}{}:
	default:
	}
}

func (l *link) end() {
	l.ended.Do(func() {
		l.s.mu.Lock()
		l.gone = true
		l.s.mu.Unlock()
		close(l.done)
	})
}

// attach opens a link or says why not.
func (s *session) attach(a *wire.Attach) error {
	if s.link(a.Handle) != nil {
		return fmt.Errorf("attach with handle %d, which is in use", a.Handle)
	}
	l := &link{s: s, handle: a.Handle, notify: make(chan struct{}, 1), done: make(chan struct{})}
	reply := &wire.Attach{Name: a.Name, Handle: a.Handle, Receiver: !a.Receiver, SenderMode: a.SenderMode, ReceiverMode: a.ReceiverMode,
		Source: a.Source, Target: a.Target}
	if a.Receiver {
		reply.InitialDeliveryCount = wire.Some(0)
	} else {
		reply.MaxMessageSize = uint64(s.c.srv.o.MaxMessageSize)
	}
	if refusal := l.resolve(a); refusal != nil {
		// The client needs to see a link without a terminus before it is detached.
		reply.Source, reply.Target = nil, nil
		l.gone = true
		s.c.mu.Lock()
		s.links[a.Handle] = l
		s.c.mu.Unlock()
		s.put(reply)
		s.put(&wire.Detach{Handle: a.Handle, Closed: true, Err: refusal})
		return nil
	}
	s.c.mu.Lock()
	s.links[a.Handle] = l
	if l.kind == rpcReplies {
		s.c.replies[l.address] = l
	}
	s.c.mu.Unlock()
	s.put(reply)
	if l.sends() {
		s.c.wg.Go(l.pump)
	} else {
		l.grant()
	}
	return nil
}

// resolve finds what the link is attached to.
func (l *link) resolve(a *wire.Attach) *wire.Error {
	address := wire.Address(a.Target)
	if a.Receiver {
		address = wire.Address(a.Source)
	}
	address = strings.TrimPrefix(address, "/")
	path, management := cutFold(address, managementSuffix)
	rpc := management || address == "$cbs"
	switch {
	case rpc && a.Receiver:
		l.kind, l.address = rpcReplies, wire.Address(a.Target)
	case rpc:
		l.kind = rpcRequests
	case a.Receiver:
		l.kind, l.lock = consumer, a.SenderMode != wire.SenderSettled
	}
	if address == "$cbs" {
		return nil
	}
	l.path = strings.ToLower(path)
	q, ok := l.s.c.srv.b.Queue(path)
	if !ok {
		return &wire.Error{Condition: condNotFound, Description: fmt.Sprintf("The messaging entity '%s' could not be found.", path)}
	}
	l.queue = q
	if !l.s.c.claimed(l.path) {
		return &wire.Error{Condition: condUnauthorized, Description: fmt.Sprintf("Unauthorized access: no valid token for '%s' was put on this connection.", path)}
	}
	if l.kind == producer && q.DeadLetter() == nil {
		return &wire.Error{Condition: condNotAllowed, Description: "A dead-letter queue takes no messages from senders."}
	}
	if l.kind == consumer && wire.HasFilter(a.Source) {
		return &wire.Error{Condition: condNotImpl, Description: "The emulator has no sessions and no filters."}
	}
	return nil
}

func cutFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n > 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}

// detached handles the client's detach: its own, or its answer to ours.
func (s *session) detached(d *wire.Detach) {
	s.c.mu.Lock()
	l := s.links[d.Handle]
	delete(s.links, d.Handle)
	if l != nil {
		s.c.forget(l)
	}
	s.c.mu.Unlock()
	if l == nil {
		return
	}
	s.mu.Lock()
	ours := l.gone
	l.gone = true
	if !ours {
		s.put(&wire.Detach{Handle: d.Handle, Closed: true})
	}
	s.mu.Unlock()
	l.end()
}

// forget drops what the connection knows about l; conn.mu is held.
func (c *conn) forget(l *link) {
	if l.kind == rpcReplies && c.replies[l.address] == l {
		delete(c.replies, l.address)
	}
}

// refuse detaches the link with an error; the client's detach is still to come.
func (l *link) refuse(e *wire.Error) bool {
	l.s.mu.Lock()
	if l.gone {
		l.s.mu.Unlock()
		return false
	}
	l.gone = true
	for id, u := range l.s.unsettled {
		if u.l == l {
			delete(l.s.unsettled, id)
		}
	}
	l.s.put(&wire.Detach{Handle: l.handle, Closed: true, Err: e})
	l.s.mu.Unlock()
	l.end()
	return true
}

func (c *conn) detachWhere(which func(*link) bool, e *wire.Error) int {
	c.mu.Lock()
	var found []*link
	for _, s := range c.sessions {
		for _, l := range s.links {
			if which(l) {
				found = append(found, l)
			}
		}
	}
	c.mu.Unlock()
	n := 0
	for _, l := range found {
		if l.refuse(e) {
			n++
		}
	}
	return n
}

// grant raises the client's credit to the full amount.
func (l *link) grant() {
	l.credit = linkCredit
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if !l.gone {
		l.s.put(l.s.window(&wire.Flow{Handle: wire.Some(l.handle), DeliveryCount: wire.Some(l.received), Credit: wire.Some(linkCredit)}))
	}
}

// receive takes one transfer frame; a whole message is acted upon.
func (l *link) receive(t *wire.Transfer) error {
	if l.isGone() {
		return nil // sent before the client heard of the detach
	}
	if t.DeliveryID.Set && !l.id.Set {
		l.id, l.format, l.settled, l.partial = t.DeliveryID, t.Format.V, false, nil
	}
	if !l.id.Set {
		return errors.New("a transfer has no delivery-id")
	}
	if t.Aborted {
		l.id, l.partial = wire.Opt{}, nil
		return nil
	}
	l.settled = l.settled || t.Settled
	if len(l.partial)+len(t.Payload) > l.s.c.srv.o.MaxMessageSize {
		l.id, l.partial = wire.Opt{}, nil
		l.refuse(&wire.Error{Condition: condTooLarge, Description: fmt.Sprintf("The message is above %d bytes.", l.s.c.srv.o.MaxMessageSize)})
		return nil
	}
	l.partial = append(l.partial, t.Payload...)
	if t.More {
		return nil
	}
	id, body := l.id.V, l.partial
	l.id, l.partial = wire.Opt{}, nil
	l.received++
	if l.credit--; l.credit <= linkCredit/2 {
		l.grant()
	}
	if l.kind == rpcRequests {
		l.request(id, body)
	} else {
		l.store(id, body)
	}
	return nil
}

func (l *link) isGone() bool {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.gone
}

// store puts a message or batch into the queue and acknowledges it.
func (l *link) store(id uint32, body []byte) {
	if take(&l.s.c.srv.Faults.busy) {
		l.ack(id, &wire.Error{Condition: condBusy, Description: "The request was terminated because the namespace is being throttled."})
		return
	}
	msgs, err := parseSent(l.format, body)
	if err != nil {
		l.ack(id, &wire.Error{Condition: condDecode, Description: err.Error()})
		return
	}
	lsn, err := l.queue.Send(msgs)
	if err != nil {
		l.ack(id, asError(err))
		return
	}
	settled := l.settled
	l.s.c.srv.b.OnDurable(lsn, func(err error) {
		if settled {
			return
		}
		l.s.c.answer(func() {
			if err != nil {
				l.ack(id, asError(err))
			} else {
				l.ack(id, nil)
			}
		})
	})
}

func parseSent(format uint32, body []byte) ([]*wire.Message, error) {
	parts := [][]byte{body}
	if format == wire.FormatBatch {
		var err error
		if parts, err = wire.SplitBatch(body); err != nil {
			return nil, err
		}
	}
	msgs := make([]*wire.Message, len(parts))
	for i, p := range parts {
		m, err := wire.ParseMessage(p)
		if err != nil {
			return nil, err
		}
		if err := m.Check(); err != nil {
			return nil, err
		}
		msgs[i] = m
	}
	if format == wire.FormatBatch {
		for i, m := range msgs {
			msgs[i] = m.Clone() // one message left in the queue must not keep the whole batch
		}
	}
	return msgs, nil
}

func (l *link) ack(id uint32, e *wire.Error) {
	state := wire.State{Kind: wire.Accepted}
	if e != nil {
		state = wire.State{Kind: wire.Rejected, Err: e}
	}
	l.s.report(l, &wire.Disposition{Receiver: true, First: id, Settled: true, State: state})
}
