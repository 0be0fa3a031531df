package wire

import (
	"bytes"
	"testing"

	"github.com/Azure/go-amqp"
)

// FuzzParse: whatever is read can be written, and reads the same again.
func FuzzParse(f *testing.F) {
	for _, p := range roundTrip {
		f.Add(AppendFrame(nil, TypeAMQP, 0, p)[8:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Parse(body)
		if err != nil {
			return
		}
		if d, ok := p.(*Disposition); ok && d.State.Kind == OtherState {
			return // written as something else by design: nothing writes it
		}
		if a, ok := p.(*Attach); ok {
			Address(a.Source)
			HasFilter(a.Source)
		}
		once := AppendFrame(nil, TypeAMQP, 0, p)
		again, err := Parse(once[8:])
		if err != nil {
			t.Fatalf("%#v was read from % x but % x is not: %v", p, body, once[8:], err)
		}
		if twice := AppendFrame(nil, TypeAMQP, 0, again); !bytes.Equal(once, twice) {
			t.Fatalf("% x became % x", once, twice)
		}
	})
}

// FuzzMessage: a message that is accepted comes out of a hop as one that is
// accepted, and that says the same.
func FuzzMessage(f *testing.F) {
	f.Add(rich(f))
	value, err := (&amqp.Message{Value: map[string]any{"a": []any{int64(1), nil}}}).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(value)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			return
		}
		once := m.Append(nil, Envelope{Failures: 1})
		again, err := ParseMessage(once)
		if err != nil {
			t.Fatalf("% x does not parse: %v", once, err)
		}
		if again.ID != m.ID || again.TTL != m.TTL || !bytes.Equal(again.body, m.body) || !bytes.Equal(again.appProps, m.appProps) {
			t.Fatalf("%+v became %+v", m, again)
		}
		changed := m.With(Map{{"k", AppendString(nil, "v")}}).Append(nil, Envelope{Stamp: &Stamp{Sequence: 1, Source: "q"}})
		if _, err := ParseMessage(changed); err != nil {
			t.Fatalf("% x does not parse: %v", changed, err)
		}
	})
}

// FuzzFrames: a stream of any bytes ends in an error or its end, never in a
// panic or in more memory than was agreed.
func FuzzFrames(f *testing.F) {
	f.Add(AppendFrame(AppendHeartbeat(nil), TypeSASL, 0, &SASLInit{Mechanism: "ANONYMOUS"}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewReader(bytes.NewReader(stream), 4096)
		for {
			fr, err := r.Read()
			if err != nil {
				return
			}
			if len(fr.Body) > 4096 || cap(r.buf) > 4096 {
				t.Fatalf("a frame of %d bytes in a buffer of %d", len(fr.Body), cap(r.buf))
			}
			_, _ = Parse(fr.Body)
		}
	})
}
