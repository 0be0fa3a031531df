// Package link makes and reads the addresses under which a provider may fetch
// one file for a while: /api/v1/media/{token}.
//
// A token is base64url of expiry, file name and HMAC-SHA256, prefixed by the
// key's id. It opens one file, for reading, until it expires; nothing is stored.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/keyring"
)

// Signer makes and reads tokens.
type Signer struct {
	keys keyring.Ring
	base string
	now  func() time.Time
}

// New returns a signer. base is the app's public address ("https://api.example.kr",
// no trailing slash); "" means that nobody outside can fetch from us.
func New(keys keyring.Ring, base string, now func() time.Time) *Signer {
	return &Signer{keys: keys, base: strings.TrimSuffix(base, "/"), now: now}
}

// URL is the address of a file until the given time. Without a public address
// it is a fault: a provider that must fetch from us cannot be used.
func (s *Signer) URL(blobName string, until time.Time) (string, error) {
	if s.base == "" {
		return "", fault.Newf(fault.CodeMisconfigured, "link %s: CASTAD_PUBLIC_URL is not set, so no provider can fetch from us", blobName)
	}
	k, ok := s.keys.Signing()
	if !ok {
		return "", fault.Newf(fault.CodeMisconfigured, "link %s: CASTAD_MEDIA_KEYS has no key", blobName)
	}
	return s.base + "/api/v1/media/" + token(k, blobName, until), nil
}

func token(k keyring.Key, blobName string, until time.Time) string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	payload = append(payload, blobName...)
	return k.ID + "." + base64.RawURLEncoding.EncodeToString(append(payload, sum(k, payload)...))
}

func sum(k keyring.Key, payload []byte) []byte {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte("castad media link\x00"))
	h.Write(payload)
	return h.Sum(nil)
}

// Open returns the file that a token opens. A wrong, changed or expired one is NotFound.
func (s *Signer) Open(token string) (blobName string, err error) {
	none := fault.New(fault.CodeNotFound)
	kid, body, ok := strings.Cut(token, ".")
	if !ok || len(token) > 1024 {
		return "", none
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(raw) < 8+1+sha256.Size {
		return "", none
	}
	payload, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	k, ok := s.keys.Find(kid, s.now())
	if !ok || !hmac.Equal(mac, sum(k, payload)) || s.now().Unix() >= int64(binary.BigEndian.Uint64(payload)) {
		return "", none
	}
	return string(payload[8:]), nil
}
