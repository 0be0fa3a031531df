package broker

import "time"

// Kind is what happened to a message.
type Kind string

// The kinds of events.
const (
	Enqueued     Kind = "enqueued"
	Duplicate    Kind = "duplicate" // accepted and dropped by duplicate detection
	Delivered    Kind = "delivered"
	Completed    Kind = "completed"
	Abandoned    Kind = "abandoned"
	Released     Kind = "released"
	LockExpired  Kind = "lock expired"
	Postponed    Kind = "deferred"
	DeadLettered Kind = "dead-lettered"
	Activated    Kind = "activated" // a scheduled message became available
	Cancelled    Kind = "cancelled"
	Expired      Kind = "expired" // its time to live ended
	Purged       Kind = "purged"
)

// Event is one line of the ledger.
type Event struct {
	At    time.Time
	Queue string // path; ".../$DeadLetterQueue" for a dead-letter queue
	Kind  Kind
	ID    string // message-id
	Seq   int64
}

// ledger counts and, when it keeps events, records. It is append-only and
// starts empty with the process.
type ledger struct {
	keep   bool
	counts map[Kind]int64
	events []Event
}

func (l *ledger) add(now time.Time, q *Queue, k Kind, e *entry) {
	l.counts[k]++
	if l.keep {
		l.events = append(l.events, Event{now, q.path, k, e.msg.ID, e.seq})
	}
}

// Tally returns how often each kind of event happened since the process
// started, in the queue and its dead-letter queue together.
func (q *Queue) Tally() map[Kind]int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make(map[Kind]int64, len(q.ledger.counts))
	for k, n := range q.ledger.counts {
		out[k] = n
	}
	return out
}

// Events returns the ledger of the queue and its dead-letter queue in the
// order things happened; nil unless Options.Ledger was set.
func (q *Queue) Events() []Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]Event(nil), q.ledger.events...)
}

// IDs counts the message ids of the events of kind k.
func IDs(events []Event, k Kind) map[string]int {
	out := map[string]int{}
	for _, e := range events {
		if e.Kind == k {
			out[e.ID]++
		}
	}
	return out
}
