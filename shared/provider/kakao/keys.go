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
	// has taken out does not work for ever: an hour here, and as long in what the instances share.
	keysAge = time.Hour
	// keysPause is the least time between two questions to Kakao: anybody can invent a kid.
	keysPause = time.Minute
	// maxKeys is far above what key sets hold (Kakao's: 2).
	maxKeys = 16
)

var errUnknownKey = errors.New("no key of the vendor's has the token's kid")

// load finds a key set out.
type load = func(context.Context) (string, error)

// Keeper keeps key sets for all instances. Get may answer from what it has, Renew asks load.
type Keeper interface {
	Get(ctx context.Context, key, version string, load load) (string, error)
	Renew(ctx context.Context, key, version string, load load) (string, error)
}

// unshared keeps nothing: a process has what it has seen last.
type unshared struct{}

func (unshared) Get(ctx context.Context, _, _ string, load load) (string, error)   { return load(ctx) }
func (unshared) Renew(ctx context.Context, _, _ string, load load) (string, error) { return load(ctx) }

// keySet is Kakao's keys as last seen.
type keySet struct {
	// ask asks Kakao for its key set; shared keeps it by name for all instances.
	ask    load
	shared Keeper
	name   string
	now    func() time.Time

	flights singleflight.Group
	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	// seen is when keys were had, tried when Kakao was last asked for them; err is how that ended.
	seen, tried time.Time
	err         error
}

// key returns the key of kid. Errors: errUnknownKey, or a *provider.Error when the
// key set cannot be had.
func (s *keySet) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	k, fresh := s.known(kid)
	if k != nil && fresh {
		return k, nil
	}
	looked := s.look(ctx, kid)
	if k != nil {
		return k, nil // known, and being looked at again: nobody waits for that
	}
	select {
	case err := <-looked:
		if k, _ := s.known(kid); k != nil {
			return k, nil
		}
		if err != nil {
			return nil, err
		}
		return nil, errUnknownKey
	case <-ctx.Done():
		return nil, &provider.Error{Provider: name, Op: "keys", Class: provider.Later, Code: "timeout", Err: ctx.Err()}
	}
}

func (s *keySet) known(kid string) (k *rsa.PublicKey, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[kid], s.now().Sub(s.seen) < keysAge
}

// look looks for kid in what the instances share, if what is here is old, and then at
// Kakao; who comes meanwhile waits for the same. It outlives the caller's ctx.
func (s *keySet) look(ctx context.Context, kid string) <-chan error {
	ctx = context.WithoutCancel(ctx)
	looked := make(chan error, 1)
	go func() {
		if _, fresh := s.known(kid); !fresh {
			_, err, _ := s.flights.Do("shared", func() (any, error) { return nil, s.read(ctx, s.shared.Get) })
			if k, _ := s.known(kid); k != nil && err == nil {
				looked <- nil
				return
			}
		}
		_, err, _ := s.flights.Do("kakao", func() (any, error) { return nil, s.read(ctx, s.shared.Renew) })
		looked <- err
	}()
	return looked
}

// read takes the key set from where it can be had.
func (s *keySet) read(ctx context.Context, from func(ctx context.Context, key, version string, load load) (string, error)) error {
	var keys map[string]*rsa.PublicKey
	text, err := from(ctx, s.name, "", s.fetch)
	if err == nil {
		keys, err = parseKeys([]byte(text))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil { // else those that are known stay
		s.keys, s.seen = keys, s.now()
	}
	return err
}

// fetch asks Kakao, at most once in keysPause; else it tells how the last time ended.
func (s *keySet) fetch(ctx context.Context) (string, error) {
	s.mu.Lock()
	last, now := s.tried, s.now()
	if !last.IsZero() && now.Sub(last) < keysPause {
		defer s.mu.Unlock()
		if s.err == nil {
			return "", errUnknownKey
		}
		return "", s.err
	}
	s.tried = now
	s.mu.Unlock()
	text, err := s.ask(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	return text, err
}

// fetchKeys returns Kakao's key set, which has keys.
func (c *Client) fetchKeys(ctx context.Context) (string, error) {
	call := provider.Call{Op: "keys", Method: http.MethodGet, Path: "/.well-known/jwks.json"}
	a, err := c.auth.Do(ctx, call)
	if err != nil {
		return "", err
	}
	if a.Status >= 300 {
		return "", c.auth.Fail(call, a, provider.StatusClass(a.Status, false), "", "-")
	}
	if _, err := parseKeys(a.Body); err != nil {
		return "", c.auth.Unintelligible(call, a, err)
	}
	return string(a.Body), nil
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
