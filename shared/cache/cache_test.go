package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/redistest"

	"github.com/redis/go-redis/v9"
)

// clock stands still until it is told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// truth is what is cached: it can be written and counts how often it was read.
type truth struct {
	value atomic.Int64
	reads atomic.Int64
}

func (x *truth) load(context.Context) (int64, error) {
	x.reads.Add(1)
	return x.value.Load(), nil
}

func get(t testing.TB, k *Kind[int64], key string, x *truth) int64 {
	t.Helper()
	v, err := k.Get(t.Context(), key, x.load)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// instance is the cache of one process, which hears the others.
func instance(t testing.TB, client *redis.Client) *Cache {
	t.Helper()
	c := New(Config{Redis: client, Now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	until(t, "the instance hears", c.hears.Load)
	return c
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestAValueIsReadOnceAMinuteAndWhatCanBeWrittenOftener(t *testing.T) {
	t.Parallel()
	for origin, good := range map[Origin]time.Duration{Foreign: near, Written: deaf, Passing: near} {
		c, x := newClock(), &truth{}
		k := Of[int64](New(Config{Now: c.now}), "numbers", origin)
		get(t, k, "a", x)
		c.add(good - 1)
		if get(t, k, "a", x); x.reads.Load() != 1 {
			t.Errorf("origin %v: read %d times within %v", origin, x.reads.Load(), good)
		}
		if c.add(1); x.reads.Load() != 1 {
			t.Error("read without need")
		}
		if get(t, k, "a", x); x.reads.Load() != 2 {
			t.Errorf("origin %v: after %v the value is still good", origin, good)
		}
		if err := k.Forget(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		if get(t, k, "a", x); x.reads.Load() != 3 {
			t.Errorf("origin %v: a forgotten value is good", origin)
		}
		if c.add(-time.Hour); x.reads.Load() != 3 {
			t.Error("read without need")
		}
		if get(t, k, "a", x); x.reads.Load() != 4 {
			t.Errorf("origin %v: a clock that is set back makes a value live for an hour", origin)
		}
	}
}

func TestAStampedeIsOneLoad(t *testing.T) {
	t.Parallel()
	k := Of[int64](New(Config{Now: time.Now}), "numbers", Foreign)
	begun, open := make(chan struct{}), make(chan struct{})
	var loads atomic.Int64
	load := func(context.Context) (int64, error) {
		if loads.Add(1) == 1 {
			close(begun)
		}
		<-open
		return 7, nil
	}
	gone, leave := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := k.Get(gone, "a", load); first <- err }()
	<-begun
	var all, asking sync.WaitGroup
	asking.Add(100)
	for range 100 {
		all.Go(func() {
			asking.Done()
			if v, err := k.Get(t.Context(), "a", load); v != 7 || err != nil {
				t.Errorf("%d, %v", v, err)
			}
		})
	}
	asking.Wait()
	time.Sleep(50 * time.Millisecond) // they are in Get by now; if one is not, it proves a little less
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that has gone: %v", err)
	}
	close(open) // what it began serves the others
	all.Wait()
	if n := loads.Load(); n != 1 {
		t.Errorf("%d loads for 101 callers", n)
	}
}

func TestFailuresPanicsAndGiantsAreNotKept(t *testing.T) {
	t.Parallel()
	k := Of[string](New(Config{Now: time.Now}), "texts", Foreign)
	for name, load := range map[string]func(context.Context) (string, error){
		"an error": func(context.Context) (string, error) { return "half", errors.New("down") },
		"a panic":  func(context.Context) (string, error) { panic("!") },
	} {
		if v, err := k.Get(t.Context(), name, load); v != "" || err == nil {
			t.Errorf("%s: %q, %v", name, v, err)
		}
		if v, err := k.Get(t.Context(), name, func(context.Context) (string, error) { return "whole", nil }); v != "whole" || err != nil {
			t.Errorf("after %s: %q, %v", name, v, err)
		}
	}
	reads := 0
	for range 2 {
		_, _ = k.Get(t.Context(), "giant", func(context.Context) (string, error) { reads++; return strings.Repeat("x", large), nil })
	}
	if reads != 2 {
		t.Error("a value beyond the limit is kept")
	}
	for i := range 10 * places {
		_, _ = k.Get(t.Context(), fmt.Sprint(i), func(context.Context) (string, error) { return "x", nil })
	}
	if n := len(k.values); n > places {
		t.Errorf("%d values are kept, the limit is %d", n, places)
	}
}

// The promise: a second after a write no instance shows what was before.
func TestAWriteIsSeenByAllInstancesWithinASecond(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	x := &truth{}
	var kinds []*Kind[int64]
	for range 3 {
		kinds = append(kinds, Of[int64](instance(t, server.Client()), "numbers", Written))
	}
	for _, k := range kinds {
		get(t, k, "a", x)
	}
	if n := x.reads.Load(); n != 1 {
		t.Errorf("three instances read %d times: the second level is of no use", n)
	}
	for round := range int64(20) {
		x.value.Store(round + 1)
		if err := kinds[round%3].Forget(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		written := time.Now()
		for i, k := range kinds {
			for get(t, k, "a", x) != round+1 {
				if time.Since(written) > time.Second {
					t.Fatalf("round %d: instance %d shows the old value after a second", round, i)
				}
			}
		}
	}
	if n := x.reads.Load(); n > 61 {
		t.Errorf("%d reads for 20 writes and 3 instances", n)
	}
}

// Redis dies with a write, or is frozen: nobody hears of it, and nobody relies on it.
func TestAWriteThatNobodyHearsIsSeenWithinASecond(t *testing.T) {
	t.Parallel()
	for name, hurt := range map[string]func(*redistest.Server){"killed": (*redistest.Server).Kill, "frozen": (*redistest.Server).Freeze} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			x := &truth{}
			a := Of[int64](instance(t, server.Client()), "numbers", Written)
			bCache := instance(t, server.Client())
			b := Of[int64](bCache, "numbers", Written)
			get(t, b, "a", x)
			hurt(server)
			x.value.Store(1)
			written := time.Now()
			if err := a.Forget(t.Context(), "a"); err == nil {
				t.Error("nobody says that the others may not have heard")
			}
			slow := 4*patience + time.Second // one read may wait for Redis, twice
			for get(t, b, "a", x) != 1 {
				if time.Since(written) > time.Second+slow {
					t.Fatal("the old value is shown still")
				}
			}
			until(t, "the other instance knows that it is deaf", func() bool { return !bCache.hears.Load() })
			before := x.reads.Load()
			for range 50 {
				get(t, b, "a", x)
			}
			if n := x.reads.Load() - before; n > 25 {
				t.Errorf("%d reads for 50 questions: without Redis nothing is kept at all", n)
			}
			if name == "frozen" {
				server.Thaw()
			} else {
				server.Start()
			}
			until(t, "the instance hears again", bCache.hears.Load)
		})
	}
}

// A load that began before a write and ends after it must not bring the old value back.
func TestASlowLoadDoesNotBringTheOldValueBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	x := &truth{}
	a := Of[int64](instance(t, server.Client()), "numbers", Written)
	b := Of[int64](instance(t, server.Client()), "numbers", Written)
	begun, open, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = b.Get(t.Context(), "a", func(ctx context.Context) (int64, error) {
			old, err := x.load(ctx)
			close(begun)
			<-open
			return old, err
		})
	}()
	<-begun
	x.value.Store(1)
	if err := a.Forget(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	close(open)
	<-done
	if v := get(t, a, "a", x); v != 1 {
		t.Errorf("the writer's own instance shows %d: the slow load has put it into Redis", v)
	}
	until(t, "the other one shows the new value", func() bool { return get(t, b, "a", x) == 1 })
}

func TestRedisKeepsNoKeysThatCanBeReadAndForgetsAfterAnHour(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	k := Of[string](New(Config{Redis: client, Now: time.Now}), "place-search", Foreign)
	if _, err := k.Get(t.Context(), "홍길동 집", func(context.Context) (string, error) { return "x", nil }); err != nil {
		t.Fatal(err)
	}
	passing := Of[string](k.cache, "passing", Passing)
	if _, err := passing.Get(t.Context(), "a", func(context.Context) (string, error) { return "x", nil }); err != nil {
		t.Fatal(err)
	}
	keys := client.Keys(t.Context(), "*").Val()
	if len(keys) != 1 || strings.Contains(keys[0], "홍길동") {
		t.Errorf("keys %q", keys)
	}
	if ttl := client.PTTL(t.Context(), keys[0]).Val(); ttl <= 59*time.Minute || ttl > far {
		t.Errorf("kept for %v", ttl)
	}
}

func TestTwoKindsOfOneNameAreAMistake(t *testing.T) {
	t.Parallel()
	c := New(Config{Now: time.Now})
	Of[int](c, "numbers", Foreign)
	defer func() {
		if recover() == nil {
			t.Error("a second kind of the same name would read the first one's values")
		}
	}()
	Of[string](c, "numbers", Foreign)
}
