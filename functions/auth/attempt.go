package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/webapp"
)

// AttemptLife is how long a sign-in may be under way.
const AttemptLife = 10 * time.Minute

// Attempt is a sign-in under way. State travels through Kakao, Cookie stays in the
// browser; both are secrets.
type Attempt struct{ State, Cookie string }

// NewAttempt makes an attempt. cookie is what the browser has from another attempt
// that is under way, so that two tabs do not disturb each other; anything else than
// a cookie of ours is replaced.
func NewAttempt(cookie string) Attempt {
	if _, ours := digest(cookie); !ours {
		cookie = secret()
	}
	return Attempt{State: secret(), Cookie: cookie}
}

// Nonce is what the id_token must say.
func (a Attempt) Nonce() string { return a.derived("nonce") }

// Verifier is PKCE's (RFC 7636).
func (a Attempt) Verifier() string { return a.derived("verifier") }

// Challenge is the verifier's, method S256.
func (a Attempt) Challenge() string {
	sum := sha256.Sum256([]byte(a.Verifier()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// derived is a secret that only whoever has state and cookie can make.
func (a Attempt) derived(purpose string) string {
	mac := hmac.New(sha256.New, []byte(a.Cookie))
	fmt.Fprintf(mac, "castad login %s\x00%s", purpose, a.State)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Begin keeps an attempt that ends at next, which must be a path of the app.
func (s *Store) Begin(ctx context.Context, a Attempt, next string) error {
	if err := webapp.Check(next); err != nil {
		return fmt.Errorf("begin login: %w", err)
	}
	state, cookie := sha256.Sum256([]byte(a.State)), sha256.Sum256([]byte(a.Cookie))
	_, err := s.c.DB.Exec(ctx, `INSERT INTO login_states (state_hash, cookie_hash, next, expires_at) VALUES (?, ?, ?, ?)`,
		state[:], cookie[:], next, s.now().Add(AttemptLife))
	if err != nil {
		return fmt.Errorf("begin login: %w", err)
	}
	return nil
}

// Spend uses an attempt up and returns where it ends. A state that is missing,
// unknown, used, expired or of another browser is CodeLoginState, and nothing is
// written: the browser to which it belongs can still finish it.
func (s *Store) Spend(ctx context.Context, a Attempt) (next string, err error) {
	state, cookie, now := sha256.Sum256([]byte(a.State)), sha256.Sum256([]byte(a.Cookie)), s.now()
	next, err = store.One(ctx, s.c.DB, `SELECT next FROM login_states WHERE state_hash = ? AND cookie_hash = ? AND used_at IS NULL AND expires_at > ? LIMIT 1`,
		func(next *string) []any { return []any{next} }, state[:], cookie[:], now)
	if errors.Is(err, store.ErrNoRows) {
		return "", fault.Newf(fault.CodeLoginState, "finish login: no such attempt in this browser")
	}
	if err != nil {
		return "", fmt.Errorf("find login: %w", err)
	}
	n, err := s.c.DB.Exec(ctx, `UPDATE login_states SET used_at = ? WHERE state_hash = ? AND used_at IS NULL AND expires_at > ?`, now, state[:], now)
	if err != nil {
		return "", fmt.Errorf("use login: %w", err)
	}
	if n != 1 {
		return "", fault.Newf(fault.CodeLoginState, "finish login: it was used at the same time")
	}
	return next, nil
}

// once takes a native app's id_token, which has this nonce and was made at issued: each
// one once, and no later than ten minutes after it was made. CodeUnauthenticated otherwise.
func (s *Store) once(ctx context.Context, tx *store.Tx, nonce string, issued time.Time) error {
	now := s.now()
	if age := now.Sub(issued); issued.IsZero() || age > AttemptLife || age < -time.Minute {
		return fault.Newf(fault.CodeUnauthenticated, "use id_token: it was made %v ago", age)
	}
	// The prefix keeps it apart from states, which are bare.
	hash := sha256.Sum256([]byte("nonce " + nonce))
	_, err := tx.Exec(ctx, `INSERT INTO login_states (state_hash, cookie_hash, next, expires_at, used_at) VALUES (?, ?, '', ?, ?)`,
		hash[:], make([]byte, sha256.Size), issued.Add(AttemptLife+time.Minute), now)
	if _, dup := store.Duplicate(err); dup {
		return fault.Newf(fault.CodeUnauthenticated, "use id_token: it was used")
	}
	if err != nil {
		return fmt.Errorf("use id_token: %w", err)
	}
	return nil
}
