// Package ratelimit is the arithmetic of limits: how many calls may be made in
// a window of time or on a calendar day. It has no I/O and no clock of its own.
//
// # What it promises
//
// "20/10s" means that no window of ten seconds, wherever it begins, holds more
// than twenty calls. A token bucket of twenty that refills with two a second
// does not keep that promise: it lets forty through in the ten seconds after an
// idle time. So the bucket holds half of the limit, and the other half comes back
// within one window. "1/3s" is one call, and three seconds until the next.
//
// The state of a bucket is one time, the one at which it will be full again
// (the "virtual scheduling" form of a token bucket): whole microseconds, as MySQL
// keeps them, so there is no rounding that could let one call more through.
//
// "100/day@America/Los_Angeles" counts exactly, from midnight to midnight there,
// however many hours such a day has.
//
// Clocks of several processes need not agree: one that is s seconds ahead refills
// a bucket s seconds early, once. The day that any clock has reached counts for all.
//
// # Rejected
//
// golang.org/x/time/rate: its state cannot be kept in a row, and its bucket has
// the burst described above.
package ratelimit
