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
//	   │        ↑          │           ↑           │
//	   │        ├──────────┤ refused   │           ├→ failed
//	   │        │          │ or in part│           │
//	   │        │          └→ unknown ─┴───────────┘
//	   │        └── proven absent, or abandoned once after the reconcile window
//	   └→ skipped: an earlier run of the ad has the result
//	any state that is not an end → cancelled | failed (deadline)
//	out of an end: a retry, and what someone has seen of a lost publication
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
// # Results that are there already
//
// A step's input is made when the step becomes ready, and hashed. If its plan says
// Reuse and a step of an earlier run of the same tenant, ad and kind has succeeded
// with the same hash, the step is skipped in that transaction: it takes the output,
// gives its price back, calls nobody and lets the next steps go on, which may be
// skipped in turn. So "what has changed" needs no rules: change the order, and what
// is made of it is made again; change it back, and nothing is. The input must
// say everything that the result depends on, also that the owner wants another one.
// A skipped step counts as succeeded everywhere; its files stay recorded with the
// run that made them. Two runs that make the same thing at once both make it.
//
// # Waiting for a time or for the owner
//
// A step with NotBefore is ready but not due: its wake-up lies in the outbox, its
// deadlines count from then, and it is cancelled at once. A held step stays blocked;
// when nothing else is left its run awaits approval, at most Rules.ApprovalFor, and
// no other deadline runs. Approve lets it go on, once and for all; at the end of the
// time it is too late whether or not the sweep has been there, and the run is
// cancelled with its results kept. Reminders are events in its history.
//
// # Money
//
// credit_ledger moves won between a tenant's accounts: reserve (available →
// reserved) when a run begins or is retried, then capture (→ spent) or release (→
// available) when the step ends; waste (house → wasted) once for every submission
// that may have been charged for nothing, which CastAD bears. The database takes no row
// but these four, so that the accounts of a tenant always add up to zero. All rows are written by
// the transaction that moves the step, unique by the run's version, so that a replay
// books nothing: a run that has ended has nothing reserved. spend_days sums them by
// the day (of Seoul) of the reserve, and what begins is held against the caps under
// that row's lock, after its own skips: orders at once are counted one after the
// other, and a run that reuses everything costs nothing. A paid step that is bought
// twice is reserved once. Over midnight two orders lock two rows: then alone
// can more runs than Rules.Running be under way, by as many as begin in that moment.
//
// # By hand
//
// Confirm settles a lost publication by what someone saw on the channel, with
// the module's row in the same transaction. Only a proven absence can be retried. Redrive
// and CancelAny are the operator's retry, wake-up and cancel; they obey the same
// machine, so neither takes a live claim away nor publishes twice.
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
