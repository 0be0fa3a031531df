package storetest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Cut says what happens to the next COMMIT.
type Cut uint8

// The cuts. In all three the client sees the same: its connection is gone.
const (
	// CutBefore: the server never sees the COMMIT.
	CutBefore Cut = iota + 1
	// CutAfter: the server commits and its answer is lost.
	CutAfter
	// CutLate: the client's side is cut at once, and the COMMIT reaches the
	// server only when Release is called: what a stalled network does.
	CutLate
)

// Wire is a TCP proxy in front of the database that fails on demand. It
// understands just enough of the protocol to see statements.
type Wire struct {
	listener net.Listener
	target   string

	// stalled is held for writing while nothing may pass.
	stalled sync.RWMutex
	running sync.WaitGroup

	mu      sync.Mutex
	paused  bool
	refuse  bool
	cut     Cut
	at      int // the statement to cut, counted down; 0 = the next COMMIT
	fake    fakeError
	late    []func() error
	seen    []string
	links   map[*link]struct{}
	closing bool
}

type fakeError struct {
	prefix string
	packet []byte
}

// Proxy starts a wire to the server that tests use; it ends with the test.
func Proxy(t testing.TB) *Wire {
	t.Helper()
	cfg := parse(t, serverDSN(t))
	if cfg.Net != "tcp" {
		t.Fatalf("storetest.Proxy needs a database that is reached by tcp, not %s", cfg.Net)
	}
	if cfg.TLS != nil {
		t.Fatal("storetest.Proxy cannot see statements through TLS; use a CASTAD_MYSQL_DSN without tls")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	w := &Wire{listener: l, target: cfg.Addr, links: map[*link]struct{}{}}
	w.running.Go(w.accept)
	t.Cleanup(func() {
		w.mu.Lock()
		w.closing = true
		w.mu.Unlock()
		_ = l.Close()
		w.Resume()
		w.Break()
		w.running.Wait()
	})
	return w
}

// Addr is where the wire listens.
func (w *Wire) Addr() string { return w.listener.Addr().String() }

// CutCommit arms the wire for the next COMMIT on any connection.
func (w *Wire) CutCommit(c Cut) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.at = c, 0
}

// CutStatement arms the wire for the nth statement from now on, from 1,
// counted over all connections (a new connection sends four of its own).
func (w *Wire) CutStatement(n int, c Cut) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.at = c, n
}

// Disarm takes a cut back and says whether one was still waiting.
func (w *Wire) Disarm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	armed := w.cut != 0
	w.cut, w.at = 0, 0
	return armed
}

// Release delivers the COMMITs that CutLate holds back.
func (w *Wire) Release() {
	w.mu.Lock()
	late := w.late
	w.late = nil
	w.mu.Unlock()
	for _, send := range late {
		_ = send() // the server may have closed its side; that is an outcome too
	}
}

// AnswerError answers the next statement that begins with prefix with the
// server error, as if it came from the server, which does not see the statement.
func (w *Wire) AnswerError(prefix string, number uint16, message string) {
	body := []byte{0xff, byte(number), byte(number >> 8)}
	body = append(body, "#HY000"+message...)
	head := []byte{byte(len(body)), byte(len(body) >> 8), 0, 1}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fake = fakeError{prefix, append(head, body...)}
}

// Stall lets nothing through, in either direction, until Resume; new
// connections are accepted and hang.
func (w *Wire) Stall() {
	w.mu.Lock()
	again := w.paused
	w.paused = true
	w.mu.Unlock()
	if !again {
		w.stalled.Lock()
	}
}

// Resume ends a Stall.
func (w *Wire) Resume() {
	w.mu.Lock()
	was := w.paused
	w.paused = false
	w.mu.Unlock()
	if was {
		w.stalled.Unlock()
	}
}

// Refuse resets every new connection while on.
func (w *Wire) Refuse(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse = on
}

// Break cuts every open connection.
func (w *Wire) Break() {
	w.mu.Lock()
	links := make([]*link, 0, len(w.links))
	for l := range w.links {
		links = append(links, l)
	}
	w.late = nil
	w.mu.Unlock()
	for _, l := range links {
		l.close()
	}
}

// Seen returns the statements that clients sent since the last call.
func (w *Wire) Seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := slices.Clone(w.seen)
	w.seen = nil
	return seen
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		refuse := w.refuse || w.closing
		w.mu.Unlock()
		if refuse {
			if tcp, ok := client.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset, not an orderly end
			}
			_ = client.Close()
			continue
		}
		w.running.Go(func() { w.serve(client) })
	}
}

func (w *Wire) serve(client net.Conn) {
	server, err := net.Dial("tcp", w.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{wire: w, client: client, server: server}
	w.mu.Lock()
	closing := w.closing
	w.links[l] = struct{}{}
	w.mu.Unlock()
	if closing {
		l.close()
	}
	var back sync.WaitGroup
	back.Go(l.backward)
	l.forward()
	back.Wait()
	w.mu.Lock()
	delete(w.links, l)
	w.mu.Unlock()
}

// link is one proxied connection.
type link struct {
	wire           *Wire
	client, server net.Conn

	mu      sync.Mutex
	swallow bool // the next answer of the server is lost
	held    bool // the client's side is cut, the server's stays
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// forward passes the client's packets on.
func (l *link) forward() {
	defer l.closeUnlessHeld()
	for {
		packet, err := readPacket(l.client)
		if err != nil {
			return
		}
		l.wire.stalled.RLock()
		goOn := l.handle(packet)
		l.wire.stalled.RUnlock()
		if !goOn {
			return
		}
	}
}

func (l *link) closeUnlessHeld() {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	_ = l.client.Close()
	if !held {
		_ = l.server.Close()
	}
}

// handle does with one packet what the wire is armed for; false ends the link.
func (l *link) handle(packet []byte) bool {
	statement, ok := query(packet)
	if !ok {
		_, err := l.server.Write(packet)
		return err == nil
	}
	w := l.wire
	w.mu.Lock()
	w.seen = append(w.seen, statement)
	cut, fake := Cut(0), fakeError{}
	if w.fake.packet != nil && strings.HasPrefix(statement, w.fake.prefix) {
		fake, w.fake = w.fake, fakeError{}
	} else if w.due(statement) {
		cut, w.cut = w.cut, 0
	}
	if cut == CutLate {
		l.mu.Lock()
		l.held = true
		l.mu.Unlock()
		w.late = append(w.late, func() error {
			_, err := l.server.Write(packet)
			return err
		})
	}
	w.mu.Unlock()
	switch {
	case fake.packet != nil:
		_, err := l.client.Write(fake.packet)
		return err == nil
	case cut == CutBefore, cut == CutLate:
		return false
	case cut == CutAfter:
		l.mu.Lock()
		l.swallow = true
		l.mu.Unlock()
	}
	_, err := l.server.Write(packet)
	return err == nil
}

// backward passes the server's bytes on.
func (l *link) backward() {
	defer l.close()
	buf := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buf)
		if n > 0 {
			l.mu.Lock()
			swallow, held := l.swallow, l.held
			l.mu.Unlock()
			if swallow {
				return
			}
			l.wire.stalled.RLock()
			_, werr := l.client.Write(buf[:n])
			l.wire.stalled.RUnlock()
			if werr != nil && !held {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// due says whether the armed cut is for this statement; w.mu is held.
func (w *Wire) due(statement string) bool {
	if w.cut == 0 || w.at == 0 {
		return w.cut != 0 && statement == "COMMIT"
	}
	w.at--
	return w.at == 0
}

// readPacket reads one packet of the protocol: 3 bytes length, 1 byte sequence, payload.
func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := int(binary.LittleEndian.Uint32(append(slices.Clone(head[:3]), 0)))
	packet := append(head, make([]byte, n)...)
	if _, err := io.ReadFull(r, packet[4:]); err != nil {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	return packet, nil
}

// query returns the statement when the packet is COM_QUERY (3) at the start of a sequence.
func query(packet []byte) (string, bool) {
	if len(packet) < 5 || packet[3] != 0 || packet[4] != 3 {
		return "", false
	}
	return string(bytes.TrimSpace(packet[5:])), true
}
