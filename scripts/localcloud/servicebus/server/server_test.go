package server

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/go-amqp"

	"castad/scripts/localcloud/servicebus/broker"
	"castad/scripts/localcloud/servicebus/wire"
)

func TestSASTokens(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	later := now.Add(time.Hour)
	good := sign("amqp://h:5672/q", keyName, key, later)
	for name, c := range map[string]struct {
		token, audience string
		ok              bool
	}{
		"made for the audience":              {good, "amqp://h:5672/q", true},
		"made for something above it":        {sign("sb://H:5672/", keyName, key, later), "amqp://h:5672/q/$management", true},
		"made for another queue":             {good, "amqp://h:5672/queue", false},
		"made for something below it":        {sign("amqp://h:5672/q/x", keyName, key, later), "amqp://h:5672/q", false},
		"made for another host":              {good, "amqp://other:5672/q", false},
		"made with another key":              {sign("amqp://h:5672/q", keyName, "x", later), "amqp://h:5672/q", false},
		"made with another key name":         {sign("amqp://h:5672/q", "x", key, later), "amqp://h:5672/q", false},
		"expired":                            {sign("amqp://h:5672/q", keyName, key, now), "amqp://h:5672/q", false},
		"with its expiry changed":            {strings.Replace(good, "&se=1", "&se=2", 1), "amqp://h:5672/q", false},
		"not a token":                        {"Bearer x", "amqp://h:5672/q", false},
		"with a signature that is not coded": {strings.Replace(good, "&sig=", "&sig=%zz", 1), "amqp://h:5672/q", false},
		"empty":                              {"SharedAccessSignature ", "amqp://h:5672/q", false},
	} {
		until, err := verifySAS(c.token, c.audience, keyName, key, now)
		if c.ok != (err == nil) || err != nil && !errors.Is(err, errUnauthorized) || c.ok && !until.Equal(later) {
			t.Errorf("a token %s: until %v, %v", name, until, err)
		}
	}
}

func TestAttachNeedsAClaimAndAnEntity(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t)
	p := dial(t, addr).begin(0)
	refused := func(a *wire.Attach, condition string) {
		t.Helper()
		p.say(a)
		if r := hear[*wire.Attach](p); !r.Source.IsNull() || !r.Target.IsNull() {
			t.Errorf("%s: the refusal has a terminus", a.Name)
		}
		if d := hear[*wire.Detach](p); d.Err == nil || d.Err.Condition != condition || !d.Closed {
			t.Errorf("%s: detached with %v, want %s", a.Name, d.Err, condition)
		}
		p.say(&wire.Detach{Handle: a.Handle, Closed: true})
	}
	refused(sending(0, "q"), condUnauthorized)
	refused(receiving(0, "Q", ""), condUnauthorized)
	refused(sending(0, "q/$management"), condUnauthorized)
	refused(sending(0, "absent"), condNotFound)
	p.claim()
	refused(sending(0, "q/$DeadLetterQueue"), condNotAllowed)
	filtered := receiving(0, "q", "")
	filtered.Source = append([]byte{0, 0x53, 0x28, 0xc0, 13, 8}, append(wire.AppendString(nil, "q"), 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0xc1, 1, 0)...)
	refused(filtered, condNotImpl)
	p.say(receiving(0, "q", ""))
	if r := hear[*wire.Attach](p); r.ReceiverMode != wire.ReceiverSecond || r.SenderMode != wire.SenderMixed || r.Receiver || wire.Address(r.Source) != "q" {
		t.Errorf("attach reply %+v", r)
	}
}

func TestSendingIsAnsweredAndPoisonIsRefused(t *testing.T) {
	t.Parallel()
	addr, b := serve(t)
	p := dial(t, addr).begin(0)
	p.claim()
	p.say(sending(1, "q"))
	if r := hear[*wire.Attach](p); r.MaxMessageSize != 1<<17 {
		t.Errorf("max-message-size %d", r.MaxMessageSize)
	}
	if f := hear[*wire.Flow](p); f.Credit.V != linkCredit || !f.NextIncomingID.Set {
		t.Errorf("flow %+v", f)
	}
	p.transfer(1, 1, []byte{0, 0x53, 0x75, 0xa0, 1, 'x'})
	if d := hear[*wire.Disposition](p); !d.Receiver || !d.Settled || d.First != 1 || d.State.Kind != wire.Accepted {
		t.Errorf("disposition %+v", d)
	}
	for i, poison := range [][]byte{{}, {1, 2, 3}, {0, 0x53, 0x75, 0xa1, 1, 'x'},
		p.message(&amqp.Message{Annotations: amqp.Annotations{"x-opt-partition-key": int64(1)}, Value: "v"})} {
		p.transfer(1, uint32(i+2), poison)
		d := hear[*wire.Disposition](p)
		if i == 0 {
			continue // an empty message is odd, but a message
		}
		if d.State.Kind != wire.Rejected || d.State.Err == nil || d.State.Err.Condition != condDecode {
			t.Errorf("poison %d: %+v", i, d.State)
		}
	}
	q, _ := b.Queue("q")
	if c := q.Counts(); c.Active != 2 {
		t.Errorf("stored %d", c.Active)
	}
	for n, id := 0, uint32(20); n <= 1<<17; n += 60000 { // one message, never ending
		tr := &wire.Transfer{Handle: 1, More: true, Payload: make([]byte, 60000)}
		if n == 0 {
			tr.DeliveryID, tr.Format = wire.Some(id), wire.Some(0)
		}
		p.say(tr)
	}
	if d := hear[*wire.Detach](p); d.Err == nil || d.Err.Condition != condTooLarge {
		t.Errorf("above the limit: %+v", d)
	}
}

func TestDrainEchoAndFragments(t *testing.T) {
	t.Parallel()
	addr, b := serve(t)
	q, _ := b.Queue("q")
	p := dial(t, addr).begin(0)
	p.claim()
	body := bytes.Repeat([]byte("0123456789"), 400) // 4 KB through frames of 1 KB
	m, err := wire.ParseMessage(p.message(&amqp.Message{Data: [][]byte{body}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Send([]*wire.Message{m}); err != nil {
		t.Fatal(err)
	}
	p.say(receiving(1, "q", ""))
	hear[*wire.Attach](p)
	flow := func(f wire.Flow) {
		f.NextIncomingID, f.IncomingWindow, f.Window, f.Handle = wire.Some(1), 100, 100, wire.Some(1)
		p.say(&f)
	}
	flow(wire.Flow{DeliveryCount: wire.Some(0), Credit: wire.Some(5), Drain: true})
	var payload []byte
	first := hear[*wire.Transfer](p)
	if !first.DeliveryID.Set || len(first.DeliveryTag) != 16 || !first.Format.Set || first.Settled {
		t.Errorf("first frame %+v", first)
	}
	for tr := first; ; tr = hear[*wire.Transfer](p) {
		if n := len(tr.Payload); n > 1024 {
			t.Errorf("a frame carries %d bytes", n)
		}
		payload = append(payload, tr.Payload...)
		if !tr.More {
			break
		}
	}
	var got amqp.Message
	if err := got.UnmarshalBinary(payload); err != nil || !bytes.Equal(got.GetData(), body) {
		t.Errorf("came back as %d bytes, %v", len(got.GetData()), err)
	}
	if f := hear[*wire.Flow](p); !f.Drain || f.Credit.V != 0 || f.DeliveryCount.V != 5 {
		t.Errorf("after draining: %+v", f)
	}
	flow(wire.Flow{DeliveryCount: wire.Some(5), Credit: wire.Some(3), Echo: true})
	if f := hear[*wire.Flow](p); f.Credit.V != 3 || f.DeliveryCount.V != 5 {
		t.Errorf("echo: %+v", f)
	}
	// A range as wide as the id space settles what there is, at once.
	p.say(&wire.Disposition{Receiver: true, First: 0, Last: wire.Some(1<<32 - 1), State: wire.State{Kind: wire.Accepted}})
	if d := hear[*wire.Disposition](p); d.Receiver || !d.Settled || d.First != first.DeliveryID.V || d.State.Kind != wire.Accepted {
		t.Errorf("disposition %+v", d)
	}
	if c := q.Counts(); c != (broker.Counts{}) {
		t.Errorf("left %+v", c)
	}
	p.say(&wire.Detach{Handle: 1, Closed: true})
	if d := hear[*wire.Detach](p); d.Handle != 1 || !d.Closed {
		t.Errorf("detach %+v", d)
	}
	p.say(&wire.End{})
	hear[*wire.End](p)
	p.say(&wire.Close{})
	hear[*wire.Close](p)
}

func TestAQuietConnectionIsKeptAlive(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t)
	p := dial(t, addr).begin(600 * time.Millisecond)
	last := time.Now()
	for range 4 {
		f, err := p.frames.Read()
		if err != nil || len(f.Body) != 0 {
			t.Fatalf("%+v, %v", f, err)
		}
		if d := time.Since(last); d > 600*time.Millisecond {
			t.Logf("a heartbeat took %s (a busy machine?)", d)
		}
		last = time.Now()
	}
}

func TestLinksEndWithTheirToken(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	addr, _ := serveAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	p := dial(t, addr).begin(300 * time.Millisecond)
	p.claim()
	p.say(receiving(1, "q", ""))
	hear[*wire.Attach](p)
	ahead.Store(int64(2 * time.Hour))
	if d := hear[*wire.Detach](p); d.Handle != 1 || d.Err == nil || d.Err.Condition != condUnauthorized {
		t.Errorf("detach %+v", d)
	}
}

func TestProtocolErrorsCloseTheConnectionOnly(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t)
	other := dial(t, addr).begin(0)
	for name, bad := range map[string][]byte{
		"rubbish":                  []byte("GET / HTTP/1.1\r\n\r\n"),
		"a body that is no frame":  {0, 0, 0, 10, 2, 0, 0, 0, 1, 2},
		"a transfer on no link":    wire.AppendFrame(nil, wire.TypeAMQP, 0, &wire.Transfer{Handle: 5, DeliveryID: wire.Some(0)}),
		"a flow on no link":        wire.AppendFrame(nil, wire.TypeAMQP, 0, &wire.Flow{Handle: wire.Some(7)}),
		"a frame on no session":    wire.AppendFrame(nil, wire.TypeAMQP, 4, &wire.End{}),
		"a second begin":           wire.AppendFrame(nil, wire.TypeAMQP, 0, &wire.Begin{}),
		"a channel above the most": wire.AppendFrame(nil, wire.TypeAMQP, 6000, &wire.Begin{}),
		"a frame above the most":   {0, 2, 0, 0, 2, 0, 0, 0},
	} {
		p := dial(t, addr).begin(0)
		p.write(bad)
		if _, err := io.Copy(io.Discard, p.nc); err != nil && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: the connection stayed open: %v", name, err)
		}
	}
	p := dial(t, addr)
	p.header(wire.HeaderSASL)
	hear[*wire.SASLMechanisms](p)
	p.write(wire.AppendFrame(nil, wire.TypeSASL, 0, &wire.SASLInit{Mechanism: "PLAIN"}))
	if o := hear[*wire.SASLOutcome](p); o.Code == 0 {
		t.Error("SASL PLAIN was accepted")
	}
	other.claim() // the others were not disturbed
}
