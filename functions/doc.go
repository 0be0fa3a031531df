// Command handler is CastAD: every function of the app in one process behind
// the Azure Functions host.
//
// # From request to published video
//
// POST /api/v1/ads (ad/request) writes the ad, its run and the first wake-up in
// one transaction and answers 201. The outbox's relay signs the wake-up and
// sends it to Service Bus; the host receives it and posts it to the function of
// the same name. Each function claims its step, makes one call with no database
// connection held, and records the outcome, which readies the next step:
//
//	place-collect   facts and photos as they are now
//	lyric-write     an OpenAI-compatible chat writes, shared/claim checks
//	song-generate   a Suno-compatible service takes the order   → song-collect
//	video-render    a Creatomate-compatible service takes it    → video-collect
//	sns-publish     one step for each channel account           → sns-verify
//
// The accounts that are posted to are connected by social/start and
// social/callback; their tokens are kept sealed (shared/seal) and renewed when they
// are used, or by a timer.
//
// An edit (ad/edit, lyric/edit, song/choose, …/regenerate) is a revision of the ad with
// a run of its own; a step whose input is what it was takes over what was made of it. A
// finished film is posted once more by sns/request, put away by archive/remove, and taken
// along by archive/export.
//
// Who calls is known by a short token that auth/… gives for a sign-in at Kakao; operators
// (admin/…) are looked up in the database with every request. The Functions host lets
// through what a function.json names, so cors/preflight and contract/stray take the rest.
//
// The collecting functions are woken by scheduled messages and by the vendors'
// callbacks (song/callback, video/callback), copy results to Blob and end the
// step. Timers (background/…) send what a crash left behind, take over what a
// killed process held, keep dead letters, measure posts, erase who has left and
// delete what nobody needs.
//
// # Where things are
//
// A folder functions/<module>/<function> is one Azure Function: its
// function.json and its code. A module's package keeps its tables. shared/pipeline
// is the state machine, shared/trigger the host's wire, shared/store MySQL. The rules
// of who may import whom are a test (rules_test.go). Here, beside main.go:
//
//	registry.go    every function, with exactly what it may touch
//	assemble.go    what that is made of, from the settings; login.go, channels.go: Kakao, the channels
//	adapters.go    a package's words in those of the function that asks; edits.go, operators.go: the longer ones
//	erasure.go     what goes when a person leaves; forgetting.go: when an ad was put away long enough
//	limits.go      how often one may call; bypass.go: the load test's token; redis.go: the count for all instances
//	gate.go        closed until the database can be used
//	meter.go       what is counted
//	admincli.go    handler admin …: the first operator; handler -registry prints the functions
package main
