package ratelimit

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // as main does

	"castad/shared/fault"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func limit(t rapid.TB, text string) Limit {
	t.Helper()
	l, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func anyLimit() *rapid.Generator[Limit] {
	return rapid.Custom(func(t *rapid.T) Limit {
		return Limit{N: rapid.IntRange(1, 60).Draw(t, "n"), Per: time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Minute)).Draw(t, "per"))}
	})
}

// The vendor counts in windows of its own: whichever it chooses must hold no more than N.
func TestNoWindowHoldsMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit().Draw(t, "limit")
		now, s := start, State{}
		var granted []time.Time
		for range rapid.IntRange(1, 300).Draw(t, "asks") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(l.Per)/int64(l.N)).Draw(t, "pause")))
			next, wait, ok := l.Take(s, now)
			if !ok && wait <= 0 {
				t.Fatalf("refused without a wait: %s", wait)
			}
			if ok {
				granted = append(granted, now)
			}
			s = next
		}
		for i, from := range granted {
			n, _ := slices.BinarySearchFunc(granted[i:], from.Add(l.Per), time.Time.Compare)
			if n > l.N {
				t.Fatalf("%v: %d calls within %s of %s", l, n, l.Per, from)
			}
		}
	})
}

func TestWhoWaitsAsToldIsServed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit().Draw(t, "limit")
		now, s := start, State{}
		burst, each := l.bucket()
		for i := range 3 * l.N {
			next, wait, ok := l.Take(s, now)
			if ok != (wait == 0) {
				t.Fatalf("ok %v, wait %s", ok, wait)
			}
			if !ok {
				if _, _, early := l.Take(s, now.Add(wait-time.Microsecond)); early {
					t.Fatalf("%v: there was a call before the wait of %s was over", l, wait)
				}
				now = now.Add(wait)
				if next, _, ok = l.Take(s, now); !ok {
					t.Fatalf("%v: no call after the wait of %s", l, wait)
				}
			}
			s = next
			// Whoever asks all the time gets all that the promise allows.
			if most := start.Add(time.Duration(max(0, i+1-burst)) * each); now.After(most) {
				t.Fatalf("%v: call %d came at %s, not by %s", l, i+1, now, most)
			}
		}
	})
}

// Processes share the state and not the clock.
func TestClocksThatDifferOverspendByTheirDifferenceOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit().Draw(t, "limit")
		skew := time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "skew"))
		burst, each := l.bucket()
		s, granted, now := State{}, 0, start
		for range rapid.IntRange(1, 300).Draw(t, "asks") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(each)).Draw(t, "pause")))
			at := now
			if rapid.Bool().Draw(t, "ahead") {
				at = now.Add(skew)
			}
			next, _, ok := l.Take(s, at)
			if s = next; ok {
				granted++
			}
		}
		if most := burst + int((now.Sub(start)+skew)/each) + 1; granted > most {
			t.Fatalf("%v with clocks %s apart: %d calls in %s, at most %d", l, skew, granted, now.Sub(start), most)
		}
	})
}

func TestLessThanAMicrosecondIsNotGained(t *testing.T) {
	t.Parallel()
	l := limit(t, "1/1ms")
	s, _, _ := l.Take(State{}, start.Add(448*time.Nanosecond))
	if _, _, ok := l.Take(s, start.Add(time.Millisecond)); ok {
		t.Error("a call after 999.552 µs")
	}
	if _, _, ok := l.Take(s, start.Add(time.Millisecond+time.Microsecond)); !ok {
		t.Error("no call after the millisecond and what was rounded up")
	}
}

func TestAClockThatWasWrongIsForgotten(t *testing.T) {
	t.Parallel()
	l := limit(t, "2/10s")
	s, _, _ := l.Take(State{}, start.Add(time.Hour)) // somebody's clock was an hour ahead
	_, wait, ok := l.Take(s, start)
	if ok || wait > 10*time.Second {
		t.Errorf("ok %v, wait %s", ok, wait)
	}
}

func TestADayIsCountedExactly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, limit, now, midnight string
	}{
		{"a day in Los Angeles", "100/day@America/Los_Angeles", "2026-11-29T07:59:59Z", "2026-11-29T08:00:00Z"},
		{"a summer day there", "100/day@America/Los_Angeles", "2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z"},
		{"a day of 25 hours", "100/day@America/Los_Angeles", "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"},
		{"a day of 23 hours", "100/day@America/Los_Angeles", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"},
		{"a day in Seoul", "100/day@Asia/Seoul", "2026-11-28T15:00:00Z", "2026-11-29T15:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := limit(t, row.limit)
			now, midnight := at(t, row.now), at(t, row.midnight)
			s := State{}
			for i := range 100 {
				next, _, ok := l.Take(s, now)
				if !ok || l.Left(next, now) != 99-i {
					t.Fatalf("call %d: %v, %d left", i+1, ok, l.Left(next, now))
				}
				s = next
			}
			if _, wait, ok := l.Take(s, now); ok || !now.Add(wait).Equal(midnight) {
				t.Errorf("call 101: %v, again at %s, want %s", ok, now.Add(wait), midnight)
			}
			if _, _, ok := l.Take(s, midnight.Add(-time.Microsecond)); ok {
				t.Error("a call a moment before midnight")
			}
			fresh, _, ok := l.Take(s, midnight)
			if !ok || fresh.Used != 1 {
				t.Errorf("at midnight: %v, %d used", ok, fresh.Used)
			}
			if late, _, _ := l.Take(fresh, midnight.Add(-time.Second)); late.Used != 2 {
				t.Errorf("a clock that is behind counted %d for the new day", late.Used)
			}
		})
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsALimit(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"20/10s": true, "1/3s": true, "100/day@America/Los_Angeles": true, "25000/day@Asia/Seoul": true, "1/24h0m0s": true,
		"": false, "20": false, "20/": false, "/10s": false, "0/10s": false, "-1/10s": false, "20/0s": false, "20/-1s": false, "20/25h": false, "20/10": false,
		"20/day": false, "20/day@": false, "20/day@Nowhere/City": false, "20/day@Local": false, "9999999999/1s": false, "1e3/1s": false,
	} {
		l, err := Parse(text)
		if (err == nil) != ok || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v, %v", text, l, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"20/10s", "1/3s", "100/day@America/Los_Angeles", "1/1ms", "20/10s/3s", "1/day@../../etc/passwd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(l.String()); err != nil || again.String() != l.String() {
			t.Errorf("%q reads as %v, which reads as %v, %v", text, l, again, err)
		}
		if _, wait, ok := l.Take(State{}, start); !ok || wait != 0 {
			t.Errorf("%v: the first call is refused", l)
		}
	})
}

func TestALimiterSharesWithinTheProcess(t *testing.T) {
	t.Parallel()
	var all Limiter
	l := limit(t, "20/10s")
	var granted atomic.Int64
	var done sync.WaitGroup
	for range 50 {
		done.Go(func() {
			if _, ok := all.Take("a", l, start); ok {
				granted.Add(1)
			}
		})
	}
	done.Wait()
	if granted.Load() != 10 {
		t.Errorf("%d of 50 at once, want half of 20", granted.Load())
	}
	if _, ok := all.Take("b", l, start); !ok {
		t.Error("another name has no bucket of its own")
	}
}

func TestALimiterForgetsWhatIsFullAgain(t *testing.T) {
	t.Parallel()
	var all Limiter
	l := limit(t, "2/1s")
	for i := range 20 * fewNames {
		if _, ok := all.Take(fmt.Sprint(i), l, start.Add(time.Duration(i)*time.Second/100)); !ok {
			t.Fatal("refused")
		}
	}
	if n := len(all.states); n > 2*fewNames {
		t.Errorf("%d names are remembered", n)
	}
}
