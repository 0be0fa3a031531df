// Package instagramtest stands in for Instagram: the consent page, the token
// endpoints and the publishing API, with their traps, for tests, demos and a laptop.
//
// Accounts have two ids, as there: "user_id", and "id", which is the app's own.
//
// It fetches the film and the cover over HTTP like Meta does, publishes twice when it
// is asked twice, counts the daily limit, lets containers end after 24 h, takes a code once and puts #_
// behind it, and renews a token only when it is 24 h old and still works. With Options.Dir its
// state survives a restart and kill -9; without, it is kept in memory.
//
//	GET  /oauth/authorize                          a consent page; its form is POST /oauth/authorize
//	POST /oauth/authorize                          the same parameters + username, account_type, decision (allow, deny) → 302
//	POST /oauth/access_token                       code → short-lived token (1 h)
//	GET  /access_token, /refresh_access_token      → long-lived token (60 days)
//	GET  /{version}/me
//	POST /{version}/{user}/media                   → {"id"} of a container
//	GET  /{version}/{container}?fields=status_code,status
//	GET  /{version}/{user}/content_publishing_limit
//	POST /{version}/{user}/media_publish           {"creation_id"} → {"id"} of a reel
//	GET  /{version}/{user}/media                   newest first, with cursors; paging.next holds the token, as Meta's does
//	GET  /{version}/{media}, /{version}/{media}/insights
//	GET  /reel/{shortcode}/                        a page with the film, for people; film.mp4 and cover.jpg below it
//	DELETE /reel/{shortcode}                       what the owner does in the app
//	POST /accounts                                 {"username","account_type"} → {"user_id","access_token"}: an account without the browser
//	POST /accounts/{username}/withdraw             the owner takes the permission back: its tokens end (code 190)
//	GET  /ledger                                   {"items": reels, "containers", "publishes"}: every accepted request, oldest first
//	POST /faults, DELETE /faults                   package providertest; operations consent, exchange, lengthen, refresh, owner, limit,
//	                                               container, status, publish, list, look, metrics
//
// Parameters are taken from query, form or JSON; the token also as Authorization: Bearer. A
// fault's code is "code/subcode" ("4/2207051"). Of jobs it knows never (a container stays
// IN_PROGRESS) and fail (code: the subcode that it ends with, or EXPIRED).
//
// Unverified at the vendor: the HTTP status and code of a renewal before 24 h, and
// whether a container that is published twice makes two reels (documents say only that
// media_publish is not idempotent; this is the unkind reading).
package instagramtest
