package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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

// truth is what is cached: it counts how often it was read.
type truth struct{ reads atomic.Int64 }

func (x *truth) load(context.Context) (int64, error) { return x.reads.Add(1), nil }

func get(t testing.TB, k *Kind[int64], key, version string, x *truth) int64 {
	t.Helper()
	v, err := k.Get(t.Context(), key, version, x.load)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ample is patience on a machine that is busy with other tests.
const ample = 20 * time.Second

// on is a process's cache.
func on(client *redis.Client, now func() time.Time) *Cache {
	return New(Config{Redis: client, Secret: []byte("secret"), Patience: ample, Now: now})
}

func TestAValueIsReadOnceAMinuteWithoutRedis(t *testing.T) {
	t.Parallel()
	for name, far := range map[string]time.Duration{"for an hour": Hour, "for this process": 0} {
		c, x := newClock(), &truth{}
		k := Of[int64](New(Config{Now: c.now}), "numbers", far)
		for _, step := range []struct {
			later time.Duration
			want  int64
		}{{0, 1}, {near - 1, 1}, {1, 2}, {near / 2, 2}, {-time.Hour, 3}} { // the last: a clock that was set back
			c.add(step.later)
			if got := get(t, k, "a", "", x); got != step.want {
				t.Errorf("%s, %v later: value %d, want %d", name, step.later, got, step.want)
			}
		}
	}
}

// A version that is asked for is what is had, whatever is kept of another, and it
// takes the other's place.
func TestAValueOfAnotherVersionIsNotFound(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, client := range map[string]*redis.Client{"without Redis": nil, "with Redis": server.Client()} {
		a, b, x := Of[int64](on(client, time.Now), "numbers", Hour), Of[int64](on(client, time.Now), "numbers", Hour), &truth{}
		get(t, a, "a", "v1", x)
		read, kept := get(t, a, "a", "v2", x), get(t, a, "a", "v2", x)
		if read != 2 || kept != 2 || len(a.values) != 1 {
			t.Errorf("%s: read %d, then %d; %d values are kept", name, read, kept, len(a.values))
		}
		if got, shared := get(t, b, "a", "v2", x), client != nil; (got == 2) != shared {
			t.Errorf("%s: the other instance has %d", name, got)
		}
		if was := x.reads.Load(); get(t, b, "a", "v1", x) != was+1 {
			t.Errorf("%s: the other instance shows what was before", name)
		}
	}
}

func TestAStampedeIsOneLoad(t *testing.T) {
	t.Parallel()
	k := Of[int64](New(Config{Now: time.Now}), "numbers", Hour)
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
	go func() { _, err := k.Get(gone, "a", "", load); first <- err }()
	<-begun
	var all, asking sync.WaitGroup
	asking.Add(100)
	for range 100 {
		all.Go(func() {
			asking.Done()
			if v, err := k.Get(t.Context(), "a", "", load); v != 7 || err != nil {
				t.Errorf("%d, %v", v, err)
			}
		})
	}
	asking.Wait()
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that has gone: %v", err)
	}
	close(open) // what it began serves the others, also one that comes only now
	all.Wait()
	if n := loads.Load(); n != 1 {
		t.Errorf("%d loads for 101 callers", n)
	}
}

// Who waits for another's load has the time of his own call, not of that one's.
func TestWhoWaitsIsNotHeldToAnothersTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := Of[int64](New(Config{Now: time.Now}), "numbers", 0)
		var loads atomic.Int64
		load := func(ctx context.Context) (int64, error) {
			select {
			case <-time.After(3 * time.Second):
				return loads.Add(1), nil
			case <-ctx.Done():
				return 0, fmt.Errorf("the vendor is slow: %w", errors.New("gave up")) // no word of a deadline
			}
		}
		ask := func(patience time.Duration, want int64) func() {
			return func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if v, err := k.Get(ctx, "a", "", load); v != want || (err == nil) != (want != 0) {
					t.Errorf("with %v: %d, %v", patience, v, err)
				}
			}
		}
		var all sync.WaitGroup
		all.Go(ask(time.Second, 0))
		synctest.Wait()
		for range 3 {
			all.Go(ask(time.Minute, 1))
		}
		all.Go(ask(2*time.Second, 0)) // too short for any
		all.Wait()
		if n := loads.Load(); n != 1 {
			t.Errorf("%d loads came to their end", n)
		}
	})
}

func TestFailuresPanicsGiantsAndTheUnkeptAreNotKept(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	k := Of[string](on(server.Client(), time.Now), "texts", Hour)
	for name, load := range map[string]Load[string]{
		"an error": func(context.Context) (string, error) { return "half", errors.New("down") },
		"a panic":  func(context.Context) (string, error) { panic("!") },
	} {
		if v, err := k.Get(t.Context(), name, "", load); v != "" || err == nil {
			t.Errorf("%s: %q, %v", name, v, err)
		}
	}
	for name, load := range map[string]Load[string]{
		"a giant":  func(context.Context) (string, error) { return strings.Repeat("x", large), nil },
		"a moment": func(context.Context) (string, error) { return "now", ErrUnkept },
	} {
		if v, err := k.Get(t.Context(), name, "", load); v == "" || err != nil {
			t.Errorf("%s: %d bytes, %v", name, len(v), err)
		}
	}
	if n, far := len(k.values), server.Client().DBSize(t.Context()).Val(); n != 0 || far != 0 {
		t.Errorf("%d values are kept here, %d in Redis", n, far)
	}
}

func TestMemoryIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	c := newClock()
	k := Of[string](New(Config{Now: c.now}), "texts", Hour)
	text := strings.Repeat("x", large/2)
	most := 0
	for i := range 1000 {
		if _, err := k.Get(t.Context(), fmt.Sprint(i%400), "", func(context.Context) (string, error) { return text, nil }); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for key, v := range k.values {
			sum += apiece + len(key) + len(v.v) + 2
		}
		if sum != k.size || sum > room {
			t.Fatalf("after %d: %d bytes are kept, counted %d, the limit is %d", i, sum, k.size, room)
		}
		most = max(most, sum)
	}
	if most < room/2 {
		t.Errorf("never more than %d bytes of %d are kept", most, room)
	}
}

func TestAnotherInstanceReadsWhatIsInRedisAndKeepsItNoLonger(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client, x := server.Client(), &truth{}
	const life = 700 * time.Millisecond
	a, b := Of[int64](on(client, time.Now), "numbers", life), Of[int64](on(client, time.Now), "numbers", life)
	alone := Of[int64](a.cache, "alone", 0)
	get(t, a, "a", "", x)
	get(t, alone, "a", "", x)
	found := time.Now()
	if n := client.DBSize(t.Context()).Val(); n != 1 {
		t.Errorf("%d values are in Redis: one kind's may not be", n)
	}
	for get(t, b, "a", "", x) == 1 {
		if time.Since(found) > life+5*time.Second {
			t.Fatal("the other instance keeps the value for longer than it is good")
		}
	}
	if a.life != life || Of[int64](a.cache, "long", 2*Hour).far != Hour {
		t.Error("a kind's values are good for longer than it says, or than an hour")
	}
}

func TestRenewAsksAgainAndTellsTheOthers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client, x := server.Client(), &truth{}
	a, b := Of[int64](on(client, time.Now), "numbers", Hour), Of[int64](on(client, time.Now), "numbers", Hour)
	get(t, a, "a", "", x)
	if v, err := a.Renew(t.Context(), "a", "", x.load); v != 2 || err != nil {
		t.Errorf("renewed: %d, %v", v, err)
	}
	if get(t, a, "a", "", x) != 2 || get(t, b, "a", "", x) != 2 {
		t.Errorf("what is kept was not renewed, after %d reads", x.reads.Load())
	}
}

// page has another shape than pageV2.
type (
	page   struct{ Title string }
	pageV2 struct {
		Title string
		Films []struct{ ID int64 }
	}
)

func TestWhatIsInRedisCannotBeReadMovedOrPlanted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	put := func(c *Cache, key, title string) *Kind[page] {
		t.Helper()
		k := Of[page](c, "home", Hour)
		if _, err := k.Get(t.Context(), key, "v1", func(context.Context) (page, error) { return page{title}, nil }); err != nil {
			t.Fatal(err)
		}
		return k
	}
	mine := put(on(client, time.Now), "tenant-of-홍길동", "손칼국수")
	theirs := put(on(client, time.Now), "tenant-b", "another's")
	name := func(key string) string { return mine.cache.far.key("home\x00" + mine.shape + "\x00" + key) }
	keys := client.Keys(t.Context(), "*").Val()
	text := strings.Join(keys, " ") + client.Get(t.Context(), name("tenant-of-홍길동")).Val()
	if len(keys) != 2 || strings.Contains(text, "홍길동") || strings.Contains(text, "칼국수") {
		t.Errorf("keys and value can be read: %q", text)
	}
	if ttl := client.PTTL(t.Context(), keys[0]).Val(); ttl <= 59*time.Minute || ttl > Hour {
		t.Errorf("kept for %v", ttl)
	}
	fresh := func(c *Cache) string {
		t.Helper()
		v, err := Of[page](c, "home", Hour).Get(t.Context(), "tenant-of-홍길동", "v1", func(context.Context) (page, error) { return page{"fresh"}, ErrUnkept })
		if err != nil {
			t.Fatal(err)
		}
		return v.Title
	}
	if got := fresh(on(client, time.Now)); got != "손칼국수" {
		t.Fatalf("another instance has %q", got)
	}
	if got := fresh(New(Config{Redis: client, Secret: []byte("another"), Patience: ample, Now: time.Now})); got != "fresh" {
		t.Errorf("with another secret there is %q", got)
	}
	good := client.Get(t.Context(), name("tenant-of-홍길동")).Val()
	for what, planted := range map[string]string{"another tenant's": client.Get(t.Context(), name("tenant-b")).Val(), "text": `{"Title":"x"}`, "nothing": "",
		"a changed value": good[:len(good)-1] + string(good[len(good)-1]^1)} {
		client.Set(t.Context(), name("tenant-of-홍길동"), planted, Hour)
		if got := fresh(on(client, time.Now)); got != "fresh" {
			t.Errorf("%s was planted and is shown: %q", what, got)
		}
	}
	client.Set(t.Context(), name("tenant-of-홍길동"), good, Hour)
	newer := Of[pageV2](on(client, time.Now), "home", Hour)
	v, err := newer.Get(t.Context(), "tenant-of-홍길동", "v1", func(context.Context) (pageV2, error) { return pageV2{Title: "fresh"}, nil })
	if err != nil || v.Title != "fresh" {
		t.Errorf("a build whose page has more reads an older one's: %+v, %v", v, err)
	}
	_ = theirs
}

// Redis dies, or is frozen: that costs loads, one wait a second, and no error.
func TestWithoutRedisALoadIsAllThatItCosts(t *testing.T) {
	t.Parallel()
	for name, hurt := range map[string]func(*redistest.Server){"killed": (*redistest.Server).Kill, "frozen": (*redistest.Server).Freeze} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			c, x := newClock(), &truth{}
			var told atomic.Int64
			cache := New(Config{Redis: server.Client(), Secret: []byte("secret"), Patience: time.Second, Now: c.now, Failed: func(error) { told.Add(1) }})
			k := Of[int64](cache, "numbers", Hour)
			get(t, k, "a", "v0", x)
			hurt(server)
			for i := range int64(200) {
				if got := get(t, k, "a", fmt.Sprint("w", i), x); got != 2+i {
					t.Fatalf("load %d is %d", i, got)
				}
			}
			if told.Load() != 1 {
				t.Errorf("asked in vain %d times within a second", told.Load())
			}
			if name == "frozen" {
				server.Thaw()
			} else {
				server.Start()
			}
			c.add(-time.Hour) // it was set back; no hour's rest comes of it
			get(t, k, "a", "v1", x)
			other, y := Of[int64](on(server.Client(), time.Now), "numbers", Hour), &truth{}
			if get(t, other, "a", "v1", y); y.reads.Load() != 0 {
				t.Error("Redis is back and not used")
			}
			gone, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
			defer cancel()
			cache.ask(gone, func(ctx context.Context) error { return ctx.Err() })
			if told.Load() != 1 {
				t.Error("a caller without time is Redis's fault")
			}
		})
	}
}

func TestTwoKindsOfOneNameAreAMistake(t *testing.T) {
	t.Parallel()
	c := New(Config{Now: time.Now})
	Of[int](c, "numbers", Hour)
	defer func() {
		if recover() == nil {
			t.Error("a second kind of the same name would read the first one's values")
		}
	}()
	Of[string](c, "numbers", Hour)
}
