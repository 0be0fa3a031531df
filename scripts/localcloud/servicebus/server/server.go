// Package server speaks Service Bus' dialect of AMQP 1.0 over TCP in front of a
// broker: SASL ANONYMOUS, claims on $cbs, entity links, and $management.
//
// Each connection has a goroutine that reads and does what it reads, one that
// writes, and one per receiving link that pumps messages. Answers are queued
// in the connection's outbox, so no operation waits for a slow client; only
// the pumps do. An answer to an operation that changes something is queued
// when the broker's journal has it on disk.
//
// What go-amqp insists on and the code therefore does: an attach reply echoes
// both settle modes and the termini; a session never hears of a delivery whose
// link is gone (it would end the session); a flow always carries
// next-incoming-id; every first transfer has delivery-id, tag and format.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"castad/scripts/localcloud/servicebus/broker"
)

// Options configure a Server.
type Options struct {
	// KeyName and Key are the shared access key that SAS tokens must be signed with.
	KeyName, Key string
	// VerifyJWT checks a token of type jwt for an audience and returns when it
	// expires. nil refuses every such token.
	VerifyJWT func(token, audience string) (expires time.Time, err error)
	// MaxMessageSize in bytes; default 256 KiB, the Standard tier's limit.
	MaxMessageSize int
	// Now is the clock that tokens expire by; default time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// Server serves a broker.
type Server struct {
	o      Options
	b      *broker.Broker
	Faults Faults

	mu     sync.Mutex
	closed bool
	lns    []net.Listener
	conns  map[*conn]struct{}
	wg     sync.WaitGroup
}

// New returns a Server for b.
func New(b *broker.Broker, o Options) *Server {
	if o.MaxMessageSize == 0 {
		o.MaxMessageSize = 256 << 10
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{o: o, b: b, conns: map[*conn]struct{}{}}
}

// Serve accepts connections from ln until Close or a lasting error.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ln.Close()
	}
	s.lns = append(s.lns, ln)
	s.mu.Unlock()
	for {
		nc, err := ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		s.start(nc)
	}
}

func (s *Server) start(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		nc.Close()
		return
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	s.wg.Go(func() {
		err := c.serve()
		s.o.Logger.LogAttrs(context.Background(), slog.LevelDebug, "connection ended",
			slog.String("peer", nc.RemoteAddr().String()), slog.Any("error", err))
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	})
}

// Close ends all connections and waits for their goroutines.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	var err error
	for _, ln := range s.lns {
		if cerr := ln.Close(); !errors.Is(cerr, net.ErrClosed) {
			err = errors.Join(err, cerr)
		}
	}
	for c := range s.conns {
		c.nc.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}
