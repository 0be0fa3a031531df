package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

const (
	// near and far are how long values are good in this process and in Redis.
	near = 60 * time.Second
	far  = time.Hour
	// deaf is how long values that can be written are good while no messages are heard.
	deaf = 500 * time.Millisecond
	// places is how many values of a kind a process keeps, and large how long one may be in bytes.
	places = 1024
	large  = 64 << 10
	// patience is how long a call waits for Redis before it does without.
	patience = 100 * time.Millisecond
)

// Origin is who can change a value, and who may have it.
type Origin int

// The origins.
const (
	// Foreign values are made elsewhere: they are as old as they are.
	Foreign Origin = iota
	// Written values are changed by CastAD, which says so with Forget.
	Written
	// Passing values are Foreign ones that we may not keep: they stay in this process.
	Passing
)

// Config says what a Cache is made of.
type Config struct {
	// Redis is the second level; nil = there is none.
	Redis *redis.Client
	Now   func() time.Time
	// Failed is told why Redis could not be asked; nil = nobody.
	Failed func(error)
}

// Cache is what the kinds of values of a process share. Run must run for it to hear others' writes.
type Cache struct {
	c     Config
	hears atomic.Bool
	mu    sync.Mutex
	kinds map[string]forgetter
}

type forgetter interface {
	drop(key string)
	dropAll()
}

// New returns an empty cache. It does no I/O.
func New(c Config) *Cache {
	if c.Failed == nil {
		c.Failed = func(error) {}
	}
	return &Cache{c: c, kinds: map[string]forgetter{}}
}

// Kind is the values of one kind.
type Kind[T any] struct {
	cache  *Cache
	name   string
	origin Origin
	loads  singleflight.Group

	mu     sync.Mutex
	values map[string]value[T]
	// forgotten counts Forgets: a load that began before one is not kept.
	forgotten uint64
}

type value[T any] struct {
	v     T
	since time.Time
}

// Of returns the kind of a name, which is made once in a process: a second one panics.
// Values are shared by all who ask and must not be changed.
func Of[T any](c *Cache, name string, origin Origin) *Kind[T] {
	k := &Kind[T]{cache: c, name: name, origin: origin, values: map[string]value[T]{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds[name] != nil {
		panic("cache: two kinds are called " + name)
	}
	c.kinds[name] = k
	return k
}

// Get returns the key's value, from here, from Redis or from load. The error is load's.
// load goes on when the caller that began it has gone, within ctx's deadline: others wait for it.
func (k *Kind[T]) Get(ctx context.Context, key string, load func(context.Context) (T, error)) (T, error) {
	if v, ok := k.near(key); ok {
		return v, nil
	}
	done := k.loads.DoChan(key, func() (any, error) {
		begun := context.WithoutCancel(ctx)
		if end, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			begun, cancel = context.WithDeadline(begun, end)
			defer cancel()
		}
		return k.find(begun, key, load)
	})
	select {
	case r := <-done:
		v, _ := r.Val.(T)
		return v, r.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// near is the value that this process has, if it is still good.
func (k *Kind[T]) near(key string) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.values[key]
	age := k.cache.c.Now().Sub(v.since)
	if !ok || age >= near || age < 0 || k.origin == Written && age >= deaf && !k.cache.hears.Load() {
		var none T
		return none, false
	}
	return v.v, true
}

// find asks Redis, then load.
func (k *Kind[T]) find(ctx context.Context, key string, load func(context.Context) (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil { // in a goroutine of its own it would end the process
			err = fmt.Errorf("load %s: panic: %v", k.name, p)
		}
	}()
	k.mu.Lock()
	begun, since := k.forgotten, k.cache.c.Now()
	k.mu.Unlock()
	text, generation, asked := k.far(ctx, key)
	if text != nil && json.Unmarshal(text, &v) == nil {
		k.keep(key, v, since, begun)
		return v, nil
	}
	if v, err = load(ctx); err != nil {
		var none T
		return none, err
	}
	text, err = json.Marshal(v)
	if err != nil || len(text) > large {
		return v, nil // whatever it is, it is not for keeping
	}
	if asked {
		k.keepFar(ctx, key, text, generation)
	}
	k.keep(key, v, since, begun)
	return v, nil
}

// keep keeps a value that was read at since or later, unless something was forgotten since begun.
func (k *Kind[T]) keep(key string, v T, since time.Time, begun uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgotten != begun {
		return
	}
	if _, known := k.values[key]; !known && len(k.values) >= places {
		k.makeRoom()
	}
	k.values[key] = value[T]{v, since}
}

// makeRoom drops what is over, and half of the rest if that is nothing; needs mu.
func (k *Kind[T]) makeRoom() {
	oldest := k.cache.c.Now().Add(-near)
	for key, v := range k.values {
		if !v.since.After(oldest) {
			delete(k.values, key)
		}
	}
	for key := range k.values {
		if len(k.values) <= places/2 {
			break
		}
		delete(k.values, key)
	}
}

func (k *Kind[T]) drop(key string) {
	k.loads.Forget(key) // who comes now must not get what is being read
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgotten++
	delete(k.values, key)
}

func (k *Kind[T]) dropAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgotten++
	clear(k.values)
}

// Forget says that key's value was written: call it after the commit. An error means that
// other processes may not have heard; the write itself is done.
func (k *Kind[T]) Forget(ctx context.Context, key string) error {
	k.drop(key)
	defer k.drop(key) // and what was read from Redis meanwhile
	if k.cache.c.Redis == nil {
		return nil
	}
	if err := k.cache.forgetFar(ctx, k.name, key); err != nil {
		return fmt.Errorf("forget %s: %w", k.name, err)
	}
	return nil
}
