// Package broker is Service Bus without a network: queues with peek-lock, a
// dead-letter queue each, schedules, expiry and duplicate detection, in memory
// and, when a directory is given, in a journal on disk.
//
// # What it promises
//
// A message that was accepted is in exactly one place: in its queue, in that
// queue's dead-letter queue, or settled. A lock token settles at most once. A
// message is delivered again when its lock runs out, is abandoned or released;
// only the first two count, and the count that reaches MaxDeliveryCount moves
// the message to the dead-letter queue.
//
// # Durability
//
// Every change is a record in the journal. An operation returns an LSN, and
// OnDurable calls back when everything up to it is on disk; the server answers
// the client only then. What was answered therefore survives kill -9 and power
// loss; what was not may or may not have happened, as with any lost answer.
// Records are written and synced in groups: whatever gathered during one sync
// is the next group. Locks are not recorded: after a restart every message is
// available, its old token is lost, and its delivery count is what it was.
//
// # Time
//
// Every operation first does what is due (locks, schedules, expiry) by its
// queue's clock, so the result never depends on when a background goroutine
// ran; that goroutine only wakes receivers that wait.
package broker
