package card

// inputControls are about what comes in.
var inputControls = []Control{
	{Name: "Addresses that strangers choose", ASVS: "1.3.6, 13.2.4, 15.3.2",
		Is: `The address that is dialled is checked after the name was resolved, for each redirect anew; only https, listed origins, three redirects, bounded sizes, times and types; no proxy; of
place pages only Naver's, by exact host.`,
		Shown: []string{"result-redirect-inside", "result-dns-changes", "result-metadata-address", "result-name-in-plain-http", "result-gzip-bomb", "result-five-gigabytes", "result-without-end",
			"result-html-as-mp3", "result-m3u8-as-mp4", "result-slow-loris"}},
	{Name: "Callbacks of vendors", ASVS: "11.5.1, 4.1.5, 2.4.1",
		Is: `A token of 256 random bits in the path, kept as a hash, for one call; the body is a hint that makes CastAD ask, never a truth; a signature is checked where the vendor signs; the
log shows no path. Kakao's word that somebody has ended the link counts only with the app's own admin key and number.`,
		Cards: []Card{
			{ID: "unlink-for-another-app", Must: "believe no word about the links of another app",
				Package: "./shared/provider/kakao", Test: "TestWhatAnUnlinkWebhookMustSay",
				Mutant: Mutant{File: "shared/provider/kakao/webhook.go", Old: "len(app) != 1 || c.cfg.AppID == \"\" || app[0] != c.cfg.AppID", New: "len(app) != 1"}},
			{ID: "unlink-by-anybody", Must: "take the word that a link has ended from who has the admin key",
				Package: "./functions", Test: "TestKakaosWordThatALinkHasEndedIsTakenWhileEveryVendorHangs",
				Mutant: Mutant{File: "shared/provider/kakao/webhook.go", Old: ` || !same(sent[0], "KakaoAK "+c.cfg.AdminKey) {`, New: ` || !same("", "") {`}},
			{ID: "callback-for-another-kind", Must: "take a token for the kind of call only that it was made for",
				Package: "./shared/pipeline", Test: "TestAForgedTokenOpensNothing",
				Mutant: Mutant{File: "shared/pipeline/control.go", Old: "WHERE c.token_hash = ? AND s.kind = ? LIMIT 1`, callColumns, hash[:], kind)", New: "WHERE c.token_hash = ? AND ? <> '' LIMIT 1`, callColumns, hash[:], kind)"}},
		},
		Shown: []string{"kakao-webhook-forged", "kakao-webhook-new-reason"}},
	{Name: "Messages that are not ours", ASVS: "13.2.1, 4.1.3",
		Is: `A worker answers to exactly one spelling of its path, outside the prefix under which the host forwards strangers' requests, on 127.0.0.1 only; a message counts only with our HMAC
over key, queue, id, end, trace and body; what is not ours is set aside and acknowledged.`,
		Cards: []Card{
			{ID: "message-forged", Must: "set a message aside whose signature is not ours",
				Package: "./shared/envelope", Test: "TestAnyChangedByteIsRefused",
				Mutant: Mutant{File: "shared/envelope/envelope.go", Old: "if !hmac.Equal(mac(key.Secret, w.V, w.Kid, w.Queue, w.ID, w.Exp, w.Traceparent, []byte(w.Body)), w.MAC) {", New: "if len(w.MAC) == 0 || len(key.Secret) == 0 {"}},
			{ID: "message-of-another-queue", Must: "take no message that was signed for another queue",
				Package: "./shared/envelope", Test: "TestOpenRefuses",
				Mutant: Mutant{File: "shared/envelope/envelope.go", Old: "if w.Queue != queue {", New: "if false {"}},
			{ID: "message-replayed-late", Must: "take no message after its end",
				Package: "./shared/envelope", Test: "TestOpenRefuses",
				Mutant: Mutant{File: "shared/envelope/envelope.go", Old: "if now.Unix() >= w.Exp {", New: "if false {"}},
			{ID: "worker-by-another-spelling", Must: "answer to the exact path of a worker and to no other spelling of it",
				Package: "./shared/trigger", Test: "TestAWorkerHasOneSpelling",
				Mutant: Mutant{File: "shared/trigger/host.go", Old: "switch uri := r.RequestURI; {", New: "switch uri := r.URL.Path; {"}},
			{ID: "listening-for-others", Must: "listen on this machine only",
				Package: "./shared/trigger", Test: "TestItListensAtOnceAndOnThisMachineOnly",
				Mutant: Mutant{File: "shared/trigger/serve.go", Old: `net.Listen("tcp4", "127.0.0.1:"+port)`, New: `net.Listen("tcp4", "0.0.0.0:"+port)`}},
		},
		Shown: []string{"queue-body-overwrites-metadata"}},
	{Name: "Sizes and shapes of requests", ASVS: "4.2.1, 4.2.5, 5.2.1, 15.2.2",
		Is: `JSON bodies of at most 1 MiB and 32 levels, read strictly: unknown and doubled fields, NaN, invalid UTF-8 and anything behind the value are refused; headers of 16 KiB; ten seconds
for a header, thirty without progress for a body.`,
		Cards: []Card{
			{ID: "body-nested-deeply", Must: "refuse JSON that is nested deeper than 32 levels",
				Package: "./shared/strictjson", Test: "TestItRefuses",
				Mutant: Mutant{File: "shared/strictjson/scan.go", Old: "	if s.depth == MaxDepth {", New: "	if s.depth == -1 {"}},
			{ID: "body-field-unknown", Must: "refuse a field that nobody reads, so that nothing is assigned by its name (tenant_id, role, state)",
				Package: "./shared/strictjson", Test: "TestItRefuses",
				Mutant: Mutant{File: "shared/strictjson/decode.go", Old: "			return fault.New(fault.CodeUnknownField).In(d.where())", New: "			return d.skip()"}},
			{ID: "header-too-large", Must: "refuse a header of more than 16 KiB",
				Package: "./shared/trigger", Test: "TestALargeHeaderIsRefused",
				Mutant: Mutant{File: "shared/trigger/serve.go", Old: "MaxHeaderBytes:               headerBytes - 4096, // net/http reads 4 KiB more than it is told\n", New: "\n"}},
			{ID: "client-stalls", Must: "cut a client off that sends its header a byte at a time",
				Package: "./shared/trigger", Test: "TestAStallingClientIsCutOff",
				Mutant: Mutant{File: "shared/trigger/serve.go", Old: "		ReadHeaderTimeout: headerTime,\n", New: ""}},
		}},
	{Name: "SQL", ASVS: "1.2.4",
		Is: `Placeholders only: a test parses every statement of the product and refuses one that is put together (TestEveryStatementIsItsOwnersPortableAndWhole, which has a test of its own); several statements in one and other character sets than utf8mb4 are refused
in the connection string.`,
		Cards: []Card{
			{ID: "sql-many-statements", Must: "refuse a connection string that allows several statements at once",
				Package: "./shared/store", Test: "TestAWrongDSNIsRefusedWithASentenceThatDoesNotRepeatIt",
				Mutant: Mutant{File: "shared/store/dsn.go", Old: `	"multiStatements":`, New: `	"multiStatementz":`}},
		}},
	{Name: "Uploaded files", ASVS: "5.2.2, 5.2.6, 5.3.2",
		Is: `A photo is what its bytes are, walked to its end: JPEG, PNG or WebP and nothing else as well, at most 50 megapixels by the header; the server makes the names; files are served with
nosniff, a sandboxing policy and their own type.`,
		Cards: []Card{
			{ID: "photo-too-many-pixels", Must: "refuse a photo of more than 50 megapixels by its header",
				Package: "./shared/media", Test: "TestTooManyPixelsAreRefusedByTheHeaderAlone",
				Mutant: Mutant{File: "shared/media/image.go", Old: "if uint64(config.Width)*uint64(config.Height) > MaxPixels {", New: "if false {"}},
			{ID: "photo-and-something-else", Must: "refuse a file that is a photo and something else as well",
				Package: "./shared/media", Test: "TestFilesThatAreTwoThingsAreRefused",
				Mutant: Mutant{File: "shared/media/image.go", Old: `			return fmt.Errorf("foreign data after the image, at byte %d", off)
		}
		off += int64(len(b))`, New: `			return nil
		}
		off += int64(len(b))`}},
			{ID: "file-as-a-page", Must: "serve a file so that no browser runs what is in it",
				Package: "./shared/trigger", Test: "TestAFileIsStreamed",
				Mutant: Mutant{File: "shared/trigger/answer.go", Old: `	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox") // nothing that a stranger uploaded runs
`, New: ""}},
		}},
	{Name: "FFmpeg", ASVS: "1.2.5, 15.2.4",
		Is: `Only the studio runs it: no shell, no standard input from the machine, file and pipe protocols only, the format forced from the bytes, generated absolute paths, text in files, limits of
time and size, and no process or file left behind.`,
		Cards: []Card{
			{ID: "ffmpeg-opens-the-network", Must: "let FFmpeg read nothing that a playlist names",
				Package: "./shared/studio/ffmpeg", Test: "TestAPlaylistForcedIntoADemuxerReadsNothing",
				Mutant: Mutant{File: "shared/studio/ffmpeg/ffmpeg.go", Old: `[]string{"-protocol_whitelist", "file", "-f", format,`, New: `[]string{"-protocol_whitelist", "file,http,tcp,crypto,data", "-f", format,`}},
		}},
	{Name: "What the model is told and says", ASVS: "1.2.1, 1.3.3",
		Is: `What a page or an owner says is data in a message of its own; the lyric is JSON of a schema with lines that name their facts; each line is checked against them, and web addresses,
telephone numbers, instructions and superlatives that no fact has do not pass.`,
		Shown: []string{"lyric-obeys-a-review", "lyric-claims-what-nobody-said"}},
}
