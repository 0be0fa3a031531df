// Package limiter counts calls: at most N in any window, for each caller, in this
// process or, through Redis, in all of them.
//
// # What it promises
//
// No window of a class's time, wherever it begins, holds more than N admitted
// calls of one caller, and N may come at once. The times of the last N calls are
// remembered, and the next one is admitted when the oldest has left the window. A
// bucket that keeps this promise (package ratelimit) holds half of N: a login is
// three calls to /auth within two seconds, and "5/1m" would stop it at the third.
//
// Clocks: a process counts on its monotonic clock (Elapsed), Redis on its own. A clock that
// is set back gives a caller at most N calls again and never locks one out for
// longer than a window.
//
// # Fixed memory
//
// Memory has two MiB for each class, made at the start and never more: sets of
// eight callers, chosen by a hash with a seed of this process. A caller's entry is
// given to another only when all its calls have left the window, which is when it is
// as good as new. While all eight of a set are in use, newcomers share the set's
// ninth entry, and one who gets an entry of his own later takes over what the
// ninth has counted. So a flood of addresses makes the limit stricter for
// newcomers; it resets nobody's. One IPv6 site (48 bits, 65,536 networks) could be such
// a flood by itself, so whoever asks looks first whether its callers together (Site) have
// come too often, and one too many there takes no entry. What a network is refused is
// not counted for its site: else one phone would lock out all that its carrier puts there.
//
// Redis has at most 2^18 keys of a class, by a hash with a seed that the instances
// share: two callers have one key now and then (among 1,000 callers one in 262),
// and then one limit. Keys end by themselves when their window does. The server's
// maxmemory-policy must be noeviction, or it forgets who called.
//
// # When Redis is down
//
// Shared says so with every verdict, which is then what this process alone has
// counted. What that means for a call is decided by whoever asks.
//
// # Rejected
//
// Evicting the least recently used: a flood of addresses resets everybody's limit.
// Fixed windows: twice N around their edge. golang.org/x/time/rate: the same after
// an idle time, and its state is not shared.
package limiter
