package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// Person is who has signed in, as the issuer says.
type Person struct {
	// Issuer and Subject are the identity.
	Issuer, Subject string
	// Name is for display; "" = not told.
	Name string
}

// Session is a session that has just begun or gone on.
type Session struct {
	identity.Principal
	// Refresh is the token that lives; a secret.
	Refresh string
	// Life is how long Refresh may lie unused.
	Life time.Duration
}

// Tokens are what a client is told of a session.
type Tokens struct {
	AccessToken string `json:"access_token"`
	// TokenType is "Bearer".
	TokenType string `json:"token_type"`
	// ExpiresIn is the access token's life in seconds.
	ExpiresIn int `json:"expires_in"`
	// RefreshToken goes to callers that have no cookie.
	RefreshToken string `json:"refresh_token,omitempty"`
}

// Issue makes the session's access token for an audience, ForAPI or ForAdmin. The
// refresh token is not told.
func (s *Store) Issue(session Session, audience string) (Tokens, error) {
	issuer, life := s.c.API, AccessLife
	if audience == ForAdmin {
		issuer, life = s.c.Admin, OperatorLife
	}
	token, err := issuer.Issue(session.Principal, life)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: token, TokenType: "Bearer", ExpiresIn: int(life.Seconds())}, nil
}

// account is a user's row as signing in needs it.
type account struct {
	user   id.User
	tenant id.Tenant
	role   string
	state  string
}

// signInTries is how often SignIn begins anew when the same person signs up at the same time.
const signInTries = 3

// SignIn begins a session of the person, who becomes a user the first time. One whose
// link had ended is back; one who is being erased is CodeErasing.
func (s *Store) SignIn(ctx context.Context, p Person) (Session, error) {
	return s.enter(ctx, p, func(context.Context, *store.Tx) error { return nil })
}

// SignInOnce is SignIn by a native app's id_token, which has this nonce and was made at
// issued. It is good for one session, within ten minutes: CodeUnauthenticated otherwise.
// When no session comes of it, for the database is away, it is as good as before.
func (s *Store) SignInOnce(ctx context.Context, p Person, nonce string, issued time.Time) (Session, error) {
	return s.enter(ctx, p, func(ctx context.Context, tx *store.Tx) error { return s.once(ctx, tx, nonce, issued) })
}

// enter begins a session by what spend uses up in the same transaction.
func (s *Store) enter(ctx context.Context, p Person, spend func(context.Context, *store.Tx) error) (Session, error) {
	if p.Issuer == "" || p.Subject == "" || len(p.Issuer) > 64 || len(p.Subject) > 64 {
		return Session{}, fault.Newf(fault.CodeVendorResult, "sign in: an identity of %d and %d bytes", len(p.Issuer), len(p.Subject))
	}
	p.Name = clip(p.Name, 100)
	for range signInTries {
		session, err := s.signIn(ctx, p, spend)
		if _, dup := store.Duplicate(err); dup { // signed up at the same time: now there is a row
			continue
		}
		if err != nil {
			return Session{}, fmt.Errorf("sign in: %w", err)
		}
		return session, nil
	}
	return Session{}, fault.Newf(fault.CodeUnavailable, "sign in: the user changes all the time")
}

func (s *Store) signIn(ctx context.Context, p Person, spend func(context.Context, *store.Tx) error) (Session, error) {
	out := Session{Refresh: secret(), Life: IdleLife}
	hash, _ := digest(out.Refresh)
	err := s.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.now()
		if err := spend(ctx, tx); err != nil {
			return err
		}
		a, err := store.One(ctx, tx, `SELECT id, tenant_id, role, state FROM users WHERE issuer = ? AND subject = ? LIMIT 1 FOR UPDATE`,
			accountColumns, p.Issuer, p.Subject)
		switch {
		case errors.Is(err, store.ErrNoRows):
			a, err = s.signUp(ctx, tx, p, now)
		case err == nil:
			err = s.welcome(ctx, tx, a, p, now)
		}
		if err != nil {
			return err
		}
		out.Principal = identity.Principal{Tenant: a.tenant, User: a.user, Role: a.role, Session: id.New[id.Session](now)}
		_, err = tx.Exec(ctx, `INSERT INTO refresh_tokens (token_hash, family, user_id, tenant_id, state, created_at, idle_until, ends_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, hash[:], out.Session, a.user, a.tenant, live, now, now.Add(IdleLife), now.Add(SessionLife))
		return err
	}, func(ctx context.Context, q store.Querier) (bool, error) { return s.has(ctx, q, hash[:]) })
	return out, err
}

func accountColumns(a *account) []any { return []any{&a.user, &a.tenant, &a.role, &a.state} }

// signUp makes the person a user with an account of their own.
func (s *Store) signUp(ctx context.Context, tx *store.Tx, p Person, now time.Time) (account, error) {
	a := account{user: id.New[id.User](now), tenant: id.New[id.Tenant](now), role: identity.RoleOwner, state: Active}
	_, err := tx.Exec(ctx, `INSERT INTO users (id, tenant_id, issuer, subject, name, role, state, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.user, a.tenant, p.Issuer, p.Subject, p.Name, a.role, a.state, now, now)
	return a, err
}

// welcome lets a known user in.
func (s *Store) welcome(ctx context.Context, tx *store.Tx, a account, p Person, now time.Time) error {
	if a.state != Active && a.state != Unlinked {
		return fault.Newf(fault.CodeErasing, "%v is %s", a.user, a.state).After(Settled)
	}
	_, err := tx.Exec(ctx, `UPDATE users SET name = IF(? = '', name, ?), state = ?, seen_at = ?, erase_at = NULL, due_at = NULL WHERE id = ? AND tenant_id = ?`,
		p.Name, p.Name, Active, now, a.user, a.tenant)
	return err
}

func (s *Store) has(ctx context.Context, q store.Querier, hash []byte) (bool, error) {
	n, err := store.One(ctx, q, `SELECT COUNT(*) FROM refresh_tokens WHERE token_hash = ?`, count, hash)
	return n == 1, err
}

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most])
	}
	return s
}
