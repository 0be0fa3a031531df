package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

// Hour is how long a value is good at most, wherever it is.
const Hour = time.Hour

const (
	// near is how long a value is good in this process at most.
	near = time.Minute
	// room is how many bytes the values of a kind may take in this process, and large how
	// many one may, both as JSON.
	room  = 4 << 20
	large = 64 << 10
	// apiece is what a value takes beside its own bytes: small ones cost more than they say.
	apiece = 256
)

// ErrUnkept is what a load returns with a value that is good for those who wait for it
// and not for keeping.
var ErrUnkept = errors.New("the value is not for keeping")

// Config says what a Cache is made of.
type Config struct {
	// Redis is the second level; nil = there is none.
	Redis *redis.Client
	// Secret is what all instances have and nobody else; needed with Redis.
	Secret []byte
	// Patience is how long a call waits for Redis before it does without; 0 = 100 ms.
	Patience time.Duration
	Now      func() time.Time
	// Failed is told why Redis could not be asked, about once a second; nil = nobody.
	Failed func(error)
}

// Cache is what the kinds of values of a process share. It is safe for concurrent use.
type Cache struct {
	c     Config
	far   *vault
	mu    sync.Mutex
	names map[string]bool
	// down is until when Redis is not asked, in Unix nanoseconds.
	down atomic.Int64
}

// New returns an empty cache. It does no I/O.
func New(c Config) *Cache {
	if c.Patience == 0 {
		c.Patience = patience
	}
	if c.Failed == nil {
		c.Failed = func(error) {}
	}
	out := &Cache{c: c, names: map[string]bool{}}
	if c.Redis != nil {
		out.far = newVault(c.Redis, c.Secret)
	}
	return out
}

// Load finds a value out.
type Load[T any] = func(context.Context) (T, error)

// Kind is the values of one kind.
type Kind[T any] struct {
	cache *Cache
	name  string
	// shape is what T is made of.
	shape string
	life  time.Duration
	far   time.Duration
	loads singleflight.Group

	mu     sync.Mutex
	values map[string]value[T]
	size   int
}

type value[T any] struct {
	v       T
	version string
	// since is when it came, good for how long from then on.
	since time.Time
	good  time.Duration
	size  int
}

// Of returns the kind of a name, which is made once in a process: a second one panics.
// far is how long its values are good in Redis, 0 = they never go there; in a
// process they are good for a minute, and no longer than in Redis. Values are shared by
// all who ask and must not be changed. T is plain data that JSON carries whole.
func Of[T any](c *Cache, name string, far time.Duration) *Kind[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names[name] {
		panic("cache: two kinds are called " + name)
	}
	c.names[name] = true
	k := &Kind[T]{cache: c, name: name, shape: shape(reflect.TypeFor[T]()), life: near, far: min(far, Hour), values: map[string]value[T]{}}
	if k.far > 0 {
		k.life = min(near, k.far)
	}
	return k
}

// Get returns the key's value of a version ("" where there is but one), from here, from
// Redis or from load. The error is load's. load goes on when the caller that began
// it has gone, within ctx's deadline: others wait for it, and who has more time than
// that asks again when it is over.
func (k *Kind[T]) Get(ctx context.Context, key, version string, load Load[T]) (T, error) {
	if v, ok := k.here(key, version); ok {
		return v, nil
	}
	return k.share(ctx, key+"\x00"+version, func(ctx context.Context) (T, error) {
		if v, ok := k.here(key, version); ok { // it came while this one was on its way
			return v, nil
		}
		if v, ok := k.there(ctx, key, version); ok {
			return v, nil
		}
		return k.load(ctx, key, version, load)
	})
}

// Renew is Get for who knows that what is kept will not do: it asks load, and keeps that.
func (k *Kind[T]) Renew(ctx context.Context, key, version string, load Load[T]) (T, error) {
	return k.share(ctx, "\x00renew "+key+"\x00"+version, func(ctx context.Context) (T, error) { return k.load(ctx, key, version, load) })
}

// share runs find for all who wait for the same flight.
func (k *Kind[T]) share(ctx context.Context, flight string, find Load[T]) (T, error) {
	for {
		done := k.loads.DoChan(flight, func() (any, error) { return k.fly(ctx, find) })
		select {
		case r := <-done:
			landed, _ := r.Val.(landing[T])
			if landed.late && ctx.Err() == nil {
				continue // it was another's time that ended
			}
			return landed.v, r.Err
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// landing is how a flight ended; late = because the time of who began it did.
type landing[T any] struct {
	v    T
	late bool
}

// fly runs find within ctx's deadline, whether or not its caller waits for it.
func (k *Kind[T]) fly(ctx context.Context, find Load[T]) (out landing[T], err error) {
	begun := context.WithoutCancel(ctx)
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		begun, cancel = context.WithDeadline(begun, end)
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil { // in a goroutine of its own it would end the process
			err = fmt.Errorf("load %s: panic: %v", k.name, p)
		}
		if err != nil {
			out = landing[T]{late: begun.Err() != nil}
		}
	}()
	out.v, err = find(begun)
	return out, err
}

// here is the value that this process has, if it is still good.
func (k *Kind[T]) here(key, version string) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.values[key]
	if !ok || v.version != version || !v.live(k.cache.c.Now()) {
		var none T
		return none, false
	}
	return v.v, true
}

// live says whether the value is good at now; one from the future is not, or a clock
// that was set back would make it good for long.
func (v value[T]) live(now time.Time) bool {
	age := now.Sub(v.since)
	return age >= 0 && age < v.good
}

// load asks whoever knows, and keeps the answer.
func (k *Kind[T]) load(ctx context.Context, key, version string, load Load[T]) (T, error) {
	since := k.cache.c.Now()
	v, err := load(ctx)
	if errors.Is(err, ErrUnkept) {
		return v, nil
	}
	if err != nil {
		var none T
		return none, err
	}
	text, err := json.Marshal(v)
	if err != nil || len(text) > large {
		return v, nil // whatever it is, it is not for keeping
	}
	k.keep(key, value[T]{v, version, since, k.life, apiece + len(key) + len(version) + len(text)})
	if k.far > 0 {
		k.cache.put(ctx, k.name+"\x00"+k.shape+"\x00"+key, version, text, k.far)
	}
	return v, nil
}

// there is the value that Redis has, which is kept here too.
func (k *Kind[T]) there(ctx context.Context, key, version string) (T, bool) {
	var none, v T
	if k.far <= 0 {
		return none, false
	}
	since := k.cache.c.Now()
	text, left := k.cache.take(ctx, k.name+"\x00"+k.shape+"\x00"+key, version)
	if text == nil || json.Unmarshal(text, &v) != nil {
		return none, false
	}
	k.keep(key, value[T]{v, version, since, min(k.life, left), apiece + len(key) + len(version) + len(text)})
	return v, true
}

func (k *Kind[T]) keep(key string, v value[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(key)
	if k.size+v.size > room {
		k.makeRoom()
	}
	k.values[key] = v
	k.size += v.size
}

// drop needs mu.
func (k *Kind[T]) drop(key string) {
	k.size -= k.values[key].size
	delete(k.values, key)
}

// makeRoom drops what is over, and of the rest as much as leaves half the room; needs mu.
func (k *Kind[T]) makeRoom() {
	now := k.cache.c.Now()
	for key, v := range k.values {
		if !v.live(now) {
			k.drop(key)
		}
	}
	for key := range k.values {
		if k.size <= room/2 {
			break
		}
		k.drop(key)
	}
}
