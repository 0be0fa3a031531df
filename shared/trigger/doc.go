// Package trigger turns requests of the Functions host into typed calls and
// their results into answers. It is the only package that knows the host's wire.
//
// # What comes in
//
//   - an HTTP function's request: /api/<route>, as the client sent it (the host runs with enableProxyingHttpRequest)
//   - a queue message or a timer: POST /<function name> with {"Data":{…},"Metadata":{…}}
//   - GET /, by which the host asks whether we are there: 204, always, at once
//   - GET /metrics, from this machine only: the host forwards nothing but /api
//
// Both kinds come to one port, so the two trees of paths are disjoint: a worker
// has exactly one spelling of its path, compared with the raw request line, and
// no path under the prefix is ever cleaned, decoded or redirected into another.
// The path still proves nothing: a queue message counts only if it is an
// envelope that we sealed (package envelope). Headers that the host sets are
// labels for the log. A timer has no proof; its function must be harmless.
//
// # Input of an HTTP function
//
// A struct. Each field has exactly one of the tags path:"id", query:"after",
// header:"Last-Event-ID", cookie:"state", json:"name" or, for a []byte,
// body:"raw"; and may have required, max, min and enum as package strictjson
// describes them. Path, query, header and cookie fields are strings, integers,
// bools ("true", "false"), or read themselves (encoding.TextUnmarshaler: ids,
// time.Time); query fields may be lists (a=1&a=2 or a=1,2). A message.Key is 1
// to 64 visible ASCII characters. Bodies are strict JSON of at most 1 MiB. An
// input with Validate() error is asked last. An embedded Page says which part of
// a list is wanted. Query parameters that nobody reads are passed over; body
// fields that nobody reads are refused.
//
// # Output
//
// A struct becomes JSON (struct{} becomes 204), a List a page of one; an output
// that embeds Reply sets status, header and cookies; an ETag in the header answers
// If-None-Match. Redirect redirects, File streams with ranges; Instead redirects where
// there would be JSON. Errors become RFC 9457 problems from fault's catalogue, in Korean
// and English, with the request id; the cause goes to the log and never to the caller. A
// panic is a 500 like any other.
//
// # What holds
//
//   - the context ends with the function's time budget; Options.Invocation puts the connection budget in it
//   - a queue or timer call that went well is answered with a JSON object, never with an empty 2xx (the host would hang);
//     one that failed with 500 or 503, held back for a moment because the host delivers again at once
//   - a message that is not ours is kept by Options.Poison and acknowledged
//   - one log line per invocation: function, kind, status, code, ms, request_id, trace, and what the function Notes;
//     no paths, queries, headers or bodies
//   - whatever cannot be checked is refused: no keys, no verifier, no database mean no
//
// # Limits
//
// JSON bodies 1 MiB; uploads what the function says; request line and headers
// 16 KiB; 30 s without progress ends a body or a download; streams 200 s, polls
// 25 s, heartbeat 15 s, 20 of a user at a time. TLS and the 100 MB request limit are the host's; CORS is
// ours (secure.go says why).
// What net/http refuses before a request exists (a malformed request line, too
// large a header) is answered in its own plain text.
package trigger
