package card

const (
	kakaoPackage = "./shared/provider/kakao"
	kakaoLogin   = "https://developers.kakao.com/docs/latest/en/kakaologin/trouble-shooting"
	kakaoREST    = "https://developers.kakao.com/docs/latest/en/kakaologin/rest-api"
	kakaoWebhook = "https://developers.kakao.com/docs/latest/en/kakaologin/callback"
	kakaoErrors  = "https://developers.kakao.com/docs/latest/en/rest-api/error-code"
	openIDCore   = "https://openid.net/specs/openid-connect-core-1_0.html"
)

// kakao is the wing of Kakao.
var kakao = []Card{
	{
		ID: "kakao-code-reused", Source: kakaoLogin,
		Vendor:  "A code that was used, or is older than ten minutes, is refused with 400 KOE320, as is a browser's second call of the callback.",
		Must:    "ask the person to sign in again; it is no fault of the settings and no reason for an alarm.",
		Package: kakaoPackage, Test: "TestACodeWorksOnce",
		Mutant: Mutant{File: "shared/provider/kakao/errors.go", Old: `"KOE320": provider.UserFault,`, New: `"KOE320": provider.OurFault,`},
	},
	{
		ID: "kakao-code-told", Source: "https://developers.kakao.com/docs/latest/ko/kakaologin/trouble-shooting",
		Vendor:  "KOE320's text repeats the authorization code: «authorization code not found for code=…».",
		Must:    "keep the code out of errors and logs.",
		Package: kakaoPackage, Test: "TestACodeWorksOnce",
		Mutant: Mutant{File: "shared/provider/kakao/token.go", Old: "c.openAuth(call, a, &in, secrets...)", New: "c.openAuth(call, a, &in)"},
	},
	{
		ID: "kakao-code-answer-lost", Source: kakaoREST,
		Vendor:  "The connection ends after the code was taken: the tokens are made, the answer is not seen, and the same code is refused from then on.",
		Must:    "call the outcome unknown and let the person start anew, instead of sending the code again.",
		Package: kakaoPackage, Test: "TestWhatKakaoRefusesHasItsClass/the_answer_with_the_tokens_is_lost",
		Mutant: Mutant{File: "shared/provider/kakao/token.go", Old: "call.Paid = true", New: "call.Paid = false"},
	},
	{
		ID: "kakao-scope-not-enabled", Source: kakaoLogin,
		Vendor:  "Asking for a scope that the app's console has not enabled ends the login with KOE205.",
		Must:    "blame the settings, not the person.",
		Package: kakaoPackage, Test: "TestAScopeThatTheConsoleHasNotEnabledIsOurFault",
		Mutant: Mutant{File: "shared/provider/kakao/errors.go", Old: `"KOE205": provider.OurFault,`, New: `"KOE205": provider.UserFault,`},
	},
	{
		ID: "kakao-id-through-float", Source: kakaoREST,
		Vendor:  "A user's id is an int64 in JSON; a float64 rounds those above 2^53 to a neighbour's.",
		Must:    "never let an id pass through a float.",
		Package: kakaoPackage, Test: "TestAUserIDIsNeverAFloat",
		Mutant: Mutant{File: "shared/provider/kakao/user.go", Old: "\t*u = userID(n)", New: "\tf, _ := n.Float64()\n\t*u = userID(strconv.FormatFloat(f, 'f', 0, 64))"},
	},
	{
		ID: "kakao-email-unverified", Source: kakaoREST,
		Vendor:  "An e-mail address comes with is_email_verified false, or belongs to another account by now.",
		Must:    "tell no address that Kakao does not call valid and verified; it identifies nobody in any case.",
		Package: kakaoPackage, Test: "TestAnEmailThatKakaoHasNotVerifiedIsNotTold",
		Mutant: Mutant{File: "shared/provider/kakao/user.go", Old: "a.Valid && a.Verified && !a.Needs", New: "a.Valid && !a.Needs"},
	},
	{
		ID: "kakao-refresh-keeps-token", Source: kakaoREST,
		Vendor:  "A refresh answers without a refresh token unless the old one is about to end.",
		Must:    "keep the old one instead of storing nothing in its place.",
		Package: kakaoPackage, Test: "TestARefreshWithoutANewRefreshTokenKeepsTheOldOne",
		Mutant: Mutant{File: "shared/provider/kakao/token.go", Old: `if err == nil && t.Refresh == "" {`, New: `if err == nil && t.Refresh == "absent" {`},
	},
	{
		ID: "kakao-quota-as-400", Source: kakaoErrors,
		Vendor:  "A used-up quota is status 400, code -10.",
		Must:    "tell the operator about the quota instead of calling the request wrong.",
		Package: kakaoPackage, Test: "TestWhatKakaoRefusesHasItsClass/a_quota_that_is_told_as_400",
		Mutant: Mutant{File: "shared/provider/kakao/errors.go", Old: "-10:   provider.QuotaExhausted,", New: "-10:   provider.OurFault,"},
	},
	{
		ID: "kakao-outage-as-400", Source: kakaoErrors,
		Vendor:  "An error inside Kakao is status 400, code -1.",
		Must:    "try again later instead of calling the request wrong.",
		Package: kakaoPackage, Test: "TestWhatKakaoRefusesHasItsClass/an_outage_that_is_told_as_400",
		Mutant: Mutant{File: "shared/provider/kakao/errors.go", Old: "-1:    provider.Later,", New: "-1:    provider.OurFault,"},
	},
	{
		ID: "kakao-unlinked-before", Source: kakaoErrors,
		Vendor:  "Unlinking somebody who has ended the link at Kakao is refused with -101.",
		Must:    "take it as done, so that an account can be erased to the end.",
		Package: kakaoPackage, Test: "TestUnlinkingTwiceIsNoError",
		Mutant: Mutant{File: "shared/provider/kakao/user.go", Old: "case hasCode(err, -101):", New: "case hasCode(err, -102):"},
	},
	{
		ID: "kakao-id-token-other-algorithm", Source: "https://www.rfc-editor.org/rfc/rfc8725",
		Vendor:  "An id_token says that it is signed with none, HS256 (the public key as the secret) or RS384.",
		Must:    "take RS256 and nothing else.",
		Package: kakaoPackage, Test: "TestAnIDTokenThatIsNotGoodIsRefused",
		Mutant: Mutant{File: "shared/provider/kakao/idtoken.go", Old: "\t\tjwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),\n", New: ""},
	},
	{
		ID: "kakao-id-token-without-end", Source: "https://pkg.go.dev/github.com/golang-jwt/jwt/v5#WithExpirationRequired",
		Vendor:  "An id_token has no exp; the JWT library takes it unless told otherwise.",
		Must:    "refuse it.",
		Package: kakaoPackage, Test: "TestAnIDTokenThatIsNotGoodIsRefused/no_end",
		Mutant: Mutant{File: "shared/provider/kakao/idtoken.go", Old: "\t\tjwt.WithExpirationRequired(), // the default takes a token that never ends\n", New: ""},
	},
	{
		ID: "kakao-id-token-replayed", Source: kakaoREST,
		Vendor:  "A good id_token of this person, seen elsewhere, comes with somebody else's login.",
		Must:    "refuse a nonce that this login did not send.",
		Package: kakaoPackage, Test: "TestAnIDTokenThatIsNotGoodIsRefused/another_nonce",
		Mutant: Mutant{File: "shared/provider/kakao/idtoken.go", Old: "[]byte(nonce)) != 1:", New: "[]byte(nonce)) > 1:"},
	},
	{
		ID: "kakao-id-token-of-the-app", Source: openIDCore,
		Vendor:  "The native app and the website have one issuer and one key set, and differ in the audience alone.",
		Must:    "not let a token made for the app open the website.",
		Package: kakaoPackage, Test: "TestANativeAppsTokenOpensTheAppAndNothingElse",
		Mutant: Mutant{File: "shared/provider/kakao/kakao.go", Old: "c.parser(cfg.RESTKey), c.parser(", New: "c.parser(append(cfg.NativeKeys, cfg.RESTKey)...), c.parser("},
	},
	{
		ID: "kakao-keys-rotated", Source: openIDCore,
		Vendor:  "id_tokens are signed with a key that was not in the key set when it was last fetched.",
		Must:    "fetch the key set again.",
		Package: kakaoPackage, Test: "TestARotatedKeyIsFetchedAtMostOnceAMinute",
		Mutant: Mutant{File: "shared/provider/kakao/keys.go", Old: "keysPause = time.Minute", New: "keysPause = 1000 * time.Hour"},
	},
	{
		ID: "kakao-keys-flooded", Source: openIDCore,
		Vendor:  "Anybody can send tokens with invented key ids.",
		Must:    "fetch the key set once a minute at most, whatever comes.",
		Package: kakaoPackage, Test: "TestARotatedKeyIsFetchedAtMostOnceAMinute",
		Mutant: Mutant{File: "shared/provider/kakao/keys.go", Old: "keysPause = time.Minute", New: "keysPause = time.Duration(0)"},
	},
	{
		ID: "kakao-keys-down", Source: openIDCore,
		Vendor:  "The key set cannot be fetched when it is looked at again.",
		Must:    "go on with the keys that are known.",
		Package: kakaoPackage, Test: "TestOldKeysWorkWhileKakaoIsDown",
		Mutant: Mutant{File: "shared/provider/kakao/keys.go", Old: "if err == nil { // else", New: "if true { // else"},
	},
	{
		ID: "kakao-keys-never-had", Source: openIDCore,
		Vendor:  "The key set cannot be fetched, and the token's key is not known.",
		Must:    "say that Kakao is down, not that the person's token is bad.",
		Package: kakaoPackage, Test: "TestKeysThatCannotBeHadSayNothingAboutTheToken",
		Mutant: Mutant{File: "shared/provider/kakao/idtoken.go", Old: "if errors.As(err, &keys) {", New: "if errors.As(err, &keys) && keys.Status == -1 {"},
	},
	{
		ID: "kakao-webhook-forged", Source: kakaoWebhook,
		Vendor:  "The unlink webhook has no signature, only the admin key in a header.",
		Must:    "erase nobody at the word of one who does not know the key.",
		Package: kakaoPackage, Test: "TestAnUnlinkWebhookOfAStrangerIsRefused",
		Mutant: Mutant{File: "shared/provider/kakao/webhook.go", Old: `!same(sent[0], "KakaoAK "+c.cfg.AdminKey)`, New: `same(sent[0], "")`},
	},
	{
		ID: "kakao-webhook-new-reason", Source: kakaoWebhook,
		Vendor:  "Kakao adds reasons (INCOMPLETE_SIGN_UP came later), and stops sending to those who keep answering with errors.",
		Must:    "unlink for a reason that it does not know, too.",
		Package: kakaoPackage, Test: "TestAReasonThatKakaoHasNamedSinceUnlinksAllTheSame",
		Mutant: Mutant{File: "shared/provider/kakao/webhook.go", Old: "\t\treason = OtherReason\n", New: "\t\treturn Unlinked{}, fault.New(fault.CodeBadValue).In(\"referrer_type\")\n"},
	},
}
