// Package instagram publishes reels through the Instagram API with Instagram Login
// (graph.instagram.com) and connects the accounts that it publishes on.
//
// # How a reel is published
//
// Meta fetches the film itself and takes minutes. Publish never waits for it: each
// call makes one advance and answers provider.NotYet until the reel is live, and
// what was reached is kept in Post.Notes before the step that it protects.
//
//	nothing noted   read the publishing limit · POST /{user}/media (media_type REELS) · note the container · NotYet
//	container       IN_PROGRESS: NotYet · EXPIRED, ERROR: forget it, the next call makes another (at most five)
//	                FINISHED: note "about to publish" and the newest reel's id · POST /{user}/media_publish · id
//	about to        look first (below); only what is proven not to be live is published again,
//	                and what cannot be told is class Unknown, never NotYet
//
// media_publish is the only request that people see. It is paid in package provider's
// terms and is not idempotent. A container whose answer was lost is invisible and
// harmless: making another costs one of 400 a day.
//
// # What is believed
//
// media_publish answers errors for reels that are live (code 4 with subcode 2207051:
// gitroomhq/postiz-app#1562, PR#1681). So an error of that request counts as
// "nothing happened" only when its code says so (not ready, daily limit, token,
// account restricted, refused words); every other one is unknown. An unknown publish is settled by
// the container: PUBLISHED is live, FINISHED after Config.Settle is not.
//
// "Does not exist" (code 100, subcode 33) comes for containers and media that exist
// (gitroomhq/postiz-app#1562). It never proves absence here; the account's list of media does.
//
// # The marker
//
// The API keeps no text that people do not see, and a caption is no place for ours.
// The container's id is the marker: Find asks it whether the reel is live. The reel's own
// id is then found in the account's list: newer than what was newest before
// publishing, not older than that moment, with the container's caption. Should two
// reels fit, neither is taken (class Later, code "ambiguous"): a wrong id would show
// another reel's figures.
//
// # Disclosure and privacy
//
// is_ai_generated is always sent (Meta's "AI info" label, in the API since
// 2026-06-22) and read back by Look; the caption carries "AI 생성 · AI-generated" too,
// once. Both come from Post.AI, without which nothing is sent. A reel cannot be
// unlisted or private: such a post is refused, with the field.
//
// # Secrets
//
// The account's token travels as Authorization: Bearer. The two token exchanges are
// documented with the token (and the app's secret) in the query only; provider's
// errors hold no query. Whatever else an answer echoes is masked.
//
// # Limits and their sources (developers.facebook.com, instagram-platform)
//
//	caption        2200 characters with hashtags and label, 30 hashtags, 20 mentions   ig-user/media
//	container      24 h, 400 a day                                                     content-publishing
//	reels a day    read at run time: documents say 25, 50 and 100                      content_publishing_limit
//	long token     60 days; renewed when ≥ 24 h old and not expired                    refresh_access_token
//	short token    1 h; a code works once                                              business-login
//	deleting       Facebook Login only (instagram_manage_contents): by hand here       ig-media
//
// There is no official library for Instagram Login. Meta's Marketing library
// (facebook-nodejs-business-sdk) publishes through Facebook Login; it talks to the
// stand-in, unmodified, in sdk_test.go.
package instagram
