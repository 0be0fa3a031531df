// Package cache keeps what was expensive to find out: in this process (L1, at most
// 60 s) and, where there is Redis, for all instances (L2, as long as its kind says,
// at most 3,600 s). Behind one interface; without Redis it is L1 alone.
//
//	pages := cache.Of[Page](c, "home", cache.Hour)
//	page, err := pages.Get(ctx, tenant.String(), version, func(ctx context.Context) (Page, error) { … })
//
// # What it promises
//
//   - one load at a time for each key of a process: who comes meanwhile waits for it and shares it
//   - a failed load is told and not kept
//   - memory is bounded: 4 MiB a kind in a process, 64 KiB a value; in Redis one value a key
//   - Redis that is down or slow costs a load, never an error: it is waited for 100 ms
//     once, and then not asked for a second
//   - a write is seen by all instances at once
//
// # How a write is seen
//
// No message says so: one can be lost, and its sender can die between the commit and
// the sending. A value has the version of what it was made from, and is found by who
// asks for that version only. Whoever keeps what CastAD writes (the home page) reads
// the version from the database first, in one statement, each time; so there is nothing
// to forget, no instance has to hear another, and it is the same with Redis, without
// and while it is down. What is made elsewhere (a key set, found places) has no
// version, "", and is as old as its kind allows.
//
// # What Redis learns
//
// Redis is another party. Values are encrypted and bound to their kind, key and version
// with a secret that all instances have, and keys are digests under it: who reads
// there learns nothing, and who writes there plants nothing, no key set and no page of
// another tenant's. What does not open is not there. A value's Go type is in its key: a
// build whose type has other fields does not read what an older one has kept.
//
// # Rejected
//
// Invalidation by Redis's publish and subscribe: it was here, with half a second's life
// for values while no messages are heard. It cannot keep the promise when the
// writer is killed before it says so, nor where there is no Redis.
package cache
