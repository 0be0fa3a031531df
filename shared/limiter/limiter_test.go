package limiter

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/ratelimit"
	"castad/shared/redistest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// clock is a clock that stands still until it is told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) elapsed() time.Duration { return c.now().Sub(newClock().at) }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func class(name string, n int, per time.Duration) Class {
	return Class{Name: name, Limit: ratelimit.Limit{N: n, Per: per}}
}

var auth = class("auth", 5, time.Minute)

func take(t testing.TB, l interface {
	Take(context.Context, Class, string) (Verdict, error)
}, c Class, who string) Verdict {
	t.Helper()
	v, err := l.Take(t.Context(), c, who)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheWholeLimitMayComeAtOnceAndComesBackCallByCall(t *testing.T) {
	t.Parallel()
	c := newClock()
	m := NewMemory(c.elapsed, auth)
	for i := range 5 {
		if diff := cmp.Diff(Verdict{OK: true, Left: 4 - i, Reset: time.Minute + time.Microsecond}, take(t, m, auth, "a")); diff != "" {
			t.Errorf("call %d (-want +got):\n%s", i, diff)
		}
		if i == 0 {
			c.add(10 * time.Second)
		}
	}
	if diff := cmp.Diff(Verdict{Wait: 50*time.Second + time.Microsecond, Reset: time.Minute + time.Microsecond}, take(t, m, auth, "a")); diff != "" {
		t.Errorf("one too many (-want +got):\n%s", diff)
	}
	if !take(t, m, auth, "b").OK {
		t.Error("another caller is refused")
	}
	c.add(50 * time.Second)
	if take(t, m, auth, "a").OK {
		t.Error("the call at the window's very edge is admitted: a window that includes both ends has six")
	}
	c.add(time.Microsecond)
	if !take(t, m, auth, "a").OK || take(t, m, auth, "a").OK {
		t.Error("after the first call has left the window exactly one more comes in")
	}
}

func TestALookSaysWhatACallWouldGetAndCountsNothing(t *testing.T) {
	t.Parallel()
	long := class("auth", 2, time.Hour)
	c := newClock()
	s := NewShared(NewRedis(redistest.Start(t).Client(), []byte("seed")), NewMemory(c.elapsed, long), func(error) {})
	for name, l := range map[string]interface {
		Take(context.Context, Class, string) (Verdict, error)
		Look(context.Context, Class, string) (Verdict, error)
	}{"memory": NewMemory(c.elapsed, long), "Redis": s} {
		look := func(want Verdict) {
			t.Helper()
			for range 3 {
				v, err := l.Look(t.Context(), long, "a")
				v.Wait, v.Reset = v.Wait.Round(time.Minute), v.Reset.Round(time.Minute)
				if diff := cmp.Diff(want, v); diff != "" || err != nil {
					t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
				}
			}
		}
		look(Verdict{OK: true, Left: 2})
		take(t, l, long, "a")
		look(Verdict{OK: true, Left: 1, Reset: time.Hour})
		take(t, l, long, "a")
		look(Verdict{Wait: time.Hour, Reset: time.Hour})
	}
}

// Whatever the times and whatever else goes on in the set, no window of a caller
// has more than N. The table is small, so that callers meet in it.
func TestNoWindowEverHoldsMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n, per := rapid.IntRange(1, 6).Draw(r, "n"), int64(1000)
		tab := newTable(n, time.Duration(per)*time.Microsecond)
		now := int64(0)
		admitted := map[uint64][]int64{}
		calls := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) [2]int64 {
			return [2]int64{rapid.Int64Range(0, 30).Draw(r, "who"), rapid.Int64Range(0, 400).Draw(r, "later")}
		}), 1, 300).Draw(r, "calls")
		for _, c := range calls {
			now += c[1] / 10
			who := uint64(c[0]) + 1 // all in set 0
			if tab.ask(who, true, func() int64 { return now }).OK {
				admitted[who] = append(admitted[who], now)
			}
		}
		for who, times := range admitted {
			for i := n; i < len(times); i++ {
				if times[i]-times[i-n] <= per {
					r.Fatalf("caller %d was admitted %d times between %d and %d", who, n+1, times[i-n], times[i])
				}
			}
		}
	})
}

// Who was counted in the shared entry takes that along when an entry becomes free.
func TestWhoGetsAnEntryOfHisOwnIsNotNewInIt(t *testing.T) {
	t.Parallel()
	tab := newTable(2, time.Millisecond)
	take := func(who uint64, now int64) bool { return tab.ask(who, true, func() int64 { return now }).OK }
	for who := range uint64(ways) {
		if at := int64(who) * 100; !take(who+1, at) {
			t.Fatalf("caller %d is refused", who+1)
		}
	}
	const late = 99
	if !take(late, 900) || !take(late, 901) || take(late, 902) {
		t.Error("a newcomer in a full set is not counted as one")
	}
	if take(late, 1002) { // the first caller's entry is free
		t.Error("with an entry of his own he is admitted a third time within a window")
	}
	if !take(late, 1902) {
		t.Error("a window later he is still refused")
	}
}

// Six addresses for each entry later the memory is the same, and who was over the limit is.
func TestAFloodOfAddressesTakesNoMemoryAndResetsNobody(t *testing.T) { // not parallel: it measures the heap
	c := newClock()
	m := NewMemory(c.elapsed, auth)
	for range 6 {
		take(t, m, auth, "10.0.0.1")
	}
	size, before := m.Bytes(), heap()
	flood(t, m, 200_000)
	after := heap()
	if m.Bytes() != size || size > budget {
		t.Errorf("the table takes %d bytes, before it took %d; the bound is %d", m.Bytes(), size, budget)
	}
	if grown := float64(after) / float64(before); grown > 1.5 {
		t.Errorf("the heap has grown to %.2f times (%d to %d bytes)", grown, before, after)
	}
	if take(t, m, auth, "10.0.0.1").OK {
		t.Error("the flood has reset a caller who was over the limit")
	}
	c.add(time.Minute + time.Microsecond)
	flood(t, m, 1_000)
	if !take(t, m, auth, "10.0.0.2").OK {
		t.Error("a minute after the flood a newcomer is refused")
	}
}

func flood(t *testing.T, m *Memory, n int) {
	t.Helper()
	for i := range n {
		take(t, m, auth, fmt.Sprintf("%d.%d.%d.%d", 11+i>>24, i>>16&255, i>>8&255, i&255))
	}
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func TestAClockThatIsSetBackLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]time.Duration{"a little": 20 * time.Second, "much": 3 * time.Hour} {
		c := newClock()
		m := NewMemory(c.elapsed, auth)
		for range 5 {
			take(t, m, auth, "a")
		}
		c.add(-back)
		again := 0
		for range 20 {
			if take(t, m, auth, "a").OK {
				again++
			}
		}
		if again > 5 {
			t.Errorf("%s: %d more calls", name, again)
		}
		c.add(2*time.Minute + time.Microsecond)
		if !take(t, m, auth, "a").OK {
			t.Errorf("%s: still locked out after two windows", name)
		}
	}
}

func TestManyAtOnceAreCountedOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, l := range map[string]interface {
		Take(context.Context, Class, string) (Verdict, error)
	}{"memory": NewMemory(Elapsed(), class("general", 30, time.Hour)), "Redis": NewRedis(server.Client(), []byte("seed"))} {
		var ok atomic.Int64
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for range 4 {
					if v, err := l.Take(t.Context(), class("general", 30, time.Hour), "a"); err != nil {
						t.Error(err)
					} else if v.OK {
						ok.Add(1)
					}
				}
			})
		}
		all.Wait()
		if ok.Load() != 30 {
			t.Errorf("%s: %d of 200 parallel calls were admitted, want 30", name, ok.Load())
		}
	}
}

// Two processes, one Redis: the limit is theirs together, on the server's clock.
func TestRedisCountsForAllProcesses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	live := class("live", 4, 400*time.Millisecond)
	a, b := NewRedis(server.Client(), []byte("seed")), NewRedis(server.Client(), []byte("seed"))
	for i, l := range []*Redis{a, b, a, b} {
		if v := take(t, l, live, "x"); !v.OK || v.Left != 3-i || v.Reset <= 0 {
			t.Errorf("call %d: %+v", i, v)
		}
	}
	v := take(t, a, live, "x")
	if v.OK || v.Left != 0 || v.Wait <= 0 || v.Wait > 401*time.Millisecond {
		t.Errorf("one too many: %+v", v)
	}
	if !take(t, b, live, "y").OK {
		t.Error("another caller is refused")
	}
	client := server.Client()
	if ttl := client.PTTL(t.Context(), a.key("live", "x")).Val(); ttl <= 0 || ttl > 402*time.Millisecond {
		t.Errorf("the key lives for %v", ttl)
	}
	for deadline := time.Now().Add(10 * time.Second); !take(t, b, live, "x").OK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the limit does not come back")
		}
	}
	// A server whose clock was set back: what it knows is in the future.
	future := fmt.Sprintf("%.0f", float64(time.Now().Add(time.Hour).UnixMicro()))
	client.LPush(t.Context(), a.key("live", "z"), future, future, future, future)
	if !take(t, a, live, "z").OK {
		t.Error("a clock that was set back locks a caller out")
	}
}

func TestRedisHasABoundedNumberOfKeysWithoutAddresses(t *testing.T) {
	t.Parallel()
	a, other := NewRedis(nil, []byte("seed")), NewRedis(nil, []byte("other"))
	keys := map[string]bool{}
	same := 0
	for i := range 300_000 {
		who := fmt.Sprint(i)
		keys[a.key("auth", who)] = true
		if i < 1000 && a.key("auth", who) == other.key("auth", who) {
			same++
		}
	}
	if len(keys) > slots || len(keys) < slots*6/10 { // with chance alone about 68 of 100 are used
		t.Errorf("%d keys for 300,000 callers; the bound is %d", len(keys), slots)
	}
	if same > 5 {
		t.Errorf("%d of 1000 keys do not depend on the seed", same)
	}
}

func TestWithoutRedisTheProcessCountsAndSaysSo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := newClock()
	var told atomic.Int64
	s := NewShared(NewRedis(server.Client(), []byte("seed")), NewMemory(c.elapsed, auth), func(error) { told.Add(1) })
	if v := take(t, s, auth, "a"); !v.OK || v.Left != 4 {
		t.Errorf("with Redis: %+v", v)
	}
	server.Kill()
	for i := range 6 {
		v, err := s.Take(t.Context(), auth, "a")
		if !errors.Is(err, ErrAlone) || v.OK != (i < 5) {
			t.Errorf("without Redis, call %d: %+v, %v", i, v, err)
		}
	}
	if told.Load() != 1 {
		t.Errorf("told of the failure %d times; a server that is down is asked once a second", told.Load())
	}
	server.Start()
	if _, err := s.Take(t.Context(), auth, "a"); !errors.Is(err, ErrAlone) {
		t.Errorf("within the second: %v", err)
	}
	c.add(rest)
	if v, err := s.Take(t.Context(), auth, "a"); err != nil || !v.OK {
		t.Errorf("Redis is back: %+v, %v", v, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Take(gone, auth, "a"); !errors.Is(err, ErrAlone) || told.Load() != 1 {
		t.Errorf("a client that has gone: %v, told %d times", err, told.Load())
	}
	if _, err := s.Take(t.Context(), auth, "a"); err != nil {
		t.Errorf("after a client that has gone: %v", err)
	}
}

func TestAServerThatDoesNotAnswerDelaysOneCall(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := newClock()
	s := NewShared(NewRedis(server.Client(), []byte("seed")), NewMemory(c.elapsed, auth), func(error) {})
	take(t, s, auth, "a")
	server.Freeze()
	defer server.Thaw()
	slow, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Take(slow, auth, "a"); !errors.Is(err, ErrAlone) {
		t.Errorf("a frozen server: %v", err)
	}
	begun := time.Now()
	for range 1000 {
		if _, err := s.Take(t.Context(), auth, "a"); !errors.Is(err, ErrAlone) {
			t.Fatal(err)
		}
	}
	if each := time.Since(begun) / 1000; each > 20*time.Millisecond {
		t.Errorf("a thousand calls waited %v each", each)
	}
}

func TestCallersAreToldApartByNetwork(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9",
		"2001:db8:1:2:aaaa::1": "2001:db8:1:2::/64", "2001:db8:1:2:bbbb::2": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64",
		"fe80::1%eth0": "fe80::/64",
	} {
		if got := Address(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%q is %q, want %q", ip, got, want)
		}
	}
	for ip, want := range map[string]string{"2001:db8:1:2::1": "2001:db8:1::/48", "2001:db8:1:3::1%eth0": "2001:db8:1::/48", "203.0.113.9": "", "::ffff:203.0.113.9": ""} {
		if got := Site(netip.MustParseAddr(ip)); got != want {
			t.Errorf("the site of %q is %q, want %q", ip, got, want)
		}
	}
	if got := Site(netip.Addr{}); got != "" {
		t.Errorf("without an address the site is %q", got)
	}
	if got := Address(netip.Addr{}); got != "unknown" {
		t.Errorf("without an address a caller is %q", got)
	}
}

func TestAClassIsReadOrRefused(t *testing.T) {
	t.Parallel()
	if c, err := ParseClass("auth=5/1m"); err != nil || c != auth {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", "auth", "auth=", "=5/1m", "auth=0/1m", "auth=1001/1m", "auth=5/day@Asia/Seoul", "au th=5/1m", `a"=5/1m`, "a:b=5/1m"} {
		if c, err := ParseClass(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, c)
		}
	}
	if v := take(t, NewMemory(Elapsed()), auth, "a"); v.OK {
		t.Error("a class that the memory does not know is admitted")
	}
}

// What P12 pays for a limit in the process, and what Redis on this machine takes.
func BenchmarkTake(b *testing.B) {
	general := class("general", 30, time.Second)
	b.Run("memory", func(b *testing.B) {
		m := NewMemory(Elapsed(), general)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = m.Take(b.Context(), general, "user_0000000000008")
		}
	})
	b.Run("redis", func(b *testing.B) {
		r := NewRedis(redistest.Start(b).Client(), []byte("seed"))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Take(b.Context(), general, "user_0000000000008"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
