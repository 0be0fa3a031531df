// Package cache keeps what was expensive to find out: in this process (L1, at most
// 60 s) and, where there is Redis, for all instances (L2, at most 3,600 s).
//
//	hits := cache.Of[[]provider.PlaceHit](c, "place-search", cache.Passing)
//	found, err := hits.Get(ctx, query, func(ctx context.Context) ([]provider.PlaceHit, error) { … })
//
// # What it promises
//
//   - one load at a time for each key of a process: who comes meanwhile waits for it and shares it
//   - a failed load is told and not kept
//   - memory is bounded: 1,024 values a kind, of at most 64 KiB each
//   - Redis that is down or slow costs a load, never an error
//   - a write is seen by all instances within a second
//
// # How a write is seen
//
// Forget drops a key in this process, in Redis and, by a message, in all other
// processes. That can fail to arrive, so it is not relied upon: a process uses
// values that can be written (Written) for longer than half a second only while it
// hears Redis, where it asks every 250 ms for an answer on the very connection that
// carries the messages. Without Redis, or while it is not heard, such values are
// good for half a second, in which they still spare a stampede its queries. And a load
// that began before a Forget is not kept after it: in this process by a count, in
// Redis by a generation that Forget raises and that keeping compares.
//
// What remains: a writer who cannot reach Redis while others can. Forget says so, and
// others may show the old value for up to 60 s. What must hold then, too, has its
// row's version in the key, so that an
// old value is never found again.
//
// Values from elsewhere that nobody here writes (Foreign) are good for their whole time; those
// that their owner's terms let pass through only (Passing: found places) stay in this process.
// Nothing secret goes in: Redis is another party.
package cache
