package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/seal"
	"castad/shared/store"
)

// States of a refresh token.
const (
	live    = "live"
	spent   = "spent" // for its child
	revoked = "revoked"
)

// link is a refresh token's row.
type link struct {
	family id.Session
	state  string
	sealed []byte
	until  *time.Time
	idle   time.Time
	ends   time.Time
}

func linkColumns(l *link) []any {
	return []any{&l.family, &l.state, &l.sealed, &l.until, &l.idle, &l.ends}
}

// holder is whose a refresh token is.
type holder struct {
	user   id.User
	tenant id.Tenant
}

// replacement is what a token is to be spent for; ready before the transaction.
type replacement struct {
	old, child [32]byte
	sealed     []byte
}

// turn is what came of a renewal.
type turn struct {
	who identity.Principal
	// life is the child's; 0 = there is no new one.
	life time.Duration
	// given is the child that the token was spent for before, sealed.
	given []byte
	// stolen: the family has ended; alarm: just now.
	stolen, alarm bool
	family        id.Session
}

// Renew spends a refresh token for its child. All who bring the same token within
// Grace get the same child. CodeSessionEnded for every token that is not good, with
// no word about why; CodeDenied for ForAdmin without that role, and the token is not
// spent. When the key for sealing cannot be had the token is not spent either.
func (s *Store) Renew(ctx context.Context, refresh, audience string) (Session, error) {
	old, ours := digest(refresh)
	if !ours {
		return Session{}, ended("not a token of ours")
	}
	h, err := store.One(ctx, s.c.DB, `SELECT user_id, tenant_id FROM refresh_tokens WHERE token_hash = ? LIMIT 1`,
		func(h *holder) []any { return []any{&h.user, &h.tenant} }, old[:])
	if errors.Is(err, store.ErrNoRows) {
		return Session{}, ended("no such token")
	}
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	child := secret()
	r := replacement{old: old}
	r.child, _ = digest(child)
	if r.sealed, err = s.c.Seal.Seal(ctx, childLabel(h.tenant, old), []byte(child)); err != nil {
		return Session{}, fmt.Errorf("renew session: %w", err)
	}
	var t turn
	err = s.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		t, err = s.turn(ctx, tx, h, r, audience)
		return err
	}, func(ctx context.Context, q store.Querier) (bool, error) { return s.has(ctx, q, r.child[:]) })
	if err != nil {
		return Session{}, fmt.Errorf("renew session: %w", err)
	}
	chaos.Point("U7", "session")
	switch {
	case t.stolen:
		if s.c.Notice != nil && t.alarm {
			s.c.Notice(ctx, h.tenant, h.user, t.family)
		}
		return Session{}, ended("the token was spent before")
	case t.given != nil:
		was, err := s.c.Seal.Open(ctx, childLabel(h.tenant, old), t.given)
		if err != nil {
			return Session{}, fmt.Errorf("renew session: %w", err)
		}
		child = string(was)
	}
	return Session{Principal: t.who, Refresh: child, Life: t.life}, nil
}

func childLabel(tenant id.Tenant, old [32]byte) seal.Label {
	return seal.Label{Tenant: tenant, Subject: hex.EncodeToString(old[:]), Provider: "castad", Purpose: "session"}
}

func ended(why string) error { return fault.Newf(fault.CodeSessionEnded, "renew session: %s", why) }

// turn decides what a token is worth, with its user's row held.
func (s *Store) turn(ctx context.Context, tx *store.Tx, h holder, r replacement, audience string) (turn, error) {
	now := s.now()
	a, err := s.hold(ctx, tx, h)
	if err != nil {
		return turn{}, err
	}
	l, err := store.One(ctx, tx, `SELECT family, state, child_sealed, child_until, idle_until, ends_at FROM refresh_tokens WHERE token_hash = ? AND tenant_id = ? LIMIT 1 FOR UPDATE`,
		linkColumns, r.old[:], h.tenant)
	if errors.Is(err, store.ErrNoRows) {
		return turn{}, ended("it was deleted")
	}
	if err != nil {
		return turn{}, err
	}
	t := turn{who: identity.Principal{Tenant: a.tenant, User: a.user, Role: a.role, Session: l.family}, family: l.family}
	switch {
	case a.state != Active:
		return turn{}, ended("the user is " + a.state)
	case l.state == revoked || !now.Before(l.ends):
		return turn{}, ended("it is " + l.state + " or past its end")
	case l.state == spent && (l.until == nil || !now.Before(*l.until)):
		n, err := s.end(ctx, tx, h, l.family)
		t.stolen, t.alarm = true, n > 0
		return t, err
	case l.state == live && !now.Before(l.idle):
		return turn{}, ended("it was not used for too long")
	case audience == ForAdmin && a.role != identity.RoleAdmin:
		return turn{}, fault.Newf(fault.CodeDenied, "renew session for operators: %v is %s", a.user, a.role)
	case l.state == spent:
		t.given, t.life = l.sealed, min(IdleLife, l.ends.Sub(now))
		return t, nil
	}
	t.life = min(IdleLife, l.ends.Sub(now))
	return t, s.spend(ctx, tx, h, l, r, now.Add(t.life))
}

// hold locks the user's row, which everything that touches sessions does first.
func (s *Store) hold(ctx context.Context, tx *store.Tx, h holder) (account, error) {
	a, err := store.One(ctx, tx, `SELECT id, tenant_id, role, state FROM users WHERE id = ? AND tenant_id = ? LIMIT 1 FOR UPDATE`, accountColumns, h.user, h.tenant)
	if errors.Is(err, store.ErrNoRows) {
		return account{}, fault.Newf(fault.CodeNotFound, "%v: no such user", h.user)
	}
	if err != nil {
		return account{}, fmt.Errorf("hold %v: %w", h.user, err)
	}
	return a, nil
}

// spend writes a token's child.
func (s *Store) spend(ctx context.Context, tx *store.Tx, h holder, l link, r replacement, idle time.Time) error {
	now := s.now()
	if _, err := tx.Exec(ctx, `UPDATE refresh_tokens SET state = ?, child_sealed = ?, child_until = ? WHERE token_hash = ? AND tenant_id = ?`,
		spent, r.sealed, now.Add(Grace), r.old[:], h.tenant); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO refresh_tokens (token_hash, family, parent_hash, user_id, tenant_id, state, created_at, idle_until, ends_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.child[:], l.family, r.old[:], h.user, h.tenant, live, now, idle, l.ends); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE users SET seen_at = ? WHERE id = ? AND tenant_id = ?`, now, h.user, h.tenant)
	return err
}

// end ends a user's session, or all with family 0, with their access tokens (see Ended),
// and returns how many were alive.
// Spent tokens need nothing: whoever brings one ends the family once more.
func (s *Store) end(ctx context.Context, tx *store.Tx, h holder, family id.Session) (int, error) {
	n, err := store.One(ctx, tx, `SELECT COUNT(*) FROM refresh_tokens WHERE user_id = ? AND tenant_id = ? AND state = ? AND idle_until > ? AND ends_at > ? AND (? = 0 OR family = ?)`,
		count, h.user, h.tenant, live, s.now(), s.now(), family, family)
	if err != nil {
		return 0, fmt.Errorf("count sessions of %v: %w", h.user, err)
	}
	if _, err := tx.Exec(ctx, `INSERT IGNORE INTO ended_sessions (family, ended_at)
		SELECT DISTINCT family, ? FROM refresh_tokens WHERE user_id = ? AND tenant_id = ? AND state = ? AND (? = 0 OR family = ?)`,
		s.now(), h.user, h.tenant, live, family, family); err != nil {
		return 0, fmt.Errorf("note ended sessions of %v: %w", h.user, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE refresh_tokens SET state = ?, child_sealed = NULL, child_until = NULL
		WHERE user_id = ? AND tenant_id = ? AND (state = ? OR child_until IS NOT NULL) AND (? = 0 OR family = ?)`, revoked, h.user, h.tenant, live, family, family); err != nil {
		return 0, fmt.Errorf("end sessions of %v: %w", h.user, err)
	}
	return n, nil
}
