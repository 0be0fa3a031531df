// Package pipeline is the durable step engine: an order becomes a run of steps,
// and every step ends, whatever crashes.
//
// # What is where
//
// MySQL is the truth; a queue message is a wake-up that may be lost, doubled or
// late. State, fence and due time of a step live in pipeline_steps and are
// written here only. A step's module (song, video, …) keeps an immutable row
// for its result, inserted inside the transaction that ends the step.
//
// # One machine
//
// Decide is the pure part: (run, event) → (run, effects). It does no I/O, reads
// no clock and is tested against a model. The shell around it (Engine) does the
// same thing for every event: lock the run's row, load the run, Decide, write
// what changed, append run_events and put the wake-ups into the outbox, all in
// one short transaction. Locking the run's row first makes transitions of one
// run sequential, so no two instances can decide on the same state and no
// deadlock can arise between them.
//
//	blocked → ready → submitting → waiting ⇄ collecting → succeeded
//	            ↑          │           ↑           │
//	            ├──────────┤ refused   │           ├→ failed
//	            │          │ or in part│           │
//	            │          └→ unknown ─┴───────────┘
//	            └── proven absent, or abandoned once after the reconcile window
//	any state that is not an end → cancelled | failed (deadline)
//
// # The paid call
//
// Submit is claim transaction · call · outcome transaction. No connection is
// held during the call. The claim writes a provider_calls row ("intent") with
// the hash of the callback's token before the request can leave the process, so
// a crash at any line leaves either no request, or a row that says one may
// exist. An outcome that cannot be known is the state unknown. It is settled by
// the provider's callback or by looking the job up, never by sending again,
// until the reconcile window has passed; then a song or a film may be ordered
// once more (the price is booked as waste) and a publication never.
//
// # Submissions in rounds
//
// A publication is a submission in rounds: a film is uploaded and the channel
// works on it before anything is to be seen. Until then Submit's function
// returns message.NotYet, and the step is ready again when the channel wants it.
// A round has its own provider_calls row, state "part"; it is no failure (it
// lengthens no backoff and uses up no attempt), it may be cancelled at once, and
// the step's deadline holds over all rounds. A process killed in a round leaves
// the step unknown like any other. What it may have done is then read from what
// it wrote down under Holds before doing it: if the last round has not begun, or
// whatever of it is still on its way can only complete what the next attempt
// goes on with, the answer is message.Absent with Settled and the step is ready
// at once. Otherwise, and after a cancel, which has no next attempt, absence counts
// at the end of the reconcile window, as a request may arrive late.
//
// # Leases and clocks
//
// A claim's lease is short (Rules.Lease) and renewed by one goroutine of its
// process while the work goes on, never past the invocation's own time, so that
// a killed process costs seconds. A lease is taken over only after it has been
// over for Rules.Skew, because instances' clocks differ. All times are the process's clock in UTC; a clock that is off
// by less than Skew can delay a step but not double it.
//
// Rejected: a state column in every module's table (eight machines instead of
// one); settling by broker (a Go custom handler cannot settle messages); an
// inbox table for steps (the claim under the run's lock already makes a
// duplicate harmless, and costs no row per message).
package pipeline
