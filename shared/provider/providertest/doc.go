// Package providertest is what the stand-in servers of the vendors share: the
// fault desk, the ledger and the delivery of answers.
//
// A stand-in behaves like its vendor until it is told not to. What it is told
// is a Fault: for the next requests, from a Go test with Desk.Next, over HTTP
// with POST /faults, or for one request with the header X-Fault (the same JSON).
// A fault either spoils the delivery of one answer (hang, drop, status, …) or
// stays with the job that the request starts (never, fail, callback_twice, …).
//
// The ledger holds every job that was accepted, whatever became of the answer.
// It is the truth that tests compare CastAD's books with: a job in the ledger
// that CastAD does not know of was paid for nothing.
//
//	GET    /ledger   {"items":[{"id","op","tag","callback","request","accepted_at","faults"}]}
//	POST   /faults   one Fault or a list of them
//	DELETE /faults   forget all that are queued
package providertest
