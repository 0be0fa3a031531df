package wire

import "time"

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
