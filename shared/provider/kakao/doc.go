// Package kakao signs people in with Kakao and finds places with Kakao Local.
//
// # How a login goes
//
// AuthorizeURL is where the browser goes; it comes back with a code or an error,
// which ParseRedirect reads. Exchange turns the code into tokens, and VerifyLogin
// says whose id_token it is; a native app sends the id_token that Kakao's SDK gave
// it, which VerifyNative reads. A person is (Kakao, UserID) and nothing else: the
// e-mail address may change hands, and Me tells it only when Kakao has verified it.
//
// PKCE is sent, but Kakao's REST page does not promise to check it: what protects a
// login is the state that the caller has bound to the browser, and the nonce in the
// id_token, which is why an id_token without the right nonce is refused.
//
// # What is checked of an id_token
//
// RS256 and no other algorithm; the issuer; exactly one audience, out of those of
// that way in (a token made for the app does not open the website); exp, with 30 s
// for clocks that differ; iat; nonce; sub is a Kakao user id; at most 8 KiB. Keys
// come from Kakao's JWKS alone, by kid; what a header says about keys (jwk, jku, x5u,
// x5c) is not looked at. The key set is kept, by the process and by whatever all instances
// share (Config.Keys), and looked at again each hour. A kid that it has not is asked for at
// Kakao, by a process at most once a minute; while Kakao is down the old keys work.
//
// # Errors
//
// They are *provider.Error by the tables in errors.go. Where the person has to sign
// in again they are fault.CodeUnauthenticated around it: a code that was used or has
// ended (KOE320), a login that was called off, an id_token that is not good; an account
// that may not come in (blocked, dormant, under 14) is fault.CodeDenied. Reconnect
// is a token that has ended (-401, KOE322), or a consent that is missing (-402,
// MissingConsent). Kakao's own traps: kapi answers 400 for a quota (-10) and for its
// own outages (-1, -7, -603); KOE320's text holds the code, so it is masked.
//
// Nothing is repeated. A code works once, so an Exchange whose answer is lost is
// class Unknown: the person starts anew. Refresh answers without a refresh token
// as long as the old one has more than about a month left; the old one is then kept.
//
// # Limits and their reasons
//
//	answer of kauth         64 KiB   tokens and key sets are below 8 KiB
//	pages of Local search   3 × 15   Kakao shows 45 results of any search
//
// # Sources
//
// developers.kakao.com: kakaologin/rest-api, kakaologin/callback,
// kakaologin/trouble-shooting, rest-api/error-code, local/dev-guide. Nothing here has
// met the live service. Kakao publishes no client library for servers (its SDKs are
// for browsers and apps), so the stand-in is proven by this client and curl alone.
package kakao
