package wire

import (
	"fmt"
	"time"
)

// Message annotations of Service Bus. The SDK asserts their types without a
// check, so a value of another type would crash every receiver.
const (
	annScheduled   = "x-opt-scheduled-enqueue-time"
	annPartition   = "x-opt-partition-key"
	annSequence    = "x-opt-sequence-number"
	annEnqueuedSeq = "x-opt-enqueue-sequence-number"
	annEnqueued    = "x-opt-enqueued-time"
	annLockedUntil = "x-opt-locked-until"
	annState       = "x-opt-message-state"
	annSource      = "x-opt-deadletter-source"
	annLockToken   = "x-opt-lock-token"
)

// owned are the annotations that only a broker writes.
var owned = map[string]bool{annSequence: true, annEnqueuedSeq: true, annEnqueued: true, annLockedUntil: true, annState: true, annSource: true}

// Envelope is what a hop writes around a bare message.
type Envelope struct {
	// Failures is header.delivery-count: how often delivery failed before.
	Failures uint32
	// LockToken, when set, is sent as delivery annotation x-opt-lock-token.
	LockToken *UUID
	// Stamp, when set, is written over the sender's annotations.
	Stamp *Stamp
}

// Stamp is what the broker says about a message it delivers.
type Stamp struct {
	Sequence, EnqueuedSequence int64
	Enqueued                   time.Time
	LockedUntil                time.Time // zero = not locked
	State                      int32     // 0 active, 1 deferred, 2 scheduled
	Source                     string    // the queue it was dead-lettered from, or ""
}

// Scheduled returns x-opt-scheduled-enqueue-time; ok is false when there is none.
func (m *Message) Scheduled() (at time.Time, ok bool) {
	return m.Annotations.Lookup(annScheduled).Time()
}

// Check refuses annotations whose type would crash a receiver's SDK.
func (m *Message) Check() error {
	if v := m.Annotations.Lookup(annScheduled); !v.IsNull() {
		if _, ok := v.Time(); !ok {
			return fmt.Errorf("%s is not a timestamp", annScheduled)
		}
	}
	if v := m.Annotations.Lookup(annPartition); !v.IsNull() && !v.IsString() {
		return fmt.Errorf("%s is not a string", annPartition)
	}
	return nil
}

// Append encodes m inside e.
func (m *Message) Append(b []byte, e Envelope) []byte {
	b = m.appendHead(b, e.Failures, e.LockToken)
	if len(m.Annotations) == 0 && e.Stamp == nil {
		return m.appendBare(b)
	}
	c := BeginMap(append(b, codeDescribed, codeSmallUlong, descMessageAnn))
	for _, p := range m.Annotations {
		if e.Stamp != nil && (owned[p.Key] || p.Value.IsNull()) {
			continue
		}
		c.Bytes = append(AppendSymbol(c.Bytes, p.Key), p.Value...)
		c.Count += 2
	}
	if e.Stamp != nil {
		c.stamp(e.Stamp)
	}
	return m.appendBare(c.End())
}

func (c *Compound) stamp(s *Stamp) {
	c.Bytes = AppendLong(AppendSymbol(c.Bytes, annSequence), s.Sequence)
	c.Bytes = AppendTime(AppendSymbol(c.Bytes, annEnqueued), s.Enqueued)
	c.Bytes = AppendInt(AppendSymbol(c.Bytes, annState), s.State)
	c.Count += 6
	if s.EnqueuedSequence != 0 {
		c.Bytes = AppendLong(AppendSymbol(c.Bytes, annEnqueuedSeq), s.EnqueuedSequence)
		c.Count += 2
	}
	if !s.LockedUntil.IsZero() {
		c.Bytes = AppendTime(AppendSymbol(c.Bytes, annLockedUntil), s.LockedUntil)
		c.Count += 2
	}
	if s.Source != "" {
		c.Bytes = AppendString(AppendSymbol(c.Bytes, annSource), s.Source)
		c.Count += 2
	}
}
