package identity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/keyring"
)

// jwks is the key set as it is published.
func jwks(t testing.TB, keys Keys, now time.Time) string {
	t.Helper()
	text, err := json.Marshal(keys.JWKS(now))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestATokenForOperatorsOpensNothingElseAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	operator := Principal{Tenant: 7, User: 8, Role: RoleAdmin}
	for _, audience := range []string{DefaultAudience, DefaultAdminAudience} {
		i, err := NewIssuer(keys, DefaultIssuer, audience, c.now)
		if err != nil {
			t.Fatal(err)
		}
		token, err := i.Issue(operator, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, door := range []string{DefaultAudience, DefaultAdminAudience} {
			v, err := NewVerifier(keys, DefaultIssuer, door, c.now)
			if err != nil {
				t.Fatal(err)
			}
			if who, err := v.Verify(token); (err == nil) != (door == audience) || err == nil && who != operator {
				t.Errorf("a token for %s at %s: %+v, %v", audience, door, who, err)
			}
		}
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	end := begin.Add(10 * time.Minute)
	before := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	during := keysOf(t, keyring.Key{ID: "b", Secret: seed('b')}, keyring.Key{ID: "a", Secret: seed('a'), Until: end})
	after := keysOf(t, keyring.Key{ID: "b", Secret: seed('b')})
	old, young := issue(t, before, c, time.Hour), issue(t, during, c, time.Hour)

	v := verifier(t, during, c)
	for name, token := range map[string]string{"old": old, "new": young} {
		if _, err := v.Verify(token); err != nil {
			t.Errorf("the %s key's token during the rotation: %v", name, err)
		}
	}
	if _, err := verifier(t, after, c).Verify(old); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("the removed key's token: %v", err)
	}
	c.set(end) // the verifier remembers old, which must not help it
	if _, err := v.Verify(old); fault.CodeOf(err) != fault.CodeUnauthenticated {
		t.Errorf("the old key's token at the key's end: %v", err)
	}
	if _, err := v.Verify(young); err != nil {
		t.Errorf("the new key's token at the old key's end: %v", err)
	}
	if set := jwks(t, during, begin); strings.Count(set, `"kid"`) != 2 || strings.Contains(set, base64.RawURLEncoding.EncodeToString(seed('b'))) {
		t.Errorf("the key set during the rotation: %s", set)
	}
	if set := jwks(t, during, end); strings.Count(set, `"kid"`) != 1 || !strings.Contains(set, `"kid":"b"`) {
		t.Errorf("the key set after it: %s", set)
	}
}

func TestThePublishedKeyVerifies(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	var set struct {
		Keys []struct{ X, Kid, Alg string }
	}
	if err := json.Unmarshal([]byte(jwks(t, keys, begin)), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%v: %s", err, jwks(t, keys, begin))
	}
	x, err := base64.RawURLEncoding.DecodeString(set.Keys[0].X)
	if err != nil {
		t.Fatal(err)
	}
	token := issue(t, keys, c, time.Hour)
	dot := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !ed25519.Verify(x, []byte(token[:dot]), sig) {
		t.Errorf("%v: the published key does not verify", err)
	}
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	i, err := NewIssuer(keysOf(t, keyring.Key{ID: "a", Secret: seed('a')}), DefaultIssuer, DefaultAudience, c.now)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		who Principal
		ttl time.Duration
	}{
		"nobody":          {Principal{}, time.Hour},
		"no tenant":       {Principal{User: 8, Role: RoleOwner}, time.Hour},
		"no user":         {Principal{Tenant: 7, Role: RoleOwner}, time.Hour},
		"no role":         {Principal{Tenant: 7, User: 8}, time.Hour},
		"no time":         {owner, 0},
		"more than a day": {owner, MaxTTL + 1},
	} {
		if token, err := i.Issue(row.who, row.ttl); err == nil {
			t.Errorf("%s: got %s", name, token)
		}
	}
}

func TestNothingWorksWithoutKeys(t *testing.T) {
	t.Parallel()
	c := &clock{at: begin}
	if _, err := NewVerifier(Keys{}, DefaultIssuer, DefaultAudience, c.now); err == nil {
		t.Error("a verifier without keys")
	}
	keys := keysOf(t, keyring.Key{ID: "a", Secret: seed('a')})
	if _, err := NewVerifier(keys, "", DefaultAudience, c.now); err == nil {
		t.Error("a verifier without an issuer")
	}
	if _, err := NewIssuer(keys, DefaultIssuer, "", c.now); err == nil {
		t.Error("an issuer without an audience")
	}
	if _, err := ParseKeys("a:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("a"), 33))); err == nil {
		t.Error("a seed of 33 bytes")
	}
	if s := fmt.Sprintf("%v %+v %#v", keys, keys, keys); strings.Contains(s, "97") || strings.Contains(s, "0x61") {
		t.Errorf("keys print as %s", s)
	}
}
