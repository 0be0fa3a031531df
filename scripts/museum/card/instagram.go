package card

const (
	instagramPackage = "./shared/provider/instagram"
	instagramPublish = "shared/provider/instagram/publish.go"
	instagramTable   = "shared/provider/instagram/table.go"
	instagramLook    = "shared/provider/instagram/look.go"
	instagramOAuth   = "shared/provider/instagram/oauth.go"
	metaDocs         = "https://developers.facebook.com/documentation/instagram-platform/"
)

// instagram is the wing of Instagram.
var instagram = []Card{
	{
		ID: "instagram-publish-before-finished", Source: "exileum/meta-mcp#138",
		Vendor:  "media_publish fails (9007/2207027) while Meta still fetches and processes the film, which takes minutes.",
		Must:    "Publish only a container that says FINISHED.",
		Package: instagramPackage, Test: "TestNothingIsPublishedBeforeTheContainerIsFinished",
		Mutant: Mutant{File: instagramPublish, Old: "case code == finished:", New: "case code == finished, code == inProgress:"},
	},
	{
		ID: "instagram-not-ready-is-no-failure", Source: metaDocs + "instagram-graph-api/reference/error-codes",
		Vendor:  "media_publish says 9007/2207027 of a container that said FINISHED a moment ago.",
		Must:    "Come again later; the publication has not failed and nobody need look for it.",
		Package: instagramPackage, Test: "TestAPublishThatCameTooEarlyIsRepeated",
		Mutant: Mutant{File: instagramPublish, Old: "if code == strconv.Itoa(codeNotReady) {", New: "if code == strconv.Itoa(codeToken) {"},
	},
	{
		ID: "instagram-2207051-though-live", Source: "gitroomhq/postiz-app PR#1681",
		Vendor:  "media_publish answers a spam block (subcode 2207051) for a reel that is live; marked as failed, the owner posts it again.",
		Must:    "Treat the outcome as unknown and ask the container.",
		Package: instagramPackage, Test: "TestAReelThatIsLiveIsFoundWhateverWasAnswered/spam_block_2207051",
		Mutant: Mutant{File: instagramTable, Old: "subDailyCap: true, subRestricted: true,", New: "subDailyCap: true, subRestricted: true, subSpam: true,"},
	},
	{
		ID: "instagram-spam-block-is-told", Source: "gitroomhq/postiz-app#1144",
		Vendor:  "The block of 2207051 can be real: nothing is live and the owner only sees that nothing comes.",
		Must:    "Tell the owner once the reel is proven not to be live, and not knock again and again.",
		Package: instagramPackage, Test: "TestASpamBlockIsToldOnceTheReelIsProvenNotToBeLive",
		Mutant: Mutant{File: instagramPublish, Old: "\tif n.Blocked {\n", New: "\tif n.Blocked && false {\n"},
	},
	{
		ID: "instagram-limit-though-live", Source: "gitroomhq/postiz-app#1562",
		Vendor:  "media_publish answers code 4 (request limit) for a reel that is live.",
		Must:    "Not read \"too many requests\" as \"nothing happened\" for the request that people see.",
		Package: instagramPackage, Test: "TestAReelThatIsLiveIsFoundWhateverWasAnswered/request_limit",
		Mutant: Mutant{File: instagramTable, Old: "case e.Code == codeRequestLimit && paid:", New: "case e.Code == codeRequestLimit && paid && false:"},
	},
	{
		ID: "instagram-endless-posting", Source: "gitroomhq/postiz-app PR#1813",
		Vendor:  "media_publish is not idempotent; publishing and waiting in one retried activity posted for ever.",
		Must:    "Note \"about to publish\" first, and look before anything is sent again.",
		Package: instagramPackage, Test: "TestARetriedPublishLooksBeforeItSends",
		Mutant: Mutant{File: instagramPublish, Old: "case !n.Publishing.IsZero():", New: "case false:"},
	},
	{
		ID: "instagram-publish-answer-lost", Source: "gitroomhq/postiz-app#2011",
		Vendor:  "The reel goes live and the answer that holds its id is lost.",
		Must:    "Say unknown, and find the id in the account's list.",
		Package: instagramPackage, Test: "TestAReelThatIsLiveIsFoundWhateverWasAnswered/nothing",
		Mutant: Mutant{File: instagramPublish, Old: "call.Paid = true", New: "call.Paid = false"},
	},
	{
		ID: "instagram-publish-still-under-way", Source: metaDocs + "content-publishing",
		Vendor:  "A container says FINISHED while the publish request whose connection died is still under way.",
		Must:    "Take FINISHED for a proof only when that request must have arrived.",
		Package: instagramPackage, Test: "TestALostPublishIsProvenNotToBeLive",
		Mutant: Mutant{File: instagramLook, Old: "if settled > 0 {", New: "if settled > 0 && false {"},
	},
	{
		ID: "instagram-lists-lag", Source: metaDocs + "instagram-graph-api/reference/ig-container",
		Vendor:  "A container says PUBLISHED and the account's list does not show the reel yet.",
		Must:    "Wait for the id; never read the list as a proof against the container.",
		Package: instagramPackage, Test: "TestALiveReelThatTheListDoesNotShowYetIsNotPublishedAgain",
		Mutant: Mutant{File: instagramLook, Old: "\tcase code == published:\n\t\treturn c.locate(ctx, w, n)\n", New: "\tcase code == published && false:\n"},
	},
	{
		ID: "instagram-container-expired", Source: metaDocs + "instagram-graph-api/reference/ig-container",
		Vendor:  "A container that was not published within 24 hours is EXPIRED for good.",
		Must:    "Make another one.",
		Package: instagramPackage, Test: "TestAContainerThatWaitedADayIsReplaced",
		Mutant: Mutant{File: instagramPublish, Old: "case code == expired:", New: "case code == expired && false:"},
	},
	{
		ID: "instagram-container-error", Source: "fbsamples/reels_publishing_apis#48",
		Vendor:  "A container ends as ERROR for a passing trouble of Meta's.",
		Must:    "Make another one instead of asking this one for ever.",
		Package: instagramPackage, Test: "TestAContainerThatEndsIsReplaced/2207053",
		Mutant: Mutant{File: instagramPublish, Old: "case code == broken:", New: "case code == broken && false:"},
	},
	{
		ID: "instagram-container-error-code", Source: "gitroomhq/postiz-app PR#1992",
		Vendor:  "Why a container failed (2207085: the video cannot be processed) stands in a sentence of its status only.",
		Must:    "Read the code there: a film that cannot be processed will not do in a new container either.",
		Package: instagramPackage, Test: "TestAContainerThatEndsIsReplaced/2207085",
		Mutant: Mutant{File: instagramTable, Old: "regexp.MustCompile(`\\b2207[0-9]{3}\\b`)", New: "regexp.MustCompile(`^2207[0-9]{3}$`)"},
	},
	{
		ID: "instagram-containers-without-end", Source: metaDocs + "content-publishing",
		Vendor:  "Every container of a film ends in ERROR, and the account has 400 a day.",
		Must:    "Stop after five and say so.",
		Package: instagramPackage, Test: "TestContainersAreNotMadeForEver",
		Mutant: Mutant{File: instagramPublish, Old: "case n.Ended+1 < maxContainers:", New: "case n.Ended < maxContainers*10:"},
	},
	{
		ID: "instagram-media-not-fetched", Source: "gitroomhq/postiz-app#1004",
		Vendor:  "Meta fetches the film from our address minutes later (2207003, 2207052): by then a signed address may have ended.",
		Must:    "Make a container with a fresh address instead of giving the post up.",
		Package: instagramPackage, Test: "TestAFilmThatCannotBeFetchedIsFetchedFromItsNewAddress",
		Mutant: Mutant{File: instagramTable, Old: "subUnfetchable2: provider.Later,", New: "subUnfetchable2: provider.BadResult,"},
	},
	{
		ID: "instagram-daily-cap", Source: metaDocs + "instagram-graph-api/reference/ig-user/content_publishing_limit",
		Vendor:  "An account may publish 25, 50 or 100 reels in 24 hours, depending on the page of the documentation.",
		Must:    "Read quota_total at run time, before a container is made.",
		Package: instagramPackage, Test: "TestTheDailyLimitIsReadBeforeAContainerIsMade",
		Mutant: Mutant{File: instagramPublish, Old: "d.Usage >= d.Config.Total", New: "d.Usage >= 100"},
	},
	{
		ID: "instagram-cover-not-passed", Source: "gitroomhq/postiz-app#1770",
		Vendor:  "Without cover_url a reel shows its first frame, and no later call can change that.",
		Must:    "Pass the thumbnail's address with the container.",
		Package: instagramPackage, Test: "TestTheCoverIsPassedOn",
		Mutant: Mutant{File: instagramPublish, Old: "CoverURL: p.CoverURL, ", New: ""},
	},
	{
		ID: "instagram-reel-hidden-from-the-grid", Source: "exileum/meta-mcp PR#178",
		Vendor:  "share_to_feed is false unless it is sent: the reel is missing on the shop's own page.",
		Must:    "Always send it.",
		Package: instagramPackage, Test: "TestAReelIsPublishedInRounds",
		Mutant: Mutant{File: instagramPublish, Old: "ShareToFeed: true", New: "ShareToFeed: false"},
	},
	{
		ID: "instagram-single-video-is-a-reel", Source: "brightbeanxyz/brightbean-studio PR#118",
		Vendor:  "A single video that is sent as VIDEO is refused: only reels are left.",
		Must:    "Always say REELS.",
		Package: instagramPackage, Test: "TestAReelIsPublishedInRounds",
		Mutant: Mutant{File: instagramPublish, Old: "MediaType: \"REELS\"", New: "MediaType: \"VIDEO\""},
	},
	{
		ID: "instagram-ai-label", Source: "gitroomhq/postiz-app#1749",
		Vendor:  "The AI label can be set by is_ai_generated when the container is made, and by no later call.",
		Must:    "Always send it, and say it in the caption, too.",
		Package: instagramPackage, Test: "TestAReelIsPublishedInRounds",
		Mutant: Mutant{File: instagramPublish, Old: "AIGenerated: p.AI.Generated()", New: "AIGenerated: false"},
	},
	{
		ID: "instagram-no-privacy", Source: metaDocs + "instagram-graph-api/reference/ig-user/media",
		Vendor:  "The API has no privacy: whatever is published is public.",
		Must:    "Refuse a post that should be unlisted or private, with the field.",
		Package: instagramPackage, Test: "TestWhatMustNotBePublishedIsNotSent",
		Mutant: Mutant{File: instagramPublish, Old: "case p.Privacy != provider.Public:", New: "case p.Privacy == \"\":"},
	},
	{
		ID: "instagram-permalink-fails", Source: "gitroomhq/postiz-app PR#1568",
		Vendor:  "Reading the address of a reel that was just published fails, and the job with it.",
		Must:    "Keep the post; the address may follow.",
		Package: instagramPackage, Test: "TestAReelWhoseAddressCannotBeReadIsAReelAllTheSame",
		Mutant: Mutant{File: instagramLook, Old: "again == nil {", New: "again == nil && false {"},
	},
	{
		ID: "instagram-container-denied", Source: "gitroomhq/postiz-app#1562",
		Vendor:  "\"Does not exist\" (100/33) is said of a container that does.",
		Must:    "Ask again before another container is made.",
		Package: instagramPackage, Test: "TestADeniedContainerIsNotBelievedAtOnce",
		Mutant: Mutant{File: instagramPublish, Old: "maxUnread = 3", New: "maxUnread = 1"},
	},
	{
		ID: "instagram-reel-denied", Source: "gitroomhq/postiz-app#1562",
		Vendor:  "\"Does not exist\" (100/33) is said of a live reel as it is of a deleted one.",
		Must:    "Believe it only when the account's list does not show the reel.",
		Package: instagramPackage, Test: "TestADeniedReelIsLookedForInTheList",
		Mutant: Mutant{File: instagramLook, Old: "return c.listed(ctx, s, err)", New: "return provider.Posted{}, provider.Absent()"},
	},
	{
		ID: "instagram-code-tail", Source: metaDocs + "instagram-api-with-instagram-login/business-login",
		Vendor:  "The address that the owner comes back to ends in #_, which is no part of the code.",
		Must:    "Cut it off.",
		Package: instagramPackage, Test: "TestTheTailOfACodeIsCutOff",
		Mutant: Mutant{File: instagramOAuth, Old: "strings.TrimSuffix(code, \"#_\")", New: "strings.TrimSuffix(code, \"\")"},
	},
	{
		ID: "instagram-code-spent-halfway", Source: metaDocs + "reference/access_token",
		Vendor:  "The code works once and buys one hour; the request for sixty days can fail after it.",
		Must:    "Ask the owner to consent again at once, and not retry with a spent code.",
		Package: instagramPackage, Test: "TestACodeThatMayBeSpentNeedsANewConsent",
		Mutant: Mutant{File: instagramOAuth, Old: "\t\te.Class = provider.Reconnect\n", New: ""},
	},
	{
		ID: "instagram-token-expired", Source: metaDocs + "reference/refresh_access_token",
		Vendor:  "A long-lived token can be renewed until it has expired, and never after.",
		Must:    "Say \"connect again\" without asking; a renewal belongs before the end.",
		Package: instagramPackage, Test: "TestAnExpiredTokenIsNotSentToBeRenewed",
		Mutant: Mutant{File: instagramOAuth, Old: "case left <= 0:", New: "case left <= -longLife:"},
	},
	{
		ID: "instagram-token-too-young", Source: metaDocs + "reference/refresh_access_token",
		Vendor:  "A token that is not 24 hours old yet cannot be renewed: the request fails.",
		Must:    "Keep the token, which has 59 days left; it is no failure.",
		Package: instagramPackage, Test: "TestALongLivedTokenIsRenewedInTime",
		Mutant: Mutant{File: instagramOAuth, Old: "case left > longLife-renewable:", New: "case left > longLife:"},
	},
	{
		ID: "instagram-personal-account", Source: metaDocs + "overview",
		Vendor:  "A personal account can be named and cannot be published on.",
		Must:    "Refuse to connect it, and say what the owner can do.",
		Package: instagramPackage, Test: "TestAPersonalAccountCannotPublish",
		Mutant: Mutant{File: instagramOAuth, Old: "if !professional[strings.ToUpper(me.Type)] {", New: "if strings.ToUpper(me.Type) == \"\" {"},
	},
	{
		ID: "instagram-secret-in-the-answer", Source: metaDocs + "reference/access_token",
		Vendor:  "Token and app secret travel in the query, and errors quote what they were sent.",
		Must:    "Mask both in every error.",
		Package: instagramPackage, Test: "TestNoErrorTellsASecret",
		Mutant: Mutant{File: instagramTable, Old: "said = strings.ReplaceAll(said, s, \"***\")", New: "said = strings.ReplaceAll(said, s, s)"},
	},
	{
		ID: "instagram-metric-gone", Source: metaDocs + "reference/instagram-media/insights",
		Vendor:  "One metric that a version does not know (views, plays) fails the request for all.",
		Must:    "Ask for each by itself then; what is not known is -1.",
		Package: instagramPackage, Test: "TestAnUnknownMetricCostsOnlyItself",
		Mutant: Mutant{File: "shared/provider/instagram/insights.go", Old: "if !whole && !unknownMetric(err) {", New: "if !whole {"},
	},
}
