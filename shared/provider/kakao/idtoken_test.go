package kakao_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/providertest"
)

var owner = kakaotest.User{ID: 9007199254740993, Nickname: "한빛"}

// signed is a token with any header, method and key.
func signed(t *testing.T, method jwt.SigningMethod, header map[string]any, claims jwt.Claims, key any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	for k, v := range header {
		token.Header[k] = v
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// publicPEM is what an attacker knows of the key that signs, in the form that
// libraries take for an HMAC secret.
func publicPEM(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestAnIDTokenThatIsNotGoodIsRefused(t *testing.T) {
	t.Parallel()
	s, c, clock := start(t, kakaotest.Options{})
	kid, key := s.Key()
	mallory, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(jwt.MapClaims)) jwt.MapClaims {
		claims := s.Claims(owner, restKey, "n")
		change(claims)
		return claims
	}
	header := map[string]any{"kid": kid}
	good := with(func(jwt.MapClaims) {})
	jwk := map[string]any{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(mallory.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(mallory.E)).Bytes())}
	good256 := s.Sign(good)
	for name, token := range map[string]string{
		"nothing":                         "",
		"no token":                        "a.b.c",
		"algorithm none":                  signed(t, jwt.SigningMethodNone, header, good, jwt.UnsafeAllowNoneSignatureType),
		"HS256 with the public key":       signed(t, jwt.SigningMethodHS256, header, good, publicPEM(t, key)),
		"HS256 with the modulus":          signed(t, jwt.SigningMethodHS256, header, good, key.N.Bytes()),
		"RS384":                           signed(t, jwt.SigningMethodRS384, header, good, key),
		"PS256":                           signed(t, jwt.SigningMethodPS256, header, good, key),
		"another key under Kakao's kid":   signed(t, jwt.SigningMethodRS256, header, good, mallory),
		"a key in the header":             signed(t, jwt.SigningMethodRS256, map[string]any{"kid": kid, "jwk": jwk, "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x"}, good, mallory),
		"a key in the header, own kid":    signed(t, jwt.SigningMethodRS256, map[string]any{"kid": "mine", "jwk": jwk}, good, mallory),
		"no kid":                          signed(t, jwt.SigningMethodRS256, nil, good, key),
		"a kid that is no text":           signed(t, jwt.SigningMethodRS256, map[string]any{"kid": 7}, good, key),
		"crit":                            signed(t, jwt.SigningMethodRS256, map[string]any{"kid": kid, "crit": []string{"exp"}}, good, key),
		"another audience":                s.Sign(with(func(m jwt.MapClaims) { m["aud"] = "somebody-elses-app" })),
		"the native app's audience":       s.Sign(with(func(m jwt.MapClaims) { m["aud"] = nativeKey })),
		"two audiences":                   s.Sign(with(func(m jwt.MapClaims) { m["aud"] = []string{restKey, "somebody-elses-app"} })),
		"no audience":                     s.Sign(with(func(m jwt.MapClaims) { delete(m, "aud") })),
		"another issuer":                  s.Sign(with(func(m jwt.MapClaims) { m["iss"] = "https://kauth.kakao.com.evil.example" })),
		"no issuer":                       s.Sign(with(func(m jwt.MapClaims) { delete(m, "iss") })),
		"no end":                          s.Sign(with(func(m jwt.MapClaims) { delete(m, "exp") })),
		"made in the future":              s.Sign(with(func(m jwt.MapClaims) { m["iat"] = clock.at.Add(31 * time.Second).Unix() })),
		"not valid yet":                   s.Sign(with(func(m jwt.MapClaims) { m["nbf"] = clock.at.Add(31 * time.Second).Unix() })),
		"another nonce":                   s.Sign(with(func(m jwt.MapClaims) { m["nonce"] = "m" })),
		"no nonce":                        s.Sign(with(func(m jwt.MapClaims) { delete(m, "nonce") })),
		"a subject that is no user id":    s.Sign(with(func(m jwt.MapClaims) { m["sub"] = "7' OR 1=1" })),
		"ended and of another issuer":     s.Sign(with(func(m jwt.MapClaims) { m["iss"], m["exp"] = "x", clock.at.Add(-time.Hour).Unix() })),
		"64 KB":                           s.Sign(with(func(m jwt.MapClaims) { m["padding"] = strings.Repeat("a", 48<<10) })),
		"a changed signature":             good256[:len(good256)-8] + "AAAAAAAA",
		"a header with the other's token": strings.SplitN(s.Sign(with(func(m jwt.MapClaims) { m["sub"] = "7" })), ".", 2)[0] + "." + strings.SplitN(good256, ".", 2)[1] + "A",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.VerifyLogin(t.Context(), token, "n")
			if fault.CodeOf(err) != fault.CodeUnauthenticated || got.UserID != "" {
				t.Errorf("%+v %v", got, err)
			}
			if err != nil && token != "" && len(token) < 4<<10 && strings.Contains(err.Error(), strings.Split(token, ".")[1]) && len(token) > 20 {
				t.Errorf("the token is told: %v", err)
			}
		})
	}
}

func TestAnIDTokenIsGoodUntilThirtySecondsAfterItsEnd(t *testing.T) {
	t.Parallel()
	s, c, clock := start(t, kakaotest.Options{})
	good := s.IDToken(owner, restKey, "n")
	if got, err := c.VerifyLogin(t.Context(), good, "n"); err != nil || got.UserID != "9007199254740993" {
		t.Errorf("the good one: %+v %v", got, err)
	}
	if _, err := c.VerifyLogin(t.Context(), good, ""); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("no nonce expected: %v", err)
	}
	clock.at = clock.at.Add(6*time.Hour + 28*time.Second)
	if _, err := c.VerifyLogin(t.Context(), good, "n"); err != nil {
		t.Errorf("29 s after its end: %v", err)
	}
	clock.at = clock.at.Add(2 * time.Second)
	if _, err := c.VerifyLogin(t.Context(), good, "n"); fault.CodeOf(err) != fault.CodeTokenExpired {
		t.Errorf("31 s after its end: %v", err)
	}
}

func TestANativeAppsTokenOpensTheAppAndNothingElse(t *testing.T) {
	t.Parallel()
	s, c, _ := start(t, kakaotest.Options{})
	token := s.IDToken(owner, nativeKey, "n")
	if got, err := c.VerifyNative(t.Context(), token, "n"); err != nil || got.Key != nativeKey || got.UserID != "9007199254740993" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := c.VerifyLogin(t.Context(), token, "n"); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("at the website: %v", err)
	}
	if _, err := c.VerifyNative(t.Context(), s.IDToken(owner, restKey, "n"), "n"); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("the website's at the app: %v", err)
	}
}

func TestARotatedKeyIsFetchedAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	s, c, clock := start(t, kakaotest.Options{})
	old := s.IDToken(owner, restKey, "n")
	if _, err := c.VerifyLogin(t.Context(), old, "n"); err != nil || s.Asked("keys") != 1 {
		t.Fatalf("%v, %d fetches", err, s.Asked("keys"))
	}
	s.Rotate(false)
	fresh := s.IDToken(owner, restKey, "n")
	for range 5 {
		if _, err := c.VerifyLogin(t.Context(), fresh, "n"); fault.CodeOf(err) != fault.CodeUnauthenticated {
			t.Errorf("within the minute: %v", err)
		}
	}
	if n := s.Asked("keys"); n != 1 {
		t.Errorf("%d fetches", n)
	}
	clock.at = clock.at.Add(time.Minute)
	for _, token := range []string{fresh, old} {
		if _, err := c.VerifyLogin(t.Context(), token, "n"); err != nil {
			t.Error(err)
		}
	}
	if n := s.Asked("keys"); n != 2 {
		t.Errorf("%d fetches", n)
	}
}

func TestAKeyThatKakaoHasTakenOutStopsWorking(t *testing.T) {
	t.Parallel()
	s, c, clock := start(t, kakaotest.Options{})
	if _, err := c.VerifyLogin(t.Context(), s.IDToken(owner, restKey, "n"), "n"); err != nil {
		t.Fatal(err)
	}
	_, stolen := s.Key()
	s.Rotate(true)
	clock.at = clock.at.Add(time.Hour)
	forged := func() string {
		return signed(t, jwt.SigningMethodRS256, map[string]any{"kid": "key-1"}, s.Claims(owner, restKey, "n"), stolen)
	}
	_, _ = c.VerifyLogin(t.Context(), forged(), "n")                                           // known still; it starts the look
	if _, err := c.VerifyLogin(t.Context(), s.IDToken(owner, restKey, "n"), "n"); err != nil { // waits for it
		t.Fatal(err)
	}
	if _, err := c.VerifyLogin(t.Context(), forged(), "n"); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("%v", err)
	}
}

func TestOldKeysWorkWhileKakaoIsDown(t *testing.T) {
	t.Parallel()
	s, c, clock := start(t, kakaotest.Options{})
	if _, err := c.VerifyLogin(t.Context(), s.IDToken(owner, restKey, "n"), "n"); err != nil {
		t.Fatal(err)
	}
	s.Next(providertest.Fault{Kind: providertest.Status, Op: "keys", Status: 503, Code: "KOE003", Times: 3})
	_, key := s.Key()
	foreign := signed(t, jwt.SigningMethodRS256, map[string]any{"kid": "nobody"}, s.Claims(owner, restKey, "n"), key)
	for range 3 {
		clock.at = clock.at.Add(time.Hour)
		for _, when := range []string{"while they are fetched", "after that has failed"} {
			if _, err := c.VerifyLogin(t.Context(), s.IDToken(owner, restKey, "n"), "n"); err != nil {
				t.Errorf("%s: %v", when, err)
			}
			// A key that nobody knows is waited for until the fetch has ended.
			if _, err := c.VerifyLogin(t.Context(), foreign, "n"); err == nil {
				t.Errorf("%s a key that nobody knows is good", when)
			}
		}
	}
	if n := s.Asked("keys"); n != 4 {
		t.Errorf("%d fetches", n)
	}
}

func TestKeysThatCannotBeHadSayNothingAboutTheToken(t *testing.T) {
	t.Parallel()
	for _, f := range []providertest.Fault{{Kind: "status", Status: 503, Code: "KOE003"}, {Kind: "drop"}, {Kind: "page"}, {Kind: "malformed"}, {Kind: "truncated"}} {
		s, c, _ := start(t, kakaotest.Options{})
		s.Next(f)
		for range 2 { // the second within the minute: told again, not asked again
			if _, err := c.VerifyLogin(t.Context(), s.IDToken(owner, restKey, "n"), "n"); fault.CodeOf(err) != fault.CodeVendorDown {
				t.Errorf("%s: %v", f.Kind, err)
			}
		}
		if n := s.Asked("keys"); n != 1 {
			t.Errorf("%s: %d fetches", f.Kind, n)
		}
	}
}

func TestFiftyLoginsAtOnceFetchTheKeysOnce(t *testing.T) {
	t.Parallel()
	s, c, _ := start(t, kakaotest.Options{})
	token := s.IDToken(owner, restKey, "n")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := c.VerifyLogin(t.Context(), token, "n"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.Asked("keys"); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestAKeySetThatIsNoneIsNotTaken(t *testing.T) {
	t.Parallel()
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // that is the test
	if err != nil {
		t.Fatal(err)
	}
	set := func(change map[string]string) string {
		k := map[string]string{"kid": "a", "kty": "RSA", "use": "sig", "alg": "RS256", "n": base64.RawURLEncoding.EncodeToString(short.N.Bytes()), "e": "AQAB"}
		for name, v := range change {
			k[name] = v
		}
		text, _ := json.Marshal(map[string]any{"keys": []any{k}})
		return string(text)
	}
	wide := strings.Repeat("__", 171) // 2,048 bits and more
	for name, body := range map[string]string{
		"nothing": `{}`, "no keys": `{"keys":[]}`, "1,024 bits": set(nil), "an even exponent": set(map[string]string{"n": wide, "e": "Ag"}),
		"an exponent of five bytes": set(map[string]string{"n": wide, "e": "AQAAAAE"}), "for encryption": set(map[string]string{"n": wide, "use": "enc"}),
		"for RS512": set(map[string]string{"n": wide, "alg": "RS512"}), "an elliptic curve": set(map[string]string{"n": wide, "kty": "EC"}), "no kid": set(map[string]string{"n": wide, "kid": ""}),
		"too many": `{"keys":[` + strings.TrimSuffix(strings.Repeat(`{"kid":"a"},`, 17), ",") + `]}`, "far too long": `{"keys":"` + strings.Repeat("a", 65<<10) + `"}`,
	} {
		token := signed(t, jwt.SigningMethodRS256, map[string]any{"kid": "a"}, jwt.MapClaims{}, short)
		if _, err := answering(t, body).VerifyLogin(t.Context(), token, "n"); clienttest.ErrorOf(t, err).Class != provider.Later {
			t.Errorf("%s: %v", name, err)
		}
	}
}
