package card

// callerControls are about who calls and what they may do.
var callerControls = []Control{
	{Name: "Connected channel accounts", ASVS: "10.1.2, 10.2.1, 10.2.2",
		Is: `A consent is finished only in the browser, for the tenant, the user and the channel that began it, once, within ten minutes and while the session lives in which it was begun; PKCE and an exact redirect address are sent; only the
scopes that posting needs are asked for; disconnecting revokes at the channel and deletes the ciphertext. The way back
leads to a path of the web client and nowhere else, also when connecting failed. Where there is TLS the cookie is this host's alone (__Host-).`,
		Cards: []Card{
			{ID: "account-by-another-hosts-cookie", Must: "connect no account by a cookie that another host of the domain may have set",
				Package: "./functions", Test: "TestACookieOfAnotherHostOfTheDomainFinishesNothing",
				Mutant: Mutant{File: "functions/social/social.go", Old: "		return host\n", New: "		return host + plain\n"}},
			{ID: "account-next-not-looked-at", Must: "begin no connection that ends elsewhere",
				Package: "./functions", Test: "TestAConnectionEndsOnNoOtherSite",
				Mutant: Mutant{File: "functions/social/connect.go", Old: "		if err := webapp.Check(a.Next); err != nil {", New: "		if err := webapp.Check(a.Next); err != nil && a.Next == \"\" {"}},
			{ID: "account-attempt-of-an-ended-session", Must: "finish no connection that was begun in a session which has ended",
				Package: "./functions/social", Test: "TestAnAttemptEndsWithItsSession",
				Mutant: Mutant{File: "functions/social/connect.go", Old: "s.c.Ended(sessionOf(state))", New: "s.c.Ended(0)"}},
			{ID: "account-given-back-with-the-others", Must: "give back no consent that may be one of an account which is connected",
				Package: "./functions/social/callback", Test: "TestAGrantThatNobodyWillUseIsGivenBack",
				Mutant: Mutant{File: "functions/social/callback/callback.go", Old: "	case fault.CodeOf(err) == fault.CodeReconnect:\n", New: "	case fault.CodeOf(err) == fault.CodeState:\n"}},
			{ID: "account-without-what-posting-needs", Must: "take no order for an account without the permissions that posting needs",
				Package: "./functions/social", Test: "TestScopesThatWereNotGivenAreShown",
				Mutant: Mutant{File: "functions/social/connect.go", Old: "		r.State = ReconnectNeeded\n", New: "		_ = ReconnectNeeded\n"}},
		},
		Shown: []string{"account-state-of-another-browser", "account-state-used-twice", "account-state-at-another-channel", "account-code-used-twice", "account-scopes-not-all-given",
			"account-grant-nobody-will-use", "account-revocation-fails", "account-revocation-ends-the-others"}},
	{Name: "Access tokens", ASVS: "9.1.1, 9.1.2, 9.1.3, 9.2.1, 9.2.2, 9.2.3, 9.2.4",
		Is: `EdDSA only, keys by kid from a fixed set, two alive during a rotation; issuer, audience, kind and end are demanded; what would bring a key along is not looked at; a token has
at most 8 KB and one spelling.`,
		Cards: []Card{
			{ID: "token-without-end", Must: "refuse a token without exp, which the library's default takes",
				Package: "./shared/identity", Test: "TestVerifyRefuses",
				Mutant: Mutant{File: "shared/identity/verifier.go", Old: "		jwt.WithExpirationRequired(), // the default takes a token that never ends\n", New: ""}},
			{ID: "token-another-audience", Must: "refuse a token that was made for somebody else",
				Package: "./shared/identity", Test: "TestVerifyRefuses",
				Mutant: Mutant{File: "shared/identity/verifier.go", Old: "		jwt.WithAudience(audience),\n", New: ""}},
			{ID: "token-another-issuer", Must: "refuse a token that somebody else made",
				Package: "./shared/identity", Test: "TestVerifyRefuses",
				Mutant: Mutant{File: "shared/identity/verifier.go", Old: "		jwt.WithIssuer(issuer),\n", New: ""}},
			{ID: "token-of-another-kind", Must: "take no refresh token for an access token",
				Package: "./shared/identity", Test: "TestVerifyRefuses",
				Mutant: Mutant{File: "shared/identity/verifier.go", Old: "if c.typ != typeAccess {", New: "if false {"}},
			{ID: "token-of-64-kilobytes", Must: "refuse a token that is longer than any of ours before it is decoded",
				Package: "./shared/identity", Test: "TestVerifyRefuses",
				Mutant: Mutant{File: "shared/identity/verifier.go", Old: `token == "" || len(token) > MaxToken`, New: `token == ""`}},
			{ID: "token-of-a-key-that-ended", Must: "refuse what an old key signed once its time is over, also from memory",
				Package: "./shared/identity", Test: "TestKeysRotate",
				Mutant: Mutant{File: "shared/identity/keys.go", Old: "p.kid == kid && (p.until.IsZero() || now.Before(p.until))", New: "p.kid == kid"}},
		}},
	{Name: "Function keys and anonymous routes", ASVS: "13.2.1",
		Is: `Every route is anonymous for the host and guarded by CastAD's own tokens; a function is public only by being made with trigger.Public, which the registry shows; workers cannot be
reached by a route; health answers tell nothing.`,
		Cards: []Card{
			{ID: "host-key-as-guard", Must: "refuse a function.json that leaves the guarding to the host's keys",
				Package: "./shared/trigger", Test: "TestNewRefuses",
				Mutant: Mutant{File: "shared/trigger/binding.go", Old: `if trigger.AuthLevel != "anonymous" {`, New: `if false {`}},
		}},
}
