package auth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// A user leaves for good in two ways. DELETE /auth/me marks them erasing. Kakao's word
// that the link has ended makes them unlinked, for thirty days in which they may come
// back, or erasing when the Kakao account is gone, too. Both end all sessions in the
// same transaction and make the user due; the timer background-erase does the rest, in
// small parts, as often as it takes, and moves due_at when it has to wait. A process
// that dies on the way leaves a user who is due.
//
// What was begun before the mark may still write, with an access token that no process
// has heard the end of yet. So the last look is Settled after the mark, and only then is the user
// erased: the row stays as proof that it was done, without anything personal.
const (
	// ComeBack is how long somebody who has ended the link may come back.
	ComeBack = 30 * 24 * time.Hour
	// Settled is an access token's life, the clocks' difference and the longest request.
	Settled = AccessLife + 5*time.Minute
)

// Erase marks the user to be erased and ends all sessions; begun says when. Marked
// again it stays as it was. NotFound for one who is none.
func (s *Store) Erase(ctx context.Context, who identity.Principal) (begun time.Time, err error) {
	h := holder{who.User, who.Tenant}
	err = s.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err := s.hold(ctx, tx, h)
		if err != nil {
			return err
		}
		if a.state == Erasing || a.state == Erased {
			begun, err = store.One(ctx, tx, `SELECT erase_at FROM users WHERE id = ? AND tenant_id = ? LIMIT 1`, func(at *time.Time) []any { return []any{at} }, h.user, h.tenant)
			return err
		}
		begun = s.now()
		return s.mark(ctx, tx, h, Erasing, begun)
	}, again)
	if err != nil {
		return time.Time{}, fmt.Errorf("erase %v: %w", who.User, err)
	}
	return begun.UTC(), nil
}

// mark gives a user who leaves a new state and ends all sessions.
func (s *Store) mark(ctx context.Context, tx *store.Tx, h holder, state string, erase time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE users SET state = ?, erase_at = ?, due_at = ? WHERE id = ? AND tenant_id = ?`, state, erase, s.now(), h.user, h.tenant); err != nil {
		return fmt.Errorf("mark %v: %w", h.user, err)
	}
	_, err := s.end(ctx, tx, h, 0)
	return err
}

// Unlink is the issuer's word that a person has ended the link; gone, that there is no
// such person any more. A person who is unknown, or is being erased, changes nothing.
func (s *Store) Unlink(ctx context.Context, issuer, subject string, gone bool) error {
	err := s.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err := store.One(ctx, tx, `SELECT id, tenant_id, role, state FROM users WHERE issuer = ? AND subject = ? LIMIT 1 FOR UPDATE`, accountColumns, issuer, subject)
		h := holder{a.user, a.tenant}
		switch {
		case errors.Is(err, store.ErrNoRows):
			return nil
		case err != nil:
			return err
		case gone && (a.state == Active || a.state == Unlinked):
			return s.mark(ctx, tx, h, Erasing, s.now())
		case a.state == Active:
			return s.mark(ctx, tx, h, Unlinked, s.now().Add(ComeBack))
		}
		return nil
	}, again)
	if err != nil {
		return fmt.Errorf("unlink user: %w", err)
	}
	return nil
}

// Leaver is a user who leaves for good and is due.
type Leaver struct {
	User            id.User
	Tenant          id.Tenant
	Issuer, Subject string
	// Erasing is false for one who may still come back.
	Erasing bool
	// EraseAt is when they were marked, or will be.
	EraseAt time.Time
}

// Due returns at most limit users who are due, the longest waiting first.
func (s *Store) Due(ctx context.Context, limit int) ([]Leaver, error) {
	now := s.now()
	if _, err := s.c.DB.Exec(ctx, `UPDATE users SET state = ? WHERE state = ? AND erase_at <= ? ORDER BY erase_at LIMIT 100`, Erasing, Unlinked, now); err != nil {
		return nil, fmt.Errorf("mark who has not come back: %w", err)
	}
	all, err := store.All(ctx, s.c.DB, `SELECT id, tenant_id, issuer, subject, state = ?, erase_at FROM users WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
		func(l *Leaver) []any {
			return []any{&l.User, &l.Tenant, &l.Issuer, &l.Subject, &l.Erasing, &l.EraseAt}
		}, Erasing, now, limit)
	if err != nil {
		return nil, fmt.Errorf("read who is due: %w", err)
	}
	return all, nil
}

// Later makes a user due at another time, unless they have come back, or have been marked
// anew since: who was to be erased in thirty days may be to be erased now.
func (s *Store) Later(ctx context.Context, l Leaver, at time.Time) error {
	if _, err := s.c.DB.Exec(ctx, `UPDATE users SET due_at = ? WHERE id = ? AND tenant_id = ? AND due_at IS NOT NULL AND erase_at = ?`, at, l.User, l.Tenant, l.EraseAt); err != nil {
		return fmt.Errorf("put off %v: %w", l.User, err)
	}
	return nil
}

// eraseAtOnce bounds one transaction's deletes.
const eraseAtOnce = 500

// Erased takes everything personal out of a user whose other things are gone. done is
// false while sessions are left to delete: call it again.
func (s *Store) Erased(ctx context.Context, l Leaver) (done bool, err error) {
	if s.now().Before(l.EraseAt.Add(Settled)) {
		return false, fault.Newf(fault.CodeInternal, "erase %v: access tokens may still live", l.User)
	}
	n, err := s.c.DB.Exec(ctx, `DELETE FROM refresh_tokens WHERE user_id = ? AND tenant_id = ? ORDER BY ends_at LIMIT ?`, l.User, l.Tenant, eraseAtOnce)
	if err != nil {
		return false, fmt.Errorf("erase sessions of %v: %w", l.User, err)
	}
	if n == eraseAtOnce {
		return false, nil
	}
	// The identity must be free for whoever signs up anew, and be unique.
	if _, err := s.c.DB.Exec(ctx, `UPDATE users SET issuer = '', subject = ?, name = '', role = ?, state = ?, due_at = NULL, erased_at = ? WHERE id = ? AND tenant_id = ? AND state = ?`,
		"erased "+strconv.FormatInt(int64(l.User), 10), identity.RoleOwner, Erased, s.now(), l.User, l.Tenant, Erasing); err != nil {
		return false, fmt.Errorf("erase %v: %w", l.User, err)
	}
	return true, nil
}

// Purge deletes attempts and sessions that have ended, what is remembered of them, and
// children whose grace is over, at most a thousand of each, and returns how many.
func (s *Store) Purge(ctx context.Context) (int64, error) {
	now := s.now()
	forgot, err := s.c.DB.Exec(ctx, `UPDATE refresh_tokens SET child_sealed = NULL, child_until = NULL WHERE child_until <= ? ORDER BY child_until LIMIT 1000`, now)
	attempts, err2 := s.c.DB.Exec(ctx, `DELETE FROM login_states WHERE expires_at < ? ORDER BY expires_at LIMIT 1000`, now)
	over, err3 := s.c.DB.Exec(ctx, `DELETE FROM refresh_tokens WHERE ends_at < ? ORDER BY ends_at LIMIT 1000`, now)
	gone, err4 := s.c.DB.Exec(ctx, `DELETE FROM ended_sessions WHERE ended_at < ? ORDER BY ended_at LIMIT 1000`, now.Add(-endedFor))
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return 0, fmt.Errorf("purge sessions: %w", err)
	}
	return forgot + attempts + over + gone, nil
}
