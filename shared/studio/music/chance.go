package music

import (
	"hash/fnv"
	"math/rand/v2"
)

// draw returns a random source that depends on the song's seed and a name only,
// so that no part's draws move another part's.
func draw(seed int64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// choose picks one of n. Seeds 2k and 2k+1 never pick the same of two or more:
// they are the two takes of one order and must not sound alike.
func choose(seed int64, name string, n int) int {
	first := draw(seed>>1, name).IntN(n)
	if seed&1 == 0 || n < 2 {
		return first
	}
	return (first + 1 + draw(seed, name).IntN(n-1)) % n
}
