package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"go.uber.org/goleak"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const keyName, key = "name", "secret"

// peer is a client that speaks frames, for what the SDK would never say.
type peer struct {
	*testing.T
	nc     net.Conn
	frames *wire.Reader
}

func serve(t *testing.T) (string, *broker.Broker) {
	t.Helper()
	return serveAt(t, time.Now)
}

func serveAt(t *testing.T, now func() time.Time) (string, *broker.Broker) {
	t.Helper()
	b, err := broker.Open(broker.Options{Queues: []broker.QueueConfig{{Name: "q"}}})
	if err != nil {
		t.Fatal(err)
	}
	s := New(b, Options{KeyName: keyName, Key: key, MaxMessageSize: 1 << 17, Now: now})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-served, b.Close()); err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String(), b
}

func dial(t *testing.T, addr string) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &peer{T: t, nc: nc, frames: wire.NewReader(nc, maxFrame)}
}

func (p *peer) write(b []byte) {
	p.Helper()
	if _, err := p.nc.Write(b); err != nil {
		p.Fatal(err)
	}
}

func (p *peer) say(ps ...wire.Performative) {
	p.Helper()
	var b []byte
	for _, x := range ps {
		b = wire.AppendFrame(b, wire.TypeAMQP, 0, x)
	}
	p.write(b)
}

// hear returns the next frame of type T, skipping heartbeats and flows unless asked for.
func hear[T wire.Performative](p *peer) T {
	p.Helper()
	for {
		f, err := p.frames.Read()
		if err != nil {
			p.Fatalf("waiting for a %T: %v", *new(T), err)
		}
		if len(f.Body) == 0 {
			continue
		}
		got, err := wire.Parse(bytes.Clone(f.Body))
		if err != nil {
			p.Fatal(err)
		}
		if want, ok := got.(T); ok {
			return want
		}
		if _, flow := got.(*wire.Flow); !flow {
			p.Fatalf("got %#v, want a %T", got, *new(T))
		}
	}
}

func (p *peer) header(h [8]byte) {
	p.Helper()
	p.write(h[:])
	var got [8]byte
	if _, err := io.ReadFull(p.nc, got[:]); err != nil || got != h {
		p.Fatalf("header % x, %v", got, err)
	}
}

// begin goes as far as an open session on channel 0.
func (p *peer) begin(idle time.Duration) *peer {
	p.Helper()
	p.header(wire.HeaderSASL)
	if m := hear[*wire.SASLMechanisms](p); strings.Join(m.Mechanisms, " ") != "ANONYMOUS" {
		p.Fatalf("mechanisms %v", m.Mechanisms)
	}
	p.write(wire.AppendFrame(nil, wire.TypeSASL, 0, &wire.SASLInit{Mechanism: "ANONYMOUS"}))
	if o := hear[*wire.SASLOutcome](p); o.Code != 0 {
		p.Fatalf("SASL outcome %d", o.Code)
	}
	p.header(wire.HeaderAMQP)
	p.say(&wire.Open{ContainerID: "test", MaxFrameSize: 1024, ChannelMax: 10, IdleTimeout: idle})
	if o := hear[*wire.Open](p); o.MaxFrameSize != maxFrame || o.IdleTimeout != idleTimeout {
		p.Fatalf("open %+v", o)
	}
	p.say(&wire.Begin{IncomingWindow: 100, OutgoingWindow: 100, Limit: 10})
	if b := hear[*wire.Begin](p); !b.RemoteChannel.Set {
		p.Fatalf("begin %+v", b)
	}
	return p
}

// terminus is an encoded source (0x28) or target (0x29) with an address.
func terminus(code byte, address string) wire.Raw {
	list := wire.AppendString([]byte{1}, address)
	return append([]byte{0, 0x53, code, 0xc0, byte(len(list))}, list...)
}

func sending(handle uint32, address string) *wire.Attach {
	return &wire.Attach{Name: fmt.Sprint("s", handle), Handle: handle, SenderMode: wire.SenderMixed, Source: terminus(0x28, "me"), Target: terminus(0x29, address), InitialDeliveryCount: wire.Some(0)}
}

func receiving(handle uint32, address, me string) *wire.Attach {
	return &wire.Attach{Name: fmt.Sprint("r", handle), Handle: handle, Receiver: true, SenderMode: wire.SenderMixed, ReceiverMode: wire.ReceiverSecond, Source: terminus(0x28, address), Target: terminus(0x29, me)}
}

func sign(audience, name, secret string, until time.Time) string {
	sr, se := strings.ToLower(url.QueryEscape(audience)), fmt.Sprint(until.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(sr + "\n" + se))
	return fmt.Sprintf("SharedAccessSignature sr=%s&sig=%s&se=%s&skn=%s", sr, url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))), se, name)
}

func (p *peer) message(m *amqp.Message) []byte {
	p.Helper()
	b, err := m.MarshalBinary()
	if err != nil {
		p.Fatal(err)
	}
	return b
}

// claim puts a token for q through $cbs on handles 8 and 9.
func (p *peer) claim() {
	p.Helper()
	p.say(sending(8, "$cbs"), receiving(9, "$cbs", "back"))
	hear[*wire.Attach](p)
	hear[*wire.Attach](p)
	const audience = "amqp://h/q"
	to := "back"
	p.say(&wire.Flow{IncomingWindow: 100, Window: 100, Handle: wire.Some(9), DeliveryCount: wire.Some(0), Credit: wire.Some(10)},
		&wire.Transfer{Handle: 8, DeliveryID: wire.Some(0), DeliveryTag: []byte("t"), Format: wire.Some(0), Settled: true, Payload: p.message(&amqp.Message{
			Properties: &amqp.MessageProperties{MessageID: "1", ReplyTo: &to}, Value: sign(audience, keyName, key, time.Now().Add(time.Hour)),
			ApplicationProperties: map[string]any{"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": audience}})})
	var reply amqp.Message
	if err := reply.UnmarshalBinary(hear[*wire.Transfer](p).Payload); err != nil {
		p.Fatal(err)
	}
	if s := reply.ApplicationProperties["status-code"]; s != int32(202) || reply.Properties.CorrelationID != "1" {
		p.Fatalf("put-token: %v %v", s, reply.ApplicationProperties)
	}
}

func (p *peer) transfer(handle, id uint32, payload []byte) {
	p.say(&wire.Transfer{Handle: handle, DeliveryID: wire.Some(id), DeliveryTag: []byte{byte(id)}, Format: wire.Some(0), Payload: payload})
}
