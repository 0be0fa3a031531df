package broker

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What an operation can refuse with.
var (
	// ErrLockLost: the token settles nothing: settled before, expired, or never given out.
	ErrLockLost = errors.New("the lock supplied is invalid: it expired, or the message was already settled")
	// ErrNotFound: no message has that sequence number in the state asked for.
	ErrNotFound = errors.New("no such message")
	// ErrNotAllowed: the entity does not offer the operation.
	ErrNotAllowed = errors.New("operation not allowed on this entity")
	// ErrClosed: the broker was closed, or its journal failed.
	ErrClosed = errors.New("broker closed")
)

// DeadLetterSuffix is what a dead-letter queue's path ends in.
const DeadLetterSuffix = "/$DeadLetterQueue"

// QueueConfig describes a queue. Durations are zero for "the default".
type QueueConfig struct {
	Name             string
	LockDuration     time.Duration // default 1 min; the service allows at most 5 min
	MaxDeliveryCount int           // default 10
	DefaultTTL       time.Duration // default none
	// DeadLetterOnExpiration moves expired messages to the dead-letter queue instead of dropping them.
	DeadLetterOnExpiration bool
	// DuplicateWindow turns duplicate detection on and says for how long a message-id is remembered.
	DuplicateWindow time.Duration
}

// Options configure a Broker.
type Options struct {
	Queues []QueueConfig
	Clock  Clock  // default System
	Dir    string // journal directory; "" keeps everything in memory
	// Ledger keeps an Event for everything that happens (unbounded: for tests).
	Ledger bool
	// CompactAt is the journal size in bytes above which it is replaced by a
	// snapshot; default 64 MiB.
	CompactAt int64
}

// Broker is a namespace of queues.
type Broker struct {
	clock   Clock
	queues  map[string]*Queue // by lower-case path, dead-letter queues included
	mains   []*Queue          // sorted by name
	journal *journal          // nil = in memory
	skew    atomic.Int64      // see SkewSchedules

	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	closed sync.Once
	// next is the time the driver waits for, in Unix nanoseconds; an operation
	// that arms an earlier timer wakes it.
	next atomic.Int64
}

// Open starts a broker. With a directory it first restores what the journal
// says; a journal that is damaged anywhere but in its last group is an error.
func Open(o Options) (*Broker, error) {
	b := &Broker{clock: o.Clock, queues: map[string]*Queue{}, wake: make(chan struct{}, 1),
		stop: make(chan struct{}), done: make(chan struct{})}
	if b.clock == nil {
		b.clock = System
	}
	for _, cfg := range o.Queues {
		if err := b.add(cfg, o.Ledger); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(b.mains, func(x, y *Queue) int { return strings.Compare(x.path, y.path) })
	if o.Dir != "" {
		if err := b.openJournal(o.Dir, o.CompactAt); err != nil {
			return nil, fmt.Errorf("open journal %s: %w", o.Dir, err)
		}
	}
	go b.drive()
	return b, nil
}

func (b *Broker) add(cfg QueueConfig, keep bool) error {
	if cfg.Name == "" || strings.Contains(cfg.Name, "$") || strings.HasPrefix(cfg.Name, "/") || strings.HasSuffix(cfg.Name, "/") {
		return fmt.Errorf("queue name %q is not a Service Bus queue name", cfg.Name)
	}
	if cfg.LockDuration < 0 || cfg.MaxDeliveryCount < 0 || cfg.DefaultTTL < 0 || cfg.DuplicateWindow < 0 {
		return fmt.Errorf("queue %s: a setting is negative", cfg.Name)
	}
	if cfg.LockDuration == 0 {
		cfg.LockDuration = time.Minute
	}
	if cfg.MaxDeliveryCount == 0 {
		cfg.MaxDeliveryCount = 10
	}
	key := strings.ToLower(cfg.Name)
	if b.queues[key] != nil {
		return fmt.Errorf("queue %s is configured twice", cfg.Name)
	}
	q := newQueue(b, cfg, keep)
	b.queues[key] = q
	b.queues[key+strings.ToLower(DeadLetterSuffix)] = q.dead
	b.mains = append(b.mains, q)
	return nil
}

// Queue returns the queue or dead-letter queue with this path, case ignored.
func (b *Broker) Queue(path string) (*Queue, bool) {
	q, ok := b.queues[strings.ToLower(path)]
	return q, ok
}

// Queues returns all queues sorted by name, without the dead-letter queues.
func (b *Broker) Queues() []*Queue { return b.mains }

// SkewSchedules moves what is scheduled from now on by d (negative = early):
// the real service may be late.
func (b *Broker) SkewSchedules(d time.Duration) { b.skew.Store(int64(d)) }

// OnDurable calls fn once everything up to lsn is on disk, or with the error
// that keeps it from getting there. Without a journal it calls fn at once. fn
// must not block.
func (b *Broker) OnDurable(lsn LSN, fn func(error)) {
	if b.journal == nil {
		fn(nil)
		return
	}
	b.journal.onDurable(lsn, fn)
}

// Sync waits until everything up to lsn is on disk.
func (b *Broker) Sync(lsn LSN) error {
	if b.journal == nil {
		return nil
	}
	c := make(chan error, 1)
	b.journal.onDurable(lsn, func(err error) { c <- err })
	return <-c
}

// usable returns why the broker takes no more operations, or nil.
func (b *Broker) usable() error {
	select {
	case <-b.stop:
		return ErrClosed
	default:
	}
	if b.journal != nil {
		return b.journal.failure()
	}
	return nil
}

// Failed is closed when the journal could not be written, on a full disk for
// instance. The broker then refuses everything until it is opened again. Without
// a journal it is nil.
func (b *Broker) Failed() <-chan struct{} {
	if b.journal == nil {
		return nil
	}
	return b.journal.failed
}

// Err is why the broker takes no more operations, or nil.
func (b *Broker) Err() error { return b.usable() }

// Close writes what is pending and stops the broker.
func (b *Broker) Close() error {
	var err error
	b.closed.Do(func() {
		close(b.stop)
		<-b.done
		if b.journal != nil {
			err = b.journal.close()
		}
	})
	return err
}

// drive does what is due even when nobody calls, so that waiting receivers wake.
func (b *Broker) drive() {
	defer close(b.done)
	for {
		b.next.Store(0) // from here on, whoever arms a timer wakes us
		next := time.Time{}
		for _, q := range b.mains {
			if t := q.settleDue(); !t.IsZero() && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
		var reached <-chan time.Time
		halt := func() {}
		if !next.IsZero() {
			b.next.Store(next.UnixNano())
			reached, halt = b.clock.Until(next)
		}
		select {
		case <-reached:
		case <-b.wake:
		case <-b.stop:
			halt()
			return
		}
		halt()
	}
}

// armed is called with the time of a queue's earliest timer when it changed.
func (b *Broker) armed(t time.Time) {
	if next := b.next.Load(); next != 0 && next <= t.UnixNano() {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
