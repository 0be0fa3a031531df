package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

const (
	// maxFrame is what both sides agree on; go-amqp's own default is the same.
	maxFrame = 65536
	// idleTimeout is what is advertised; a peer is dropped after twice that, as
	// the specification advises.
	idleTimeout = 60 * time.Second
	channelMax  = 4999 // Service Bus' own limit on sessions
	// writeTimeout bounds how long a client may leave its socket unread.
	writeTimeout = 30 * time.Second
)

// conn is one client connection. mu guards sessions, their links and claims;
// a session's own mutex guards what its pumps share. Order: conn.mu, session.mu, outbox.mu.
type conn struct {
	srv *Server
	nc  net.Conn
	out *outbox

	mu       sync.Mutex
	sessions map[uint16]*session
	claims   map[string]time.Time // audience path → expiry
	replies  map[string]*link     // by client address

	peerFrame int
	wg        sync.WaitGroup
}

func newConn(s *Server, nc net.Conn) *conn {
	return &conn{srv: s, nc: nc, out: newOutbox(), sessions: map[uint16]*session{}, claims: map[string]time.Time{},
		replies: map[string]*link{}, peerFrame: 512}
}

// patient sets the read deadline anew whenever the socket is read.
type patient struct{ net.Conn }

func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(2 * idleTimeout)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

// serve runs the connection until it ends and says why it did.
func (c *conn) serve() error {
	defer c.shutdown()
	r := bufio.NewReaderSize(patient{c.nc}, 32<<10)
	frames := wire.NewReader(r, maxFrame)
	idle, err := c.handshake(r, frames)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	c.wg.Go(func() { c.write(idle) })
	for {
		f, err := frames.Read()
		if err != nil {
			return err
		}
		if len(f.Body) == 0 {
			continue
		}
		p, err := wire.Parse(f.Body)
		if err != nil {
			c.fail("amqp:decode-error", err.Error())
			return err
		}
		if err := c.handle(f.Channel, p); err != nil {
			if !errors.Is(err, errPeerClosed) {
				c.fail("amqp:framing-error", err.Error())
			}
			return err
		}
	}
}

// shutdown stops pumps and writer and lets the writer send what is queued.
func (c *conn) shutdown() {
	c.mu.Lock()
	for _, s := range c.sessions {
		s.stop()
	}
	c.mu.Unlock()
	c.out.close()
	c.wg.Wait()
	c.nc.Close()
}

func (c *conn) fail(condition, why string) {
	c.out.put(func(b []byte) []byte {
		return wire.AppendFrame(b, wire.TypeAMQP, 0, &wire.Close{Err: &wire.Error{Condition: condition, Description: why}})
	})
}

// handshake does SASL ANONYMOUS and open, and returns the peer's idle time-out.
func (c *conn) handshake(r io.Reader, frames *wire.Reader) (time.Duration, error) {
	if err := c.header(r, wire.HeaderSASL); err != nil {
		return 0, err
	}
	if err := c.frame(wire.TypeSASL, &wire.SASLMechanisms{Mechanisms: []string{"ANONYMOUS"}}); err != nil {
		return 0, err
	}
	p, err := c.expect(frames)
	if err != nil {
		return 0, err
	}
	if init, ok := p.(*wire.SASLInit); !ok || init.Mechanism != "ANONYMOUS" {
		return 0, errors.Join(errors.New("SASL: only ANONYMOUS is offered"), c.frame(wire.TypeSASL, &wire.SASLOutcome{Code: 1}))
	}
	if err := c.frame(wire.TypeSASL, &wire.SASLOutcome{}); err != nil {
		return 0, err
	}
	if err := c.header(r, wire.HeaderAMQP); err != nil {
		return 0, err
	}
	if p, err = c.expect(frames); err != nil {
		return 0, err
	}
	open, ok := p.(*wire.Open)
	if !ok {
		return 0, fmt.Errorf("open expected, got %T", p)
	}
	c.peerFrame = int(min(max(open.MaxFrameSize, 512), maxFrame))
	return open.IdleTimeout, c.frame(wire.TypeAMQP, &wire.Open{ContainerID: "servicebus-emulator", MaxFrameSize: maxFrame,
		ChannelMax: channelMax, IdleTimeout: idleTimeout})
}

// header reads a protocol header and answers with the one it must be.
func (c *conn) header(r io.Reader, want [8]byte) error {
	var got [8]byte
	if _, err := io.ReadFull(r, got[:]); err != nil {
		return err
	}
	if _, err := c.nc.Write(want[:]); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("protocol header % x, want % x", got, want)
	}
	return nil
}

func (c *conn) frame(typ uint8, p wire.Performative) error {
	_, err := c.nc.Write(wire.AppendFrame(nil, typ, 0, p))
	return err
}

func (c *conn) expect(frames *wire.Reader) (wire.Performative, error) {
	f, err := frames.Read()
	if err != nil {
		return nil, err
	}
	return wire.Parse(f.Body)
}

// write drains the outbox, and sends a heartbeat when there was nothing to say.
func (c *conn) write(idle time.Duration) {
	period := idle / 3
	if idle == 0 || period > 10*time.Second {
		period = 10 * time.Second // claims are checked at this pace too
	}
	tick := time.NewTicker(max(period, 100*time.Millisecond))
	defer tick.Stop()
	quiet := true
	for {
		select {
		case <-c.out.ready:
		case <-tick.C:
			c.expireClaims()
			if quiet {
				c.out.put(wire.AppendHeartbeat)
			}
			quiet = true
			continue
		}
		b, more := c.out.take()
		if len(b) > 0 {
			quiet = false
			c.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := c.nc.Write(b); err != nil {
				c.out.close()
				c.nc.Close() // the reader ends the rest
				return
			}
		}
		if !more {
			return
		}
	}
}

// outbox gathers encoded frames for the writer.
type outbox struct {
	ready chan struct{}

	mu     sync.Mutex
	room   sync.Cond
	buf    []byte
	spare  []byte
	closed bool
}

// outboxRoom is how much may wait before pumps pause; answers never do.
const outboxRoom = 1 << 20

func newOutbox() *outbox {
	o := &outbox{ready: make(chan struct{}, 1)}
	o.room.L = &o.mu
	return o
}

func (o *outbox) put(encode func(b []byte) []byte) {
	o.mu.Lock()
	if !o.closed {
		o.buf = encode(o.buf)
	}
	o.mu.Unlock()
	o.signal()
}

func (o *outbox) signal() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// take returns what is queued; more is false once the outbox is closed. The
// bytes are valid until the next take.
func (o *outbox) take() (b []byte, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b = o.buf
	o.buf, o.spare = o.spare[:0], b
	o.room.Broadcast()
	return b, !o.closed
}

// wait blocks while the outbox is full; false when it is closed.
func (o *outbox) wait() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) > outboxRoom && !o.closed {
		o.room.Wait()
	}
	return !o.closed
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.room.Broadcast()
	o.mu.Unlock()
	o.signal()
}
