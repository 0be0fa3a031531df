package cache

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// patience is Config's own: an answer takes less than a millisecond. rest is how long
	// Redis is not asked after one that failed.
	patience = 100 * time.Millisecond
	rest     = time.Second
)

// vault is Redis, to which values go encrypted.
type vault struct {
	redis *redis.Client
	names []byte
	seal  cipher.AEAD
}

// newVault makes the keys: one for names, one for values.
func newVault(client *redis.Client, secret []byte) *vault {
	derive := func(use string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(use))
		return mac.Sum(nil)
	}
	block, err := aes.NewCipher(derive("castad cache values"))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the blocks that GCM wants
	}
	return &vault{redis: client, names: derive("castad cache names"), seal: seal}
}

// key is a name's key in Redis: a name has tenants' ids and people's words in it.
func (v *vault) key(name string) string {
	mac := hmac.New(sha256.New, v.names)
	mac.Write([]byte(name))
	return "castad:cache:" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// bound is what a value opens with: its key, in which kind and type are, and its version.
func bound(key, version string) []byte { return []byte(key + " " + version) }

// put keeps a value for all instances, in the place of another version.
func (c *Cache) put(ctx context.Context, name, version string, text []byte, far time.Duration) {
	c.ask(ctx, func(ctx context.Context) error {
		key := c.far.key(name)
		sealed := c.far.seal.Seal(nil, nil, text, bound(key, version)) // #nosec G407 -- the AEAD draws each nonce at random and takes none
		return c.far.redis.Set(ctx, key, sealed, far).Err()
	})
}

// take returns the value that Redis has of a version and how long it is good, or nil.
func (c *Cache) take(ctx context.Context, name, version string) (text []byte, left time.Duration) {
	c.ask(ctx, func(ctx context.Context) error {
		key := c.far.key(name)
		var sealed *redis.StringCmd
		var life *redis.DurationCmd
		_, err := c.far.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			sealed, life = p.Get(ctx, key), p.PTTL(ctx, key)
			return nil
		})
		if errors.Is(err, redis.Nil) {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err := sealed.Bytes()
		if err != nil {
			return err
		}
		if text, err = c.far.seal.Open(nil, nil, raw, bound(key, version)); err != nil {
			text = nil // another version, another secret, or not ours
		}
		left = life.Val()
		return nil
	})
	return text, left
}

// ask does something in Redis, unless there is none or it failed a moment ago.
func (c *Cache) ask(ctx context.Context, do func(context.Context) error) {
	if c.far == nil || c.resting() {
		return
	}
	short, cancel := context.WithTimeout(ctx, c.c.Patience)
	defer cancel()
	if err := do(short); err != nil && ctx.Err() == nil { // who has no time left says nothing about Redis
		c.down.Store(c.c.Now().Add(rest).UnixNano())
		c.c.Failed(fmt.Errorf("ask Redis: %w", err))
	}
}

// resting says whether Redis failed a moment ago. A clock that was set back makes no
// longer rest of it.
func (c *Cache) resting() bool {
	left := c.down.Load() - c.c.Now().UnixNano()
	return left > 0 && left <= int64(rest)
}

// shape is what values of a type are made of: the names, tags and types of its fields, and of
// theirs. Types that write themselves are what they are called.
func shape(t reflect.Type) string {
	writes := t.Implements(reflect.TypeFor[interface{ MarshalJSON() ([]byte, error) }]()) ||
		t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]())
	switch {
	case writes:
		return t.String()
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return t.Kind().String() + " " + shape(t.Elem())
	case t.Kind() == reflect.Map:
		return "map " + shape(t.Key()) + " " + shape(t.Elem())
	case t.Kind() == reflect.Struct:
		out := "{"
		for i := range t.NumField() {
			f := t.Field(i)
			out += fmt.Sprintf("%s %s %q;", f.Name, shape(f.Type), f.Tag)
		}
		return out + "}"
	}
	return t.String()
}
