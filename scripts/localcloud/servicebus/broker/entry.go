package broker

import (
	"slices"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// State is a message's state, with the values that Service Bus puts on the wire.
type State int32

// The states. A locked message is Active or Deferred.
const (
	Active    State = 0
	Deferred  State = 1
	Scheduled State = 2
)

// entry is a message in a queue. Its queue's mutex guards it.
type entry struct {
	seq      int64
	firstSeq int64 // the number it had when it was submitted
	msg      *wire.Message
	state    State
	enqueued time.Time
	expires  time.Time // zero = never
	due      time.Time // Scheduled: when it becomes Active
	failures int
	source   string // the queue it was dead-lettered from

	locked      bool
	token       wire.UUID
	lockedUntil time.Time

	fires             time.Time // when the timer heap pops it
	readyAt, timersAt int       // positions in the heaps, -1 = not in it
}

// heap is a binary heap that knows where its elements are, so that any of them
// can be removed: a completed message must not stay referenced by its timer.
type heap struct {
	items []*entry
	less  func(a, b *entry) bool
	at    func(*entry) *int
}

func bySequence() heap {
	return heap{less: func(a, b *entry) bool { return a.seq < b.seq }, at: func(e *entry) *int { return &e.readyAt }}
}

func byTime() heap {
	return heap{less: func(a, b *entry) bool { return a.fires.Before(b.fires) }, at: func(e *entry) *int { return &e.timersAt }}
}

func (h *heap) push(e *entry) {
	h.items = append(h.items, e)
	*h.at(e) = len(h.items) - 1
	h.up(len(h.items) - 1)
}

// remove takes e out; it does nothing when e is not in the heap.
func (h *heap) remove(e *entry) {
	i := *h.at(e)
	if i < 0 {
		return
	}
	last := len(h.items) - 1
	h.swap(i, last)
	h.items[last] = nil
	h.items = h.items[:last]
	*h.at(e) = -1
	if i < last {
		h.down(i)
		h.up(i)
	}
}

func (h *heap) min() *entry {
	if len(h.items) == 0 {
		return nil
	}
	return h.items[0]
}

func (h *heap) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.at(h.items[i]), *h.at(h.items[j]) = i, j
}

func (h *heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(h.items[i], h.items[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *heap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			return
		}
		if child+1 < len(h.items) && h.less(h.items[child+1], h.items[child]) {
			child++
		}
		if !h.less(h.items[child], h.items[i]) {
			return
		}
		h.swap(i, child)
		i = child
	}
}

// sequence keeps entries by sequence number for lookup and peek. Numbers
// nearly always arrive in order, so a sorted slice with holes that are swept
// when they outnumber the entries does with amortised constant work.
type sequence struct {
	slots []slot
	holes int
}

type slot struct {
	seq int64
	e   *entry // nil = a hole
}

func (s *sequence) find(seq int64) (int, bool) {
	return slices.BinarySearchFunc(s.slots, seq, func(x slot, seq int64) int {
		switch {
		case x.seq < seq:
			return -1
		case x.seq > seq:
			return 1
		}
		return 0
	})
}

func (s *sequence) insert(e *entry) {
	if n := len(s.slots); n == 0 || s.slots[n-1].seq < e.seq {
		s.slots = append(s.slots, slot{e.seq, e})
		return
	}
	i, found := s.find(e.seq)
	if found {
		if s.slots[i].e == nil {
			s.holes--
		}
		s.slots[i].e = e
		return
	}
	s.slots = slices.Insert(s.slots, i, slot{e.seq, e})
}

func (s *sequence) lookup(seq int64) *entry {
	if i, ok := s.find(seq); ok {
		return s.slots[i].e
	}
	return nil
}

func (s *sequence) remove(seq int64) {
	i, ok := s.find(seq)
	if !ok || s.slots[i].e == nil {
		return
	}
	s.slots[i].e = nil
	s.holes++
	if s.holes > 32 && s.holes > len(s.slots)/2 {
		s.slots = slices.DeleteFunc(s.slots, func(x slot) bool { return x.e == nil })
		s.holes = 0
	}
}

func (s *sequence) len() int { return len(s.slots) - s.holes }

// from calls fn for entries numbered seq and up until it returns false.
func (s *sequence) from(seq int64, fn func(*entry) bool) {
	i, _ := s.find(seq)
	for _, x := range s.slots[i:] {
		if x.e != nil && !fn(x.e) {
			return
		}
	}
}
