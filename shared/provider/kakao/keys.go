package kakao

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"sync"
	"time"

	"castad/shared/provider"

	"golang.org/x/sync/singleflight"
)

const (
	// keysAge is after how long the key set is looked at again, so that a key which Kakao
	// has taken out does not work for ever.
	keysAge = 24 * time.Hour
	// keysPause is the least time between two looks: anybody can invent a kid.
	keysPause = time.Minute
	// maxKeys is far above what key sets hold (Kakao's: 2).
	maxKeys = 16
)

var errUnknownKey = errors.New("no key of the vendor's has the token's kid")

// keySet is Kakao's keys as last seen.
type keySet struct {
	fetch func(context.Context) (map[string]*rsa.PublicKey, error)
	now   func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	keys   map[string]*rsa.PublicKey
	// seen is when keys were had, tried when they were last asked for; err is how that ended.
	seen, tried time.Time
	err         error
}

// key returns the key of kid. Errors: errUnknownKey, or a *provider.Error when the
// key set cannot be had.
func (s *keySet) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	k, fresh := s.cached(kid)
	if k != nil && fresh {
		return k, nil
	}
	looked := s.look(ctx)
	if k != nil {
		return k, nil // known, and being looked at again: nobody waits for that
	}
	select {
	case r := <-looked:
		if k, _ := s.cached(kid); k != nil {
			return k, nil
		}
		if r.Err != nil {
			return nil, r.Err
		}
		return nil, errUnknownKey
	case <-ctx.Done():
		return nil, &provider.Error{Provider: name, Op: "keys", Class: provider.Later, Code: "timeout", Err: ctx.Err()}
	}
}

func (s *keySet) cached(kid string) (k *rsa.PublicKey, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[kid], s.now().Sub(s.seen) < keysAge
}

// look fetches the keys, for all who wait at once and at most once in keysPause; else
// it tells how the last time ended. It outlives the caller's ctx.
func (s *keySet) look(ctx context.Context) <-chan singleflight.Result {
	ctx = context.WithoutCancel(ctx)
	return s.flight.DoChan("", func() (any, error) {
		s.mu.Lock()
		last, now := s.tried, s.now()
		if !last.IsZero() && now.Sub(last) < keysPause {
			defer s.mu.Unlock()
			return nil, s.err
		}
		s.tried = now
		s.mu.Unlock()
		keys, err := s.fetch(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err = err; err == nil {
			s.keys, s.seen = keys, now
		}
		return nil, err
	})
}

func (c *Client) fetchKeys(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	call := provider.Call{Op: "keys", Method: http.MethodGet, Path: "/.well-known/jwks.json"}
	a, err := c.auth.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if a.Status >= 300 {
		return nil, c.auth.Fail(call, a, provider.StatusClass(a.Status, false), "", "-")
	}
	keys, err := parseKeys(a.Body)
	if err != nil {
		return nil, c.auth.Unintelligible(call, a, err)
	}
	return keys, nil
}

// parseKeys reads the RSA signing keys of a JWKS (RFC 7517); others are passed over.
func parseKeys(body []byte) (map[string]*rsa.PublicKey, error) {
	var in struct {
		Keys []struct {
			Kid, Kty, Use, Alg, N, E string
		} `json:"keys"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if len(in.Keys) > maxKeys {
		return nil, errors.New("too many keys")
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range in.Keys {
		if k.Kid == "" || k.Kty != "RSA" || k.Use != "" && k.Use != "sig" || k.Alg != "" && k.Alg != "RS256" {
			continue
		}
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		e, err2 := base64.RawURLEncoding.DecodeString(k.E)
		if err != nil || err2 != nil || len(e) == 0 || len(e) > 4 {
			continue
		}
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 || key.E < 3 || key.E&1 == 0 {
			continue
		}
		keys[k.Kid] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("no usable key")
	}
	return keys, nil
}
