// Package auth keeps who may sign in, the sign-ins under way and the sessions.
//
// Tables: users, login_states, refresh_tokens, ended_sessions. Queues: none. A user is an issuer's
// subject (Kakao's number of the person in this app) and nothing else: a nickname
// may change and an e-mail address change hands, neither finds nor joins users. The
// address is not even kept. One user is one account (tenant).
//
// # Signing in
//
// An attempt has 256 random bits twice: the state travels through Kakao, the cookie
// stays in the browser. Both are kept as hashes, good once, for ten minutes, together.
// The nonce and PKCE's verifier are made from the two with HMAC-SHA256, so a dump of
// the tables has neither, and what Kakao and an onlooker see (state, nonce, challenge)
// tells nothing of the cookie, without which nobody finishes the attempt. An app's
// id_token opens one session, within ten minutes of Kakao's making it.
//
// # Sessions
//
// A session is a family of refresh tokens, of which one lives. Renewing spends it for
// its child in one transaction. The spent token brings the same child for ten seconds
// more, for a browser's other tabs and for whoever lost the answer; after that it is
// a stolen one, and the family ends. The child is kept sealed for as long, all tokens
// as SHA-256 otherwise: they are random, so there is nothing to guess. Everything that
// begins, renews or ends sessions holds the user's row first: a renewal cannot slip
// past the end of all sessions.
//
// An access token names its session, and ends with it: each process knows within two
// seconds which sessions have ended (Ended). Otherwise it ends by itself after fifteen
// minutes.
//
// # Erasure
//
// Whoever leaves for good is marked, loses all sessions at once, and is erased by the
// timer background-erase; see erasure.go.
//
// # Limits
//
//	attempt         10 min   RFC 6749 section 10.12 wants it short; a consent takes one or two
//	access token    15 min   what a stolen one is good for while nobody ends its session; 5 min for operators
//	refresh token   14 days unused, 30 days in all (ASVS 5.0 7.3: an absolute and an idle end)
//	grace           10 s     longer than tabs of one browser or a client's second try are apart
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/seal"
	"castad/shared/store"
)

const (
	// AccessLife is how long an access token lives, OperatorLife one for operators.
	AccessLife   = 15 * time.Minute
	OperatorLife = 5 * time.Minute
	// IdleLife is how long a refresh token lies unused, SessionLife how long its family lives.
	IdleLife    = 14 * 24 * time.Hour
	SessionLife = 30 * 24 * time.Hour
	// Grace is how long a spent refresh token brings the child that it brought before.
	Grace = 10 * time.Second
)

// Audiences of access tokens, as callers name them.
const (
	ForAPI   = "api"
	ForAdmin = "admin"
)

// Issuer makes access tokens for one audience.
type Issuer interface {
	Issue(who identity.Principal, ttl time.Duration) (string, error)
}

// Config makes a Store.
type Config struct {
	DB   *store.Primary
	Seal *seal.Sealer
	// API makes tokens for owners, Admin those for operators.
	API, Admin Issuer
	// Notice is told when a spent refresh token comes back after its grace.
	Notice func(ctx context.Context, tenant id.Tenant, user id.User, session id.Session)
	Now    func() time.Time
}

// Store holds every statement that writes the module's tables.
type Store struct{ c Config }

// New returns the store.
func New(c Config) *Store { return &Store{c: c} }

func (s *Store) now() time.Time { return s.c.Now().UTC().Truncate(time.Microsecond) }

// States of a user.
const (
	Active = "active"
	// Unlinked: ended the link at Kakao. May come back until erase_at.
	Unlinked = "unlinked"
	// Erasing: is being erased, and cannot come back before that is done.
	Erasing = "erasing"
	// Erased: only the row is left, with nothing personal in it.
	Erased = "erased"
)

// secret is 256 random bits as 43 characters.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// digest is the hash under which a secret is kept; false when it is none of ours.
func digest(text string) (hash [sha256.Size]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return sha256.Sum256([]byte(text)), err == nil && len(raw) == 32 && len(text) == 43
}

func count(n *int) []any { return []any{n} }
