// Package sandbox publishes to a channel that is not the public: a server of our
// own (sandboxtest) that behaves like YouTube and Instagram where it matters and
// keeps what it was sent. It is what publishing is tested and demonstrated
// with, and it is a real publication there: the post has a page to look at.
//
//	youtube    open an upload with the metadata · thumbnail · bytes; the post exists with the last byte
//	instagram  make a container · cover · bytes; the post exists with media_publish
//
// # The dangerous moment
//
// Up to the request that makes the post visible nothing exists on the channel,
// so whatever goes wrong there is later (or the channel's refusal). That request is
// paid in package provider's terms. For youtube it carries the film, and it is
// unknown only when the last byte has been handed to the transport: a channel that
// has not got the whole film has nothing to publish. An unknown post is looked for
// with Find, by the marker that every post carries; publishing again without
// looking is how things get posted twice.
//
// Thumbnails go before the film: a post is never lost for its thumbnail.
//
// # Limits
//
//	youtube    title ≤ 100 characters, caption with hashtags ≤ 5000 bytes, tags ≤ 500 characters together; no < and >
//	instagram  caption with hashtags ≤ 2200 characters, ≤ 30 hashtags, ≤ 20 mentions
//
// from providers.md 6.2 and 7.2. They are checked here before any byte is sent, and
// by the server again.
package sandbox
