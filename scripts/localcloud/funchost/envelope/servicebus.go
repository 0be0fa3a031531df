package envelope

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"
	"github.com/google/uuid"
)

// ServiceBus describes how a serviceBusTrigger binds.
type ServiceBus struct {
	Binding   string // the trigger's name in function.json: the key in Data
	DataType  string // "binary", "string" or "" as in function.json
	Many      bool   // cardinality many
	Namespace string // shown in the opaque Client object
}

// Encode makes the invocation of one message, or of a batch when Many is set.
// An error is a binding failure: the handler is not called.
func (s ServiceBus) Encode(sys Sys, messages ...*azservicebus.ReceivedMessage) (Invocation, error) {
	if s.Many {
		return s.encodeMany(sys, messages)
	}
	if len(messages) != 1 {
		return Invocation{}, fmt.Errorf("bind %s: %d messages for cardinality one", s.Binding, len(messages))
	}
	m := messages[0]
	metadata := s.opaque()
	for _, p := range properties {
		metadata.Set(p.name, p.value(m))
	}
	metadata.Set("sys", Object{sys})
	if s.DataType == "binary" {
		return Invocation{Fields{{s.Binding, m.Body}}, metadata}, nil
	}
	text := bodyText(m.Body)
	Shadow(&metadata, text)
	return Invocation{Fields{{s.Binding, text}}, metadata}, nil
}

func (s ServiceBus) encodeMany(sys Sys, messages []*azservicebus.ReceivedMessage) (Invocation, error) {
	metadata := s.opaque()
	for _, p := range properties {
		column := make([]any, len(messages))
		for i, m := range messages {
			column[i] = p.value(m)
		}
		metadata.Set(p.name+"Array", column)
	}
	metadata.Set("sys", Object{sys})
	bodies := make([]any, len(messages))
	for i, m := range messages {
		switch {
		case s.DataType == "binary":
			bodies[i] = append([]byte{}, m.Body...)
		case s.DataType == "string":
			bodies[i] = bodyText(m.Body)
		case !json.Valid(m.Body):
			// Without a dataType the parameter is object[]: each body is parsed.
			return Invocation{}, fmt.Errorf("bind %s: message %d of the batch is not JSON; set dataType", s.Binding, i)
		default:
			bodies[i] = json.RawMessage(m.Body)
		}
	}
	return Invocation{Fields{{s.Binding, bodies}}, metadata}, nil
}

// opaque are the .NET objects among the binding data; they arrive as JSON
// objects of no use.
func (s ServiceBus) opaque() Fields {
	var f Fields
	for _, name := range []string{"MessageReceiver", "MessageSession", "MessageActions", "SessionActions", "ReceiveActions"} {
		f.Set(name, Object{struct{}{}})
	}
	f.Set("Client", Object{struct {
		FullyQualifiedNamespace string
		IsClosed                bool
		TransportType           int
		Identifier              string
	}{s.Namespace, false, 0, s.Namespace + "-funchost"}})
	return f
}

// properties are the message's binding data, in the host's order and casing.
var properties = []struct {
	name  string
	value func(*azservicebus.ReceivedMessage) any
}{
	{"DeliveryCount", func(m *azservicebus.ReceivedMessage) any { return m.DeliveryCount }},
	{"DeadLetterSource", func(m *azservicebus.ReceivedMessage) any { return text(m.DeadLetterSource) }},
	{"LockToken", func(m *azservicebus.ReceivedMessage) any { return uuid.UUID(m.LockToken).String() }},
	{"ExpiresAtUtc", func(m *azservicebus.ReceivedMessage) any { return DateTime{expiry(m)} }},
	{"ExpiresAt", func(m *azservicebus.ReceivedMessage) any { return DateTimeOffset{expiry(m)} }},
	{"EnqueuedTimeUtc", func(m *azservicebus.ReceivedMessage) any { return DateTime{enqueued(m)} }},
	{"EnqueuedTime", func(m *azservicebus.ReceivedMessage) any { return DateTimeOffset{enqueued(m)} }},
	{"MessageId", func(m *azservicebus.ReceivedMessage) any { return text(&m.MessageID) }},
	{"ContentType", func(m *azservicebus.ReceivedMessage) any { return text(m.ContentType) }},
	{"ReplyTo", func(m *azservicebus.ReceivedMessage) any { return text(m.ReplyTo) }},
	{"SequenceNumber", func(m *azservicebus.ReceivedMessage) any {
		if m.SequenceNumber == nil {
			return int64(0)
		}
		return *m.SequenceNumber
	}},
	{"To", func(m *azservicebus.ReceivedMessage) any { return text(m.To) }},
	{"Subject", func(m *azservicebus.ReceivedMessage) any { return text(m.Subject) }},
	{"Label", func(m *azservicebus.ReceivedMessage) any { return text(m.Subject) }},
	{"CorrelationId", func(m *azservicebus.ReceivedMessage) any { return text(m.CorrelationID) }},
	{"ApplicationProperties", applicationProperties},
	{"UserProperties", applicationProperties},
	{"SessionId", func(m *azservicebus.ReceivedMessage) any { return text(m.SessionID) }},
	{"ReplyToSessionId", func(m *azservicebus.ReceivedMessage) any { return text(m.ReplyToSessionID) }},
	{"PartitionKey", func(m *azservicebus.ReceivedMessage) any { return text(m.PartitionKey) }},
	{"TransactionPartitionKey", func(m *azservicebus.ReceivedMessage) any { return nil }},
}

func text(s *string) any {
	if s == nil || *s == "" {
		return nil
	}
	return *s
}

// forever is DateTimeOffset.MaxValue, which stands for "no time to live".
var forever = time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC)

func expiry(m *azservicebus.ReceivedMessage) time.Time {
	if m.ExpiresAt == nil {
		return forever
	}
	return m.ExpiresAt.UTC()
}

func enqueued(m *azservicebus.ReceivedMessage) time.Time {
	if m.EnqueuedTime == nil {
		return time.Time{} // 0001-01-01, also .NET's default
	}
	return m.EnqueuedTime.UTC()
}

// applicationProperties is always an object, empty when there are none.
func applicationProperties(m *azservicebus.ReceivedMessage) any {
	object := map[string]any{}
	for name, value := range m.ApplicationProperties {
		switch v := value.(type) {
		case time.Time:
			object[name] = DateTime{v}
		case amqp.UUID:
			object[name] = v.String()
		default:
			object[name] = v
		}
	}
	return Object{object}
}

// bodyText is the body as text: UTF-8, wrong bytes replaced one by one.
func bodyText(body []byte) string {
	if utf8.Valid(body) {
		return string(body)
	}
	var b strings.Builder
	for _, r := range string(body) { // ranging replaces each wrong byte with U+FFFD
		b.WriteRune(r)
	}
	return b.String()
}

// Timer is the value of a timerTrigger. Status is nil until a monitored
// schedule has run.
type Timer struct {
	Status  *TimerStatus
	PastDue bool
}

// TimerStatus is what the schedule monitor remembers.
type TimerStatus struct{ Last, Next, LastUpdated time.Time }

// Encode makes the invocation of a timer.
func (t Timer) Encode(binding string, sys Sys) Invocation {
	type status struct{ Last, Next, LastUpdated DateTimeOffset }
	var s *status
	if t.Status != nil {
		s = &status{DateTimeOffset{t.Status.Last}, DateTimeOffset{t.Status.Next}, DateTimeOffset{t.Status.LastUpdated}}
	}
	info := struct {
		Schedule       struct{ AdjustForDST bool }
		ScheduleStatus *status
		IsPastDue      bool
	}{struct{ AdjustForDST bool }{true}, s, t.PastDue}
	return Invocation{Fields{{binding, Object{info}}}, Fields{{"sys", Object{sys}}}}
}
