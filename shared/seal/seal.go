// Package seal encrypts the secrets that must be kept: the tokens of channel
// accounts, the sessions of uploads, the verifiers of connections under way.
//
// # What it promises
//
// Whoever has the database has nothing: a value is encrypted with AES-256-GCM
// under a data key, and the data key is beside it only in wrapped form, under a
// key-encryption key (Wrapper) that is in Key Vault in Azure and in a setting on
// a laptop. A value opens only under the Label that it was sealed for and under
// the key version that it names: tenant, subject, provider, purpose and version
// are the additional data, each with its length, so that no two labels have the
// same bytes. A row copied to another tenant, account or column does not open;
// neither does one with a changed bit. Lengths are padded to multiples of 128
// bytes, so that a short token does not tell its kind.
//
// # Data keys
//
// A process seals what it seals for one tenant within ten minutes under one data
// key. Data keys that were unwrapped are remembered for ten minutes, at most
// 1,024 of them, so that the vault is asked seldom. While the vault is away what
// is remembered works; everything else is fault.Unavailable. There is no way to
// plaintext. Nonces are random (cipher.NewGCMWithRandomNonce): 2^32 values may
// be sealed under one data key (NIST SP 800-38D section 8.3), no tenant comes near.
//
// # Rotation
//
// Every value names its key version, so old and new ones live side by side. Put
// the new key first (or make a new version in the vault) on every instance, wait
// twenty minutes (ten in which a process seals under the data key that it has, ten
// that a connection under way lives), run scripts/reseal until it finds nothing, then
// take the old key away.
//
// # Rejected
//
// tink-go (no Key Vault client in its tree); a table of data keys (one more thing
// that must be there to read a row, and a second owner); encrypting with the
// vault itself (one call for each read, 245 bytes at most under RSA-OAEP-256).
package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
)

// MaxBytes is the longest value that is sealed; with everything around it it
// fits into VARBINARY(8000).
const MaxBytes = 7164

const (
	// life is how long a data key is used and remembered.
	life = 10 * time.Minute
	// remembered is how many data keys of each kind (own, unwrapped) are kept: one
	// for each tenant that one instance serves within ten minutes at S3.
	remembered = 1024
	// keyBytes is the length of a data key: AES-256.
	keyBytes = 32
)

// Label is what a value is sealed for. It must be the same when it is opened.
type Label struct {
	Tenant id.Tenant
	// Subject is whose it is in its table: "channel_01hv3kq9zr2ab", a state's hash.
	Subject string
	// Provider is the channel or vendor: "youtube".
	Provider string
	// Purpose tells the columns apart: "grant", "verifier", "upload".
	Purpose string
}

// Wrapper is a key-encryption key in its versions. Implementations are safe for
// concurrent use.
type Wrapper interface {
	// Wrap encrypts a data key under the current version and names that.
	Wrap(ctx context.Context, dataKey []byte) (version string, wrapped []byte, err error)
	// Unwrap decrypts a data key. The errors' kinds: Unavailable (ask again),
	// Misconfigured (the version is not ours to use), Internal (the bytes are not right).
	Unwrap(ctx context.Context, version string, wrapped []byte) (dataKey []byte, err error)
	// Knows says whether a version is of this wrapper's kind.
	Knows(version string) bool
}

// Sealer seals and opens values. It is safe for concurrent use.
type Sealer struct {
	wrappers []Wrapper
	now      func() time.Time
	own      *cache[id.Tenant, Key]            // data keys made here, by tenant
	opened   *cache[[sha256.Size]byte, []byte] // data keys unwrapped here, by what they were unwrapped from
}

// New returns a sealer. The first wrapper seals; the others still open.
func New(now func() time.Time, wrappers ...Wrapper) (*Sealer, error) {
	if len(wrappers) == 0 || now == nil {
		return nil, errors.New("new sealer: it needs a clock and a key-encryption key")
	}
	return &Sealer{wrappers: wrappers, now: now, own: newCache[id.Tenant, Key](remembered, life),
		opened: newCache[[sha256.Size]byte, []byte](remembered, life)}, nil
}

// Key is a tenant's data key that is ready: sealing with it asks nobody. Take it
// before a call whose answer must be kept, so that the answer can be kept.
type Key struct {
	tenant  id.Tenant
	version string
	wrapped []byte
	aead    cipher.AEAD
}

// Key returns the tenant's data key, wrapped under the current version. Unavailable
// when none is remembered and the vault does not answer.
func (s *Sealer) Key(ctx context.Context, tenant id.Tenant) (Key, error) {
	if k, ok := s.own.find(tenant, s.now()); ok {
		return k, nil
	}
	dataKey := make([]byte, keyBytes)
	_, _ = rand.Read(dataKey) // crypto/rand.Read never fails (Go 1.24)
	version, wrapped, err := s.wrappers[0].Wrap(ctx, dataKey)
	if err != nil {
		return Key{}, fmt.Errorf("wrap data key: %w", err)
	}
	aead, err := gcm(dataKey)
	if err != nil {
		return Key{}, err
	}
	k := Key{tenant: tenant, version: version, wrapped: wrapped, aead: aead}
	s.own.keep(tenant, k, s.now())
	s.opened.keep(digest(version, wrapped), dataKey, s.now())
	return k, nil
}

// Seal encrypts a value for the label. To seal for another tenant than the key's,
// or more than MaxBytes, is Internal: a mistake in the caller.
func (k Key) Seal(l Label, value []byte) ([]byte, error) {
	switch {
	case k.aead == nil || l.Tenant != k.tenant || l.Tenant == 0 || l.Subject == "" || l.Provider == "" || l.Purpose == "":
		return nil, fault.Newf(fault.CodeInternal, "seal: the label names no tenant, subject, provider or purpose, or not the key's tenant")
	case len(value) > MaxBytes:
		return nil, fault.Newf(fault.CodeInternal, "seal %s: %d bytes; %d are the most", l.Purpose, len(value), MaxBytes)
	}
	e := envelope{version: k.version, wrapped: k.wrapped}
	e.box = k.aead.Seal(nil, nil, pad(value), l.data(k.version)) // #nosec G407 -- NewGCMWithRandomNonce draws the nonce itself
	return e.append(nil), nil
}

// Seal is Key and Key.Seal in one.
func (s *Sealer) Seal(ctx context.Context, l Label, value []byte) ([]byte, error) {
	k, err := s.Key(ctx, l.Tenant)
	if err != nil {
		return nil, err
	}
	return k.Seal(l, value)
}

// errClosed says no more than it must: the same for a foreign label and a flipped bit.
var errClosed = fault.Newf(fault.CodeInternal, "the value was not sealed for this label, or has been changed")

// Open decrypts what was sealed for the same label. A value of another label, a
// damaged one, and one that is no sealed value at all are Internal; a key version
// that no wrapper knows is Misconfigured; a vault that does not answer is
// Unavailable.
func (s *Sealer) Open(ctx context.Context, l Label, sealed []byte) ([]byte, error) {
	e, err := parse(sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", l.Purpose, err)
	}
	dataKey, err := s.unwrap(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", l.Purpose, err)
	}
	aead, err := gcm(dataKey)
	if err != nil {
		return nil, err
	}
	padded, err := aead.Open(nil, nil, e.box, l.data(e.version))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", l.Purpose, errClosed)
	}
	return unpad(padded)
}

func (s *Sealer) unwrap(ctx context.Context, e envelope) ([]byte, error) {
	at := digest(e.version, e.wrapped)
	if k, ok := s.opened.find(at, s.now()); ok {
		return k, nil
	}
	for _, w := range s.wrappers {
		if !w.Knows(e.version) {
			continue
		}
		dataKey, err := w.Unwrap(ctx, e.version, e.wrapped)
		if err != nil {
			return nil, fmt.Errorf("unwrap data key: %w", err)
		}
		if len(dataKey) != keyBytes {
			return nil, errClosed
		}
		s.opened.keep(at, dataKey, s.now())
		return dataKey, nil
	}
	return nil, fault.Newf(fault.CodeMisconfigured, "unwrap data key: no key of version %q is configured", e.version)
}

// Reseal seals a value anew if it is under another key version than the current
// one; changed says whether it was. It asks the vault for the current version
// at most every ten minutes.
func (s *Sealer) Reseal(ctx context.Context, l Label, sealed []byte) (fresh []byte, changed bool, err error) {
	e, err := parse(sealed)
	if err != nil {
		return nil, false, fmt.Errorf("reseal %s: %w", l.Purpose, err)
	}
	k, err := s.Key(ctx, l.Tenant)
	if err != nil || e.version == k.version {
		return sealed, false, err
	}
	value, err := s.Open(ctx, l, sealed)
	if err != nil {
		return nil, false, err
	}
	fresh, err = k.Seal(l, value)
	return fresh, err == nil, err
}

// Lost says of an error of Open or Reseal that the value cannot be opened with the keys that
// are configured, whoever asks and when: no key of its version is there, or it was changed.
func Lost(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && !errors.Is(err, context.Canceled) && (kind == fault.Internal || kind == fault.Misconfigured)
}

// Version returns the key version that a value names; "" for what is no sealed value.
func Version(sealed []byte) string {
	e, err := parse(sealed)
	if err != nil {
		return ""
	}
	return e.version
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return aead, nil
}

func digest(version string, wrapped []byte) [sha256.Size]byte {
	return sha256.Sum256(appendField(appendField(nil, []byte(version)), wrapped))
}
