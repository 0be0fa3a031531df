package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"
)

// roundTrip are performatives with every field in use.
var roundTrip = map[string]Performative{
	"open":        &Open{ContainerID: "c", Hostname: "h", MaxFrameSize: 65536, ChannelMax: 4999, IdleTimeout: time.Minute},
	"begin":       &Begin{RemoteChannel: Some(3), NextOutgoingID: 1, IncomingWindow: 5000, OutgoingWindow: 300, Limit: 7},
	"attach":      &Attach{Name: "n", Handle: 2, Receiver: true, SenderMode: SenderSettled, ReceiverMode: ReceiverSecond, Source: source, Target: source, InitialDeliveryCount: Some(0), MaxMessageSize: 1 << 40},
	"flow":        &Flow{NextIncomingID: Some(9), IncomingWindow: 1, NextOutgoingID: 2, Window: 3, Handle: Some(4), DeliveryCount: Some(5), Credit: Some(0), Available: Some(1), Drain: true, Echo: true},
	"transfer":    &Transfer{Handle: 1, DeliveryID: Some(1 << 31), DeliveryTag: []byte("tag"), Format: Some(FormatBatch), Settled: true, More: true, Aborted: true, Payload: []byte("payload")},
	"accepted":    &Disposition{Receiver: true, First: 1, Last: Some(300), Settled: true, State: State{Kind: Accepted}},
	"released":    &Disposition{First: 1, State: State{Kind: Released}},
	"rejected":    &Disposition{First: 1, State: State{Kind: Rejected, Err: &Error{Condition: "x:y", Description: "why", Info: Map{{"k", AppendLong(nil, -5)}}}}},
	"modified":    &Disposition{First: 1, State: State{Kind: Modified, DeliveryFailed: true, UndeliverableHere: true, Annotations: Map{{"a", AppendString(nil, "b")}}}},
	"no state":    &Disposition{First: 1, Settled: true},
	"detach":      &Detach{Handle: 1, Closed: true, Err: &Error{Condition: "amqp:not-found"}},
	"end":         &End{},
	"close":       &Close{Err: &Error{Condition: "c", Description: "d"}},
	"mechanisms":  &SASLMechanisms{Mechanisms: []string{"ANONYMOUS", "PLAIN"}},
	"sasl init":   &SASLInit{Mechanism: "ANONYMOUS"},
	"sasl result": &SASLOutcome{Code: 1},
}

var source = func() Raw {
	c := beginList(nil, descSource)
	c.text("queue")
	return c.endList()
}()

func TestPerformativesSurviveTheWire(t *testing.T) {
	t.Parallel()
	for name, p := range roundTrip {
		frame := AppendFrame(nil, TypeAMQP, 7, p)
		f, err := NewReader(iotest.OneByteReader(bytes.NewReader(frame)), 1<<16).Read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := Parse(f.Body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(p, got); diff != "" || f.Channel != 7 {
			t.Errorf("%s on channel %d (-sent +received):\n%s", name, f.Channel, diff)
		}
	}
	if a := Address(source); a != "queue" {
		t.Errorf("address %q", a)
	}
}

func TestEveryPrefixOfAFrameIsAnError(t *testing.T) {
	t.Parallel()
	for name, p := range roundTrip {
		frame := AppendFrame(nil, TypeAMQP, 0, p)
		for n := range frame {
			if _, err := NewReader(bytes.NewReader(frame[:n]), 1<<16).Read(); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				t.Errorf("%s cut at %d: %v", name, n, err)
			}
			if _, ok := p.(*Transfer); ok || n < 8 {
				continue // a transfer's payload may be any length
			}
			if _, err := Parse(frame[8:n]); err == nil {
				t.Errorf("%s: a body cut at %d was read", name, n)
			}
		}
	}
}

func TestFramesAboveTheAgreedSizeAreRefused(t *testing.T) {
	t.Parallel()
	frame := AppendFrame(nil, TypeAMQP, 0, &Transfer{Payload: make([]byte, 600)})
	if _, err := NewReader(bytes.NewReader(frame), 512).Read(); !errors.Is(err, ErrFrameTooLarge) {
		t.Errorf("got %v", err)
	}
	for _, head := range [][]byte{{0, 0, 0, 4, 2, 0, 0, 0}, {0, 0, 0, 8, 1, 0, 0, 0}, {0, 0, 0, 8, 3, 0, 0, 0}} {
		if _, err := NewReader(bytes.NewReader(head), 512).Read(); !errors.Is(err, errMalformed) {
			t.Errorf("header % x: %v", head, err)
		}
	}
}

// rich uses every section and many types, and is encoded by go-amqp: a second
// implementation to agree with.
func rich(t testing.TB) []byte {
	text := func(s string) *string { return &s }
	m := &amqp.Message{
		Header:                &amqp.MessageHeader{Durable: true, Priority: 7, TTL: time.Minute, DeliveryCount: 3},
		DeliveryAnnotations:   amqp.Annotations{"hop": int64(1)},
		Annotations:           amqp.Annotations{"x-opt-partition-key": "k", "x-opt-scheduled-enqueue-time": time.UnixMilli(1700000000123).UTC(), "other": []string{"a"}},
		Properties:            &amqp.MessageProperties{MessageID: "id-1", CorrelationID: uint64(9), Subject: text("s"), GroupID: text("g"), ContentType: text("c")},
		ApplicationProperties: map[string]any{"i8": int8(-1), "u16": uint16(2), "f": float32(1.5), "t": time.UnixMilli(5).UTC(), "s": "가", "n": nil},
		Data:                  [][]byte{[]byte("one"), make([]byte, 300)},
		Footer:                amqp.Annotations{"sum": "x"},
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAMessagePassesThroughUnaltered(t *testing.T) {
	t.Parallel()
	m, err := ParseMessage(rich(t))
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := m.Scheduled(); !ok || at.UnixMilli() != 1700000000123 || m.ID != "id-1" || m.GroupID != "g" || m.TTL != time.Minute || m.Priority != 7 || !m.Durable {
		t.Errorf("read %+v, scheduled %v", m, at)
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	now := time.UnixMilli(1700000001000).UTC()
	token := UUID{1, 2, 3}
	out := m.Append(nil, Envelope{Failures: 4, LockToken: &token, Stamp: &Stamp{Sequence: 11, EnqueuedSequence: 10, Enqueued: now, LockedUntil: now.Add(time.Minute), State: 1, Source: "q"}})
	var sent, got amqp.Message
	if err := sent.UnmarshalBinary(rich(t)); err != nil {
		t.Fatal(err)
	}
	if err := got.UnmarshalBinary(out); err != nil {
		t.Fatal(err)
	}
	want := sent
	want.Header = &amqp.MessageHeader{Durable: true, Priority: 7, TTL: time.Minute, DeliveryCount: 4}
	want.DeliveryAnnotations = amqp.Annotations{"x-opt-lock-token": amqp.UUID(token)}
	want.Annotations["x-opt-sequence-number"], want.Annotations["x-opt-enqueue-sequence-number"] = int64(11), int64(10)
	want.Annotations["x-opt-enqueued-time"], want.Annotations["x-opt-locked-until"] = now, now.Add(time.Minute)
	want.Annotations["x-opt-message-state"], want.Annotations["x-opt-deadletter-source"] = int32(1), "q"
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && f.Name()[0] >= 'a'
	}, cmp.Ignore())); diff != "" {
		t.Errorf("after one hop (-want +got):\n%s", diff)
	}
}

func TestPropertiesAreSetWithoutTouchingTheOthers(t *testing.T) {
	t.Parallel()
	m, err := ParseMessage(rich(t))
	if err != nil {
		t.Fatal(err)
	}
	changed := m.With(Map{{"s", AppendString(nil, "나")}, {"new", AppendLong(nil, 1)}})
	var before, after amqp.Message
	if err := before.UnmarshalBinary(m.Append(nil, Envelope{})); err != nil {
		t.Fatal(err)
	}
	if err := after.UnmarshalBinary(changed.Append(nil, Envelope{})); err != nil {
		t.Fatal(err)
	}
	want := before.ApplicationProperties
	want["s"], want["new"] = "나", int64(1)
	if diff := cmp.Diff(want, after.ApplicationProperties); diff != "" {
		t.Errorf("application properties (-want +got):\n%s", diff)
	}
	if v, _ := m.Properties().Lookup("s").Text(); v != "가" {
		t.Errorf("the original changed to %q", v)
	}
}

func TestAForgedStampIsReplaced(t *testing.T) {
	t.Parallel()
	b, err := (&amqp.Message{Annotations: amqp.Annotations{"x-opt-sequence-number": "forged", "mine": "kept"}, Value: "v"}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	var got amqp.Message
	if err := got.UnmarshalBinary(m.Append(nil, Envelope{Stamp: &Stamp{Sequence: 5}})); err != nil {
		t.Fatal(err)
	}
	if got.Annotations["x-opt-sequence-number"] != int64(5) || got.Annotations["mine"] != "kept" {
		t.Errorf("annotations %v", got.Annotations)
	}
}

func TestAnnotationsThatCrashReceiversAreRefused(t *testing.T) {
	t.Parallel()
	for key, v := range map[string]any{"x-opt-scheduled-enqueue-time": "soon", "x-opt-partition-key": int64(1)} {
		b, err := (&amqp.Message{Annotations: amqp.Annotations{key: v}, Value: "v"}).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseMessage(b)
		if err != nil {
			t.Fatal(err)
		}
		if m.Check() == nil {
			t.Errorf("%s=%v was let through", key, v)
		}
	}
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	t.Parallel()
	section := func(code byte, v ...byte) []byte { return append([]byte{codeDescribed, codeSmallUlong, code}, v...) }
	data := section(descData, codeBin8, 1, 'x')
	for name, b := range map[string][]byte{
		"not described":                  {codeNull},
		"unknown section":                section(0x6f, codeNull),
		"sections out of order":          append(section(descAppProps, codeMap8, 1, 0), section(descProperties, codeList0)...),
		"a header that is not a list":    section(descHeader, codeNull),
		"properties that are not a map":  section(descAppProps, codeList0),
		"a body of two kinds":            append(bytes.Clone(data), section(descValue, codeNull)...),
		"two values":                     append(section(descValue, codeNull), section(descValue, codeNull)...),
		"data that is a string":          section(descData, codeStr8, 1, 'x'),
		"a section after the footer":     append(section(descFooter, codeMap8, 1, 0), data...),
		"a string that is not UTF-8":     section(descValue, codeStr8, 1, 0xff),
		"a symbol that is not text":      section(descValue, codeSym8, 1, 0xc3),
		"a map with an odd count":        section(descValue, codeMap8, 2, 1, codeNull),
		"a list shorter than its count":  section(descValue, codeList8, 2, 2, codeNull),
		"an array that claims 2^31 bits": section(descValue, codeArray32, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, codeUbyte),
		"a size beyond the end":          section(descValue, codeBin32, 0x7f, 0xff, 0xff, 0xff),
	} {
		if _, err := ParseMessage(b); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	deep := bytes.Repeat([]byte{codeDescribed, codeUlong0}, 40)
	if _, err := ParseMessage(section(descValue, append(deep, codeNull)...)); err == nil {
		t.Error("40 levels of nesting were accepted")
	}
	// Null elements take no bytes: the count alone must not cost time.
	if _, err := ParseMessage(section(descValue, codeArray32, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, codeNull)); err != nil {
		t.Errorf("an array of nulls: %v", err)
	}
}

func TestABatchIsSplit(t *testing.T) {
	t.Parallel()
	b, err := (&amqp.Message{Annotations: amqp.Annotations{"a": "b"}, Data: [][]byte{[]byte("one"), []byte("two")}}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	got, err := SplitBatch(b)
	if diff := cmp.Diff([][]byte{[]byte("one"), []byte("two")}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := SplitBatch(nil); err == nil {
		t.Error("an empty batch was accepted")
	}
}

func TestMessageIDsOfEveryTypeHaveAText(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]any{"text": "text", "18446744073709551615": ^uint64(0), "0102": []byte{1, 2},
		"01020000-0000-0000-0000-000000000000": amqp.UUID{1, 2}} {
		b, err := (&amqp.Message{Properties: &amqp.MessageProperties{MessageID: id}, Value: "v"}).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseMessage(b)
		if err != nil || m.ID != want {
			t.Errorf("%v became %q, %v", id, m.ID, err)
		}
	}
}
