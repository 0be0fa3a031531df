package seal

import (
	"sync"
	"time"
)

// cache remembers values for a while, a bounded number of them: when it is full
// the oldest goes. Finding a value does not prolong it.
type cache[K comparable, V any] struct {
	most int
	life time.Duration

	mu    sync.Mutex
	all   map[K]kept[V]
	order []K // as they were kept; may name what is gone or was kept again
}

type kept[V any] struct {
	value V
	at    time.Time
}

func newCache[K comparable, V any](most int, life time.Duration) *cache[K, V] {
	return &cache[K, V]{most: most, life: life, all: map[K]kept[V]{}}
}

func (c *cache[K, V]) find(key K, now time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.all[key]
	if ok && now.Sub(k.at) >= c.life {
		delete(c.all, key)
		ok = false
	}
	if !ok {
		return *new(V), false
	}
	return k.value, true
}

func (c *cache[K, V]) keep(key K, value V, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[key] = kept[V]{value, now}
	c.order = append(c.order, key)
	for len(c.all) > c.most || len(c.order) > 2*c.most {
		oldest := c.order[0]
		c.order = c.order[1:]
		delete(c.all, oldest)
	}
}
