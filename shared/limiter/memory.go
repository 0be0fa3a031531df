package limiter

import (
	"context"
	"hash/maphash"
	"sort"
	"sync"
	"time"
)

const (
	// ways is how many callers a set has entries for.
	ways = 8
	// budget is what a class's table takes, in bytes.
	budget = 2 << 20
	// stripes is how many locks a table has, so that callers seldom wait for each other.
	stripes = 64
)

// Memory counts in this process. It is safe for concurrent use.
type Memory struct {
	tables  map[string]*table
	seed    maphash.Seed
	elapsed func() time.Duration
}

// Elapsed is a clock for NewMemory: how long ago it was made, whatever the time of day is
// set to meanwhile.
func Elapsed() func() time.Duration {
	begun := time.Now()
	return func() time.Duration { return time.Since(begun) }
}

// NewMemory makes the tables, all the memory that there will be. elapsed is how long it
// has been since some moment.
func NewMemory(elapsed func() time.Duration, classes ...Class) *Memory {
	m := &Memory{tables: map[string]*table{}, seed: maphash.MakeSeed(), elapsed: elapsed}
	for _, c := range classes {
		m.tables[c.Name] = newTable(c.Limit.N, c.Limit.Per)
	}
	return m
}

// Take counts a call of who in class. A class that NewMemory was not given is refused.
func (m *Memory) Take(_ context.Context, class Class, who string) (Verdict, error) {
	return m.ask(class, who, true), nil
}

// Look says what Take would, and counts nothing.
func (m *Memory) Look(_ context.Context, class Class, who string) (Verdict, error) {
	return m.ask(class, who, false), nil
}

func (m *Memory) ask(class Class, who string, take bool) Verdict {
	t := m.tables[class.Name]
	if t == nil {
		return Verdict{Wait: class.Limit.Per, Reset: class.Limit.Per}
	}
	return t.ask(maphash.String(m.seed, who), take, func() int64 { return m.elapsed().Microseconds() })
}

// Bytes is the size of all tables.
func (m *Memory) Bytes() int {
	sum := 0
	for _, t := range m.tables {
		sum += 8*(len(t.who)+len(t.times)) + 4*len(t.next)
	}
	return sum
}

// table is a class's callers. Entry e has the times of its last n calls in
// times[e*n:(e+1)*n], of which the one at next[e] is the oldest; 0 = none.
type table struct {
	n     int
	per   int64 // microseconds
	sets  uint64
	who   []uint64
	next  []int32
	times []int64
	locks [stripes]sync.Mutex
}

func newTable(n int, per time.Duration) *table {
	sets := max(1, budget/((ways+1)*(8*n+12)))
	entries := sets * (ways + 1)
	return &table{n: n, per: (per + time.Microsecond - 1).Microseconds(), sets: uint64(sets),
		who: make([]uint64, entries), next: make([]int32, entries), times: make([]int64, entries*n)}
}

// epoch keeps times far from 0, which means none, even when the clock is set back: in
// microseconds.
const epoch = 1 << 60

// ask counts a call of who, or only says what would become of it.
func (t *table) ask(who uint64, take bool, clock func() int64) Verdict {
	set := who >> 32 * t.sets >> 32
	lock := &t.locks[set%stripes]
	lock.Lock()
	defer lock.Unlock()
	now := clock() + epoch // under the lock: nobody's call is older than the one before
	e := t.entry(int(set)*(ways+1), who, take, now)
	return t.count(e, take, now)
}

// entry finds who's entry in the set that begins at base, or a new one if it is to be
// kept; else the one whose calls are who's as well.
func (t *table) entry(base int, who uint64, keep bool, now int64) int {
	free, shared := -1, base+ways
	for e := base; e < shared; e++ {
		if t.who[e] == who {
			return e
		}
		if free < 0 && now-t.newest(e) > t.per {
			free = e
		}
	}
	if free < 0 || !keep {
		return shared
	}
	t.who[free] = who
	// Whoever comes may have been counted there.
	copy(t.ring(free), t.ring(shared))
	t.next[free] = t.next[shared]
	return free
}

func (t *table) ring(e int) []int64 { return t.times[e*t.n : (e+1)*t.n] }

func (t *table) newest(e int) int64 { return t.ring(e)[(int(t.next[e])+t.n-1)%t.n] }

// count admits a call at now, or not, and notes it if it is taken.
func (t *table) count(e int, take bool, now int64) Verdict {
	ring, at := t.ring(e), int(t.next[e])
	switch newest := t.newest(e); {
	case newest-now > t.per: // the clock was set back by more than any wait
		clear(ring)
	case newest > now:
		now = newest
	}
	v := Verdict{OK: now-ring[at] > t.per}
	switch {
	case !v.OK:
		v.Wait = micros(ring[at] + t.per + 1 - now)
	case take:
		ring[at] = now
		at = (at + 1) % t.n
		t.next[e] = int32(at) //nolint:gosec // n is at most maxN
	}
	// From the oldest on, those that have left the window.
	v.Left = sort.Search(t.n, func(i int) bool { return now-ring[(at+i)%t.n] <= t.per })
	v.Reset = max(0, micros(t.newest(e)+t.per+1-now)) // nobody has called: at once
	return v
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
