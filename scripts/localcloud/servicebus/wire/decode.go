package wire

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// fields reads the fields of a described list one after another; the first
// error stays.
type fields struct {
	n    int
	rest []byte
	err  error
}

func (f *fields) raw() Raw {
	if f.err != nil || f.n == 0 {
		return nil
	}
	f.n--
	v, rest, err := next(f.rest)
	if err != nil {
		f.err = err
		return nil
	}
	f.rest = rest
	if v.IsNull() {
		return nil
	}
	return v
}

func (f *fields) bad(what string) {
	if f.err == nil {
		f.err = fmt.Errorf("%w: %s", errMalformed, what)
	}
}

func (f *fields) uint(limit, def uint64) uint64 {
	v := f.raw()
	if v == nil {
		return def
	}
	n, ok := v.Uint()
	if !ok || n > limit {
		f.bad("a field is not an unsigned integer of its width")
	}
	return n
}

func (f *fields) u32() uint32 { return uint32(f.uint(math.MaxUint32, 0)) }

func (f *fields) mustU32() uint32 {
	v := f.raw()
	n, ok := v.Uint()
	if !ok || n > math.MaxUint32 {
		f.bad("a required uint is missing")
	}
	return uint32(n)
}

func (f *fields) opt() Opt {
	v := f.raw()
	if v == nil {
		return Opt{}
	}
	n, ok := v.Uint()
	if !ok || n > math.MaxUint32 {
		f.bad("a field is not a uint")
	}
	return Some(uint32(n))
}

func (f *fields) bool() bool {
	v := f.raw()
	if v == nil {
		return false
	}
	b, ok := v.Bool()
	if !ok {
		f.bad("a field is not a boolean")
	}
	return b
}

func (f *fields) text() string {
	v := f.raw()
	if v == nil {
		return ""
	}
	s, ok := v.Text()
	if !ok {
		f.bad("a field is not a string or symbol")
	}
	return s
}

func (f *fields) bytes() []byte {
	v := f.raw()
	if v == nil {
		return nil
	}
	b, ok := v.Bytes()
	if !ok {
		f.bad("a field is not binary")
	}
	return b
}

func (f *fields) error() *Error {
	v := f.raw()
	if v == nil {
		return nil
	}
	e, err := parseError(v)
	if err != nil && f.err == nil {
		f.err = err
	}
	return e
}

func listOf(v Raw, want uint64) (fields, error) {
	code, value, ok := v.described()
	if !ok || code != want {
		return fields{}, fmt.Errorf("%w: descriptor %#02x wanted", errMalformed, want)
	}
	n, rest, ok := value.list()
	if !ok {
		return fields{}, fmt.Errorf("%w: a described list wanted", errMalformed)
	}
	return fields{n: n, rest: rest}, nil
}

func parseError(v Raw) (*Error, error) {
	f, err := listOf(v, descError)
	if err != nil {
		return nil, err
	}
	e := &Error{Condition: f.text(), Description: f.text()}
	info := f.raw()
	if f.err != nil {
		return nil, f.err
	}
	e.Info, err = ParseMap(info)
	return e, err
}

func parseState(v Raw) (State, error) {
	if v == nil {
		return State{}, nil
	}
	code, value, ok := v.described()
	if !ok {
		return State{}, errors.New("a delivery state is not a described value")
	}
	n, rest, ok := value.list()
	if !ok {
		return State{}, errors.New("a delivery state is not a list")
	}
	f := fields{n: n, rest: rest}
	s := State{}
	switch code {
	case descAccepted:
		s.Kind = Accepted
	case descReleased:
		s.Kind = Released
	case descRejected:
		s.Kind = Rejected
		s.Err = f.error()
	case descModified:
		s.Kind = Modified
		s.DeliveryFailed, s.UndeliverableHere = f.bool(), f.bool()
		m, err := ParseMap(f.raw())
		if err != nil {
			return s, err
		}
		s.Annotations = m
	default:
		s.Kind = OtherState
	}
	return s, f.err
}

// Address returns the address of an encoded source or target, "" when it has none.
func Address(terminus Raw) string {
	code, value, ok := terminus.described()
	if !ok || (code != descSource && code != descTarget) {
		return ""
	}
	n, rest, ok := value.list()
	if !ok {
		return ""
	}
	f := fields{n: n, rest: rest}
	return f.text()
}

// HasFilter reports whether an encoded source carries a filter set.
func HasFilter(source Raw) bool {
	f, err := listOf(source, descSource)
	if err != nil {
		return false
	}
	for range 7 { // address … distribution-mode
		f.raw()
	}
	return f.raw() != nil
}

// Parse reads a frame body: the performative and, for a transfer, its payload.
// The result aliases body.
func Parse(body []byte) (Performative, error) {
	v, payload, err := next(body)
	if err != nil {
		return nil, err
	}
	code, value, ok := v.described()
	if !ok {
		return nil, fmt.Errorf("%w: a frame body is not described", errMalformed)
	}
	n, rest, ok := value.list()
	if !ok {
		return nil, fmt.Errorf("%w: a performative is not a list", errMalformed)
	}
	f := &fields{n: n, rest: rest}
	p, err := parse(code, f)
	if err != nil {
		return nil, err
	}
	if f.err != nil {
		return nil, fmt.Errorf("performative %#02x: %w", code, f.err)
	}
	if t, ok := p.(*Transfer); ok {
		t.Payload = payload
	} else if len(payload) != 0 {
		return nil, fmt.Errorf("%w: bytes after performative %#02x", errMalformed, code)
	}
	return p, nil
}

func parse(code uint64, f *fields) (Performative, error) {
	switch code {
	case descTransfer:
		t := &Transfer{Handle: f.mustU32(), DeliveryID: f.opt(), DeliveryTag: f.bytes(), Format: f.opt(), Settled: f.bool(), More: f.bool()}
		f.raw() // rcv-settle-mode
		f.raw() // state
		f.raw() // resume
		t.Aborted = f.bool()
		return t, nil
	case descDisposition:
		d := &Disposition{Receiver: f.bool(), First: f.mustU32(), Last: f.opt(), Settled: f.bool()}
		var err error
		d.State, err = parseState(f.raw())
		return d, err
	case descFlow:
		return &Flow{NextIncomingID: f.opt(), IncomingWindow: f.mustU32(), NextOutgoingID: f.mustU32(), Window: f.mustU32(),
			Handle: f.opt(), DeliveryCount: f.opt(), Credit: f.opt(), Available: f.opt(), Drain: f.bool(), Echo: f.bool()}, nil
	case descOpen:
		o := &Open{ContainerID: f.text(), Hostname: f.text(), MaxFrameSize: uint32(f.uint(math.MaxUint32, math.MaxUint32)),
			ChannelMax: uint16(f.uint(math.MaxUint16, math.MaxUint16))}
		o.IdleTimeout = time.Duration(f.u32()) * time.Millisecond
		return o, nil
	case descBegin:
		return &Begin{RemoteChannel: f.opt(), NextOutgoingID: f.mustU32(), IncomingWindow: f.mustU32(), OutgoingWindow: f.mustU32(),
			Limit: uint32(f.uint(math.MaxUint32, math.MaxUint32))}, nil
	case descAttach:
		a := &Attach{Name: f.text(), Handle: f.mustU32(), Receiver: f.bool(), SenderMode: uint8(f.uint(2, uint64(SenderMixed))),
			ReceiverMode: uint8(f.uint(1, uint64(ReceiverFirst))), Source: f.raw(), Target: f.raw()}
		f.raw() // unsettled
		f.raw() // incomplete-unsettled
		a.InitialDeliveryCount = f.opt()
		a.MaxMessageSize = f.uint(math.MaxUint64, 0)
		f.raw() // offered-capabilities
		f.raw() // desired-capabilities
		a.Properties = f.raw()
		return a, nil
	case descDetach:
		return &Detach{Handle: f.mustU32(), Closed: f.bool(), Err: f.error()}, nil
	case descEnd:
		return &End{Err: f.error()}, nil
	case descClose:
		return &Close{Err: f.error()}, nil
	case descInit:
		return &SASLInit{Mechanism: f.text()}, nil
	case descMechanisms:
		all, ok := f.raw().symbols()
		if !ok {
			f.bad("sasl-server-mechanisms is neither a symbol nor symbols")
		}
		return &SASLMechanisms{all}, nil
	case descOutcome:
		return &SASLOutcome{Code: uint8(f.uint(math.MaxUint8, 0))}, nil
	}
	return nil, fmt.Errorf("unknown performative %#02x", code)
}
