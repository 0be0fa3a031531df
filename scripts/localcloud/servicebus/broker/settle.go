package broker

import (
	"fmt"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// Verdict is how a receiver settles a message.
type Verdict uint8

// The verdicts.
const (
	Complete   Verdict = iota
	Abandon            // available again; counts as a failed delivery
	Release            // available again; does not count
	Defer              // only ReceiveDeferred finds it
	DeadLetter         // to the dead-letter queue
)

// Outcome is a verdict and what goes with it.
type Outcome struct {
	Verdict Verdict
	// Reason and Description become the application properties
	// DeadLetterReason and DeadLetterErrorDescription; "" sets none.
	Reason, Description string
	// Properties are set in the message's application properties.
	Properties wire.Map
}

// Settle ends the lock that token names. ErrLockLost when there is none.
func (q *Queue) Settle(token wire.UUID, o Outcome) (LSN, error) {
	if err := q.b.usable(); err != nil {
		return 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	e := q.locks[token]
	if e == nil {
		return 0, ErrLockLost
	}
	if o.Verdict == DeadLetter && q.dead == nil {
		return 0, ErrNotAllowed
	}
	tx := q.b.begin()
	if o.Verdict == Complete {
		q.remove(e)
		tx.del(q, e)
		q.ledger.add(now, q, Completed, e)
		return tx.commit(), nil
	}
	q.unlock(e)
	e.msg = e.msg.With(o.Properties)
	if o.Verdict == Defer {
		e.state = Deferred
	}
	if o.Verdict == Defer || len(o.Properties) > 0 {
		tx.put(q, e) // before what follows, which may delete it
	}
	switch o.Verdict {
	case DeadLetter:
		q.deadLetter(tx, e, o.Reason, o.Description, now)
	case Defer:
		q.ledger.add(now, q, Postponed, e)
		q.expireOrArm(tx, e, now)
	case Release:
		q.ledger.add(now, q, Released, e)
		q.offer(tx, e, now)
	default:
		q.ledger.add(now, q, Abandoned, e)
		q.fail(tx, e, now)
	}
	return tx.commit(), nil
}

// Renew starts the lock's duration anew. ErrLockLost when there is none.
func (q *Queue) Renew(token wire.UUID) (time.Time, error) {
	if err := q.b.usable(); err != nil {
		return time.Time{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	e := q.locks[token]
	if e == nil {
		return time.Time{}, ErrLockLost
	}
	e.lockedUntil = now.Add(q.cfg.LockDuration)
	q.arm(e)
	return e.lockedUntil, nil
}

func (q *Queue) unlock(e *entry) {
	delete(q.locks, e.token)
	e.locked = false
}

// fail counts a failed delivery and offers the message again, or moves it to
// the dead-letter queue. A dead-letter queue does not count, as the real
// service does not (azure-sdk-for-net#53437).
func (q *Queue) fail(tx *tx, e *entry, now time.Time) {
	if q.dead == nil {
		q.offer(tx, e, now)
		return
	}
	e.failures++
	if e.failures >= q.cfg.MaxDeliveryCount {
		q.deadLetter(tx, e, "MaxDeliveryCountExceeded",
			fmt.Sprintf("Message could not be consumed after %d delivery attempts.", e.failures), now)
		return
	}
	tx.failures(q, e)
	q.offer(tx, e, now)
}

// offer makes an unlocked message available again, unless it has expired.
func (q *Queue) offer(tx *tx, e *entry, now time.Time) {
	if !q.expireOrArm(tx, e, now) || e.state != Active {
		return
	}
	q.ready.push(e)
	q.notify()
}

// expireOrArm arms e's expiry; false when it has already expired and is gone.
func (q *Queue) expireOrArm(tx *tx, e *entry, now time.Time) bool {
	if !e.expires.IsZero() && !e.expires.After(now) {
		q.expire(tx, e, now)
		return false
	}
	q.arm(e)
	return true
}

func (q *Queue) expire(tx *tx, e *entry, now time.Time) {
	q.ledger.add(now, q, Expired, e)
	if q.cfg.DeadLetterOnExpiration && q.dead != nil {
		q.deadLetter(tx, e, "TTLExpiredException", "The message expired and was dead lettered.", now)
		return
	}
	q.remove(e)
	tx.del(q, e)
}

// deadLetter moves e to the dead-letter queue. It keeps its sequence number,
// which in the real service changes only when a scheduled message is activated.
func (q *Queue) deadLetter(tx *tx, e *entry, reason, description string, now time.Time) {
	q.ledger.add(now, q, DeadLettered, e)
	q.remove(e)
	tx.del(q, e)
	var over wire.Map
	if reason != "" {
		over = append(over, wire.Pair{Key: "DeadLetterReason", Value: wire.AppendString(nil, reason)})
	}
	if description != "" {
		over = append(over, wire.Pair{Key: "DeadLetterErrorDescription", Value: wire.AppendString(nil, description)})
	}
	e.msg = e.msg.With(over)
	e.state, e.expires, e.source = Active, time.Time{}, q.path
	q.dead.insert(e)
	tx.put(q.dead, e)
	q.dead.notify()
}

// settleDue does what is due in the queue and its dead-letter queue and
// returns when something is due next, zero for never.
func (q *Queue) settleDue() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance()
	var next time.Time
	for _, one := range []*Queue{q, q.dead} {
		if e := one.timers.min(); e != nil && (next.IsZero() || e.fires.Before(next)) {
			next = e.fires
		}
	}
	return next
}

// advance does everything that is due by now and returns now. The caller holds
// the mutex. Dead-letter queues only have locks, which advance on their own calls.
func (q *Queue) advance() time.Time {
	now := q.b.clock.Now()
	q.fireUntil(now)
	if q.dead != nil {
		q.dead.fireUntil(now)
	}
	return now
}

func (q *Queue) fireUntil(now time.Time) {
	if e := q.timers.min(); e == nil || e.fires.After(now) {
		return
	}
	tx := q.b.begin()
	for {
		e := q.timers.min()
		if e == nil || e.fires.After(now) {
			break
		}
		q.timers.remove(e)
		switch {
		case e.locked:
			q.unlock(e)
			q.ledger.add(now, q, LockExpired, e)
			q.fail(tx, e, now)
		case e.state == Scheduled:
			q.activate(tx, e, now)
		default:
			q.expire(tx, e, now)
		}
	}
	tx.commit()
}

// activate makes a scheduled message available under a new sequence number.
func (q *Queue) activate(tx *tx, e *entry, now time.Time) {
	q.remove(e)
	tx.del(q, e)
	q.last++
	e.seq, e.state, e.enqueued, e.expires = q.last, Active, now, expiry(now, e.msg.TTL)
	q.insert(e)
	tx.put(q, e)
	tx.last(q)
	q.ledger.add(now, q, Activated, e)
	q.notify()
}
