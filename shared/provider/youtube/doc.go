// Package youtube publishes films on YouTube channels through the YouTube Data API v3:
// OAuth, resumable upload, looking up, statistics and removal.
//
// # The upload
//
// A session is opened with the film's words and settings (operation "insert", one of
// the project's 100 a day); then the film goes to the session's address in chunks
// ("upload"). The channel has nothing before the last byte, and one video at most from
// one session. So what matters is kept in Post.Notes before the step it protects:
//
//	session opened            its address                  before the first byte
//	a chunk was confirmed     how far the film is there    before the next chunk
//	the last chunk            that it is about to be sent  before its first byte
//	the video is there        its id
//
// A process that finds notes asks the session first ("probe"): it goes on where the
// session says, whatever the notes say. A session that is gone (404, 410) is opened anew
// only when its last chunk was never about to be sent; otherwise the outcome is unknown.
// Within one session nothing can be posted twice, so a session that lives is never left.
// Keep is called right before the last chunk, so a process that has lost the post to
// another one (its lease ran out) does not finish it.
//
// # Classes
//
// Up to the last chunk whatever goes wrong is later, or YouTube's refusal. The last chunk
// is paid in package provider's terms: unknown as soon as all its bytes were handed to
// the transport and no answer came (a request that was cut has left nothing to publish).
// Find then asks the session, and the channel's uploads when it is gone.
//
// Errors go by errors[].reason, not by status (see reasons in errors.go):
//
//	quotaExceeded       quotaExhausted: the project's; at midnight in Los Angeles it is full again.
//	                    RetryAfter is that, but 1 h at most, so that a raised quota is noticed
//	uploadLimitExceeded userFault, field account: this channel's own limit, over in 24 h at most;
//	                    it must not stop other channels, and no step waits that long
//	401                 reconnect. Not later, since whoever keeps the grant refreshes an access
//	                    token minutes before it ends: one that is refused was withdrawn
//	invalid_grant       reconnect, from refreshing and from exchanging a code
//
// # What is always said
//
// privacyStatus (omitted means public since 2026-11-02), selfDeclaredMadeForKids and
// containsSyntheticMedia are sent with every film, also when false; the answer's
// privacy is read back. The marker is a tag: it survives an edited title or description,
// viewers do not see it, and videos.list gives it to the owner.
//
// The thumbnail follows the film and cannot fail it: the video's id is never lost for a
// picture. On a Short (a film that is not wide), YouTube takes a picture that comes before processing has ended
// and may not show it; Posted.Note says so.
//
// # Scopes
//
// youtube.upload (insert, thumbnail) and youtube.readonly (status, uploads, statistics).
// Deleting needs youtube.force-ssl, which may change everything on the channel, so it is
// asked for only with Config.MayDelete; without it Remove tells the owner to do it.
//
// # Limits
//
//	title         ≤ 100 characters; no < >
//	description   ≤ 5000 bytes with hashtags; no < >
//	tags          ≤ 500 characters together, the marker among them
//	chunk         a multiple of 256 KiB; 8 MiB, so that a crash costs seconds
//	uploads read  the newest 200 by Find: a lost post is minutes old
//
// Sources: developers.google.com/youtube/v3 (docs/videos, docs/errors, revision_history,
// guides/using_resumable_upload_protocol, thumbnails/set) and .../identity/protocols/oauth2.
//
// # Rejected
//
// google.golang.org/api/youtube/v3: its session is private, so another process cannot go
// on; films below 16 MiB go in one piece; it drops false; it repeats by itself. The
// undocumented header X-GUploader-No-308. golang.org/x/oauth2: three form posts that would
// not go through package provider's redaction and deadlines.
package youtube
