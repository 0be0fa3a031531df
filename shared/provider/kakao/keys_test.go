package kakao_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"castad/shared/cache"
	"castad/shared/fault"
	"castad/shared/provider/kakao"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/redistest"

	"github.com/golang-jwt/jwt/v5"
)

// Each instance is a process that has just begun, with what all share in Redis.
func TestInstancesShareKakaosKeysAndAskForOneThatIsNotThere(t *testing.T) {
	t.Parallel()
	s, _, clock := start(t, kakaotest.Options{})
	server := redistest.Start(t)
	instance := func() *kakao.Client {
		shared := cache.New(cache.Config{Redis: server.Client(), Secret: []byte("secret"), Patience: time.Minute, Now: clock.now})
		c, err := kakao.New(kakao.Config{AuthURL: s.URL, APIURL: s.URL, LocalURL: s.URL, AppID: "1234", RESTKey: restKey,
			Keys: cache.Of[string](shared, "keys", cache.Hour), Now: clock.now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	verify := func(what string, c *kakao.Client, token string, asked int) {
		t.Helper()
		if _, err := c.VerifyLogin(t.Context(), token, "n"); err != nil || s.Asked("keys") != asked {
			t.Errorf("%s: %v; Kakao was asked %d times, want %d", what, err, s.Asked("keys"), asked)
		}
	}
	old := s.IDToken(owner, restKey, "n")
	first, second := instance(), instance()
	verify("the first", first, old, 1)
	verify("the second", second, old, 1)
	s.Rotate(false)
	fresh := s.IDToken(owner, restKey, "n")
	verify("a key that is not in what they share", second, fresh, 2) // it has never asked, so it need not wait
	verify("a third", instance(), fresh, 2)
	if _, err := first.VerifyLogin(t.Context(), fresh, "n"); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("within a minute after it has asked: %v", err)
	}
	clock.at = clock.at.Add(time.Minute)
	verify("a minute later", first, fresh, 3)
	clock.at = clock.at.Add(time.Hour)
	mallory, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	planted, _ := json.Marshal(fmt.Sprintf(`{"keys":[{"kid":"mallory","kty":"RSA","n":%q,"e":"AQAB"}]}`, base64.RawURLEncoding.EncodeToString(mallory.N.Bytes())))
	for _, key := range server.Client().Keys(t.Context(), "*").Val() {
		server.Client().Set(t.Context(), key, planted, time.Hour)
	}
	victim := instance()
	forged := signed(t, jwt.SigningMethodRS256, map[string]any{"kid": "mallory"}, s.Claims(owner, restKey, "n"), mallory)
	if _, err := victim.VerifyLogin(t.Context(), forged, "n"); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("signed with a key that was planted in Redis: %v", err)
	}
	verify("what was planted", victim, fresh, 4)
	server.Kill()
	verify("without Redis", instance(), fresh, 5)
}
