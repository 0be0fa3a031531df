// Package youtubetest is a server that stands in for YouTube: its Data API v3, Google's
// OAuth, and a page to watch each video. It is meant for package youtube, for Google's own
// client libraries (rootUrl) and for curl, and behaves like YouTube where that hurts:
//
//   - a film without privacyStatus is public, and a part that the query does not name is ignored
//   - the same film sent in two sessions is two videos
//   - a thumbnail for a Short is taken with 200 and forgotten while the film is processing
//   - a broken chunk keeps whole units of 256 KiB; a chunk that is no multiple is refused
//   - refreshing gives no refresh token; consenting again without prompt=consent gives none either
//   - an app in testing loses its grants after 7 days; codes work once, and reuse ends the grant
//   - 100 inserts a day (Los Angeles) for the whole project, then quotaExceeded
//
// What it was sent stays on disk and survives a restart and kill -9: a video exists when
// its folder has been renamed into videos/, and not before.
//
//	DIR/state.json                                accounts, grants, the day's inserts
//	DIR/sessions/{id}/session.json film.mp4       open uploads; nobody sees them
//	DIR/videos/{id}/video.json film.mp4 thumbnail.jpg
//
//	GET,POST /o/oauth2/v2/auth                    consent page and its buttons (login_hint names the Google account)
//	POST /token, /revoke                          operations exchange, refresh, revoke
//	GET  /youtube/v3/channels                     channels
//	GET  /youtube/v3/videos, playlistItems        videos, playlist
//	DELETE /youtube/v3/videos                     delete
//	POST /upload/youtube/v3/videos                insert (uploadType=resumable or multipart)
//	PUT  /upload/youtube/v3/videos?upload_id=     upload; probe with "Content-Range: bytes */N"
//	POST /upload/youtube/v3/thumbnails/set        thumbnail
//	GET  /watch?v=, /film/{id}, /picture/{id}     for people
//	GET  /ledger                                  {"items"}: every video, oldest first, deleted ones too; {"inserts"}: of today
//	POST /faults, DELETE /faults                  package providertest; the operations are the words above
//
// Faults of jobs: fail (code: a rejectionReason such as duplicate, or a failureReason such
// as codec) and never (processing goes on) on insert; partial, forget and expire on upload and probe. A
// fault with a code answers with that reason and its usual status.
package youtubetest
