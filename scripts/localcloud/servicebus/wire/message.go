package wire

import (
	"fmt"
	"math"
	"time"
)

// FormatBatch is the message format of a Service Bus batch: every data
// section's binary is one encoded message.
const FormatBatch = 0x80013700

// Descriptors of message sections.
const (
	descHeader      = 0x70
	descDeliveryAnn = 0x71
	descMessageAnn  = 0x72
	descProperties  = 0x73
	descAppProps    = 0x74
	descData        = 0x75
	descSequence    = 0x76
	descValue       = 0x77
	descFooter      = 0x78
)

// Message is a message split into what the broker reads and what it passes on.
// It is immutable after ParseMessage and aliases the bytes it was parsed from.
type Message struct {
	Durable  bool
	Priority uint8         // 4 when the header does not say
	TTL      time.Duration // 0 = none given
	// Annotations are the message annotations as sent.
	Annotations Map
	// ID is the message-id in text form; "" when there is none.
	ID string
	// GroupID is the session id; "" when there is none.
	GroupID string

	properties Raw    // whole sections, descriptor included
	appProps   Raw    //
	body       []byte // body sections and footer
}

// ParseMessage reads an encoded message and refuses a malformed one.
func ParseMessage(b []byte) (*Message, error) {
	m := &Message{Priority: 4}
	for last := uint64(0); len(b) > 0; {
		section, rest, err := next(b)
		if err != nil {
			return nil, fmt.Errorf("read a message section: %w", err)
		}
		code, value, ok := section.described()
		if !ok || code < descHeader || code > descFooter || code < last {
			return nil, fmt.Errorf("%w: message section %#x after %#x", errMalformed, code, last)
		}
		last = code
		if err := m.section(code, section, value); err != nil {
			return nil, fmt.Errorf("message section %#x: %w", code, err)
		}
		if code >= descData {
			if m.body, err = bodySections(b); err != nil {
				return nil, err
			}
			return m, nil
		}
		b = rest
	}
	return m, nil
}

// bodySections checks that b is body sections of one kind and at most one footer.
func bodySections(b []byte) ([]byte, error) {
	all, kind := b, uint64(0)
	for len(b) > 0 {
		section, rest, err := next(b)
		if err != nil {
			return nil, fmt.Errorf("read a body section: %w", err)
		}
		code, value, ok := section.described()
		switch {
		case !ok || code < descData || code > descFooter || kind == descFooter:
			return nil, fmt.Errorf("%w: section %#x in the body", errMalformed, code)
		case kind != 0 && code != descFooter && (code != kind || code == descValue):
			return nil, fmt.Errorf("%w: mixed body sections", errMalformed)
		}
		if !bodyShape(code, value) {
			return nil, fmt.Errorf("%w: body section %#x holds another type", errMalformed, code)
		}
		kind, b = code, rest
	}
	return all, nil
}

func bodyShape(code uint64, value Raw) bool {
	switch code {
	case descData:
		return len(value) > 0 && (value[0] == codeBin8 || value[0] == codeBin32)
	case descSequence:
		_, _, ok := value.list()
		return ok
	case descFooter:
		_, err := ParseMap(value)
		return err == nil
	}
	return true
}

func (m *Message) section(code uint64, section, value Raw) error {
	switch code {
	case descHeader:
		n, rest, ok := value.list()
		if !ok {
			return errMalformed
		}
		f := &fields{n: n, rest: rest}
		m.Durable, m.Priority = f.bool(), uint8(f.uint(math.MaxUint8, 4))
		m.TTL = time.Duration(f.u32()) * time.Millisecond
		return f.err
	case descDeliveryAnn: // addressed to this hop only
		_, err := ParseMap(value)
		return err
	case descMessageAnn:
		ann, err := ParseMap(value)
		m.Annotations = ann
		return err
	case descAppProps:
		m.appProps = section
		_, err := ParseMap(value)
		return err
	case descProperties:
		return m.readProperties(section, value)
	}
	return nil
}

func (m *Message) readProperties(section, value Raw) error {
	n, rest, ok := value.list()
	if !ok {
		return errMalformed
	}
	m.properties = section
	f := &fields{n: n, rest: rest}
	m.ID = idText(f.raw())
	for range 9 { // user-id … creation-time
		f.raw()
	}
	m.GroupID = f.text()
	return f.err
}

// idText gives any of the four message-id types a text form.
func idText(v Raw) string {
	if v == nil {
		return ""
	}
	if s, ok := v.Text(); ok {
		return s
	}
	if n, ok := v.Uint(); ok {
		return fmt.Sprint(n)
	}
	if v[0] == codeUUID {
		u := v[1:17]
		return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	}
	b, _ := v.Bytes()
	return fmt.Sprintf("%x", b)
}

// Size is the length of the message as the sender wrote it, to within its header.
func (m *Message) Size() int {
	n := len(m.properties) + len(m.appProps) + len(m.body)
	for _, p := range m.Annotations {
		n += len(p.Key) + len(p.Value) + 2
	}
	return n
}

// With returns a copy whose application properties have every pair of over set.
func (m *Message) With(over Map) *Message {
	if len(over) == 0 {
		return m
	}
	out := *m
	out.appProps = AppendMap([]byte{codeDescribed, codeSmallUlong, descAppProps}, m.Properties().With(over), false)
	return &out
}

// Properties returns the application properties.
func (m *Message) Properties() Map {
	_, value, ok := m.appProps.described()
	if !ok {
		return nil
	}
	p, _ := ParseMap(value) // was read once already
	return p
}

// Clone returns a message that no longer aliases the bytes it was parsed from.
func (m *Message) Clone() *Message {
	c, err := ParseMessage(m.Append(make([]byte, 0, m.Size()+64), Envelope{}))
	if err != nil { // Append writes what ParseMessage accepted
		panic("wire: a parsed message does not parse again: " + err.Error())
	}
	return c
}

func (m *Message) appendHead(b []byte, failures uint32, token *UUID) []byte {
	c := beginList(b, descHeader)
	c.bool(m.Durable)
	c.set(AppendUbyte(c.Bytes, m.Priority))
	if m.TTL > 0 {
		c.uint(uint32(min(m.TTL/time.Millisecond, math.MaxUint32)))
	} else {
		c.null()
	}
	c.null() // first-acquirer
	c.uint(failures)
	b = c.endList()
	if token == nil {
		return b
	}
	d := BeginMap(append(b, codeDescribed, codeSmallUlong, descDeliveryAnn))
	d.Bytes = AppendUUID(AppendSymbol(d.Bytes, annLockToken), *token)
	d.Count = 2
	return d.End()
}

func (m *Message) appendBare(b []byte) []byte {
	b = append(b, m.properties...)
	b = append(b, m.appProps...)
	return append(b, m.body...)
}

// SplitBatch returns the encoded messages of a batch; they alias b.
func SplitBatch(b []byte) ([][]byte, error) {
	var all [][]byte
	for len(b) > 0 {
		section, rest, err := next(b)
		if err != nil {
			return nil, fmt.Errorf("read a batch section: %w", err)
		}
		if code, value, ok := section.described(); ok && code == descData {
			one, ok := value.Bytes()
			if !ok || value[0] == codeStr8 || value[0] == codeStr32 {
				return nil, fmt.Errorf("%w: a batch entry is not binary", errMalformed)
			}
			all = append(all, one)
		}
		b = rest
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: an empty batch", errMalformed)
	}
	return all, nil
}
