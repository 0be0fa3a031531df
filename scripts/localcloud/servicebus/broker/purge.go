package broker

import (
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// Purge drops every message, locked and scheduled ones included, and with dead
// also those of the dead-letter queue. It returns how many it dropped.
func (q *Queue) Purge(dead bool) (int, LSN, error) {
	if err := q.b.usable(); err != nil {
		return 0, 0, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.advance()
	tx := q.b.begin()
	n := q.purge(tx, now)
	if dead && q.dead != nil {
		n += q.dead.purge(tx, now)
	}
	return n, tx.commit(), nil
}

func (q *Queue) purge(tx *tx, now time.Time) int {
	n := q.all.len()
	q.all.from(0, func(e *entry) bool {
		q.ledger.add(now, q, Purged, e)
		return true
	})
	q.clear()
	tx.purge(q)
	return n
}

func (q *Queue) clear() {
	q.all, q.ready, q.timers, q.locks = sequence{}, bySequence(), byTime(), map[wire.UUID]*entry{}
}
