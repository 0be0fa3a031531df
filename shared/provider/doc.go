// Package provider is the only way out: every call that CastAD makes to a
// service it does not run goes through here.
//
// Three things live in this package: the HTTP layer (Client, Downloader), the
// one error type that every provider client returns (Error), and the neutral
// words for what providers make (Song, Render, Post and their results), so that
// no step knows a vendor's field names. Each vendor is a folder below; each has
// a stand-in server beside it (<name>test) for tests.
//
// # What it promises
//
// A call is sent at most once. There is no retry in this layer, not even of a
// connection that died early: a paid POST that is repeated is paid twice, and
// whether a repetition is safe is known only to the step engine. Redirects are
// not followed.
//
// Every failure has a Class, and the class says what the call may have done:
//
//	later           nothing was started; the same call later may succeed
//	rateLimited     nothing was started; too many calls
//	quotaExhausted  nothing was started; our account has no credit left
//	userFault       nothing was started; the content was refused
//	ourFault        nothing was started; key, address or request is wrong
//	unknown         something may have been started; only a look at the vendor can tell
//	failed          the vendor's job ended in failure; a new attempt is a new paid job
//	badResult       the vendor's job ended, what it made is not usable
//	reconnect       nothing was started; the account's permission has ended
//
// For a call that costs money or is seen by people (Call.Paid) the class is
// unknown from the moment a connection was obtained until the vendor's answer
// was understood. "Not sent" is proven by net/http/httptrace: without GotConn
// no byte of the request can have left. Paid calls never use a kept-alive
// connection, since a server closing an idle connection under a new request
// would turn a harmless race into an unknown outcome. A 5xx answer to a paid
// call is unknown too: gateways answer 502 and 504 while the job goes on.
// For reads everything that is not understood is later: asking again is free.
//
// A Guard, when there is one, is asked before each call and each download, and told
// how it ended: by this layer when no answer came, by the vendor's table (Fail)
// when one did, so that an error inside a 200 counts and a user's fault does not.
// What it does not allow is not sent: class later or rateLimited, with a time.
//
// A result is fetched only from a listed origin, by an address that is checked when
// it is dialled; it must begin like one of the formats that its caller wants, keep to
// its length and limit, and keep coming. It is never held: see Downloader.
//
// No error text carries a secret: queries, userinfo and token-like path parts
// of URLs, bearer tokens, the client's own key and phone numbers are masked,
// control characters are removed, and at most SnippetBytes of a vendor's text
// are kept (operators miss a readable error, and a signed address does not belong in a log).
//
// # Limits and their reasons
//
//	answer of an API call   4 MiB   the largest real ones (task records with two songs) are below 100 KiB
//	Retry-After             1 h     longer waits are the engine's business; "Retry-After: 86400" must not park an order for a day
//	redirects of a download 3       a CDN needs one or two; each is another address to check
//
// # Rejected
//
// The vendors' SDKs for paid calls (they repeat POSTs on 503 and on transport
// errors); http.DefaultClient (no deadline, follows redirects, uses
// HTTP_PROXY); one shared table from status to class (429 means "slow down" at
// one vendor and "no credit" at another).
package provider
