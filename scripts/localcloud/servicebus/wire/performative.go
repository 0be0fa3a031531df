package wire

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Descriptors of performatives, SASL frames, delivery states and errors.
const (
	descOpen        = 0x10
	descBegin       = 0x11
	descAttach      = 0x12
	descFlow        = 0x13
	descTransfer    = 0x14
	descDisposition = 0x15
	descDetach      = 0x16
	descEnd         = 0x17
	descClose       = 0x18
	descError       = 0x1d
	descAccepted    = 0x24
	descRejected    = 0x25
	descReleased    = 0x26
	descModified    = 0x27
	descSource      = 0x28
	descTarget      = 0x29
	descMechanisms  = 0x40
	descInit        = 0x41
	descOutcome     = 0x44
)

// Opt is an optional uint.
type Opt struct {
	V   uint32
	Set bool
}

// Some returns a set Opt.
func Some(v uint32) Opt { return Opt{v, true} }

// Performative is a frame body. Those that a peer only receives have no encoder.
type Performative interface{ appendTo(b []byte) []byte }

// Open starts a connection.
type Open struct {
	ContainerID, Hostname string
	MaxFrameSize          uint32
	ChannelMax            uint16
	IdleTimeout           time.Duration
}

// Begin starts a session.
type Begin struct {
	RemoteChannel                                         Opt
	NextOutgoingID, IncomingWindow, OutgoingWindow, Limit uint32 // Limit is handle-max
}

// Settlement modes of an attach: the values of snd-settle-mode and rcv-settle-mode.
const (
	SenderUnsettled, SenderSettled, SenderMixed uint8 = 0, 1, 2
	ReceiverFirst, ReceiverSecond               uint8 = 0, 1
)

// Attach opens a link. Source and Target are kept encoded: the reply echoes them.
type Attach struct {
	Name                 string
	Handle               uint32
	Receiver             bool // the role of who sends the attach
	SenderMode           uint8
	ReceiverMode         uint8
	Source, Target       Raw
	InitialDeliveryCount Opt
	MaxMessageSize       uint64
	Properties           Raw
}

// Flow carries credit and windows.
type Flow struct {
	NextIncomingID                         Opt
	IncomingWindow, NextOutgoingID, Window uint32 // Window is outgoing-window
	Handle, DeliveryCount, Credit          Opt
	Available                              Opt
	Drain, Echo                            bool
}

// Transfer carries (a part of) a message. DeliveryTag and Payload alias the frame.
type Transfer struct {
	Handle                 uint32
	DeliveryID             Opt
	DeliveryTag            []byte
	Format                 Opt
	Settled, More, Aborted bool
	Payload                []byte
}

// Disposition reports the state of deliveries First to Last.
type Disposition struct {
	Receiver bool // the role of who sends it
	First    uint32
	Last     Opt
	Settled  bool
	State    State
}

// Detach closes a link, End a session, Close a connection.
type (
	Detach struct {
		Handle uint32
		Closed bool
		Err    *Error
	}
	End   struct{ Err *Error }
	Close struct{ Err *Error }
)

// SASLMechanisms, SASLInit and SASLOutcome are the SASL frames of the anonymous exchange.
type (
	SASLMechanisms struct{ Mechanisms []string }
	SASLInit       struct{ Mechanism string }
	SASLOutcome    struct{ Code uint8 }
)

// Error is an AMQP error.
type Error struct {
	Condition, Description string
	Info                   Map
}

func (e *Error) Error() string { return e.Condition + ": " + e.Description }

// StateKind is the kind of a delivery state.
type StateKind uint8

// The delivery states.
const (
	NoState StateKind = iota
	Accepted
	Rejected
	Released
	Modified
	OtherState // received, or a transactional state
)

// State is a delivery state.
type State struct {
	Kind              StateKind
	Err               *Error // rejected
	DeliveryFailed    bool   // modified
	UndeliverableHere bool   // modified
	Annotations       Map    // modified
}

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
