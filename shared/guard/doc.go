// Package guard keeps all instances together within the vendors' limits and away
// from a vendor that is failing: token buckets and circuit breakers whose state is
// in MySQL. It is the provider.Guard of every vendor's client.
//
// # The breaker
//
// One for each vendor and operation: songs may be ordered while the renderer is
// down, and asked for while none can be ordered.
//
//	closed ── ≥ 20 calls in 60 s, ≥ 5 % of them failed ──▶ open
//	open ── 30 s ──▶ half-open: one call of one instance is sent, the probe
//	probe: the vendor is well ──▶ closed, counting from now; it is not ──▶ open
//	probe that does not come back (its process was killed) ──▶ another may probe after
//	        the call's own deadline and 5 s
//
// The figures are the requirements' own. What counts as a
// failure is decided by package provider from the vendor's own table: an error
// inside a 200 counts, a refusal of what the user wrote does not. A breaker can
// be forced open (a pause) or closed by an operator, also for all operations of a
// vendor; every instance obeys within a second.
//
// A call that is not let through is an *provider.Error of class later or
// rateLimited, with how long to wait: the step engine tries the step again then,
// and nothing was sent. What an operator has paused has fault.ErrPaused inside, so that
// the engine counts no try; it asks Paused before it claims a step at all.
//
// # The limits
//
// Rules such as "youtube:insert=100/day@America/Los_Angeles" (Rule). A call takes
// from every rule that matches it in one short transaction under the rows' locks,
// so N instances together never spend more than the limit. A vendor that answers
// "too many" makes its rules pause for its Retry-After (5 s when it does not
// say), for all instances; when the limit is one account's (provider.Call.Scope),
// only that account's calls pause.
//
// The default rules (setting CASTAD_VENDOR_LIMITS) and where their figures come from:
//
//	suno:generate        20 in 10 s           docs.sunoapi.org, generate-music
//	creatomate:*         30 in 10 s           creatomate.com/docs/api, for the account
//	youtube:insert       100 a day, Pacific   developers.google.com/youtube/v3/revision_history, 2026-06-01; for the project
//	youtube:metrics      4,000 a day, Pacific ours: figures must not use up the project's 10,000 units a day, which posts need
//	naver:local+image    25,000 a day, Seoul  developers.naver.com, all search APIs of a client id together
//	naver:page|short|robots   1 in 5 s        ours: a guest's pace
//	naver:page+short+robots   1,000 an hour   ours: a refusal of one of them pauses all three
//
// # What it costs
//
// No connection is held while a vendor is waited for. The states are read once a
// second by a process that makes calls, all in two small statements; a call that
// no rule limits needs nothing more, a limited one a transaction of two statements
// (BenchmarkAllow: 2 µs and 1 ms, with the server on the same machine), which is
// little beside the vendor's answer. Counts are kept in the process and written
// once a second by Run, and when it ends; a killed process loses a second of them.
//
// # When the database is away
//
// After five seconds paid calls are refused (class later), and at once those that a
// rule limits: without the rows nobody knows whether they may be sent. Reads are
// sent, within the limits that this process can see.
//
// # Limits
//
// Times are the processes' clocks. One that is s seconds ahead lets a bucket refill s
// seconds early once, and a breaker be probed s seconds early; a pause or an open breaker
// that it has written lasts s seconds longer for the others (scripts/vendors ends it). Failures are
// known to the others a second late, so a vendor that begins to fail gets a second
// or two of calls more.
//
// # Rejected
//
// One breaker per process (eight instances would find out one by one, and each
// send a probe every 30 s); Redis (nothing else needs it, and it can be away when
// MySQL is there); leased blocks of tokens (a killed process would take its block
// with it, and "100 uploads a day" must be exact).
package guard
