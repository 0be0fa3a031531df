// Package creatomate has films rendered by Creatomate's API v2 or by the studio,
// which speaks it. Script is the order's language (RenderScript).
//
// Render is the paid call. It has no idempotency key; its metadata is echoed by
// Status and the webhook and is how a render whose answer was lost is recognised. The
// webhook is unsigned and its retries are undocumented: ParseWebhook reads no
// more than the id and the metadata, and the truth is Status.
//
// A render's url is filled from the start and works only once it has succeeded,
// so Status tells it only then. Files are kept 30 days.
//
// # Classes
//
// The vendor's errors are {hint, documentation}; its 429 is plain text.
//
//	400, 401, 404, 413, 422   ourFault: a script is ours, the user has no part in its form
//	402                       quotaExhausted (no credits)
//	429                       rateLimited (30 requests / 10 s per account)
//	408, 409, 5xx             Render: unknown · reads: later
//	GET of a render: 404 with a hint                          message.Absent
//	planned, waiting, transcribing, rendering                 message.NotYet
//	failed, cancelled                                         failed
//
// Sources: creatomate.com/docs/api and the vendor's Node library. Cancel's route is not in the vendor's published
// descriptions (unverified); where it is missing the answer is ourFault and nothing changes.
package creatomate
