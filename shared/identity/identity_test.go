package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/keyring"

	"github.com/golang-jwt/jwt/v5"
)

var (
	begin = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	owner = Principal{Tenant: 7, User: 8, Role: RoleOwner}
)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) set(at time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.at = at }

func seed(b byte) []byte { return bytes.Repeat([]byte{b}, ed25519.SeedSize) }

func keysOf(t testing.TB, keys ...keyring.Key) Keys {
	t.Helper()
	ring, err := keyring.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewKeys(ring)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func verifier(t testing.TB, keys Keys, c *clock) *Verifier {
	t.Helper()
	v, err := NewVerifier(keys, DefaultIssuer, DefaultAudience, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func issue(t testing.TB, keys Keys, c *clock, ttl time.Duration) string {
	t.Helper()
	i, err := NewIssuer(keys, DefaultIssuer, DefaultAudience, c.now)
	if err != nil {
		t.Fatal(err)
	}
	token, err := i.Issue(owner, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// signed is a token of exactly these texts, signed with our own key.
func signed(header, payload string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(ed25519.NewKeyFromSeed(seed('a')), []byte(text)))
}

const goodHeader = `{"alg":"EdDSA","kid":"a","typ":"JWT"}`

// payload is a good payload with some claims replaced (nil removes one).
func payload(t testing.TB, change map[string]any) string {
	t.Helper()
	all := map[string]any{"iss": DefaultIssuer, "aud": DefaultAudience, "typ": "access", "sub": id.User(8).String(), "tid": id.Tenant(7).String(),
		"role": RoleOwner, "iat": begin.Unix(), "exp": begin.Add(time.Hour).Unix()}
	for name, v := range change {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAGoodTokenSaysWho(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	v := verifier(t, keys, c)
	token := issue(t, keys, c, 15*time.Minute)
	for range 2 { // the second time from memory
		if who, err := v.Verify(token); err != nil || who != owner {
			t.Errorf("got %+v, %v", who, err)
		}
	}
	if who, err := v.Verify(signed(goodHeader, payload(t, nil))); err != nil || who != owner {
		t.Errorf("the tests' own token: %+v, %v", who, err)
	}
	of := owner
	of.Session = 9
	i, err := NewIssuer(keys, DefaultIssuer, DefaultAudience, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if token, err = i.Issue(of, time.Minute); err != nil {
		t.Fatal(err)
	}
	if who, err := v.Verify(token); err != nil || who != of {
		t.Errorf("a session's token: %+v, %v", who, err)
	}
	if who, err := v.Verify(signed(goodHeader, payload(t, map[string]any{"later": "claim"}))); err != nil || who != owner {
		t.Errorf("a claim of a later version: %+v, %v", who, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')}, keyring.Key{ID: "b", Secret: seed('b')})
	v := verifier(t, keys, c)
	good := payload(t, nil)
	public := ed25519.NewKeyFromSeed(seed('a')).Public().(ed25519.PublicKey)
	other := ed25519.NewKeyFromSeed(seed('x'))
	foreign := func(header string) string { // signed by a key that is not ours
		text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(good))
		return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(other, []byte(text)))
	}
	mac := func(alg string, key []byte) string {
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`","kid":"a"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(good))
		h := hmac.New(sha256.New, key)
		if alg == "HS384" {
			h = hmac.New(sha512.New384, key)
		}
		h.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	claim := func(name string, value any) string {
		return signed(goodHeader, payload(t, map[string]any{name: value}))
	}
	jwk := `{"kty":"OKP","crv":"Ed25519","x":"` + base64.RawURLEncoding.EncodeToString(other.Public().(ed25519.PublicKey)) + `"}`
	whole := signed(goodHeader, good)
	parts := strings.Split(whole, ".")

	for name, token := range map[string]string{
		"nothing":                              "",
		"rubble":                               "rubble",
		"two parts":                            parts[0] + "." + parts[1],
		"four parts":                           whole + ".x",
		"no signature":                         parts[0] + "." + parts[1] + ".",
		"a line break in the signature":        whole + "\n",
		"padding":                              whole + "=",
		"alg none":                             base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"a"}`)) + "." + parts[1] + ".",
		"alg nOnE":                             base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"nOnE","kid":"a"}`)) + "." + parts[1] + ".",
		"alg none with a good signature":       signed(`{"alg":"none","kid":"a"}`, good),
		"no alg":                               signed(`{"kid":"a"}`, good),
		"two algs":                             signed(`{"alg":"none","kid":"a","alg":"EdDSA"}`, good),
		"HS256 keyed with the public key":      mac("HS256", public),
		"HS256 keyed with the seed":            mac("HS256", seed('a')),
		"HS384":                                mac("HS384", public),
		"RS256":                                rs256(t, good),
		"another's signature":                  foreign(goodHeader),
		"another's key in jwk":                 foreign(`{"alg":"EdDSA","kid":"a","jwk":` + jwk + `}`),
		"another's key behind jku":             foreign(`{"alg":"EdDSA","kid":"a","jku":"https://evil.example/keys"}`),
		"another's key behind x5u":             foreign(`{"alg":"EdDSA","kid":"a","x5u":"https://evil.example/cert"}`),
		"no kid":                               signed(`{"alg":"EdDSA"}`, good),
		"an unknown kid":                       signed(`{"alg":"EdDSA","kid":"z"}`, good),
		"a kid that is a path":                 signed(`{"alg":"EdDSA","kid":"../../dev/null"}`, good),
		"a kid that is a number":               signed(`{"alg":"EdDSA","kid":1}`, good),
		"the kid of our other key":             signed(`{"alg":"EdDSA","kid":"b"}`, good),
		"crit":                                 signed(`{"alg":"EdDSA","kid":"a","crit":["x"],"x":1}`, good),
		"a header that is no object":           signed(`[]`, good),
		"no exp":                               claim("exp", nil),
		"exp as text":                          claim("exp", "1900000000"),
		"exp as a fraction":                    claim("exp", 1.9e9+.5),
		"exp beyond all time":                  claim("exp", int64(1)<<62),
		"exp of nothing":                       claim("exp", 0),
		"no aud":                               claim("aud", nil),
		"another audience":                     claim("aud", "other-api"),
		"a list of audiences":                  claim("aud", []string{DefaultAudience, "other-api"}),
		"no iss":                               claim("iss", nil),
		"another issuer":                       claim("iss", "evil"),
		"nbf in the future":                    claim("nbf", begin.Add(Leeway+time.Second).Unix()),
		"iat in the future":                    claim("iat", begin.Add(Leeway+time.Second).Unix()),
		"a refresh token":                      claim("typ", "refresh"),
		"no typ":                               claim("typ", nil),
		"no user":                              claim("sub", nil),
		"a user that is an account":            claim("sub", id.Tenant(7).String()),
		"no tenant":                            claim("tid", nil),
		"an empty tenant":                      claim("tid", ""),
		"a session that is a user":             claim("sid", id.User(9).String()),
		"a session that is a number":           claim("sid", 9),
		"no role":                              claim("role", nil),
		"a role that is none":                  claim("role", "root"),
		"two tenants":                          signed(goodHeader, strings.Replace(good, `{`, `{"tid":"`+id.Tenant(9).String()+`",`, 1)),
		"two exps":                             signed(goodHeader, strings.Replace(good, `{`, `{"exp":1,`, 1)),
		"an exp in another case and no exp":    signed(goodHeader, strings.Replace(good, `"exp"`, `"Exp"`, 1)),
		"claims that are no object":            signed(goodHeader, `[]`),
		"claims with something behind":         signed(goodHeader, good+`{}`),
		"64 KB":                                signed(goodHeader, payload(t, map[string]any{"x": strings.Repeat("x", 64<<10)})),
		"8 KB and a byte":                      whole + strings.Repeat("x", MaxToken+1-len(whole)),
		"expired, but also for somebody else":  signed(goodHeader, payload(t, map[string]any{"exp": begin.Add(-time.Hour).Unix(), "aud": "other-api"})),
		"expired, but a refresh token by kind": signed(goodHeader, payload(t, map[string]any{"exp": begin.Add(-time.Hour).Unix(), "iss": "evil"})),
	} {
		who, err := v.Verify(token)
		if fault.CodeOf(err) != fault.CodeUnauthenticated || fault.KindOf(err) != fault.Unauthenticated || who != (Principal{}) {
			t.Errorf("%s: got %+v, %v", name, who, err)
		}
		if err != nil && token != "" && (strings.Contains(err.Error(), parts[1]) || strings.Contains(err.Error(), parts[2])) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}

func rs256(t testing.TB, claims string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var m jwt.MapClaims
	if err := json.Unmarshal([]byte(claims), &m); err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, m)
	token.Header["kid"] = "a"
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	v := verifier(t, keys, c)
	token := issue(t, keys, c, time.Hour)
	if _, err := v.Verify(token); err != nil { // so that it is remembered
		t.Fatal(err)
	}
	for i := range len(token) {
		forged := []byte(token)
		forged[i] ^= 1
		if who, err := v.Verify(string(forged)); err == nil {
			t.Errorf("byte %d changed to %q and still %+v", i, forged[i], who)
		}
	}
}

func TestASignatureHasOneSpelling(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	v := verifier(t, keys, c)
	token := issue(t, keys, c, time.Hour)
	last := len(token) - 1 // 64 bytes leave four bits of the last character without meaning
	for _, char := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if who, err := v.Verify(token[:last] + string(char)); (err == nil) != (byte(char) == token[last]) {
			t.Errorf("ending in %c instead of %c: %+v, %v", char, token[last], who, err)
		}
	}
}

func TestATokenEnds(t *testing.T) {
	t.Parallel()
	for _, remembered := range []bool{false, true} {
		c := &clock{at: begin}
		keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
		v := verifier(t, keys, c)
		token := issue(t, keys, c, 15*time.Minute)
		if remembered {
			if _, err := v.Verify(token); err != nil {
				t.Fatal(err)
			}
		}
		c.set(begin.Add(15*time.Minute + Leeway - time.Second))
		if _, err := v.Verify(token); err != nil {
			t.Errorf("remembered %v: refused within the leeway: %v", remembered, err)
		}
		c.set(begin.Add(15*time.Minute + Leeway))
		if _, err := v.Verify(token); fault.CodeOf(err) != fault.CodeTokenExpired {
			t.Errorf("remembered %v: after its end: %v", remembered, err)
		}
	}
}

func TestTheMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache()
	var first [32]byte
	for i := range 5 * generation {
		var d [32]byte
		d[0], d[1], d[2], d[3] = 1, byte(i>>16), byte(i>>8), byte(i)
		c.keep(d, entry{})
		if _, ok := c.find(first); !ok && i > 0 { // one that is asked for all the time stays
			c.keep(first, entry{})
			if i > 1 {
				t.Fatalf("a busy token was forgotten after %d others", i)
			}
		}
	}
	if n := len(c.young) + len(c.old); n > 2*generation {
		t.Errorf("%d tokens are remembered", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	c := &clock{at: begin}
	keys := keysOf(b, keyring.Key{ID: "a", Secret: seed('a')})
	token := issue(b, keys, c, time.Hour)
	b.Run("the first time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier(b, keys, c).Verify(token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		v := verifier(b, keys, c)
		for b.Loop() {
			if _, err := v.Verify(token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
