package broker

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// Queue is a queue or a dead-letter queue. A pair shares one mutex, so a
// message moves between them in one step.
type Queue struct {
	b    *Broker
	cfg  QueueConfig
	path string
	dead *Queue // nil in a dead-letter queue
	mu   *sync.Mutex

	last   int64 // the last sequence number given out
	all    sequence
	ready  heap // available now, by sequence number
	timers heap // locks, schedules and expiries, by time
	locks  map[wire.UUID]*entry

	seen      map[string]time.Time // message-id → until when it is a duplicate
	seenOrder []seenID

	listeners map[int]func()
	listener  int
	ledger    *ledger
}

type seenID struct {
	id    string
	until time.Time
}

// Delivery is a message as it is handed to a receiver. Message is shared: read only.
type Delivery struct {
	Message     *wire.Message
	Seq         int64
	FirstSeq    int64
	Enqueued    time.Time
	Failures    int
	State       State
	Token       wire.UUID // zero when the message is not locked
	LockedUntil time.Time
	Source      string
}

// Counts is what a queue holds.
type Counts struct {
	Active    int `json:"active"` // locked ones included
	Locked    int `json:"locked"`
	Deferred  int `json:"deferred"`
	Scheduled int `json:"scheduled"`
	Dead      int `json:"dead"` // in the dead-letter queue
}

func newQueue(b *Broker, cfg QueueConfig, keep bool) *Queue {
	l := &ledger{keep: keep, counts: map[Kind]int64{}}
	mu := new(sync.Mutex)
	one := func(path string) *Queue {
		return &Queue{b: b, cfg: cfg, path: path, mu: mu, ready: bySequence(), timers: byTime(),
			locks: map[wire.UUID]*entry{}, seen: map[string]time.Time{}, listeners: map[int]func(){}, ledger: l}
	}
	q := one(cfg.Name)
	q.dead = one(cfg.Name + DeadLetterSuffix)
	return q
}

// Path is the queue's path, "name" or "name/$DeadLetterQueue".
func (q *Queue) Path() string { return q.path }

// DeadLetter returns the queue's dead-letter queue; nil when q is one.
func (q *Queue) DeadLetter() *Queue { return q.dead }

// LockDuration is how long a lock lasts.
func (q *Queue) LockDuration() time.Duration { return q.cfg.LockDuration }

// Listen calls fn, which must not block, whenever messages may have become
// available, until the returned function is called.
func (q *Queue) Listen(fn func()) (stop func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.listener++
	id := q.listener
	q.listeners[id] = fn
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.listeners, id)
	}
}

// Send stores msgs, those with a schedule in the future as Scheduled, and
// drops duplicates. The messages become the queue's.
func (q *Queue) Send(msgs []*wire.Message) (LSN, error) {
	lsn, _, err := q.send(msgs, false)
	return lsn, err
}

// Schedule stores msgs as Scheduled, whatever their time, and returns their
// sequence numbers; the number changes when a message becomes active.
func (q *Queue) Schedule(msgs []*wire.Message) (LSN, []int64, error) { return q.send(msgs, true) }

func (q *Queue) send(msgs []*wire.Message, schedule bool) (LSN, []int64, error) {
	if q.dead == nil {
		return 0, nil, ErrNotAllowed
	}
	if err := q.b.usable(); err != nil {
		return 0, nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	tx := q.b.begin()
	numbers := make([]int64, 0, len(msgs))
	fresh := false
	for _, m := range msgs {
		q.last++
		e := &entry{seq: q.last, firstSeq: q.last, msg: m, readyAt: -1, timersAt: -1}
		numbers = append(numbers, e.seq)
		if q.duplicate(tx, m.ID, now) {
			q.ledger.add(now, q, Duplicate, e)
			continue
		}
		if ttl := q.cfg.DefaultTTL; ttl > 0 && (m.TTL == 0 || m.TTL > ttl) {
			m.TTL = ttl
		}
		at, ok := m.Scheduled()
		if ok {
			at = at.Add(time.Duration(q.b.skew.Load()))
		}
		e.enqueued = now
		if ok && (schedule || at.After(now)) {
			e.state, e.due = Scheduled, at
		} else {
			e.expires = expiry(now, m.TTL)
			fresh = true
		}
		q.insert(e)
		tx.put(q, e)
		q.ledger.add(now, q, Enqueued, e)
	}
	tx.last(q)
	if fresh {
		q.notify()
	}
	return tx.commit(), numbers, nil
}

func expiry(now time.Time, ttl time.Duration) time.Time {
	if ttl == 0 {
		return time.Time{}
	}
	return now.Add(ttl)
}

// duplicate reports whether id was seen within the window, and remembers it.
func (q *Queue) duplicate(tx *tx, id string, now time.Time) bool {
	if q.cfg.DuplicateWindow == 0 || id == "" {
		return false
	}
	n := 0
	for n < len(q.seenOrder) && !q.seenOrder[n].until.After(now) {
		if s := q.seenOrder[n]; q.seen[s.id].Equal(s.until) {
			delete(q.seen, s.id)
		}
		n++
	}
	q.seenOrder = q.seenOrder[n:]
	if _, dup := q.seen[id]; dup {
		return true
	}
	until := now.Add(q.cfg.DuplicateWindow)
	q.remember(id, until)
	tx.seen(q, id, until)
	return false
}

func (q *Queue) remember(id string, until time.Time) {
	q.seen[id] = until
	q.seenOrder = append(q.seenOrder, seenID{id, until})
}

// insert files e by its state: into the index, the ready heap, the timers.
func (q *Queue) insert(e *entry) {
	q.all.insert(e)
	if e.state == Active {
		q.ready.push(e)
	}
	q.arm(e)
}

// remove forgets e.
func (q *Queue) remove(e *entry) {
	q.all.remove(e.seq)
	q.ready.remove(e)
	q.timers.remove(e)
	if e.locked {
		delete(q.locks, e.token)
		e.locked = false
	}
}

// arm puts e's next event into the timers.
func (q *Queue) arm(e *entry) {
	q.timers.remove(e)
	switch {
	case e.locked:
		e.fires = e.lockedUntil
	case e.state == Scheduled:
		e.fires = e.due
	default:
		e.fires = e.expires
	}
	if e.fires.IsZero() {
		return
	}
	q.timers.push(e)
	if q.timers.min() == e {
		q.b.armed(e.fires)
	}
}

func (q *Queue) notify() {
	for _, fn := range q.listeners {
		fn()
	}
}

// Receive hands out up to max available messages, oldest number first: locked
// when lock is set, else removed (and then to be sent on only once the LSN is durable).
func (q *Queue) Receive(max int, lock bool) ([]Delivery, LSN, error) {
	if err := q.b.usable(); err != nil {
		return nil, 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	var out []Delivery
	tx := q.b.begin()
	for len(out) < max {
		e := q.ready.min()
		if e == nil {
			break
		}
		out = append(out, q.hand(tx, e, lock, now))
	}
	return out, tx.commit(), nil
}

func (q *Queue) hand(tx *tx, e *entry, lock bool, now time.Time) Delivery {
	q.ledger.add(now, q, Delivered, e)
	if lock {
		q.ready.remove(e)
		e.locked, e.lockedUntil = true, now.Add(q.cfg.LockDuration)
		binary.BigEndian.PutUint64(e.token[:], rand.Uint64())
		binary.BigEndian.PutUint64(e.token[8:], rand.Uint64())
		e.token[6], e.token[8] = e.token[6]&0x0f|0x40, e.token[8]&0x3f|0x80
		q.locks[e.token] = e
		q.arm(e)
		return e.delivery()
	}
	d := e.delivery()
	q.remove(e)
	tx.del(q, e)
	q.ledger.add(now, q, Completed, e)
	return d
}

func (e *entry) delivery() Delivery {
	d := Delivery{Message: e.msg, Seq: e.seq, FirstSeq: e.firstSeq, Enqueued: e.enqueued, Failures: e.failures, State: e.state, Source: e.source}
	if e.locked {
		d.Token, d.LockedUntil = e.token, e.lockedUntil
	}
	return d
}

// Peek returns up to max messages numbered from and up, in any state, without locking.
func (q *Queue) Peek(from int64, max int) []Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance()
	var out []Delivery
	q.all.from(from, func(e *entry) bool {
		if len(out) >= max {
			return false
		}
		d := e.delivery()
		d.Token, d.LockedUntil = wire.UUID{}, time.Time{}
		out = append(out, d)
		return true
	})
	return out
}

// ReceiveDeferred hands out deferred messages by number, all or none.
func (q *Queue) ReceiveDeferred(numbers []int64, lock bool) ([]Delivery, LSN, error) {
	if err := q.b.usable(); err != nil {
		return nil, 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	found := make([]*entry, 0, len(numbers))
	for i, n := range numbers {
		e := q.all.lookup(n)
		if e == nil || e.state != Deferred || e.locked || repeats(numbers[:i], n) {
			return nil, 0, ErrNotFound
		}
		found = append(found, e)
	}
	tx := q.b.begin()
	out := make([]Delivery, 0, len(found))
	for _, e := range found {
		out = append(out, q.hand(tx, e, lock, now))
	}
	return out, tx.commit(), nil
}

func repeats(before []int64, n int64) bool {
	for _, b := range before {
		if b == n {
			return true
		}
	}
	return false
}

// Cancel removes scheduled messages by number, all or none.
func (q *Queue) Cancel(numbers []int64) (LSN, error) {
	if err := q.b.usable(); err != nil {
		return 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	for _, n := range numbers {
		if e := q.all.lookup(n); e == nil || e.state != Scheduled {
			return 0, ErrNotFound
		}
	}
	tx := q.b.begin()
	for _, n := range numbers {
		if e := q.all.lookup(n); e != nil { // nil: the number was given twice
			q.remove(e)
			tx.del(q, e)
			q.ledger.add(now, q, Cancelled, e)
		}
	}
	return tx.commit(), nil
}

// Counts returns what the queue holds now.
func (q *Queue) Counts() Counts {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance()
	c := Counts{Locked: len(q.locks)}
	q.all.from(0, func(e *entry) bool {
		switch e.state {
		case Active:
			c.Active++
		case Deferred:
			c.Deferred++
		case Scheduled:
			c.Scheduled++
		}
		return true
	})
	if q.dead != nil {
		c.Dead = q.dead.all.len()
	}
	return c
}
