// Package film makes films from RenderScript, Creatomate's JSON for videos,
// and serves them with Creatomate's HTTP interface, so that a client of the
// vendor becomes a client of the studio by changing its base URL.
//
// # From script to film
//
//	script.go, object.go    JSON → script; every field is read or reported
//	timeline.go             tracks, times, transitions → scene
//	font.go, face.go        which installed face has every character of a text
//	layout.go, wrap.go      text → lines, sizes and places, measured in that face
//	check.go                … told without rendering: errors, warnings, text boxes
//	ass.go, karaoke.go, …   all text → ASS, drawn by libass with these faces only
//	photo.go, picture.go    a stranger's photo → upright pixels → YUV picture
//	camera.go               where a photo's subject is kept in view (smart_crop)
//	paint.go, path.go, …    fills and SVG paths → shapes
//	motion.go               slides, wipes, scales; compositions that carry their children
//	compose.go, brush.go, … pictures → frames, in Go
//	sound.go                audio elements → one mix at -14 LUFS, -1.5 dBTP
//	render.go               frames + ASS + mix → ffmpeg → MP4
//	verify.go, watch.go     the MP4 looked at: codecs, length, sound, black or frozen stretches
//	snapshot.go             its best frame
//	server.go, api.go, …    the HTTP interface, jobs on disk, sources, webhooks
//
// Frames are composed here and not by ffmpeg's filters for three reasons.
// zoompan moves by whole pixels, which is seen as trembling on slow zooms;
// this package samples between pixels. zoompan with crossfades costs more
// than the encoding. And a stranger's photo is decoded by Go's image packages
// only, never by a demuxer. Photos are turned upright by EXIF, never distorted,
// and keep moving under a crossfade.
//
// With smart_crop a photo's subject (media.Subject) is inside every frame: it
// limits zooms and pans. Where the box cannot hold it, a wide shop front in a
// tall film, the photo is shown smaller, and a blurred, darker copy of it fills
// the rest. Without smart_crop a photo covers its box, cut at x_alignment and
// y_alignment.
//
// # What is promised
//
//   - A render that was answered 202 ends as succeeded, failed or cancelled,
//     whatever is killed in between: jobs are on disk before the answer, and
//     an unfinished one is begun again at the next start, at most three times.
//   - succeeded means that the finished file itself was looked at: H.264 High
//     yuv420p, the asked size, length and number of frames, AAC 44.1 kHz when
//     there is sound, both equal within 50 ms, index first; no stretch of more
//     than a second that is black, or that stands still where the composed
//     frames move (a photo without motion may stand still); -14 ±1 LUFS (less
//     only when the peaks leave no room, with a warning) and a true peak of at
//     most -1 dBTP. Otherwise it is failed with the reason. The look costs
//     1.8 of 15 CPU seconds for the 16 s of testdata/ad.json.
//   - A field or element that changes the picture and is not supported is an
//     error of the request (400, and errors[] with dry_run), never skipped. So
//     is a character that no single installed face draws together with the rest
//     of its text. What is done differently (another font, a text made
//     smaller, text that leaves the frame) is in warnings[].
//   - A word is never broken: lines end at spaces, as evenly as possible, and a
//     word that is wider than its box makes the text smaller, whatever size was
//     told, down to 8 pixels, and only there is split. A told size is also made
//     up to 15 % smaller when that keeps a syllable from being alone on a line.
//   - Text cannot do anything but be drawn (plain, escape). What is invisible
//     (control, direction and zero-width characters) is left out.
//   - Without snapshot_time the snapshot is the sharpest, most colourful and
//     best exposed of up to 48 frames, outside fades where there is one.
//
// Not supported, and refused as such: templates, video elements, keyframes,
// rotation, blend modes, masks, blur, arcs in paths, strokes along a path of
// one's own, wipes whose edge turns, transcription, outputs other than mp4.
//
// # Where it differs from the vendor
//
// An unsupported field is refused with 400, where Creatomate renders the rest.
// DELETE /v2/renders/{id} cancels. GET /ledger/renders lists all accepted
// renders with their metadata, oldest first. transcript_effect (karaoke,
// color, highlight) with transcript_color highlights a text over the element's
// own time, shared out by its letters, without a transcription; the vendor shows
// such a text plainly. Of the text animations there are text-appear, text-slide,
// text-scale and text-typewriter (without cursor). Photos and
// compositions keep their order; only plain shapes and text can lie above
// text. A transition lies over the element before it, which keeps its place:
// nothing is pushed out. Movements that are longer or closer than smart_crop
// allows are made smaller, and fade is off unless it is asked for. crf and fonts
// are ignored: quality is fixed and fonts come from Debian's fonts-nanum and
// fonts-nanum-extra. Text boxes that name only a width grow to 22 % of the
// frame's height.
//
// # Limits
//
// 180 s, 4 megapixels per frame, 400 elements, 60 sources of 25 MB (photo) and
// 50 MB (audio), 30 requests per 10 s. The 16 s film of
// testdata/ad.json in 1080x1920 costs 15 CPU seconds (the same pictures
// through zoompan and xfade at veryfast: 37) and 320 MB in ffmpeg.
package film
