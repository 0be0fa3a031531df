// Package sandboxtest is the channel server that package sandbox publishes to. It
// stands in for YouTube and Instagram in tests, demos and on a laptop, and behaves
// like them where it hurts: it refuses what they refuse, publishes twice when it is
// asked twice, and is processing for a while before a post is public.
//
// What it was sent stays on disk and survives a restart and kill -9: a post
// exists when its folder has been renamed into posts/, with film, thumbnail and
// metadata inside, and not before.
//
//	DIR/uploads/{upload}/upload.json film.mp4 thumbnail.jpg   not visible to anybody
//	DIR/posts/{post}/post.json film.mp4 thumbnail.jpg         published
//
//	POST /youtube/{account}/uploads                metadata → {"id"}
//	PUT  /youtube/uploads/{upload}/thumbnail       JPEG
//	PUT  /youtube/uploads/{upload}                 film → 201 {"id","url","state"}
//	POST /instagram/{account}/media                metadata → {"id"}
//	PUT  /instagram/containers/{container}/cover   JPEG
//	PUT  /instagram/containers/{container}         film
//	POST /instagram/{account}/media_publish        {"creation_id"} → 201 {"id","url","state"}
//	GET  /{channel}/{account}/posts/{post}
//	GET  /{channel}/{account}/posts?marker=        {"items","settled"}; settled false: one may be about to appear
//	GET  /watch/{post}, /watch/{post}/film.mp4, /watch/{post}/thumbnail.jpg
//	GET  /ledger                                   {"items"}: every post, oldest first
//	POST /faults, DELETE /faults                   package providertest; operations open, thumbnail, upload, publish, look, find
//
// Metadata: {"title","caption","tags","marker","ai_generated","bytes","sha256"}. Errors are
// {"error":{"code","message"}}: 401 unauthorized · 404 not_found, upload_gone · 422
// undisclosed, malformed, title, caption, tags, checksum, not_a_film, not_uploaded.
//
// Run is the whole program; it prints one line when it is ready.
package sandboxtest
