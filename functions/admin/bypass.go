package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// BypassPrefix is what every bypass token begins with.
const BypassPrefix = "bypass_"

// maxBypass is the longest that a bypass token is good: a load test's day.
const maxBypass = 24 * time.Hour

// Bypass is a token that lifts the rate limits for a load test, and no others.
type Bypass struct {
	// ID is the token's SHA-256 in hex, by which it is revoked.
	ID string `json:"id"`
	// Token is shown when it is made, and never again.
	Token     string    `json:"token,omitempty"`
	Purpose   string    `json:"purpose"`
	MadeBy    id.User   `json:"made_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`

	hash []byte
}

// MakeBypass makes a bypass token of 256 random bits, of which the hash is kept.
func (s *Store) MakeBypass(ctx context.Context, by identity.Actor, purpose string, life time.Duration) (Bypass, error) {
	if life < time.Second || life > maxBypass {
		return Bypass{}, fault.New(fault.CodeBadValue).In("seconds")
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails (Go 1.24)
	now := s.now()
	b := Bypass{Token: BypassPrefix + base64.RawURLEncoding.EncodeToString(secret[:]), Purpose: purpose, MadeBy: by.User, CreatedAt: now, ExpiresAt: now.Add(life)}
	hash := sha256.Sum256([]byte(b.Token))
	b.ID = hex.EncodeToString(hash[:])
	err := s.c.DB.Primary().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO bypass_tokens (token_hash, purpose, made_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
			hash[:], purpose, by.User, b.CreatedAt, b.ExpiresAt); err != nil {
			return fmt.Errorf("keep bypass token: %w", err)
		}
		return s.record(ctx, tx, by, Action{Name: "bypass.make", Target: b.ID, Outcome: Done, Detail: map[string]any{"purpose": purpose, "expires_at": b.ExpiresAt}})
	})
	if err != nil {
		return Bypass{}, err
	}
	return b, nil
}

// Bypasses lists the tokens that are good, those that end first at the top: at most a hundred.
func (s *Store) Bypasses(ctx context.Context) ([]Bypass, error) {
	all, err := store.All(ctx, s.c.DB.Primary(), `SELECT token_hash, purpose, made_by, created_at, expires_at FROM bypass_tokens WHERE expires_at > ? ORDER BY expires_at LIMIT 100`,
		func(b *Bypass) []any { return []any{&b.hash, &b.Purpose, &b.MadeBy, &b.CreatedAt, &b.ExpiresAt} }, s.now())
	if err != nil {
		return nil, fmt.Errorf("list bypass tokens: %w", err)
	}
	for i := range all {
		all[i].ID = hex.EncodeToString(all[i].hash)
	}
	return list(all), nil
}

// RevokeBypass ends a token; who has just looked it up may believe it a little longer.
func (s *Store) RevokeBypass(ctx context.Context, by identity.Actor, token string) error {
	hash, err := hex.DecodeString(token)
	if err != nil || len(hash) != sha256.Size {
		return fault.Newf(fault.CodeNotFound, "revoke bypass token: no such token")
	}
	return s.c.DB.Primary().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM bypass_tokens WHERE token_hash = ?`, hash)
		if err != nil {
			return fmt.Errorf("revoke bypass token: %w", err)
		}
		if n == 0 {
			return fault.Newf(fault.CodeNotFound, "revoke bypass token: no such token")
		}
		return s.record(ctx, tx, by, Action{Name: "bypass.revoke", Target: hex.EncodeToString(hash), Outcome: Done})
	})
}

// Purge deletes the bypass tokens that ended before a time, at most a thousand.
func (s *Store) Purge(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.c.DB.Primary().Exec(ctx, `DELETE FROM bypass_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT 1000`, before)
	if err != nil {
		return 0, fmt.Errorf("purge bypass tokens: %w", err)
	}
	return n, nil
}
