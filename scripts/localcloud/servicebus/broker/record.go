package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// LSN is a position in the journal; higher is later.
type LSN uint64

// Kinds of records. They say what is, not what to do, so replaying one needs
// no rule of the broker and a rule can change without a new journal format.
const (
	recPut      = 1 // a message and everything about it, replacing what had its number
	recDelete   = 2 // a message is gone
	recFailures = 3 // a message's count of failed deliveries
	recLast     = 4 // the last sequence number given out
	recSeen     = 5 // a message-id that duplicate detection remembers
	recPurge    = 6 // a queue is empty
	recEnd      = 7 // the end of a snapshot
)

// tx gathers the records of one operation; they reach the journal together.
type tx struct {
	j   *journal // nil = in memory: everything is a no-op
	buf []byte
}

var txPool = sync.Pool{New: func() any { return new(tx) }}

func (b *Broker) begin() *tx {
	t := txPool.Get().(*tx)
	t.j, t.buf = b.journal, t.buf[:0]
	return t
}

// commit hands the records to the journal. Without records it still returns
// the newest LSN: the answer may rest on a change that is not yet on disk, as
// a duplicate's does on the original.
func (t *tx) commit() LSN {
	var lsn LSN
	if t.j != nil {
		lsn = t.j.append(t.buf)
	}
	if cap(t.buf) > 1<<20 {
		t.buf = nil // one large message must not be kept for ever
	}
	txPool.Put(t)
	return lsn
}

func (t *tx) put(q *Queue, e *entry) {
	if t.j != nil {
		t.buf = appendPut(t.buf, q, e)
	}
}

func (t *tx) del(q *Queue, e *entry) {
	if t.j != nil {
		t.buf = binary.AppendVarint(appendHead(t.buf, recDelete, q), e.seq)
	}
}

func (t *tx) failures(q *Queue, e *entry) {
	if t.j != nil {
		t.buf = binary.AppendVarint(appendHead(t.buf, recFailures, q), e.seq)
		t.buf = binary.AppendUvarint(t.buf, uint64(e.failures))
	}
}

func (t *tx) last(q *Queue) {
	if t.j != nil {
		t.buf = binary.AppendVarint(appendHead(t.buf, recLast, q), q.last)
	}
}

func (t *tx) seen(q *Queue, id string, until time.Time) {
	if t.j != nil {
		t.buf = appendSeen(t.buf, q, id, until)
	}
}

func (t *tx) purge(q *Queue) {
	if t.j != nil {
		t.buf = appendHead(t.buf, recPurge, q)
	}
}

func appendHead(b []byte, kind byte, q *Queue) []byte { return appendText(append(b, kind), q.path) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendClock(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(b, 0)
	}
	return binary.AppendVarint(b, t.UnixNano())
}

func appendSeen(b []byte, q *Queue, id string, until time.Time) []byte {
	return appendClock(appendText(appendHead(b, recSeen, q), id), until)
}

func appendPut(b []byte, q *Queue, e *entry) []byte {
	b = appendHead(b, recPut, q)
	b = binary.AppendVarint(b, e.seq)
	b = binary.AppendVarint(b, e.firstSeq)
	b = append(b, byte(e.state))
	b = appendClock(b, e.enqueued)
	b = appendClock(b, e.expires)
	b = appendClock(b, e.due)
	b = binary.AppendUvarint(b, uint64(e.failures))
	b = appendText(b, e.source)
	m := e.msg.Append(nil, wire.Envelope{})
	return append(binary.AppendUvarint(b, uint64(len(m))), m...)
}

// errRecord says that a group whose checksum is right holds what this version cannot read.
var errRecord = errors.New("unreadable record")

// cursor reads the fields of records.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.b)
	c.skip(n)
	return v
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	c.skip(n)
	return v
}

func (c *cursor) skip(n int) {
	if n <= 0 {
		c.b, c.err = nil, errRecord
		return
	}
	c.b = c.b[n:]
}

func (c *cursor) bytes() []byte {
	n := c.uvarint()
	if n > uint64(len(c.b)) {
		c.b, c.err = nil, errRecord
		return nil
	}
	v := c.b[:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) clock() time.Time {
	if ns := c.varint(); ns != 0 {
		return time.Unix(0, ns).UTC()
	}
	return time.Time{}
}

// replay applies a group's records; orphans collects messages of queues that are not configured.
type replay struct {
	b       *Broker
	orphans map[string]map[int64]bool
	ended   bool // a recEnd was read
}

func (r *replay) group(payload []byte) error {
	c := &cursor{b: payload}
	for len(c.b) > 0 && c.err == nil {
		kind := c.b[0]
		c.b = c.b[1:]
		if kind == recEnd {
			r.ended = true
			continue
		}
		path := string(c.bytes())
		q, known := r.b.Queue(path)
		if err := r.record(c, kind, path, q, known); err != nil {
			return err
		}
	}
	return c.err
}

func (r *replay) record(c *cursor, kind byte, path string, q *Queue, known bool) error {
	switch kind {
	case recPut:
		e, err := readEntry(c)
		switch {
		case err != nil:
			return err
		case !known:
			r.orphan(path)[e.seq] = true
		default:
			if old := q.all.lookup(e.seq); old != nil {
				q.remove(old)
			}
			q.insert(e)
		}
	case recDelete:
		seq := c.varint()
		if !known {
			delete(r.orphan(path), seq)
		} else if e := q.all.lookup(seq); e != nil {
			q.remove(e)
		}
	case recFailures:
		seq, n := c.varint(), c.uvarint()
		if known {
			if e := q.all.lookup(seq); e != nil {
				e.failures = int(n)
			}
		}
	case recLast:
		if n := c.varint(); known {
			q.last = n
		}
	case recSeen:
		if id, until := string(c.bytes()), c.clock(); known {
			q.remember(id, until)
		}
	case recPurge:
		if known {
			q.clear()
		} else {
			delete(r.orphans, path)
		}
	default:
		return fmt.Errorf("%w: kind %d", errRecord, kind)
	}
	return c.err
}

func (r *replay) orphan(path string) map[int64]bool {
	if r.orphans[path] == nil {
		r.orphans[path] = map[int64]bool{}
	}
	return r.orphans[path]
}

func readEntry(c *cursor) (*entry, error) {
	e := &entry{readyAt: -1, timersAt: -1}
	e.seq, e.firstSeq = c.varint(), c.varint()
	if len(c.b) == 0 {
		return nil, errRecord
	}
	e.state = State(c.b[0])
	c.b = c.b[1:]
	e.enqueued, e.expires, e.due = c.clock(), c.clock(), c.clock()
	e.failures = int(c.uvarint())
	e.source = string(c.bytes())
	raw := c.bytes()
	if c.err != nil {
		return nil, c.err
	}
	m, err := wire.ParseMessage(append([]byte(nil), raw...))
	if err != nil {
		return nil, fmt.Errorf("%w: message %d: %w", errRecord, e.seq, err)
	}
	e.msg = m
	return e, nil
}
