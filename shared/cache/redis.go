package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// channel carries "kind key" of what was written.
const channel = "castad:cache:forget"

// A key's value and generation are in one hash, so that they are read and compared in
// one step. The key is hashed: a query is a person's text.
var (
	keepScript = redis.NewScript(`
if (redis.call('HGET', KEYS[1], 'g') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`)
	// The generation outlives every load that began before it.
	forgetScript = redis.NewScript(`
redis.call('HDEL', KEYS[1], 'v')
redis.call('HINCRBY', KEYS[1], 'g', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`)
)

func redisKey(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	return "castad:cache:" + kind + ":" + hex.EncodeToString(sum[:16])
}

// far is the value that Redis has, or nil, and the generation that a new one must have.
// asked is false when Redis was not there: then nothing is kept in it either.
func (k *Kind[T]) far(ctx context.Context, key string) (text []byte, generation string, asked bool) {
	client := k.cache.c.Redis
	if client == nil || k.origin == Passing {
		return nil, "", false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := client.HMGet(ctx, redisKey(k.name, key), "v", "g").Result()
	if err != nil {
		k.cache.c.Failed(err)
		return nil, "", false
	}
	generation = "0"
	if g, ok := got[1].(string); ok {
		generation = g
	}
	if v, ok := got[0].(string); ok {
		text = []byte(v)
	}
	return text, generation, true
}

func (k *Kind[T]) keepFar(ctx context.Context, key string, text []byte, generation string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := keepScript.Run(ctx, k.cache.c.Redis, []string{redisKey(k.name, key)}, generation, text, far.Milliseconds()).Err(); err != nil {
		k.cache.c.Failed(err)
	}
}

func (c *Cache) forgetFar(ctx context.Context, kind, key string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*patience) // a client that goes does not undo the write
	defer cancel()
	return forgetScript.Run(ctx, c.c.Redis, []string{redisKey(kind, key)}, far.Milliseconds(), channel, kind+" "+key).Err()
}

const (
	// ping is how often Redis is asked for an answer on the connection that carries the messages; who
	// hears nothing for silence does not hear. Together they stay well below the second promised.
	ping    = 250 * time.Millisecond
	silence = 600 * time.Millisecond
)

// Run hears what other processes have written until ctx ends, and connects again whenever it must.
func (c *Cache) Run(ctx context.Context) {
	if c.c.Redis == nil {
		return
	}
	again := time.NewTicker(ping)
	defer again.Stop()
	for {
		err := c.listen(ctx)
		c.hears.Store(false)
		if ctx.Err() != nil {
			return
		}
		c.c.Failed(err)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// listen hears on one connection, until that is lost.
func (c *Cache) listen(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sub := c.c.Redis.Subscribe(ctx, channel)
	defer func() { _ = sub.Close() }() // it may be lost already
	if _, err := sub.ReceiveTimeout(ctx, silence); err != nil {
		return err
	}
	c.forgetAll() // what was written while nobody listened
	c.hears.Store(true)
	go func() {
		beat := time.NewTicker(ping)
		defer beat.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
				_ = sub.Ping(ctx) // a lost one is noticed by its silence
			}
		}
	}()
	for {
		got, err := sub.ReceiveTimeout(ctx, silence)
		if err != nil {
			return errors.Join(errors.New("hear what Redis publishes"), err)
		}
		if m, ok := got.(*redis.Message); ok {
			c.heard(m.Payload)
		}
	}
}

func (c *Cache) heard(text string) {
	kind, key, _ := strings.Cut(text, " ")
	c.mu.Lock()
	k := c.kinds[kind]
	c.mu.Unlock()
	if k != nil {
		k.drop(key)
	}
}

func (c *Cache) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.kinds {
		k.dropAll()
	}
}
