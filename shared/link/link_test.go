package link

import (
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/keyring"
)

func ring(t *testing.T, keys ...keyring.Key) keyring.Ring {
	t.Helper()
	r, err := keyring.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestATokenOpensOneFileForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := New(ring(t, keyring.Key{ID: "k1", Secret: []byte("0123456789abcdef0123456789abcdef")}), "https://api.example.kr/", clock)
	url, err := s.URL("photos/acct_1/photo_1", now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(url, "https://api.example.kr/api/v1/media/")
	if !ok {
		t.Fatalf("URL is %s", url)
	}
	if name, err := s.Open(token); err != nil || name != "photos/acct_1/photo_1" {
		t.Fatalf("opened %q, %v", name, err)
	}
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 1
		if name, err := s.Open(string(changed)); err == nil {
			t.Errorf("a token changed at %d opened %q", i, name)
		}
	}
	now = now.Add(time.Hour)
	if _, err := s.Open(token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("expired: %v", err)
	}
}

func TestAnOldKeyStillOpensAfterRotation(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	old, fresh := keyring.Key{ID: "k1", Secret: []byte("0123456789abcdef0123456789abcdef")}, keyring.Key{ID: "k2", Secret: []byte("fedcba9876543210fedcba9876543210")}
	token := token(old, "a", now.Add(time.Minute))
	if _, err := New(ring(t, fresh, old), "https://x", clock).Open(token); err != nil {
		t.Errorf("during rotation: %v", err)
	}
	if _, err := New(ring(t, fresh), "https://x", clock).Open(token); err == nil {
		t.Error("the old key still opens after it was removed")
	}
}

func TestWithoutAPublicAddressNothingIsLinked(t *testing.T) {
	t.Parallel()
	_, err := New(keyring.Ring{}, "", time.Now).URL("a", time.Now())
	if fault.KindOf(err) != fault.Misconfigured || !strings.Contains(err.Error(), "CASTAD_PUBLIC_URL") {
		t.Errorf("got %v", err)
	}
}
