package card

const (
	sunoPackage   = "./shared/provider/suno"
	sunoGenerate  = "https://docs.sunoapi.org/suno-api/generate-music"
	sunoDetails   = "https://docs.sunoapi.org/suno-api/get-music-generation-details"
	sunoCallbacks = "https://docs.sunoapi.org/suno-api/generate-music-callbacks"
	kieGenerate   = "https://docs.kie.ai/suno-api/generate-music"
)

// suno is the wing of Suno's resellers.
var suno = []Card{
	{
		ID: "suno-error-with-status-200", Source: sunoGenerate,
		Vendor:  "An order that was refused is answered with HTTP 200; the refusal is a code in the body.",
		Must:    "let the code in the body decide, by the vendor's own table.",
		Package: sunoPackage, Test: "TestTheCodeInTheBodyDecides/401",
		Mutant: Mutant{"shared/provider/suno/wire.go", "if code != http.StatusOK {", "if code != http.StatusOK && a.Status >= 400 {"},
	},
	{
		ID: "suno-429-means-no-credits", Source: sunoGenerate,
		Vendor:  "sunoapi.org says 429 when the account has no credits left.",
		Must:    "stop and call the operator, since no waiting brings credits.",
		Package: sunoPackage, Test: "TestTheCodeInTheBodyDecides/429",
		Mutant: Mutant{"shared/provider/suno/table.go", "429: provider.QuotaExhausted,", "429: provider.RateLimited,"},
	},
	{
		ID: "suno-429-means-slow-down", Source: kieGenerate,
		Vendor:  "kie.ai speaks the same protocol, and says 429 when calls come too fast.",
		Must:    "keep one table per vendor: the same number means the opposite next door.",
		Package: sunoPackage, Test: "TestTheCodeInTheBodyDecides/429",
		Mutant: Mutant{"shared/provider/suno/table.go", "	t[429] = provider.RateLimited\n", ""},
	},
	{
		ID: "suno-405-is-a-rate-limit", Source: sunoGenerate,
		Vendor:  "sunoapi.org says 405, in HTTP \"method not allowed\", when calls come too fast.",
		Must:    "send the order again later instead of blaming the settings.",
		Package: sunoPackage, Test: "TestTheCodeInTheBodyDecides/405",
		Mutant: Mutant{"shared/provider/suno/table.go", "405: provider.RateLimited,", "405: provider.OurFault,"},
	},
	{
		ID: "suno-maintenance", Source: kieGenerate,
		Vendor:  "The vendor answers 455 while it is being maintained, for an hour or a day.",
		Must:    "take it as a proof that nothing was started, and order again later.",
		Package: sunoPackage, Test: "TestTheCodeInTheBodyDecides/455",
		Mutant: Mutant{"shared/provider/suno/table.go", "455: provider.Later,", "455: provider.Unknown,"},
	},
	{
		ID: "suno-error-500-after-acceptance", Source: sunoGenerate,
		Vendor:  "An order is answered with code 500, and nobody says whether a song is being made.",
		Must:    "call it unknown and wait for the callback instead of paying twice.",
		Package: sunoPackage, Test: "TestTheCodeInTheBodyDecides/500",
		Mutant: Mutant{"shared/provider/suno/table.go", "500: provider.Unknown,", "500: provider.Later,"},
	},
	{
		ID: "suno-answer-lost", Source: "gcui-art/suno-api#228, " + sunoGenerate,
		Vendor:  "The order is accepted and charged, and the connection ends before the task's id is told; there is no idempotency key and no list of tasks.",
		Must:    "call it unknown and never send it again by itself.",
		Package: sunoPackage, Test: "TestALostOrderIsUnknownAndNeverRepeated/dropped_after_it_was_accepted",
		Mutant: Mutant{"shared/provider/suno/suno.go", `Path: "/api/v1/generate", Paid: true,`, `Path: "/api/v1/generate",`},
	},
	{
		ID: "suno-accepted-without-id", Source: sunoGenerate,
		Vendor:  "The answer says success and has no task id.",
		Must:    "call it unknown: a song may be under way.",
		Package: sunoPackage, Test: "TestContradictionsAndPages/success_without_a_task_id",
		Mutant: Mutant{"shared/provider/suno/suno.go", "if !validID(data.TaskID) {", "if len(data.TaskID) > maxID {"},
	},
	{
		ID: "suno-success-in-a-failed-answer", Source: sunoGenerate,
		Vendor:  "HTTP says 500 and the body says that a task was accepted.",
		Must:    "believe neither for an order that is paid.",
		Package: sunoPackage, Test: "TestContradictionsAndPages/a_code_of_success_with_a_status_of_failure",
		Mutant: Mutant{"shared/provider/suno/wire.go", "	if a.Status >= 400 {\n		return c.p.Unintelligible(call, a, errors.New(\"status and code contradict each other\"))\n	}\n", ""},
	},
	{
		ID: "suno-session-lost", Source: "gcui-art/suno-api#21, gcui-art/suno-api#64, gcui-art/suno-api#74, gcui-art/suno-api#90, gcui-art/suno-api#127, gcui-art/suno-api#223",
		Vendor:  "A wrapper of the consumer product answers 500 \"Failed to get session id\" until somebody mends it.",
		Must:    "ask again about songs that are under way, and fail none of them for the outage.",
		Package: sunoPackage, Test: "TestContradictionsAndPages/a_wrapper_that_has_lost_its_session",
		Mutant: Mutant{"shared/provider/suno/wire.go", `return c.p.Fail(call, a, provider.StatusClass(a.Status, call.Paid), "", "")`, `return c.p.Fail(call, a, provider.Failed, "", "")`},
	},
	{
		ID: "suno-callback-exception", Source: sunoDetails,
		Vendor:  "A task's status is CALLBACK_EXCEPTION: our callback could not be delivered. The song is finished all the same.",
		Must:    "look at the songs before the status, and take what is finished.",
		Package: sunoPackage, Test: "TestWhatATasksStatusMeans/our_callback_failed,_the_songs_exist",
		Mutant: Mutant{"shared/provider/suno/suno.go", "		if complete {\n			return task, nil\n		}\n", ""},
	},
	{
		ID: "suno-success-without-tracks", Source: sunoDetails,
		Vendor:  "A task is SUCCESS while its record has not both songs yet.",
		Must:    "ask again; what is paid for is not failed for a record that lags.",
		Package: sunoPackage, Test: "TestWhatATasksStatusMeans/done,_but_the_record_lags",
		Mutant: Mutant{"shared/provider/suno/suno.go", "		if !complete {\n", "		if tracks == nil {\n"},
	},
	{
		ID: "suno-none-mp3", Source: "gcui-art/suno-api#146, gcui-art/suno-api#135",
		Vendor:  "A song that has no file is told with the address https://cdn1.suno.ai/None.mp3.",
		Must:    "not take that for a song.",
		Package: sunoPackage, Test: "TestWhatATasksStatusMeans/done,_with_a_song_that_has_no_file",
		Mutant: Mutant{"shared/provider/suno/wire.go", ` && path.Base(u.Path) != "None.mp3"`, ` && path.Base(u.Path) != ""`},
	},
	{
		ID: "suno-url-told-early", Source: sunoDetails,
		Vendor:  "A running task already names the addresses of songs that cannot be fetched yet.",
		Must:    "fetch nothing before the status says that it is finished.",
		Package: sunoPackage, Test: "TestAURLThatIsToldEarlyIsNotUsed",
		Mutant: Mutant{"shared/provider/suno/suno.go", "	case \"PENDING\", \"TEXT_SUCCESS\", \"FIRST_SUCCESS\":\n		return", "	case \"PENDING\", \"TEXT_SUCCESS\", \"FIRST_SUCCESS\":\n		if complete {\n			return task, nil\n		}\n		return"},
	},
	{
		ID: "suno-record-in-a-string", Source: sunoDetails,
		Vendor:  "A task's param is a string that holds JSON, and at some servers so is its response.",
		Must:    "read both.",
		Package: sunoPackage, Test: "TestWhatATasksStatusMeans/done,_the_response_as_text",
		Mutant: Mutant{"shared/provider/suno/wire.go", "embedded(r.Response, &response) != nil", "json.Unmarshal(r.Response, &response) != nil"},
	},
	{
		ID: "suno-wrong-address-is-no-proof", Source: sunoDetails,
		Vendor:  "A wrong base URL answers 404, as the vendor does in the body about a task that it does not have.",
		Must:    "not take the first for a proof of absence, which would order and pay again.",
		Package: sunoPackage, Test: "TestATaskThatIsNotThereIsAbsent",
		Mutant: Mutant{"shared/provider/suno/suno.go", "errors.As(err, &e) && a.Status == http.StatusOK && (e.Code", "errors.As(err, &e) && (e.Code"},
	},
	{
		ID: "suno-answer-about-another-task", Source: sunoDetails,
		Vendor:  "A question is answered with the record of another task.",
		Must:    "not take somebody else's song.",
		Package: sunoPackage, Test: "TestATaskThatIsNotThereIsAbsent",
		Mutant: Mutant{"shared/provider/suno/suno.go", "	if data.TaskID != taskID {\n", "	if data.TaskID == \"\" {\n"},
	},
	{
		ID: "suno-sensitive-word", Source: "gcui-art/suno-api PR#96, panyanyany/sunoaiwiki.com#5, " + sunoDetails,
		Vendor:  "The lyrics are refused for a word or a name in them.",
		Must:    "tell the owner, who can change the words, instead of trying the same ones again.",
		Package: sunoPackage, Test: "TestWhatATasksStatusMeans/a_sensitive_word",
		Mutant: Mutant{"shared/provider/suno/suno.go", "	case \"SENSITIVE_WORD_ERROR\":\n		return fail(provider.UserFault)\n", "	case \"SENSITIVE_WORD_ERROR\":\n		return fail(provider.Failed)\n"},
	},
	{
		ID: "suno-callback-before-the-answer", Source: sunoCallbacks,
		Vendor:  "The callback arrives while the answer to the order is still on its way.",
		Must:    "keep it, and fetch the song as soon as the answer is there.",
		Package: "./shared/pipeline", Test: "TestACallbackBeforeTheAnswerIsNotLost",
		Mutant: Mutant{"shared/pipeline/submit.go", "_, ev.Reported, err = reported(ctx, e.c.DB, row.id)", "_, _, err = reported(ctx, e.c.DB, row.id)"},
	},
	{
		ID: "suno-fifty-callbacks", Source: sunoCallbacks,
		Vendor:  "The same callback comes fifty times at once.",
		Must:    "keep it once, ask once, and answer 200 to all.",
		Package: "./shared/pipeline", Test: "TestFiftyCallbacksAtOnceAreOne",
		Mutant: Mutant{"shared/pipeline/control.go", "	if _, dup := store.Duplicate(err); dup {\n		return nothing\n	}\n", ""},
	},
	{
		ID: "suno-callback-token-forged", Source: sunoCallbacks,
		Vendor:  "Callbacks are not signed, and anybody can post one.",
		Must:    "know the call by 256 random bits in the address, of which only a hash is kept; answer 404 to anything else.",
		Package: "./shared/pipeline", Test: "TestAForgedTokenOpensNothing",
		Mutant: Mutant{"shared/pipeline/control.go", "WHERE c.token_hash = ? AND s.kind = ? LIMIT 1", "WHERE ? <> '' AND s.kind = ? LIMIT 1"},
	},
	{
		ID: "suno-callback-signature-forged", Source: "https://docs.kie.ai/common-api/webhook-verification",
		Vendor:  "kie.ai signs callbacks; somebody who has seen the address sends one without its key.",
		Must:    "refuse what is not signed, once a key is configured.",
		Package: sunoPackage, Test: "TestASignatureThatIsNotGoodIsRefused",
		Mutant: Mutant{"shared/provider/suno/signature.go", "if !hmac.Equal(mac.Sum(nil), sent) {", "if len(sent) != len(mac.Sum(nil)) || !hmac.Equal(sent, sent) {"},
	},
	{
		ID: "suno-callback-signature-replayed", Source: "https://docs.kie.ai/common-api/webhook-verification",
		Vendor:  "A signed callback is recorded and sent again later.",
		Must:    "refuse a signature that is older than ten minutes.",
		Package: sunoPackage, Test: "TestASignatureThatIsNotGoodIsRefused",
		Mutant: Mutant{"shared/provider/suno/signature.go", "now.Sub(time.Unix(at, 0)).Abs() > signatureAge", "time.Unix(at, 0).Sub(now) > signatureAge"},
	},
	{
		ID: "suno-words-in-another-form", Source: "gcui-art/suno-api PR#189, https://docs.sunoapi.org/suno-api/get-timestamped-lyrics",
		Vendor:  "The words' times are called startS or start_s, and are numbers or text.",
		Must:    "read them all, and never take a form that it cannot read for a silent song.",
		Package: sunoPackage, Test: "TestWordsAreReadInEveryFormThatIsSeen",
		Mutant: Mutant{"shared/provider/suno/suno.go", "if len(data.AlignedWords) > 0 && !timed {", "if len(data.AlignedWords) < 0 && !timed {"},
	},
	{
		ID: "suno-result-url-expired", Source: sunoGenerate,
		Vendor:  "A song's address has ended, or does not work yet: 404.",
		Must:    "ask for the song again and fetch it from the address that it has then.",
		Package: sunoPackage, Test: "TestFaultsOfJobs",
		Mutant: Mutant{"shared/provider/download.go", `d.fail(Later, "no_file", s, nil)`, `d.fail(BadResult, "no_file", s, nil)`},
	},
	{
		ID: "suno-forged-id-denied", Source: sunoCallbacks,
		Vendor:  "An order's answer was lost, and an unsigned callback names a task that the vendor denies.",
		Must:    "go on waiting: what a stranger claims proves nothing about our order.",
		Package: "./functions/song/collect", Test: "TestAnUnsureOrderIsOnlyTakenWhenItIsOurs/an_id_that_the_provider_denies",
		Mutant: Mutant{"shared/message/outcome.go", "	case errors.As(err, &absent):\n		return NotYet{} // the id was a callback's claim: that it is wrong proves nothing about our order\n", "	case false && errors.As(err, &absent):\n"},
	},
	{
		ID: "suno-callback-of-a-foreign-task", Source: sunoCallbacks,
		Vendor:  "An order's answer was lost, and an unsigned callback names a finished task of somebody else's.",
		Must:    "take only a task that echoes this order's own callback address.",
		Package: "./functions/song/collect", Test: "TestAnUnsureOrderIsOnlyTakenWhenItIsOurs/a_job_of_someone_else's,_finished",
		Mutant: Mutant{"functions/song/collect/collect.go", `foreign := task.CallbackURL != "" &&`, `foreign := task.CallbackURL == "none" &&`},
	},
	{
		ID: "suno-take-that-skips-lines", Source: "ace-step/ACE-Step#6, ace-step/ACE-Step-1.5#1153",
		Vendor:  "Of the two songs of an order, the first leaves out lines that the second sings.",
		Must:    "listen to both and take the one that misses least.",
		Package: "./functions/song/collect", Test: "TestTheTakeThatMissesLeastIsChosen",
		Mutant: Mutant{"functions/song/collect/choose.go", "(best < 0 || better(t, takes[best]))", "best < 0"},
	},
}
