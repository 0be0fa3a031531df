package identity

import (
	"sync"
	"time"
)

// generation is how many verified tokens one half of the cache holds: two
// halves of 2,048 are more users than one instance serves at S3, in about half a megabyte.
const generation = 2048

// cache remembers verified tokens by digest. When the young half is full it
// becomes the old one, which is dropped: no list, no clock, bounded memory.
// Only good tokens enter, so nobody can fill it without an account.
type cache struct {
	mu         sync.Mutex
	young, old map[[32]byte]entry
}

type entry struct {
	who Principal
	kid string
	end time.Time
}

func newCache() *cache { return &cache{young: map[[32]byte]entry{}} }

func (c *cache) find(digest [32]byte) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.young[digest]; ok {
		return e, true
	}
	e, ok := c.old[digest]
	if ok {
		c.put(digest, e)
	}
	return e, ok
}

func (c *cache) keep(digest [32]byte, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(digest, e)
}

// put needs mu.
func (c *cache) put(digest [32]byte, e entry) {
	if len(c.young) >= generation {
		c.old, c.young = c.young, make(map[[32]byte]entry, generation)
	}
	c.young[digest] = e
}
