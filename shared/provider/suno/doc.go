// Package suno orders songs from a Suno-compatible API: sunoapi.org, kie.ai or
// the studio. Suno itself has no public API; what these vendors sell wraps its
// consumer product and may vanish, so nothing outside this package knows their words.
//
// # How an order goes
//
// Generate is the paid call: it answers with a task id, and each accepted call
// makes two songs. The task runs for minutes; Task asks about it. Callbacks come
// in three stages, unsigned, in any order and twice; ParseCallback reads no more than
// the task id and the stage, because a callback is a hint and the truth is Task.
// kie.ai signs them when the account has a key; VerifyCallback reads that.
// There is no idempotency key and no list of tasks: an order whose answer is lost
// can be found only through its callback, and proven to be ours by the
// callback address that Task echoes (SongTask.CallbackURL).
//
// # Who decides
//
// The HTTP status is 200 even for many failures: the code in the body decides,
// by a table per vendor (CodeTable), since 429 means "no credit" at one and "slow
// down" at the other. Where body and status contradict each other, and where the
// body cannot be read, a paid call is unknown.
//
// # Limits (docs.sunoapi.org generate-music), in characters
//
//	          lyrics   style   title
//	V4        3000     200     80
//	V4_5ALL   5000     1000    80
//	others    5000     1000    100
//
// Longer ones are refused before sending, with the field's name: the vendor's own
// answer (413) does not say which it was. Files are kept 14–15 days.
package suno
