package server

import (
	"strings"
	"sync/atomic"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// Conditions that Service Bus reports and the SDK tells apart.
const (
	condBusy         = "com.microsoft:server-busy"
	condLockLost     = "com.microsoft:message-lock-lost"
	condUnauthorized = "amqp:unauthorized-access"
	condNotFound     = "amqp:not-found"
	condNotAllowed   = "amqp:not-allowed"
	condNotImpl      = "amqp:not-implemented"
	condDecode       = "amqp:decode-error"
	condInternal     = "amqp:internal-error"
	condTooLarge     = "amqp:link:message-size-exceeded"

	// DetachForced is the condition of an ordinary service-side detach.
	DetachForced = "amqp:link:detach-forced"
)

// Faults makes the server misbehave. All methods are safe at any time.
type Faults struct {
	busy, lose atomic.Int64
	delay      atomic.Int64
}

// Busy refuses the next n sends and $management requests with server-busy; nothing is stored.
func (f *Faults) Busy(n int) { f.busy.Store(int64(n)) }

// LoseAnswers performs the next n sends and settlements and then cuts the
// connection instead of answering.
func (f *Faults) LoseAnswers(n int) { f.lose.Store(int64(n)) }

// Delay holds back every answer to a send, settlement or request by d; 0 ends it.
func (f *Faults) Delay(d time.Duration) { f.delay.Store(int64(d)) }

func take(n *atomic.Int64) bool {
	for {
		v := n.Load()
		if v <= 0 {
			return false
		}
		if n.CompareAndSwap(v, v-1) {
			return true
		}
	}
}

// answer runs fn, which queues an answer, after the injected delay, or cuts
// the connection when the answer is to be lost.
func (c *conn) answer(fn func()) {
	if take(&c.srv.Faults.lose) {
		c.nc.Close()
		return
	}
	if d := time.Duration(c.srv.Faults.delay.Load()); d > 0 {
		time.AfterFunc(d, fn)
		return
	}
	fn()
}

// Cut closes every connection without a word and returns how many there were.
func (s *Server) Cut() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.nc.Close()
	}
	return len(s.conns)
}

// Detach detaches every entity link of a queue path ("" = all queues) with an
// error condition and returns how many there were.
func (s *Server) Detach(path, condition string) int {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	n := 0
	for _, c := range conns {
		n += c.detachWhere(func(l *link) bool {
			return l.queue != nil && l.kind != rpcRequests && l.kind != rpcReplies &&
				(path == "" || strings.EqualFold(l.queue.Path(), path))
		}, &wire.Error{Condition: condition, Description: "injected fault"})
	}
	return n
}
