package card

const (
	creatomatePackage = "./shared/provider/creatomate"
	creatomateAPI     = "https://creatomate.com/docs/api/reference/introduction"
	creatomateRender  = "https://www.creatomate.com/docs/api/rest-api/the-render-object"
	creatomateWebhook = "https://creatomate.com/docs/api/reference/set-up-a-webhook"
)

// creatomate is the wing of Creatomate.
var creatomate = []Card{
	{
		ID: "creatomate-url-before-the-film", Source: creatomateRender,
		Vendor:  "A render names the film's address from the start; there is a film only when it has succeeded.",
		Must:    "tell no address before that.",
		Package: creatomatePackage, Test: "TestWhatARendersStatusMeans/rendering",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "		return out, provider.NotYet(0)", "		out.URL = r.URL\n		return out, provider.NotYet(0)"},
	},
	{
		ID: "creatomate-answer-lost", Source: creatomateAPI,
		Vendor:  "A render is accepted and charged, and the answer is lost; a second order is a second charge.",
		Must:    "call it unknown and never send it again by itself.",
		Package: creatomatePackage, Test: "TestALostOrderIsUnknownAndNeverRepeated/dropped_after_it_was_accepted",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", `Path: "/v2/renders", Paid: true,`, `Path: "/v2/renders",`},
	},
	{
		ID: "creatomate-accepted-without-id", Source: creatomateAPI,
		Vendor:  "An order is answered with 202 and no render, or with two.",
		Must:    "call it unknown: a film may be under way.",
		Package: creatomatePackage, Test: "TestAnOrderNeedsExactlyOneRender",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "	if !validID(r.ID) {\n", "	if len(r.ID) > 128 {\n"},
	},
	{
		ID: "creatomate-answers-a-list", Source: creatomateAPI,
		Vendor:  "Version 1 answers an order with a list of one render, version 2 with the render.",
		Must:    "read both, so that a film that is paid for is not lost over brackets.",
		Package: creatomatePackage, Test: "TestAFilmIsOrderedAskedForAndFetched",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "len(b) > 0 && b[0] == '['", "len(b) > 0 && b[0] == '('"},
	},
	{
		ID: "creatomate-rendered-though-dry-run", Source: creatomateAPI,
		Vendor:  "A server that does not know dry_run renders the script that was only to be checked.",
		Must:    "say that a render was started, and which one.",
		Package: creatomatePackage, Test: "TestCheckOrdersNothing",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", `if r, err := decode(a.Body); err == nil && r.Status != "" {`, `if r, err := decode(a.Body); err == nil && r.Status == "checked" {`},
	},
	{
		ID: "creatomate-no-credits", Source: creatomateAPI,
		Vendor:  "The plan's credits are used up: 402.",
		Must:    "stop and call the operator, since no waiting brings credits.",
		Package: creatomatePackage, Test: "TestALostOrderIsUnknownAndNeverRepeated/no_credits",
		Mutant: Mutant{"shared/provider/client.go", "	case status == http.StatusPaymentRequired:\n		return QuotaExhausted\n", ""},
	},
	{
		ID: "creatomate-script-refused", Source: creatomateAPI,
		Vendor:  "A script is refused with 400; what is in it is CastAD's, not the owner's.",
		Must:    "not tell the owner to change the words.",
		Package: creatomatePackage, Test: "TestALostOrderIsUnknownAndNeverRepeated/a_script_that_is_refused",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "	if class == provider.UserFault {\n		class = provider.OurFault // the script is ours\n	}\n", ""},
	},
	{
		ID: "creatomate-wrong-address-is-no-proof", Source: creatomateAPI,
		Vendor:  "A wrong base URL answers 404 with a page, the vendor 404 with a hint about a render that it does not have.",
		Must:    "take only the second for a proof of absence, which orders and pays again.",
		Package: creatomatePackage, Test: "TestARenderThatIsNotThereIsAbsent",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", `if a.Status == http.StatusNotFound && json.Unmarshal(a.Body, &h) == nil && h.Hint != "" {`, `if _ = json.Unmarshal(a.Body, &h); a.Status == http.StatusNotFound {`},
	},
	{
		ID: "creatomate-answer-about-another-render", Source: creatomateAPI,
		Vendor:  "A question is answered with another render.",
		Must:    "not take somebody else's film.",
		Package: creatomatePackage, Test: `TestWhatARendersStatusMeans/succeeded,"id":"r2"`,
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "if err == nil && r.ID != id {", "if err == nil && r.ID == \"\" {"},
	},
	{
		ID: "creatomate-absurd-measures", Source: creatomateRender,
		Vendor:  "A render's width, length or size is null, negative or beyond all measure.",
		Must:    "take none of it for true; the film itself is measured.",
		Package: creatomatePackage, Test: `TestWhatARendersStatusMeans/succeeded,"width":-1,"duration":1e300,"file_size":1e300`,
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "if f >= 0 && f <= most {", "if f != most {"},
	},
	{
		ID: "creatomate-error-tells-the-source", Source: creatomateRender,
		Vendor:  "error_message repeats the address from which a clip could not be fetched, with its signature.",
		Must:    "keep the signature out of errors and logs.",
		Package: creatomatePackage, Test: "TestWhatARendersStatusMeans",
		Mutant: Mutant{"shared/provider/redact.go", "return RedactURL(strings.ReplaceAll(m, `\\/`, `/`))", "return m"},
	},
	{
		ID: "creatomate-cancelled-too-late", Source: creatomateAPI,
		Vendor:  "A render that is to be cancelled has ended meanwhile: 409.",
		Must:    "leave it as it is; there is nothing to cancel and nothing to mend.",
		Package: creatomatePackage, Test: "TestCancel",
		Mutant: Mutant{"shared/provider/creatomate/creatomate.go", "case a.Status == http.StatusConflict: // ended already", "case a.Status == http.StatusGone: // ended already"},
	},
	{
		ID: "creatomate-webhook-of-a-foreign-render", Source: creatomateWebhook,
		Vendor:  "Webhooks are not signed: one names a finished render that carries somebody else's metadata.",
		Must:    "ask the vendor, and take only a render that echoes this order's tag.",
		Package: "./functions/video/collect", Test: "TestAnUnsureRenderIsOnlyTakenWhenItIsOurs/a_job_of_someone_else's,_finished",
		Mutant: Mutant{"functions/video/collect/collect.go", `foreign := r.Metadata != "" &&`, `foreign := r.Metadata == "none" &&`},
	},
}
